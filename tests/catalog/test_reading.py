"""Catalog data that contradict themselves are refused, with the key and what to change."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from kling_render.catalog import CatalogDataError, bundled_catalog
from kling_render.catalog.models import FieldSpec
from kling_render.catalog.reading import read_contract
from kling_render.catalog.schedules import read_schedules


def a_contract(**model: Any) -> dict[str, Any]:
    """The smallest models.toml, with changes to its one model."""
    names = ("model", "callback_url", "prompt", "seconds", "mode", "duration_seconds")
    own = {"action": "text_to_video", "name": "m", "source": "guide", "fields": {"prompt": {}, "seconds": {}}}
    return {
        "schema": 1,
        "sources": {"guide": {"title": "The guide", "date": "2026-07-28"}},
        "service": {"result_url_days": 7, "source": "guide"},
        "fields": {name: {"type": "integer" if "seconds" in name else "text", "source": "guide"} for name in names},
        "models": [{**own, "length": {"seconds": 5, "source": "guide"}, **model}],
    }


def troubles(raw: dict[str, Any]) -> list[tuple[str, str]]:
    """What reading finds."""
    with pytest.raises(CatalogDataError, match=r".") as caught:
        read_contract(raw)
    return list(caught.value.troubles)


def a_rule(**demands: Any) -> dict[str, Any]:
    return {"rules": [{"why": "so it is", "source": "guide", **demands}]}


def a_field(**spec: Any) -> dict[str, Any]:
    return {"fields": {"prompt": {}, "seconds": spec}}


def a_seconds(**spec: Any) -> dict[str, Any]:
    return {"fields": {"duration_seconds": spec}}


def test_smallest_contract_is_read() -> None:
    contract = read_contract(a_contract())
    assert [model.name for model in contract.models] == ["m"]
    assert set(contract.models[0].fields) == {"model", "callback_url", "prompt", "seconds"}


def test_shared_field_lies_under_the_models_own() -> None:
    spec = read_contract(a_contract(source="guide", **a_field(max=9))).models[0].fields["seconds"]
    assert (spec.type, spec.max, spec.source) == ("integer", 9, "guide")


@pytest.mark.parametrize(
    ("model", "key", "text"),
    [
        (a_field(min=9, max=3), "models[0].fields.seconds", "min = 9 is more than max = 3"),
        (a_field(min_chars=9, max_chars=3), "models[0].fields.seconds", "min_chars = 9 is more than max_chars = 3"),
        (a_field(min_items=9, max_items=3), "models[0].fields.seconds", "min_items = 9 is more than max_items = 3"),
        (a_field(max_chars=-1), "models[0].fields.seconds.max_chars", "Input should be greater than or equal to 0"),
        (a_field(max_char=1), "models[0].fields.seconds.max_char", "Extra inputs are not permitted"),
        (a_field(media="film"), "models[0].fields.seconds.media", "Input should be '', 'image', 'video' or 'audio'"),
        (a_field(type="date"), "models[0].fields.seconds.type", "Input should be 'string', 'text', 'integer'"),
        (
            a_field(type="table", required=["a"], fields={"b": {"type": "text"}}),
            "models[0].fields.seconds",
            "required names no field of it: a",
        ),
        ({"fields": {"prompt": {}, "promt": {}}}, "models[0].fields.promt", "promt is not described under [fields]"),
        ({"fields": {"prompt": {}, "promt": {}}}, "models[0].fields.promt", 'did you mean "prompt"?'),
        ({"fields": {"prompt": "x"}}, "models[0].fields.prompt", "must be a table"),
        ({"fields": ["prompt"]}, "models[0].fields", "Input should be a valid dictionary"),
        ({"forbidden": ["cfg"]}, "models[0]", "forbidden names the unknown field cfg"),
        ({"forbidden": ["modes"]}, "models[0]", 'the unknown field modes; did you mean "mode"?'),
        ({"forbidden": ["prompt"]}, "models[0]", "prompt is both a field and forbidden"),
        ({"required": ["mode"]}, "models[0]", "mode stands in required, length or rules, but is not a field of m"),
        ({"length": {"follows": "mode", "source": "guide"}}, "models[0]", "mode stands in required, length or rules"),
        ({"length": {"seconds": 0, "source": "guide"}}, "models[0].length.seconds", "Input should be greater than 0"),
        (a_seconds(min=0), "models[0]", "duration_seconds must be a second at least"),
        (a_seconds(max=9), "models[0]", "duration_seconds must be a second at least"),
        (a_seconds(values=[0, 5]), "models[0]", "duration_seconds must be a second at least"),
        (a_seconds(min=1, type="number"), "models[0]", "duration_seconds must be a second at least"),
        (a_seconds(min="1"), "models[0].fields.duration_seconds.min", "Input should be a valid number"),
        (a_seconds(min=1, max_chars=True), "models[0].fields.duration_seconds.max_chars", "valid integer"),
        (a_field(public="yes"), "models[0].fields.seconds.public", "Input should be a valid boolean"),
        (
            a_field(type="table", require_one=["a"], fields={"b": {"type": "text"}}),
            "models[0].fields.seconds",
            "require_one names no field of it: a",
        ),
        ({"length": None}, "models[0]", "it has neither duration_seconds nor a length, so nobody knows what it costs"),
        ({"checks": ["reference_marker"]}, "models[0]", 'no check reference_marker; did you mean "reference_markers"?'),
        ({"action": "Text to video"}, "models[0].action", "String should match pattern"),
        ({"name": ""}, "models[0].name", "String should have at least 1 character"),
        ({"colour": "red"}, "models[0].colour", "Extra inputs are not permitted"),
        ({"rules": [{"source": "guide"}]}, "models[0].rules[0].why", "Field required"),
        (a_rule(demand=["prompt"]), "models[0].rules[0].demand", "Extra inputs are not permitted"),
    ],
)
def test_contradiction_is_told_with_its_key(model: dict[str, Any], key: str, text: str) -> None:
    (found,) = troubles(a_contract(**model))
    assert found[0] == key
    assert text in found[1]


@pytest.mark.parametrize(
    "demand",
    [
        {"require": ["mode"]},
        {"require_one": ["mode"]},
        {"forbid": ["mode"]},
        {"advise": ["mode"]},
        {"values": {"mode": ["std"]}},
        {"max_items": {"mode": 1}},
        {"media_seconds": {"mode": [1, 2]}},
        {"when": {"mode": "std"}},
        {"unless": {"mode": {"present": True}}},
    ],
)
def test_rule_about_a_field_that_the_model_does_not_take_is_refused(demand: dict[str, Any]) -> None:
    text = "mode stands in required, length or rules, but is not a field of m"
    assert troubles(a_contract(**a_rule(**demand))) == [("models[0]", text)]


@pytest.mark.parametrize(
    "model",
    [
        {"fields": {"prompt": {"values": ["x"]}}},
        a_rule(when={"prompt": "x"}, forbid=["seconds"]),
        a_rule(unless={"prompt": {"not": "x"}}, forbid=["seconds"]),
        a_rule(values={"prompt": ["x"]}),
    ],
)
def test_comparison_of_a_text_is_refused_as_the_judge_remembers_requests_without_their_texts(
    model: dict[str, Any],
) -> None:
    text = "the words of prompt are not compared with anything: give it the type string"
    assert troubles(a_contract(**model)) == [("models[0]", text)]


def test_presence_of_a_text_may_be_asked_for() -> None:
    rule = a_rule(when={"prompt": {"present": True}}, forbid=["seconds"])
    assert len(read_contract(a_contract(**rule)).models[0].rules) == 1


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"default": "5"}, 'the default of seconds = "5" must be a whole number'),
        ({"default": True}, "the default of seconds = true must be a whole number"),
        ({"default": 9, "max": 5}, "the default of seconds = 9 must be from 0 to 5"),
        ({"default": 9, "values": [5, 10]}, "the default of seconds = 9 must be one of 5, 10"),
    ],
)
def test_default_that_the_field_itself_would_refuse_is_refused(spec: dict[str, Any], text: str) -> None:
    assert troubles(a_contract(**a_field(**spec))) == [("models[0]", text)]


@pytest.mark.parametrize(
    "model",
    [
        {"source": "hearsay"},
        a_field(source="hearsay"),
        a_field(advised_max_items=9, advised_source="hearsay"),
        a_field(default=5, default_source="hearsay"),
        a_field(type="list", of={"type": "string", "source": "hearsay"}),
        a_field(type="table", fields={"name": {"type": "string", "source": "hearsay"}}),
        a_rule(advise=["prompt"], source="hearsay"),
        {"length": {"seconds": 5, "source": "hearsay"}},
    ],
)
def test_source_without_an_entry_is_refused(model: dict[str, Any]) -> None:
    assert ("models[0]", "sources without an entry under [sources]: hearsay") in troubles(a_contract(**model))


@pytest.mark.parametrize("part", ["service", "fields"])
def test_source_of_shared_data_without_an_entry_is_refused(part: str) -> None:
    raw = a_contract()
    (raw["service"] if part == "service" else raw["fields"]["mode"])["source"] = "hearsay"
    key = "service" if part == "service" else "fields.mode"
    assert troubles(raw) == [(key, "sources without an entry under [sources]: hearsay")]


def test_family_of_an_unknown_model_is_refused() -> None:
    raw = {**a_contract(), "families": {"f": {"text_to_video": "n", "image_to_video": "m"}}}
    assert troubles(raw) == [
        ("families.f", "there is no model n on text_to_video"),
        ("families.f", "there is no model m on image_to_video"),
    ]


def test_model_that_is_there_twice_is_refused() -> None:
    raw = a_contract()
    raw["models"] *= 2
    assert troubles(raw) == [("models[1]", "m (text_to_video) is there twice")]


def test_same_name_on_another_action_is_another_model() -> None:
    raw = a_contract()
    raw["models"] = [*raw["models"], {**raw["models"][0], "action": "image_to_video"}]
    assert len(read_contract(raw).models) == 2


@pytest.mark.parametrize("key", ["schema", "sources", "service", "fields", "models"])
def test_missing_part_is_refused(key: str) -> None:
    raw = a_contract()
    del raw[key]
    assert (key, "Field required") in troubles(raw)


@pytest.mark.parametrize(("key", "value"), [("schema", 2), ("models", {}), ("fields", 5), ("models", [5])])
def test_part_of_a_wrong_shape_is_refused(key: str, value: Any) -> None:
    assert troubles({**a_contract(), key: value})[0][0].startswith(key)


def test_shared_field_that_is_no_table_is_refused() -> None:
    raw = a_contract()
    raw["fields"]["prompt"] = "text"
    assert troubles(raw) == [("fields.prompt", "must be a table")]


def test_everything_wrong_is_told_at_once() -> None:
    raw = a_contract(forbidden=["cfg"], required=["mode"], checks=["none"])
    assert len(troubles(raw)) == 3


def test_fields_that_nobody_describes_are_told_with_the_wrong_limits_of_others() -> None:
    raw = a_contract(fields={"promt": {}, "kfg": {}, "prompt": {"max_chars": "x"}})
    assert [key for key, _ in troubles(raw)] == [
        "models[0].fields.promt", "models[0].fields.kfg", "models[0].fields.prompt.max_chars",
    ]  # fmt: skip


def test_data_are_not_changed_by_reading() -> None:
    raw = a_contract()
    before = copy.deepcopy(raw)
    read_contract(raw)
    assert raw == before


# ── prices


CONTRACT = read_contract(a_contract())


@pytest.mark.parametrize(
    ("row", "key", "text"),
    [
        ({"model": "n"}, "price_schedules[0]", "there is no model n on text_to_video"),
        ({"action": "image_to_video"}, "price_schedules[0]", "there is no model m on image_to_video"),
        (
            {"billing_config": {"key": "mode", "overrides": {"std": 5}}},
            "price_schedules[0]",
            "its price depends on mode, which is not a field of m (text_to_video)",
        ),
        (
            {"billing_config": {"keys": ["prompt", "mode"], "matrix": {}}},
            "price_schedules[0]",
            "its price depends on mode, which is not a field of m (text_to_video)",
        ),
        ({"unit_price_cents": -1}, "price_schedules[0].unit_price_cents", "Input should be greater than or equal to 0"),
        ({"model": None}, "price_schedules[0].model", "Input should be a valid string"),
        ({"unit_price_cent": 5}, "price_schedules[0].unit_price_cent", 'unknown key; did you mean "unit_price_cents"?'),
        (
            {"billing_config": {"override": {}}},
            "price_schedules[0].billing_config.override",
            'unknown key; did you mean "overrides"?',
        ),
        ({"unit_price_cents": "5"}, "price_schedules[0].unit_price_cents", '"5" must be a number'),
        *(
            ({name: value}, "price_schedules[0]", f"{words}: only US dollars per second of output can be reckoned")
            for name, value, words in (
                ("billing_unit", "clip", "priced in USD per clip"),
                ("currency", "EUR", "priced in EUR per second"),
                ("billing_strategy", "flat", "priced by the strategy flat"),
                ("service", "suno", "a price of suno"),
            )
        ),
    ],
)
def test_schedule_that_does_not_fit_the_contract_is_refused(row: dict[str, Any], key: str, text: str) -> None:
    whole = {"action": "text_to_video", "model": "m", "unit_price_cents": 5, **row}
    with pytest.raises(CatalogDataError, match=r"price_schedules\[0\]") as caught:
        read_schedules([whole], CONTRACT)
    assert caught.value.troubles == ((key, text),)


def test_every_wrong_schedule_is_told() -> None:
    with pytest.raises(CatalogDataError, match=r"\[0\].*\[1\]"):
        read_schedules([5, {"action": "text_to_video", "model": "n"}], CONTRACT)


# ── the bundled data


def all_specs(spec: FieldSpec) -> list[FieldSpec]:
    return [spec, *(each for one in spec.inner for each in all_specs(one))]


def test_every_advised_limit_of_the_bundled_data_names_its_source() -> None:
    contract = bundled_catalog().contract
    shared = [*contract.fields.values(), *(spec for model in contract.models for spec in model.fields.values())]
    for spec in (each for one in shared for each in all_specs(one)):
        advised = [name for name in FieldSpec.model_fields if name.startswith("advised_") and name != "advised_source"]
        assert bool(spec.advised_source) == any(getattr(spec, name) not in (None, ()) for name in advised)


def test_every_field_and_source_of_the_bundled_data_is_described() -> None:
    contract = bundled_catalog().contract
    assert all(spec.about.endswith(".") for spec in contract.fields.values())
    assert all(source.title and source.date == "2026-07-28" for source in contract.sources.values())
