"""One value against its field: types, URLs, absent values, and how values are shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kling_render.catalog import FieldSpec, MediaFacts, bundled_catalog, is_absent, stand_in_url
from kling_render.catalog.values import judge_value, show
from kling_render.expansion.media import LocalFile

from .contract_rows import ROWS
from .row_builders import ABSENT, IMAGE, PICTURE, TEXT, a_body, a_sequence, an_element

CATALOG = bundled_catalog()
LOCAL = stand_in_url("0a" * 32, "the quay.png")


def errors(body: dict[str, Any], action: str = TEXT) -> dict[str, str]:
    """What a request is refused for: field and message."""
    return {each.field: each.message for each in CATALOG.judge(action, body) if each.severity == "error"}


def texts(spec: dict[str, Any], value: Any) -> list[str]:
    """What is wrong with a value, in words."""
    return [text for _, _, text, _, _ in judge_value(FieldSpec.model_validate(spec), "it", value)]


@pytest.mark.parametrize("value", ABSENT)
def test_blank_value_is_absent(value: Any) -> None:
    assert is_absent(value)


@pytest.mark.parametrize("value", [False, 0, 0.0, {}, "x", [None], [""], ()])
def test_value_that_says_something_is_present(value: Any) -> None:
    assert not is_absent(value)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("duration_seconds", float("nan"), "must be a whole number"),
        ("duration_seconds", {}, "must be a whole number"),
        ("cfg_scale", float("nan"), "must be a number"),
        ("cfg_scale", float("inf"), "must be a number"),
        ("cfg_scale", "0.5", "must be a number"),
        ("prompt", ["A ferry"], "must be a text"),
        ("prompt", {}, "must be a text"),
        ("first_frame_image_url", [PICTURE], "must be an http(s) URL"),
        ("kling_elements", {"name": "mira"}, "must be a list"),
        ("kling_elements", "mira", "must be a list"),
    ],
)
def test_value_of_a_wrong_type_is_refused(field: str, value: Any, message: str) -> None:
    assert message in errors(a_body(TEXT, "kling-3.0", **{field: value}))[field]


@pytest.mark.parametrize(
    "url",
    [
        "frames/quay.png",
        "ftp://media.example/quay.png",
        "https://",
        "https:///quay.png",
        "https://media.example/the quay.png",
        "http://[::1",
        "http://a]b/",
        "https://a.example:99999/",
        "https://a.example:x/",
        "https://a.example:0/",
        "https://:80/",
        "https://user@/",
        "https://a.example/\x00",
        "https:a.example",
        "https://?q",
    ],
)
def test_text_without_a_host_is_no_url(url: str) -> None:
    found = errors(a_body(IMAGE, "kling-3.0", first_frame_image_url=url), IMAGE)
    assert "must be an http(s) URL" in found["first_frame_image_url"]


@pytest.mark.parametrize(
    "url",
    ["http://[::1]:8000/a.png", "HTTPS://a.example/a?b=c#d", "http://user:word@a.example:1", "https://ü.example/ß"],
)
def test_url_of_a_host_is_accepted(url: str) -> None:
    assert errors(a_body(IMAGE, "kling-3.0", first_frame_image_url=url), IMAGE) == {}


@pytest.mark.parametrize("entry", ["mira", 1, None, [], True])
def test_list_of_wrong_things_is_refused_at_the_entry(entry: Any) -> None:
    found = errors(a_body(TEXT, "kling-3.0", kling_elements=[entry]))
    assert found["kling_elements[0]"].startswith("kling_elements[0] = ")


def test_every_wrong_entry_of_a_list_is_refused() -> None:
    found = errors(a_body(TEXT, "kling-v3-omni-reference", reference_image_urls=[PICTURE, "", 5]))
    assert list(found) == ["reference_image_urls[1]", "reference_image_urls[2]"]


@pytest.mark.parametrize("value", ABSENT)
def test_absent_value_inside_an_element_changes_nothing(value: Any) -> None:
    element = an_element("mira", element_input_video_urls=value)
    assert CATALOG.judge(TEXT, a_body(TEXT, "kling-3.0", prompt="@mira", kling_elements=[element])) == []


@pytest.mark.parametrize(
    ("limits", "value", "message"),
    [
        ({"type": "number", "min": 2}, 1, "it = 1 must be at least 2"),
        ({"type": "number", "max": 2}, 3, "it = 3 must be from 0 to 2"),
        ({"type": "integer", "values": [5, 10]}, 6, "it = 6 must be one of 5, 10"),
        ({"type": "integer", "values": [0, 1]}, 5, "it = 5 must be one of 0, 1"),
        ({"type": "list", "max_items": 1}, ["a", "b"], "it has 2 entries, at most 1 are allowed"),
        ({"type": "list", "min_items": 2}, ["a"], "it has 1 entry, at least 2 are allowed"),
        ({"type": "string", "min_chars": 2}, "a", "it must have at least 2 character"),
        ({"type": "string", "max_chars": 1}, "ab", "it has 2 characters, at most 1 are allowed"),
    ],
)
def test_value_outside_a_limit_is_told_the_limit(limits: dict[str, Any], value: Any, message: str) -> None:
    assert texts(limits, value) == [message]


@pytest.mark.parametrize(("values", "value"), [([1], True), ([0], False), ([True], 1)])
def test_boolean_is_not_its_number(values: list[Any], value: Any) -> None:
    assert texts({"type": "boolean" if isinstance(value, bool) else "integer", "values": values}, value) != []


@pytest.mark.parametrize("field", ["duration_seconds", "cfg_scale", "prompt", "model", "enable_sound"])
def test_number_of_thousands_of_digits_is_refused_and_not_shown(field: str) -> None:
    assert len(errors(a_body(TEXT, "kling-3.0", **{field: 10**5000}))[field]) < 200


def test_cut_of_thousands_of_digits_is_refused_and_not_shown() -> None:
    assert len(errors(a_sequence(3, 10**5000))["multi_prompt"]) < 200


def test_value_nested_beyond_the_stack_is_refused_and_not_shown() -> None:
    value: Any = "x"
    for _ in range(100_000):
        value = [value]
    assert errors(a_body(TEXT, "kling-3.0", camera=value, prompt=value))["prompt"] == (
        "prompt = a value too large to show must be a text, for kling-3.0 (text_to_video)"
    )


@pytest.mark.parametrize("value", [LOCAL, [LOCAL], {"a": {"b": LOCAL}}])
def test_file_that_is_still_to_be_uploaded_is_shown_by_its_name(value: Any) -> None:
    found = errors(a_body(TEXT, "kling-v3-omni", first_frame_image_url=value))["first_frame_image_url"]
    assert '"the quay.png"' in found
    assert "upload" not in found


def test_stand_in_of_a_local_file_is_one(tmp_path: Path) -> None:
    file = LocalFile(tmp_path / "the quay.png", "the quay.png", "0" * 64, MediaFacts("image", "png", 9))
    assert show(file.stand_in_url) == '"the quay.png"'


def test_choice_of_one_is_told_as_that_value() -> None:
    assert texts({"type": "boolean", "values": [False]}, True) == ["it = true must be false"]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("negative_prompt", "b", 'negative_prompt = "b" is not allowed for kling-v3-omni (text_to_video)'),
        ("cfg_scale", 0, "cfg_scale is not allowed for kling-v3-omni (text_to_video), not even 0"),
        ("multi_shots", False, "multi_shots is not allowed for kling-v3-omni (text_to_video), not even false"),
        ("camera", "dolly", 'camera = "dolly" is not a field of kling-v3-omni (text_to_video)'),
    ],
)
def test_field_that_is_not_taken_is_told_with_its_value(field: str, value: Any, words: str) -> None:
    assert errors(a_body(TEXT, "kling-v3-omni", **{field: value})) == {field: words}


def test_rule_about_a_text_tells_its_words() -> None:
    message = errors(a_body(TEXT, "kling-3.0", multi_prompt=[{"prompt": "Rain", "duration_seconds": 3}]))
    assert '"prompt": "Rain"' in message["multi_prompt"]


def test_every_message_of_a_model_names_it() -> None:
    bodies = [row for row in ROWS if row.verdict != "accepted" and CATALOG.model(row.action, row.model)]
    found = [each for row in bodies for each in CATALOG.judge(row.action, row.body)]
    assert [each.message for each in found if f"{each.message}"[-1] != ")" and ", not even " not in each.message] == []


def test_long_value_is_shortened_in_the_message() -> None:
    assert len(errors(a_body(TEXT, "kling-3.0", aspect_ratio="x" * 900))["aspect_ratio"]) < 200
