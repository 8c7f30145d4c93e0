"""Files are put in place whole or not at all, and over nothing that is somebody else's."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kling_render.errors import StorageError
from kling_render.whole_files import Kind, write_over, write_whole

LIST = Kind("list", re.compile(rb"LIST\n"))


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


def test_earlier_file_of_its_kind_is_written_over(tmp_path: Path) -> None:
    file = tmp_path / "deeper" / "file"
    assert write_over(file, b"LIST\none", LIST)
    assert not write_over(file, b"LIST\none", LIST)
    assert write_over(file, b"LIST\ntwo", LIST)
    assert file.read_bytes() == b"LIST\ntwo"


@pytest.mark.parametrize("there", [b"", b"A LIST\n", b"\0\xff"])
def test_file_of_no_such_kind_is_left_alone(tmp_path: Path, there: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(there)
    with pytest.raises(StorageError, match="file is there, and is no list of kling-render"):
        write_over(file, b"LIST\none", LIST)
    assert file.read_bytes() == there


def test_folder_in_the_place_of_a_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be written: Is a directory"):
        write_over(tmp_path, b"LIST\n", LIST)
