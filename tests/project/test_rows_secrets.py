"""API keys in files of rows: refused with their place, never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from kling_render.errors import Fault, InvalidProjectError
from kling_render.project.rows import read_rows

KEY = "sk-live_4f9a8b7c6d5e4f3a2b1c"


def refused(path: Path, text: str, encoding: str = "utf-8") -> tuple[Fault, ...]:
    path.write_bytes(text.encode(encoding))
    with pytest.raises(InvalidProjectError, match="in the project") as raised:
        read_rows(path)
    return raised.value.faults


@pytest.mark.parametrize("key", [KEY, "Bearer 4f9a8b7c6d5e4f3a2b1c", "runapi-4f9a8b7c6d5e4f3a2b1c", f"runapi-{KEY}"])
def test_key_in_a_csv_file_is_refused_at_its_first_character(tmp_path: Path, key: str) -> None:
    (fault,) = refused(tmp_path / "cast.csv", f'sku,product\na1,"Tea\npot"\nb2, big {key} x {KEY}\n')
    assert (fault.place.position, fault.rule) == (":4:9", "api-key")
    assert KEY not in str(fault)


def test_every_line_with_a_key_is_a_fault_of_its_own(tmp_path: Path) -> None:
    found = refused(tmp_path / "cast.csv", f"sku;product\na1;{KEY}\nb2;Cup\nc3;{KEY}\n")
    assert [fault.place.position for fault in found] == [":2:4", ":4:4"]


def test_key_in_utf_16_is_told_without_pointing_into_the_file(tmp_path: Path) -> None:
    (fault,) = refused(tmp_path / "cast.csv", f"sku,product\na1,{KEY}\n", "utf-16")
    assert (fault.place.line, fault.message) == (
        None, "an API key does not belong in a file of rows: line 2, column 4",
    )  # fmt: skip


def test_words_that_only_look_a_little_like_a_key_are_read(tmp_path: Path) -> None:
    path = tmp_path / "cast.csv"
    path.write_text("sku,product\nsk-1,a Bearer of news\n", "utf-8")
    assert [dict(row.values) for row in read_rows(path)] == [{"sku": "sk-1", "product": "a Bearer of news"}]
