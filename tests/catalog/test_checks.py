"""The rules that need code: names in prompts, markers, and the sum of a sequence."""

from __future__ import annotations

from typing import Any

import pytest

from kling_render.catalog import bundled_catalog
from kling_render.catalog.checks import CHECKS, multi_shot_sum, sequence_seconds
from kling_render.catalog.models import ModelSpec

from .reference_rows import with_references
from .row_builders import TEXT, a_body, a_sequence, an_element, some_cuts

CATALOG = bundled_catalog()


def findings(prompt: str, *elements: str) -> list[str]:
    """What is said of a prompt with these elements."""
    declared = {"kling_elements": [an_element(name) for name in elements]}
    return [each.message for each in CATALOG.judge(TEXT, a_body(TEXT, "kling-3.0", prompt=prompt, **declared))]


def test_longer_name_than_the_declared_one_is_another_element() -> None:
    spot = "for kling-3.0 (text_to_video)"
    assert findings("@miranda", "mira") == [
        f"@miranda is named in the prompt but not declared in kling_elements, {spot}",
        f"the element mira is declared, but no prompt uses it, {spot}",
    ]


@pytest.mark.parametrize("prompt", ["@mira-walks", "@mira- she walks", "@mira--she walks", "@mira and @mira-walks"])
def test_name_that_a_hyphen_makes_longer_is_told_once_with_the_name_that_may_be_meant(prompt: str) -> None:
    (text,) = findings(prompt, "mi", "mira")[:1]
    assert "; if @mira is meant, write a space after it, for" in text
    assert [each.split(",")[0] for each in findings(prompt, "mi", "mira")[1:]] == ["the element mi is declared"]


def test_name_with_a_hyphen_that_is_declared_is_used() -> None:
    assert findings("@mira-walks and @mira", "mira", "mira-walks") == []


@pytest.mark.parametrize("prompt", ["Write to crew@example.com", "Shot @24fps", "@ noon", "a@@b"])
def test_at_sign_that_names_nothing_is_left_alone(prompt: str) -> None:
    assert findings(prompt) == []


@pytest.mark.parametrize("prompt", ["@mira走过码头", "看@mira走过", "@miraさん"])
def test_name_ends_where_a_script_without_spaces_goes_on(prompt: str) -> None:
    assert findings(prompt, "mira") == []


@pytest.mark.parametrize("name", ["7", "米拉", "007-bond"])
def test_used_element_with_an_odd_name_is_not_called_unused(name: str) -> None:
    assert findings(f"@{name} waits", name) == []


def test_every_undeclared_name_is_told_once_in_alphabetical_order() -> None:
    assert [text.split(" ")[0] for text in findings("@b @a @b")] == ["@a", "@b"]


@pytest.mark.parametrize("prompt", ["<<<image_x>>>", "<<<image_>>>", "<<<video_11>>>"])
def test_marker_of_an_odd_reference_is_refused(prompt: str) -> None:
    body = a_body(TEXT, "kling-o1", **with_references(0, 0, prompt))
    assert [each.field for each in CATALOG.judge(TEXT, body)] == ["prompt"]


@pytest.mark.parametrize("prompt", ["<<image_1>>", "<<<audio_1>>>", "image_1", "<<< image_1 >>>"])
def test_text_that_is_no_marker_is_left_alone(prompt: str) -> None:
    assert CATALOG.judge(TEXT, a_body(TEXT, "kling-o1", prompt=prompt)) == []


def test_every_missing_marker_and_every_strange_one_is_told() -> None:
    body = a_body(TEXT, "kling-o1", **with_references(2, 1, "<<<image_7>>> <<<image_3>>>"))
    found = [each.field for each in CATALOG.judge(TEXT, body)]
    assert found == ["reference_image_urls[0]", "reference_image_urls[1]", "reference_video_url", "prompt", "prompt"]


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (a_sequence(3, 4), 7),
        (a_sequence(3, 4, shot_type="custom"), 7),
        (a_sequence(3, 4, shot_type="automatic"), None),
        (a_sequence(3, 4, multi_shots=False), None),
        (a_sequence(3, "4"), None),
        (a_sequence(3, True), None),
        (a_sequence(), None),
        (a_sequence(multi_prompt="x"), None),
        ({}, None),
    ],
)
def test_length_of_a_sequence_is_the_sum_of_whole_cuts(body: dict[str, Any], seconds: int | None) -> None:
    assert sequence_seconds(body) == seconds


@pytest.mark.parametrize(
    ("limits", "words"),
    [({"min": 3}, "at least 3 s are allowed"), ({"max": 1}, "0 to 1 s are allowed")],
)
def test_sum_is_judged_by_the_limits_that_the_model_has(limits: dict[str, Any], words: str) -> None:
    fields = {"duration_seconds": {"type": "integer", **limits}}
    model = ModelSpec.model_validate({"action": TEXT, "name": "m", "source": "guide", "fields": fields})
    (verdict,) = multi_shot_sum(model, {"multi_shots": True, "multi_prompt": some_cuts(2)})
    assert verdict[2].endswith(words)


@pytest.mark.parametrize("check", CHECKS)
def test_check_of_a_model_without_its_fields_says_nothing(check: str) -> None:
    model = ModelSpec.model_validate({"action": TEXT, "name": "m", "source": "guide", "fields": {}})
    assert list(CHECKS[check](model, {"multi_shots": True, "multi_prompt": some_cuts(2)})) == []
