"""Committed files are changed by one at a time, among threads and among processes."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kling_render.errors import StorageError
from kling_render.ledger import changing, committed_files, read_notes, write_note

HOLDER = """
import sys
from pathlib import Path
from kling_render.ledger import changing
with changing(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_notes_that_threads_write_at_once_are_all_kept(tmp_path: Path) -> None:
    file = tmp_path / "notes.toml"
    names = [f"shot{number}" for number in range(24)]
    with ThreadPoolExecutor(12) as threads:
        list(threads.map(lambda name: write_note(file, name, f"of {name}"), names))
    assert read_notes(file) == {name: f"of {name}" for name in names}
    assert sorted(path.name for path in tmp_path.iterdir()) == [".kling-render", "notes.toml"]


def test_file_that_another_process_changes_is_waited_for_and_then_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committed_files, "_PATIENCE_SECONDS", 0.1)
    file = tmp_path / "notes.toml"
    command = [sys.executable, "-c", HOLDER, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:  # noqa: S603
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StorageError, match=r"notes\.toml is being changed by others"):
            write_note(file, "walk", "x")
        holder.kill()
    assert write_note(file, "walk", "x")  # the lock went with its process


def test_part_of_a_writer_that_was_killed_is_removed_by_the_next(tmp_path: Path) -> None:
    part = tmp_path / ".notes.toml.1f.part"
    part.write_text("half a no", "utf-8")
    write_note(tmp_path / "notes.toml", "walk", "x")
    assert not part.exists()


def test_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with (
        pytest.raises(StorageError, match=r"files\.lock cannot be locked"),
        changing(tmp_path / "none" / "picks.toml"),
    ):
        pass
    assert not (tmp_path / "none").exists()
