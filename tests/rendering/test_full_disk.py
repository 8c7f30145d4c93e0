"""A disk that is full, or a folder that cannot be written: a clear error, nothing half-written, nothing paid twice."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kling_render.errors import StorageError
from kling_render.ledger import State
from kling_render.ledger.store import Ledger
from kling_render.rendering import render

from .conftest import SHOT_MICRO_USD

if TYPE_CHECKING:
    from collections.abc import Callable

    from kling_render.ledger import Attempt

    from .conftest import Studio


def full_at(monkeypatch: pytest.MonkeyPatch, state: State) -> None:
    """Let the ledger find the disk full when it shall write this state."""
    record: Callable[..., Attempt] = Ledger.record

    def full(self: Ledger, run: Any, attempt: Any, to: State, *args: Any, **known: Any) -> Attempt:
        if to is state:
            raise StorageError("the ledger cannot be used: database or disk is full")
        return record(self, run, attempt, to, *args, **known)

    monkeypatch.setattr(Ledger, "record", full)


@pytest.mark.parametrize(
    ("full", "left"),
    [
        (State.SUBMITTED, State.INTENT),
        (State.PROCESSING, State.SUBMITTED),
        (State.COMPLETED, State.PROCESSING),
        (State.DOWNLOADED, State.COMPLETED),
    ],
    ids=lambda state: state.value,
)
def test_disk_that_fills_up_ends_the_run_and_the_next_one_delivers_without_paying_again(
    studio: Studio, full: State, left: State
) -> None:
    studio.shoot("walk")
    with studio.monkeypatch.context() as patch:
        full_at(patch, full)
        outcome = studio.render()
    assert (outcome.exit_code, outcome.problems["walk#1"].exit_code) == (12, 12)
    assert studio.attempt("walk#1").state is left
    assert studio.render().exit_code == 0
    assert (len(studio.clips()), studio.parts(), studio.settled()) == (1, [], SHOT_MICRO_USD)


def test_disk_that_fills_up_stops_further_submissions(studio: Studio) -> None:
    studio.shoot("walk", "run", "rest")
    full_at(studio.monkeypatch, State.SUBMITTED)
    studio.render(concurrency=1)
    assert len(studio.door.of_kind("create")) == 1


def test_disk_without_room_for_an_intent_sends_nothing(studio: Studio) -> None:
    def full(*_: Any) -> None:
        raise StorageError("the ledger cannot be used: database or disk is full")

    studio.monkeypatch.setattr(Ledger, "reserve", full)
    outcome = studio.render()
    assert (outcome.exit_code, studio.door.of_kind("create")) == (12, [])


def test_disk_without_room_for_the_manifest_is_told_and_not_a_traceback(studio: Studio) -> None:
    def full(*_: Any) -> None:
        raise StorageError("cannot write manifest.json: No space left on device")

    studio.monkeypatch.setattr(render, "write_manifest", full)
    with pytest.raises(StorageError, match=r"manifest\.json: No space left"):
        studio.render()
    assert len(studio.clips()) == 2


def test_two_errors_at_once_are_not_hidden_behind_one(studio: Studio) -> None:
    def full(*_: Any) -> None:
        raise ExceptionGroup("trouble", [StorageError("full"), ValueError("a bug")])

    studio.monkeypatch.setattr(render, "write_manifest", full)
    with pytest.raises(ExceptionGroup) as caught:
        studio.render()
    assert caught.value.subgroup(ValueError) is not None


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes into every folder")
def test_folder_that_cannot_be_written_ends_the_run_before_the_first_post(studio: Studio) -> None:
    studio.folder.chmod(0o500)
    try:
        with pytest.raises(StorageError, match="cannot write"):
            studio.render()
    finally:
        studio.folder.chmod(0o700)
    assert studio.door.of_kind("create") == []


def test_folder_of_clips_that_cannot_be_written_ends_the_run_before_the_first_post(studio: Studio) -> None:
    (studio.folder / "renders").write_text("a file in its place", "utf-8")
    with pytest.raises(StorageError, match="cannot write") as caught:
        studio.render()
    assert (caught.value.hint, studio.door.of_kind("create")) == ("Nothing was submitted.", [])


def test_part_of_a_clip_that_finds_no_room_is_told_and_fetched_later(studio: Studio) -> None:
    studio.shoot("walk")
    replace = Path.replace

    def full(self: Path, target: Path) -> Path:
        if self.name.endswith(".mp4.part"):
            raise OSError(28, "No space left on device")
        return replace(self, target)

    with studio.monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        outcome = studio.render()
    assert "No space left on device" in outcome.problems["walk#1"].message
    assert (outcome.exit_code, studio.clips(), studio.attempt("walk#1").state) == (12, [], State.COMPLETED)
    assert (studio.render().exit_code, len(studio.clips()), studio.parts()) == (0, 1, [])
