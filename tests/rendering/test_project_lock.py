"""One render of a project at a time: a lock that is gone with its process, and says who holds it."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from filelock import FileLock

from kling_render.errors import LockedError, StorageError
from kling_render.rendering import LEDGER
from kling_render.rendering import project_lock as module
from kling_render.rendering.project_lock import project_lock

if TYPE_CHECKING:
    from kling_render.events import Event

    from .conftest import Studio

NOW = datetime(2026, 8, 1, 9, 0, 7, 123456, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """The place of a ledger that nobody has made yet."""
    return tmp_path / ".kling-render" / "ledger.sqlite"


def held_by_another(ledger: Path, holder: str = "") -> FileLock:
    """The lock as another process holds it, with its note."""
    ledger.parent.mkdir(parents=True, exist_ok=True)
    if holder:
        ledger.with_name("render.holder").write_text(holder, "utf-8")
    lock = FileLock(ledger.with_name("render.lock"))
    lock.acquire()
    return lock


def note_of(ledger: Path) -> Path:
    return ledger.with_name("render.holder")


def test_holder_is_noted_while_it_is_held(ledger: Path) -> None:
    with project_lock(ledger, NOW):
        note = json.loads(note_of(ledger).read_text("utf-8"))
    assert note == {"pid": os.getpid(), "host": platform.node(), "since": "2026-08-01T09:00:07+00:00"}


def test_note_is_gone_afterwards(ledger: Path) -> None:
    with project_lock(ledger, NOW):
        pass
    assert not note_of(ledger).exists()


def test_lock_is_free_after_a_block_that_failed(ledger: Path) -> None:
    with pytest.raises(ValueError, match="trouble"), project_lock(ledger, NOW):
        raise ValueError("trouble")
    with project_lock(ledger, NOW):
        assert note_of(ledger).exists()


def test_second_one_is_told_who_holds_it_and_what_to_do(ledger: Path) -> None:
    lock = held_by_another(ledger, '{"pid": 71, "host": "suite-2", "since": "2026-08-01T08:00:00+00:00"}')
    with (
        lock,
        pytest.raises(LockedError, match="process 71 on suite-2, since 2026-08-01T08:00:00") as caught,
        project_lock(ledger, NOW),
    ):
        pass
    assert "--wait 5m" in caught.value.hint


@pytest.mark.parametrize("note", ["", "half a no", "[]", '{"pid": 71}'])
def test_holder_whose_note_cannot_be_read_is_nobody_known(ledger: Path, note: str) -> None:
    with (
        held_by_another(ledger, note),
        pytest.raises(LockedError, match="a process that did not say who it is"),
        project_lock(ledger, NOW),
    ):
        pass


def test_second_one_leaves_the_note_of_the_first(ledger: Path) -> None:
    with held_by_another(ledger, "the note"), pytest.raises(LockedError, match="at work"), project_lock(ledger, NOW):
        pass
    assert note_of(ledger).read_text("utf-8") == "the note"


def test_wait_ends_when_the_lock_is_free(ledger: Path) -> None:
    told: list[str] = []
    lock = held_by_another(ledger, '{"pid": 71, "host": "suite-2", "since": "then"}')

    def release(holder: str) -> None:
        told.append(holder)
        lock.release()

    with project_lock(ledger, NOW, wait_seconds=300, on_wait=release):
        assert json.loads(note_of(ledger).read_text("utf-8"))["pid"] == os.getpid()
    assert told == ["process 71 on suite-2, since then"]


def test_wait_that_was_too_short_says_how_long_it_was(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOOK_SECONDS", 0.001)
    with (
        held_by_another(ledger),
        pytest.raises(LockedError, match=r"still after 0\.01 s"),
        project_lock(ledger, NOW, wait_seconds=0.01),
    ):
        pass


def test_wait_that_was_too_short_names_who_holds_it_by_then(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOOK_SECONDS", 0.001)

    def hand_over(_: str) -> None:
        note_of(ledger).write_text('{"pid": 72, "host": "suite-3", "since": "now"}', "utf-8")

    with (
        held_by_another(ledger, '{"pid": 71, "host": "suite-2", "since": "then"}'),
        pytest.raises(LockedError, match="process 72 on suite-3, since now"),
        project_lock(ledger, NOW, wait_seconds=0.01, on_wait=hand_over),
    ):
        pass


def test_nobody_is_told_of_a_wait_where_the_lock_is_free(ledger: Path) -> None:
    told: list[str] = []
    with project_lock(ledger, NOW, wait_seconds=300, on_wait=told.append):
        pass
    assert told == []


def test_lock_of_a_dead_process_is_free(ledger: Path) -> None:
    code = (
        "import os, sys; from datetime import datetime, UTC; from pathlib import Path\n"
        "from kling_render.rendering.project_lock import project_lock\n"
        "with project_lock(Path(sys.argv[1]), datetime.now(UTC)): os._exit(9)"
    )
    end = subprocess.run([sys.executable, "-c", code, str(ledger)], check=False)  # noqa: S603 - our own code
    assert (end.returncode, note_of(ledger).exists()) == (9, True)
    with project_lock(ledger, NOW):
        assert json.loads(note_of(ledger).read_text("utf-8"))["pid"] == os.getpid()


def test_projects_in_other_folders_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with ExitStack() as stack:
        for name in ("one", "two"):
            stack.enter_context(project_lock(tmp_path / name / "ledger.sqlite", NOW))
        assert (tmp_path / "two" / "render.holder").exists()


def test_file_in_the_place_of_the_folder_is_a_storage_error(ledger: Path) -> None:
    ledger.parent.write_text("a file", "utf-8")
    with pytest.raises(StorageError, match="cannot write"), project_lock(ledger, NOW):
        pass


def test_note_that_cannot_be_written_is_a_storage_error_and_leaves_the_lock_free(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        with pytest.raises(StorageError, match="No space left on device"), project_lock(ledger, NOW):
            pass
    with project_lock(ledger, NOW):
        assert note_of(ledger).exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes into every folder")
def test_folder_that_cannot_be_written_is_a_storage_error(ledger: Path) -> None:
    ledger.parent.mkdir()
    ledger.parent.chmod(0o500)
    with pytest.raises(StorageError, match="cannot write"), project_lock(ledger, NOW):
        pass


def test_render_that_waits_says_for_whom_and_goes_on(studio: Studio) -> None:
    lock = held_by_another(studio.folder / LEDGER, '{"pid": 71, "host": "suite-2", "since": "then"}')
    told: list[str] = []

    def release(event: Event) -> None:
        if event.kind == "noticed":
            told.append(event.message)
            lock.release()

    assert studio.render(wait_seconds=300, catch=release).exit_code == 0
    assert told == ["waiting for another render of this project: process 71 on suite-2, since then"]
