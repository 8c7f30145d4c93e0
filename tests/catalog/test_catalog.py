"""The catalog: names and families, defaults, lengths, and the order of what it finds."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from kling_render.catalog import Catalog, ClipLength, MediaFacts, bundled_catalog
from kling_render.catalog.prices import RateCard

from .row_builders import (
    ABSENT,
    AVATAR,
    EDIT,
    EVERY,
    EXTEND,
    FILM,
    IMAGE,
    MOTION,
    OMNI_EDIT,
    PICTURE,
    TEXT,
    TURBO_25,
    VOICE,
    a_body,
    a_sequence,
)

CATALOG = bundled_catalog()
NO_LENGTH_FIELD = (MOTION, AVATAR, EXTEND)


def length(action: str, model: str, **changes: Any) -> ClipLength:
    return CATALOG.length(action, a_body(action, model, **changes))


def measured(action: str, model: str, kind: Any, seconds: float | None) -> ClipLength:
    facts = MediaFacts(kind, "any", 9_000, seconds=seconds)
    return CATALOG.length(action, a_body(action, model), {FILM: facts, VOICE: facts}.get)


# ── names


@pytest.mark.parametrize(
    ("family", "action", "model"),
    [
        ("kling-v3-turbo", TEXT, "kling-v3-turbo-text-to-video"),
        ("kling-v3-turbo", IMAGE, "kling-v3-turbo-image-to-video"),
        ("kling-v2.5-turbo", TEXT, "kling-v2.5-turbo-text-to-video-pro"),
        ("kling-v2.5-turbo", IMAGE, "kling-v2.5-turbo-image-to-video-pro"),
        ("kling-v2.1-master", TEXT, "kling-v2.1-master-text-to-video"),
        ("kling-v2.1-master", IMAGE, "kling-v2.1-master-image-to-video"),
        ("kling-v3-turbo", MOTION, "kling-v3-turbo"),
        ("kling-3.0", TEXT, "kling-3.0"),
    ],
)
def test_family_name_means_the_model_of_the_endpoint(family: str, action: str, model: str) -> None:
    assert CATALOG.resolve_family(family, action) == model


def test_model_names_of_an_action_are_its_families_and_models() -> None:
    assert CATALOG.model_names(MOTION) == ("kling-3.0", "kling-v2.6")
    assert {"kling-v3-turbo", "kling-3.0", "kling-o1"} <= set(CATALOG.model_names(IMAGE))
    assert "kling-v3-omni-edit" not in CATALOG.model_names(IMAGE)


def test_model_names_of_all_actions_are_told_once() -> None:
    names = CATALOG.model_names()
    assert len(names) == len(set(names))
    assert {model for _, model in EVERY} | set(CATALOG.contract.families) == set(names)


def test_actions_are_those_with_models() -> None:
    assert CATALOG.actions == (TEXT, IMAGE, MOTION, AVATAR, EXTEND, EDIT)


def test_contract_is_read_once_and_cannot_be_changed() -> None:
    assert bundled_catalog() is CATALOG
    with pytest.raises(ValidationError, match="frozen"):
        CATALOG.contract.models[0].name = "x"


def test_models_of_a_family_are_named_where_the_name_means_none_of_them() -> None:
    assert CATALOG.family_models("kling-v2.5-turbo", EXTEND) == TURBO_25
    assert CATALOG.family_models("kling-v2.5-turbo", TEXT) == TURBO_25[:1]
    assert CATALOG.family_models("kling-v2.1-master", EXTEND) == ()


# ── defaults


@pytest.mark.parametrize(("action", "model"), EVERY)
def test_field_left_out_counts_as_its_published_default(action: str, model: str) -> None:
    spec = CATALOG.model(action, model)
    assert spec is not None
    published = {"duration_seconds": 5, "output_resolution": "720p", "enable_sound": False, "mode": "std"}
    expected = {name: value for name, value in published.items() if name in spec.fields and name not in spec.required}
    effective = CATALOG.effective(action, a_body(action, model))
    assert {name: effective.get(name) for name in expected} == expected


def test_own_value_wins_over_the_default() -> None:
    assert CATALOG.effective(TEXT, a_body(TEXT, "kling-3.0", duration_seconds=7))["duration_seconds"] == 7


@pytest.mark.parametrize("value", ABSENT)
def test_blank_value_leaves_the_default(value: Any) -> None:
    assert CATALOG.effective(TEXT, a_body(TEXT, "kling-3.0", output_resolution=value))["output_resolution"] == "720p"


# ── lengths


@pytest.mark.parametrize(("action", "model"), [each for each in EVERY if each[0] not in NO_LENGTH_FIELD])
def test_clip_is_as_long_as_requested_and_5_s_without_a_word(action: str, model: str) -> None:
    assert length(action, model) == ClipLength(5, "requested")
    assert length(action, model, duration_seconds=9) == ClipLength(9, "requested")


def test_length_of_a_sequence_is_the_sum_of_its_cuts() -> None:
    assert CATALOG.length(TEXT, a_sequence(3, 4)) == ClipLength(7, "requested")
    assert CATALOG.effective(TEXT, a_sequence(3, 4))["duration_seconds"] == 7


def test_length_of_an_automatic_sequence_is_the_default() -> None:
    body = a_sequence(multi_prompt=..., shot_type="automatic", prompt="x")
    assert CATALOG.length(TEXT, body) == ClipLength(5, "requested")


@pytest.mark.parametrize(("action", "model"), [each for each in EVERY if each[0] in (MOTION, AVATAR)])
def test_clip_that_follows_an_unknown_file_has_no_known_length(action: str, model: str) -> None:
    assert length(action, model) == ClipLength(None, "unknown")
    assert measured(action, model, "video", None) == ClipLength(None, "unknown")


@pytest.mark.parametrize(("seconds", "billed"), [(4, 4), (4.0004, 4), (4.001, 5), (4.5, 5), (0.2, 1), (0, 1)])
@pytest.mark.parametrize(("action", "model"), [each for each in EVERY if each[0] in (MOTION, AVATAR)])
def test_clip_is_billed_by_each_second_of_the_file_it_follows(
    action: str, model: str, seconds: float, billed: int
) -> None:
    kind = "video" if action == MOTION else "audio"
    assert measured(action, model, kind, seconds) == ClipLength(billed, "measured")


@pytest.mark.parametrize("model", TURBO_25)
def test_length_of_an_extension_is_assumed(model: str) -> None:
    assert length(EXTEND, model) == ClipLength(5, "assumed")


@pytest.mark.parametrize("body", [{}, {"model": "kling-9"}, {"model": ["kling-3.0"]}, {"model": 10**5000}])
def test_request_of_no_known_model_has_no_length_and_no_price(body: dict[str, Any]) -> None:
    assert CATALOG.length(TEXT, body) == ClipLength(None, "unknown")
    assert CATALOG.price(TEXT, body) is None


# ── what is told first


def test_findings_stand_in_the_order_of_the_fields() -> None:
    body = a_body(EDIT, OMNI_EDIT[0], source_video_url="x", aspect_ratio="4:3", duration_seconds=2, prompt=5, seed=1)
    fields = [each.field for each in CATALOG.judge(EDIT, body)]
    assert fields[:5] == ["prompt", "duration_seconds", "aspect_ratio", "source_video_url", "seed"]


def test_finding_names_value_and_source() -> None:
    (finding,) = CATALOG.judge(TEXT, a_body(TEXT, "kling-3.0", duration_seconds=2))
    assert (finding.value, finding.source, finding.severity) == (2, "guide", "error")


@pytest.mark.parametrize(("action", "model"), EVERY)
@pytest.mark.parametrize("value", ABSENT)
def test_absent_values_of_all_fields_change_nothing(action: str, model: str, value: Any) -> None:
    body = a_body(action, model)
    blanks = {name: value for name in [*CATALOG.fields, "camera"] if name not in body}
    assert CATALOG.judge(action, {**body, **blanks}) == []


# ── rate cards


def a_card(as_of: str) -> RateCard:
    return RateCard(as_of=as_of, source="a test", price_schedules=())


def cards(catalog: Catalog) -> list[str]:
    return [card.as_of for card in catalog.cards]


def test_newest_card_counts_and_the_others_stay() -> None:
    assert cards(CATALOG.with_card(a_card("2026-01-01"))) == ["2026-07-28", "2026-01-01"]
    assert cards(CATALOG.with_card(a_card("2027-01-01"))) == ["2027-01-01", "2026-07-28"]


def test_card_with_the_same_date_counts_before_the_old_one() -> None:
    card = a_card("2026-07-28")
    assert cards(CATALOG.with_card(card)) == ["2026-07-28", "2026-07-28"]
    assert CATALOG.with_card(card).rates.price_schedules == ()


def test_card_with_the_same_date_and_other_rates_has_a_name_of_its_own() -> None:
    catalog = CATALOG.with_card(a_card("2026-07-28"))
    name = f"2026-07-28+{a_card('2026-07-28').digest}"
    assert [card.name for card in catalog.cards] == [name, "2026-07-28"]
    pinned = [catalog.pinned("2026-07-28"), catalog.pinned(name)]
    assert [each and each.rates.source for each in pinned] == [CATALOG.rates.source, "a test"]


def test_card_with_the_same_date_and_rates_is_no_other_card() -> None:
    rows = [each.model_dump() for each in reversed(CATALOG.rates.price_schedules)]
    same = RateCard.model_validate({"as_of": "2026-07-28", "source": "a test", "price_schedules": rows})
    assert CATALOG.with_card(same).cards == CATALOG.cards


def test_card_that_is_alone_with_its_date_is_found_by_its_edition_too() -> None:
    card = a_card("2027-01-01")
    pinned = CATALOG.with_card(card).pinned(f"2027-01-01+{card.digest}")
    assert pinned is not None
    assert (pinned.rates.name, pinned.rates.as_of) == ("2027-01-01", "2027-01-01")


def test_pinned_catalog_has_the_card_of_its_date_alone() -> None:
    pinned = CATALOG.with_card(a_card("2027-01-01")).pinned("2026-07-28")
    assert pinned is not None
    assert cards(pinned) == ["2026-07-28"]
    assert CATALOG.pinned("1999-01-01") is None


def test_url_of_a_picture_is_no_length() -> None:
    facts = MediaFacts("image", "png", 9_000, 640, 360)
    assert CATALOG.length(IMAGE, a_body(IMAGE, "kling-3.0"), {PICTURE: facts}.get) == ClipLength(5, "requested")
