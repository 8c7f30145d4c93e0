"""Files are put in place whole or not at all."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kling_render.errors import StorageError
from kling_render.whole_files import write_whole


def test_bytes_take_the_place_of_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "deeper" / "file"
    assert write_whole(file, b"one")
    assert write_whole(file, b"two")
    assert file.read_bytes() == b"two"
    assert list(file.parent.iterdir()) == [file]


def test_file_that_says_the_same_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "file"
    write_whole(file, b"one")
    before = file.stat().st_mtime_ns
    assert not write_whole(file, b"one")
    assert file.stat().st_mtime_ns == before


def test_failure_leaves_what_was_there_and_nothing_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    write_whole(file, b"one")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="file cannot be written: No space left on device"):
        write_whole(file, b"two")
    assert file.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [file]


def test_threads_that_write_one_file_at_once_take_no_part_from_each_other(tmp_path: Path) -> None:
    file = tmp_path / "file"
    contents = [bytes([number]) * 50_000 for number in range(32)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda content: write_whole(file, content), contents))
    assert file.read_bytes() in contents
    assert list(tmp_path.iterdir()) == [file]
