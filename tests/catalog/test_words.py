"""Suggestions for mistyped names."""

from __future__ import annotations

import pytest

from kling_render.catalog import closest, did_you_mean, listed

KNOWN = ["duration_seconds", "output_resolution", "Prompt"]


@pytest.mark.parametrize(
    ("word", "match"), [("duration_second", KNOWN[0]), ("OUTPUT_RESOLUTION", KNOWN[1]), ("promt", "Prompt")]
)
def test_near_word_is_found_whatever_its_case(word: str, match: str) -> None:
    assert closest(word, KNOWN) == match


def test_letters_that_changed_places_count_more_than_a_letter_less() -> None:
    assert closest("Modle", ["mode", "model"]) == "model"


@pytest.mark.parametrize("word", ["", "zebra", "d"])
def test_far_word_is_not_found(word: str) -> None:
    assert closest(word, KNOWN) is None


def test_suggestion_is_an_ending_for_a_message() -> None:
    assert did_you_mean("promt", KNOWN) == '; did you mean "Prompt"?'


def test_nothing_is_suggested_where_nothing_is_near() -> None:
    assert did_you_mean("zebra", KNOWN) == ""


def test_few_names_are_listed_whole() -> None:
    assert listed(["a", "b", "c", "d", "e"]) == "a, b, c, d, e"


def test_list_that_is_cut_says_how_many_more_there_are() -> None:
    assert listed([*"abcdef"]) == "a, b, c, d, e and 1 more"
