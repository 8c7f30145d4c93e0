"""CSV for spreadsheets: nothing in it is run."""

from __future__ import annotations

import csv
import io

import pytest

from kling_render.report.spreadsheet import write_csv


def read_back(*row: object) -> list[str]:
    return list(csv.reader(io.StringIO(write_csv(["column"], [row]))))[1]


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-cmd|x", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1", "--5"])
def test_text_that_begins_like_a_formula_gets_an_apostrophe(text: str) -> None:
    assert read_back(text) == [f"'{text}"]


@pytest.mark.parametrize(
    "text", ["She walks", "-5", "-0.42", "0.7", "a=b", '"quoted", with a comma', "two\nlines", "夜"]
)
def test_other_text_is_left_as_it_is(text: str) -> None:
    assert read_back(text) == [text]


def test_nothing_is_an_empty_cell_and_numbers_are_numbers() -> None:
    assert read_back(None, 5, -1.5) == ["", "5", "-1.5"]
