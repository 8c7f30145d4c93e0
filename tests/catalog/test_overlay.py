"""A user's own models and prices over a catalog."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kling_render.catalog import Catalog, CatalogDataError, bundled_catalog, lay_over

BASE = bundled_catalog()
WORDS = ("prompt", "mode", "duration_seconds", "type", "min", "max", "values", "default", "of", "fields", "key", "keys",
         "overrides", "matrix", "std", "when", "why", "source", "follows")  # fmt: skip
TEXT = "text_to_video"


def with_own(base: Catalog = BASE, title: str = "my.toml", **own: Any) -> Catalog:
    return lay_over(base, own, title)


def a_model(name: str = "kling-3.1", **facts: Any) -> dict[str, Any]:
    return {"action": TEXT, "name": name, "like": "kling-3.0", **facts}


def a_price(model: str, cents: Any, **rest: Any) -> dict[str, Any]:
    return {"action": TEXT, "model": model, "unit_price_cents": cents, **rest}


def messages(catalog: Catalog, model: str, **fields: Any) -> list[str]:
    return [each.message for each in catalog.judge(TEXT, {"model": model, "prompt": "x", **fields})]


def cost(catalog: Catalog, model: str, **fields: Any) -> int | None:
    price = catalog.price(TEXT, {"model": model, "prompt": "x", **fields})
    return price.micro_usd if price else None


def troubles(**own: Any) -> tuple[tuple[str, str], ...]:
    with pytest.raises(CatalogDataError, match=r".") as caught:
        with_own(**own)
    return caught.value.troubles


# ── models


def test_model_like_another_says_only_what_differs() -> None:
    catalog = with_own(models=[a_model(fields={"duration_seconds": {"max": 30}}, forbidden=["cfg_scale"])])
    assert messages(catalog, "kling-3.1", duration_seconds=30, aspect_ratio="16:9") == []
    assert messages(catalog, "kling-3.1", duration_seconds=2) == [
        "duration_seconds = 2 must be from 3 to 30 s, for kling-3.1 (text_to_video)"
    ]
    assert "cfg_scale = 1 is not allowed for kling-3.1" in messages(catalog, "kling-3.1", cfg_scale=1)[0]
    assert messages(catalog, "kling-3.1", multi_shots=True, enable_sound=True) == [
        "multi_prompt is missing: a multi-shot clip needs its shots in multi_prompt, for kling-3.1 (text_to_video)"
    ]


def test_model_like_another_leaves_that_one_alone() -> None:
    catalog = with_own(models=[a_model(fields={"duration_seconds": {"max": 30}})])
    assert "must be from 3 to 15 s" in messages(catalog, "kling-3.0", duration_seconds=30)[0]


def test_model_may_be_like_an_own_one_before_it() -> None:
    first = a_model(fields={"duration_seconds": {"max": 30}})
    catalog = with_own(models=[first, a_model("kling-3.2", like="kling-3.1")])
    assert messages(catalog, "kling-3.2", duration_seconds=30) == []


def test_model_with_the_name_of_another_replaces_it_in_its_place() -> None:
    fields = {"prompt": {}, "duration_seconds": {"values": [8], "default": 8}}
    catalog = with_own(models=[{"action": TEXT, "name": "kling-3.0", "fields": fields}])
    assert catalog.model_names(TEXT) == BASE.model_names(TEXT)
    assert messages(catalog, "kling-3.0", cfg_scale=1) == ["cfg_scale = 1 is not a field of kling-3.0 (text_to_video)"]
    assert catalog.effective(TEXT, {"model": "kling-3.0"})["duration_seconds"] == 8


def test_own_field_is_taken_by_an_own_model() -> None:
    camera = {"type": "string", "values": ["dolly", "pan"], "about": "How the camera moves."}
    catalog = with_own(fields={"camera": camera}, models=[a_model(fields={"camera": {}})])
    assert messages(catalog, "kling-3.1", camera="dolly") == []
    assert messages(catalog, "kling-3.1", camera="zoom") == [
        'camera = "zoom" must be one of "dolly", "pan", for kling-3.1 (text_to_video)'
    ]
    assert messages(catalog, "kling-3.0", camera="dolly") == [
        'camera = "dolly" is not a field of kling-3.0 (text_to_video)'
    ]


def test_own_family_means_an_own_model() -> None:
    catalog = with_own(families={"newest": {TEXT: "kling-3.1"}}, models=[a_model()])
    assert catalog.resolve_family("newest", TEXT) == "kling-3.1"
    assert catalog.resolve_family("kling-v3-turbo", TEXT) == "kling-v3-turbo-text-to-video"


def test_model_on_a_new_action_is_offered_there() -> None:
    own = {"action": "dub_video", "name": "kling-dub", "fields": {"prompt": {}}}
    assert with_own(models=[{**own, "length": {"seconds": 5, "source": "guide"}}]).actions[-1] == "dub_video"


def test_nothing_laid_over_changes_nothing() -> None:
    catalog = with_own(schema=1)
    assert catalog.contract.models == BASE.contract.models
    assert catalog.rates.price_schedules == BASE.rates.price_schedules


# ── prices


def test_own_price_counts_instead_of_the_bundled_one() -> None:
    catalog = with_own(price_schedules=[a_price("kling-3.0", Decimal("1.5"))])
    assert cost(catalog, "kling-3.0") == 75_000
    assert cost(catalog, "kling-v3-omni") == cost(BASE, "kling-v3-omni")


def test_new_model_has_no_price_of_the_one_it_is_like() -> None:
    assert cost(with_own(models=[a_model()]), "kling-3.1") is None


def test_new_model_has_its_own_price() -> None:
    config = {"key": "output_resolution", "overrides": {"720p": Decimal("0.5"), "1080p": 5, "4k": 9}}
    catalog = with_own(models=[a_model()], price_schedules=[a_price("kling-3.1", 9, billing_config=config)])
    assert cost(catalog, "kling-3.1") == 25_000
    assert cost(catalog, "kling-3.1", output_resolution="4k") == 450_000


# ── sources


def test_finding_of_an_own_model_names_the_own_data() -> None:
    catalog = with_own(title="the lab's list", models=[a_model()])
    (finding,) = catalog.judge(TEXT, {"model": "kling-3.1"})
    assert finding.source == "guide"  # the rule was taken over
    (finding,) = catalog.judge(TEXT, {"model": "kling-3.1", "prompt": "x", "seed": 1})
    assert catalog.contract.sources[finding.source].title == "the lab's list"


def test_own_source_may_be_named() -> None:
    sources = {"lab": {"title": "Lab notes", "date": "2026-08-01"}}
    catalog = with_own(sources=sources, models=[a_model(source="lab")])
    assert catalog.contract.sources["lab"].title == "Lab notes"


def test_two_layers_keep_their_models_prices_and_sources() -> None:
    below = with_own(title="studio.toml", models=[a_model()], price_schedules=[a_price("kling-3.1", 7)])
    catalog = with_own(below, "film.toml", models=[a_model("kling-3.2", like="kling-3.1")])
    named = [catalog.model(TEXT, name) for name in ("kling-3.1", "kling-3.2")]
    assert [catalog.contract.sources[each.source].title for each in named if each] == ["studio.toml", "film.toml"]
    assert cost(catalog, "kling-3.1") == 350_000
    assert cost(catalog, "kling-3.2") is None


def test_upper_layer_wins() -> None:
    below = with_own(models=[a_model()], price_schedules=[a_price("kling-3.0", 7), a_price("kling-3.1", 7)])
    own = a_model(like="kling-3.1", fields={"duration_seconds": {"max": 20}})
    catalog = with_own(below, models=[own], price_schedules=[a_price("kling-3.1", 8)])
    assert (cost(catalog, "kling-3.0"), cost(catalog, "kling-3.1")) == (350_000, 400_000)
    assert "from 3 to 20 s" in messages(catalog, "kling-3.1", duration_seconds=21)[0]


def test_what_is_overridden_has_the_new_source_and_what_is_taken_over_its_own() -> None:
    own = a_model(fields={"duration_seconds": {"max": 30}, "aspect_ratio": {"default": "1:1"}, "prompt": {}})
    model = with_own(models=[own]).model(TEXT, "kling-3.1")
    below = BASE.model(TEXT, "kling-3.0")
    assert model is not None
    assert below is not None
    seconds, shape = model.fields["duration_seconds"], model.fields["aspect_ratio"]
    assert (seconds.source, seconds.default_source) == ("own", "project")
    assert (shape.source, shape.default_source) == ("own", "")
    assert (model.fields["prompt"].source, model.fields["prompt"].advised_source) == ("own", "field")
    changed = ("duration_seconds", "aspect_ratio", "prompt", "model", "callback_url")
    kept = [name for name in below.fields if name not in changed]
    assert {name: model.fields[name].sources() for name in kept} == {
        name: below.fields[name].sources() for name in kept
    }
    assert [rule.source for rule in model.rules] == [rule.source for rule in below.rules]


def test_advice_that_is_overridden_has_the_new_source() -> None:
    model = with_own(models=[a_model(fields={"prompt": {"advised_max_chars": 9}})]).model(TEXT, "kling-3.1")
    assert model is not None
    assert model.fields["prompt"].advised_source == "own"


def test_own_field_without_a_source_has_the_own_data_as_its_source() -> None:
    catalog = with_own(fields={"camera": {"type": "string"}}, models=[a_model(fields={"camera": {}})])
    assert catalog.fields["camera"].source == "own"


# ── faults


@pytest.mark.parametrize(
    ("own", "key", "text"),
    [
        ({"modles": []}, "modles", 'unknown key; did you mean "models"?'),
        ({"schema": 2}, "schema", "must be 1: a newer kling-render may read this file"),
        ({"fields": []}, "fields", "must be a table"),
        ({"sources": 5}, "sources", "must be a table"),
        ({"families": "x"}, "families", "must be a table"),
        ({"models": {"a": 1}}, "models", "must be a list of tables: write [[models]]"),
        ({"price_schedules": [5]}, "price_schedules", "must be a list of tables: write [[price_schedules]]"),
        ({"models": [{"name": "m"}]}, "models[0].action", "is missing"),
        ({"models": [{"action": TEXT}]}, "models[0].name", "is missing"),
        ({"models": [{"action": TEXT, "name": "m"}]}, "models[0].fields", "Field required"),
        (
            {"models": [a_model(like="kling-3")]},
            "models[0].like",
            'on text_to_video; did you mean "kling-3.0"',
        ),
        ({"models": [a_model(like=5)]}, "models[0].like", "there is no model 5 on text_to_video"),
        ({"models": [a_model(), a_model()]}, "models[1]", "kling-3.1 (text_to_video) is there twice"),
        ({"models": [a_model(fields=5), a_model("n", like="kling-3.1")]}, "models[1].like", "kling-3.1 has no table"),
        (
            {"models": [{"action": TEXT, "name": "m"}, a_model(like="m")]},
            "models[1].like",
            "m has no table of fields",
        ),
        (
            {"models": [a_model(fields={"duration_seconds": {"max": "30"}})]},
            "models[0].fields.duration_seconds.max",
            "valid number",
        ),
        (
            {"models": [a_model(fields={"duration_seconds": {"min": 0}})]},
            "models[0]",
            "duration_seconds must be a second at least",
        ),
        ({"models": [a_model(fields=5)]}, "models[0].fields", "Input should be a valid dictionary"),
        ({"models": [a_model(fields={"prompt": 5})]}, "models[0].fields.prompt", "must be a table"),
        (
            {"models": [a_model(fields={"camera": {}})]},
            "models[0].fields.camera",
            "camera is not described",
        ),
        ({"models": [a_model(forbidden=5)]}, "models[0].forbidden", "Input should be a valid tuple"),
        ({"models": [a_model(forbidden=["cfg"])]}, "models[0]", "forbidden names the unknown field cfg"),
        ({"models": [a_model(source="hearsay")]}, "models[0]", "sources without an entry under [sources]: hearsay"),
        ({"models": [a_model(), a_model("n", checks=["x"])]}, "models[1]", "there is no check x"),
        (
            {"models": [a_model(fields={"duration_seconds": {"min": 99}})]},
            "models[0].fields.duration_seconds",
            "min",
        ),
        ({"models": [a_model(name="kling-3.0", forbidden=["prompt"])]}, "models[0]", "prompt stands in required"),
        ({"fields": {"cfg_scale": 5}}, "fields.cfg_scale", "must be a table"),
        ({"fields": {"mode": {"type": "number"}}}, "models.kling-v2.6", 'the default of mode = "std"'),
        ({"families": {"f": {TEXT: "m"}}}, "families.f", "there is no model m on text_to_video"),
        ({"price_schedules": [a_price("m", 5)]}, "price_schedules[0]", "there is no model m on text_to_video"),
        (
            {"price_schedules": [a_price("kling-3.0", -5)]},
            "price_schedules[0].unit_price_cents",
            "greater",
        ),
    ],
)
def test_fault_is_told_at_its_place_in_the_own_data(own: dict[str, Any], key: str, text: str) -> None:
    found = troubles(**own)
    assert found[0][0] == key
    assert text in found[0][1]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 20) | st.sampled_from([TEXT, "m", "kling-3.0", "mode", Decimal("0.5")]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=14,
)
MODELS = st.fixed_dictionaries({"action": st.just(TEXT), "name": st.sampled_from("mn")}, optional={
    "like": st.sampled_from(["m", "n", "kling-3.0"]), "fields": JSON, "forbidden": JSON, "rules": JSON, "length": JSON,
})  # fmt: skip
PRICES = st.fixed_dictionaries(
    {"action": st.just(TEXT), "model": st.sampled_from(["m", "kling-3.0"])},
    optional={"unit_price_cents": JSON, "billing_config": JSON, "billing_unit": JSON},
)


@settings(deadline=None)
@given(models=st.lists(MODELS | JSON, max_size=3), prices=st.lists(PRICES | JSON, max_size=2), fields=JSON)
def test_data_of_any_shape_are_laid_over_or_refused_in_words(models: Any, prices: Any, fields: Any) -> None:
    with contextlib.suppress(CatalogDataError):
        with_own(models=models, price_schedules=prices, fields=fields)


def test_base_is_as_it_was_after_all_this() -> None:
    before = BASE.contract
    with_own(models=[a_model("kling-3.0", forbidden=["cfg_scale"])], fields={"camera": {"type": "string"}})
    assert BASE.contract is before
    assert "camera" not in BASE.data["fields"]
    assert lay_over(BASE, {}, "x").contract.models == before.models
