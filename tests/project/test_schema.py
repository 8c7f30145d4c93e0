"""The JSON Schema of project.toml: it knows every key, flags what `check` flags, and never complains about the rest."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from kling_render.catalog import FieldSpec, ModelSpec, bundled_catalog
from kling_render.inspection import inspect
from kling_render.project.load import TOP_KEYS
from kling_render.project.schema import project_schema
from kling_render.project.schema_words import KEYS, TOP

ROOT = Path(__file__).parents[2]
CATALOG = bundled_catalog()
SCHEMA = project_schema(CATALOG)
VALIDATOR = Draft7Validator(SCHEMA)
README = (ROOT / "README.md").read_text("utf-8")
PROJECTS = {
    "README": README.split("```toml")[1].split("```")[0],
    "starter": (ROOT / "templates/starter/project.toml").read_text("utf-8"),
    **{file.parent.name: file.read_text("utf-8") for file in sorted((ROOT / "projects").glob("*/project.toml"))},
}
HEAD = 'schema = 1\n[project]\nname = "ferry"\nid = "nf-7c1e"\n'


def complaints(project: Mapping[str, Any]) -> list[str]:
    """What the schema says against a project."""
    return [f"{error.json_path}: {error.message[:200]}" for error in VALIDATOR.iter_errors(project)]


def of_shot(**shot: Any) -> list[str]:
    return complaints({"schema": 1, "project": {"name": "ferry", "id": "nf-7c1e"}, "shot": {"walk": shot}})


def test_published_copy_is_the_generated_one() -> None:
    published = json.loads((ROOT / "docs/project.schema.json").read_text("utf-8"))
    assert published == SCHEMA, "write it anew: kling-render schema --output docs/project.schema.json"


def test_it_is_a_draft_07_schema_of_moderate_size() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert len(json.dumps(SCHEMA, indent=2)) < 400_000


def test_every_reference_leads_somewhere() -> None:
    definitions = {f"#/definitions/{name}" for name in SCHEMA["definitions"]}
    assert set(_references(SCHEMA)) <= definitions


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"]
        schema = list(schema.values())
    if isinstance(schema, list):
        for each in schema:
            yield from _references(each)


@pytest.mark.parametrize("name", sorted(PROJECTS))
def test_shipped_project_has_no_complaints(name: str) -> None:
    assert complaints(tomllib.loads(PROJECTS[name].replace("PROJECT-ID", "film-1"))) == []


@pytest.mark.parametrize("key", TOP_KEYS)
def test_top_key_is_described(key: str) -> None:
    assert SCHEMA["properties"][key]["description"] == TOP[key]


@pytest.mark.parametrize("kind", KEYS, ids=lambda kind: kind.__name__)
def test_every_key_of_a_table_has_words(kind: Any) -> None:
    judged_by_api = {"duration_seconds"}
    assert set(kind.model_fields) - judged_by_api == set(KEYS[kind])


def test_every_key_of_a_shot_is_described() -> None:
    keys = SCHEMA["definitions"]["shot"]["properties"]
    assert {*CATALOG.fields, "takes", "sequence"} <= set(keys)
    assert [name for name, schema in keys.items() if not schema.get("description")] == []


MISTAKES = {
    "unknown top key": '[budgett]\nmax_usd = 1\n{shot}prompt = "x"\nmodel = "kling-3.0"',
    "unknown project key": 'client_name = "x"\n{shot}prompt = "x"\nmodel = "kling-3.0"',
    "amount as text": '[budget]\nmax_usd = "5"\n{shot}prompt = "x"\nmodel = "kling-3.0"',
    "negative amount": '[budget]\nmax_usd = -1\n{shot}prompt = "x"\nmodel = "kling-3.0"',
    "unknown price allowed": '[budget]\nunknown_price = "allow"\n{shot}prompt = "x"\nmodel = "kling-3.0"',
    "assumed price of nothing": "[budget]\nunknown_price = {{ assume_usd_per_take = 0 }}\n"
    '{shot}prompt = "x"\nmodel = "kling-3.0"',
    "span of weeks": '[render]\nreplay_window = "1w"\n{shot}prompt = "x"\nmodel = "kling-3.0"',
    "too many at a time": '[render]\nconcurrency = 65\n{shot}prompt = "x"\nmodel = "kling-3.0"',
    "prompt in defaults": '[defaults]\nprompt = "x"\n{shot}prompt = "x"\nmodel = "kling-3.0"',
    "unknown default": '[defaults]\nduration = 5\n{shot}prompt = "x"\nmodel = "kling-3.0"',
    "reserved variable": '[vars]\nloop = "x"\n{shot}prompt = "x"\nmodel = "kling-3.0"',
    "element without description": '[element.ada]\nimages = []\n{shot}prompt = "x"\nmodel = "kling-3.0"',
    "name with a space": '[shot."a b"]\nprompt = "x"\nmodel = "kling-3.0"',
    "unknown shot key": '{shot}promt = "x"\nmodel = "kling-3.0"',
    "no takes": '{shot}prompt = "x"\nmodel = "kling-3.0"\ntakes = 0',
    "label with a slash": '{shot}prompt = "x"\nmodel = "kling-3.0"\nlabel = "a/b"',
    "unknown endpoint": '{shot}prompt = "x"\nmodel = "kling-3.0"\nendpoint = "text2video"',
    "unset of no field": '{shot}prompt = "x"\nmodel = "kling-3.0"\nunset = ["colour"]',
    "unknown model": '{shot}prompt = "x"\nmodel = "kling-3.1"',
    "too long": '{shot}prompt = "x"\nmodel = "kling-3.0"\nduration_seconds = 16',
    "length as text": '{shot}prompt = "x"\nmodel = "kling-3.0"\nduration_seconds = "5"',
    "length of another model": '{shot}prompt = "x"\nmodel = "kling-v2.6"\nduration_seconds = 7',
    "resolution of another model": '{shot}prompt = "x"\nmodel = "kling-v3-turbo"\noutput_resolution = "4k"',
    "forbidden field": '{shot}prompt = "x"\nmodel = "kling-v3-turbo"\nenable_sound = true',
    "forbidden text": '{shot}prompt = "x"\nmodel = "kling-o1"\noutput_resolution = "720p"',
    "field of another endpoint": '{shot}prompt = "x"\nmodel = "kling-3.0"\nmode = "pro"',
    "field forbidden on the endpoint": '{shot}prompt = "x"\nmodel = "kling-3.0"\nendpoint = "image_to_video"\n'
    'first_frame_image_url = "https://a.example/b.png"\nmulti_shots = true',
    "model not on the endpoint": '{shot}prompt = "x"\nmodel = "kling-o1"\nendpoint = "ai_avatar"',
    "sound as text": '{shot}prompt = "x"\nmodel = "kling-3.0"\nenable_sound = "yes"',
    "sound that is off": '{shot}prompt = "x"\nmodel = "kling-o1"\nenable_sound = true',
    "number out of range": '{shot}prompt = "x"\nmodel = "kling-3.0"\ncfg_scale = 1.5',
    "length against the model of defaults": '[defaults]\nmodel = "kling-v2.6"\n'
    '{shot}prompt = "x"\nduration_seconds = 7',
    "field against the family of defaults": '[defaults]\nmodel = "kling-v3-turbo"\n{shot}prompt = "x"\n'
    "enable_sound = false",
    "cut without length": '{shot}model = "kling-3.0"\n[[shot.walk.sequence]]\nprompt = "x"',
    "cut too long": '{shot}model = "kling-3.0"\n[[shot.walk.sequence]]\nprompt = "x"\nduration_seconds = 13',
    "unknown key of a cut": '{shot}model = "kling-3.0"\n[[shot.walk.sequence]]\nprompt = "x"\nseconds = 3',
    "sequence for another model": '{shot}model = "kling-v2.6"\n'
    '[[shot.walk.sequence]]\nprompt = "x"\nduration_seconds = 5',
    "callback to a file": '{shot}prompt = "x"\nmodel = "kling-3.0"\ncallback_url = "here.txt"',
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_that_check_finds_is_flagged(mistake: str, tmp_path: Path) -> None:
    text = HEAD + MISTAKES[mistake].format(shot="[shot.walk]\n")
    file = tmp_path / "project.toml"
    file.write_text(text, "utf-8")
    assert inspect(file, catalog=CATALOG).errors, "check takes it, so it is no mistake"
    assert complaints(tomllib.loads(text)), "the schema takes it"


ALLOWED = {
    "template for a text": 'prompt = "{{ 1 + 1 }} walkers"\nmodel = "kling-3.0"',
    "template for a value": 'prompt = "x"\nmodel = "kling-3.0"\noutput_resolution = "{{ 1080 }}p"',
    "template for the model": 'prompt = "x"\nmodel = "kling-{{ 3.0 }}"\nduration_seconds = 7',
    "template that comes to nothing": 'prompt = "x"\nmodel = "kling-3.0"\n'
    'duration_seconds = "{% if false %}{% endif %}"',
    "blank value": 'prompt = "x"\nmodel = "kling-3.0"\nduration_seconds = ""',
    "blank value of a forbidden field": 'prompt = "x"\nmodel = "kling-v3-turbo"\nenable_sound = " "',
    "empty list": 'prompt = "x"\nmodel = "kling-3.0"\nreference_image_urls = []',
    "whole number with a point": 'prompt = "x"\nmodel = "kling-v2.6"\nduration_seconds = 10.0',
    "amounts with and without a point": 'prompt = "x"\nmodel = "kling-3.0"\n'
    "[budget]\nmax_usd = 5\nmax_usd_per_run = 1.5",
    "assumed price": 'prompt = "x"\nmodel = "kling-3.0"\n[budget]\nunknown_price = { assume_usd_per_take = 1 }',
    "own model against that of defaults": 'prompt = "x"\nmodel = "kling-3.0"\nenable_sound = true\n'
    '[defaults]\nmodel = "kling-v3-turbo"',
    "defaults that only some shots take": 'prompt = "x"\nmodel = "kling-v3-turbo"\nunset = ["enable_sound"]\n'
    '[defaults]\nmodel = "kling-3.0"\nenable_sound = true',
    "long text that collapses": f'prompt = "x{" " * 3000}y"\nmodel = "kling-v3-omni"',
    "fields of one endpoint of several": 'model = "kling-3.0"\n'
    'output_resolution = "720p"\nbackground_source = "video"\n'
    'source_image_url = "https://a.example/b.png"\nreference_video_url = "https://a.example/b.mp4"',
    "variable called like a field": 'prompt = "x"\nmodel = "kling-3.0"\nvars = { prompt = 1, title = [1] }',
}


@pytest.mark.parametrize("case", ALLOWED)
def test_what_check_takes_is_not_flagged(case: str, tmp_path: Path) -> None:
    text = f"{HEAD}[shot.walk]\n{ALLOWED[case]}\n"
    file = tmp_path / "project.toml"
    file.write_text(text, "utf-8")
    assert [str(fault) for fault in inspect(file, catalog=CATALOG).errors] == []
    assert complaints(tomllib.loads(text)) == []


def values_of(spec: FieldSpec) -> st.SearchStrategy[Any]:
    """Values that a field takes."""
    if spec.values:
        return st.sampled_from(spec.values)
    if spec.type == "list" and spec.of is not None:
        return st.lists(values_of(spec.of), min_size=spec.min_items or 0, max_size=spec.max_items or 4)
    if spec.type == "table":
        return st.fixed_dictionaries({name: values_of(own) for name, own in spec.fields.items()})
    if spec.type == "integer":
        return st.integers(int(spec.min or 0), int(spec.max or 100))
    return {
        "number": st.floats(spec.min or 0, spec.max or 1),
        "boolean": st.booleans(),
        "url": st.just("https://media.example/one.png"),
    }.get(spec.type, st.text("ab ", min_size=1, max_size=9))


@st.composite
def requests(draw: st.DrawFn) -> tuple[ModelSpec, dict[str, Any]]:
    """A model with a request that takes care of its limits, not of its rules."""
    model = draw(st.sampled_from(CATALOG.contract.models))
    names = [name for name in model.fields if name != "model" and (name in model.required or draw(st.booleans()))]
    return model, {"model": model.name, **{name: draw(values_of(model.fields[name])) for name in names}}


ANYTHING = st.one_of(
    st.none().map(lambda _: []), st.booleans(), st.integers(-2, 20), st.floats(-1, 20), st.just("{{ x }}"),
    st.sampled_from(["", " ", "720p", "16:9", "std", "video", "here.png", "kling-3.0"]), st.just(["here.png"]),
)  # fmt: skip


@given(requests(), st.booleans())
def test_request_that_the_catalog_takes_is_not_flagged(
    request: tuple[ModelSpec, dict[str, Any]], says_endpoint: bool
) -> None:
    model, body = request
    assume(not [each for each in CATALOG.judge(model.action, body) if each.severity == "error"])
    endpoint = {"endpoint": model.action} if says_endpoint else {}
    assert of_shot(**body, **endpoint) == []


@given(requests(), st.sampled_from([name for name in CATALOG.fields if name not in ("model", "prompt")]), ANYTHING)
def test_value_that_the_catalog_takes_is_not_flagged(
    request: tuple[ModelSpec, dict[str, Any]], name: str, value: Any
) -> None:
    model, body = request
    body = {**body, name: value}
    assume(not [each for each in CATALOG.judge(model.action, body) if each.field == name and each.severity == "error"])
    flagged = [each for each in of_shot(**body, endpoint=model.action) if f".{name}" in each]
    assert flagged == []
