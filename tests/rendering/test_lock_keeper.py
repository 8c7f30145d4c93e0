"""`takes.lock` during a render: written soon after each change, not too often, and always at the end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio
import pytest
from trio.testing import MockClock

from kling_render.errors import StorageError
from kling_render.events import Event
from kling_render.ledger import read_lock
from kling_render.rendering.lock_keeper import LockKeeper

from .conftest import FILM, Killed, fail_task, kill

if TYPE_CHECKING:
    from .conftest import Studio


@dataclass
class Desk:
    """A keeper, what it wrote when, and what it told; the file can refuse."""

    refuses: bool = False
    at: list[float] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keeper = LockKeeper(self._write, self.events.append)

    def _write(self) -> None:
        self.at.append(anyio.current_time())
        if self.refuses:
            raise StorageError("takes.lock cannot be written: no space left")

    def run(self, block: Callable[[], Awaitable[None]]) -> list[float]:
        """Keep while a block runs; when it wrote, the last one being the end."""

        async def work() -> None:
            async with self.keeper.keeping():
                await block()

        anyio.run(work, backend="trio", backend_options={"clock": MockClock(autojump_threshold=0)})
        return self.at


def test_change_is_written_a_second_later() -> None:
    desk = Desk()

    async def block() -> None:
        await anyio.sleep(5)
        desk.keeper.note_change()
        await anyio.sleep(5)

    assert desk.run(block) == [6, 10]


def test_without_a_change_it_is_written_at_the_end_alone() -> None:
    assert Desk().run(lambda: anyio.sleep(100)) == [100]


def test_many_changes_are_written_once_a_second() -> None:
    desk = Desk()

    async def block() -> None:
        for _ in range(100):
            desk.keeper.note_change()
            await anyio.sleep(0.05)

    assert [round(each) for each in desk.run(block)] == [1, 2, 3, 4, 5]


def test_changes_during_the_pause_are_written_together() -> None:
    desk = Desk()

    async def block() -> None:
        desk.keeper.note_change()
        await anyio.sleep(0.5)
        desk.keeper.note_change()
        await anyio.sleep(9.5)

    assert desk.run(block) == [1, 10]


@pytest.mark.parametrize("error", [ValueError("trouble"), Killed()])
def test_block_that_fails_is_written_too(error: BaseException) -> None:
    desk = Desk()

    async def block() -> None:
        raise error

    with pytest.raises(BaseExceptionGroup, match="nursery"):
        desk.run(block)
    assert desk.at == [0]


def test_block_that_is_cancelled_is_written_too() -> None:
    desk = Desk()

    async def block() -> None:
        with anyio.move_on_after(3):
            async with desk.keeper.keeping():
                await anyio.sleep_forever()

    assert 3 in desk.run(block)


def test_file_that_cannot_be_written_is_told_once_and_ends_nothing() -> None:
    desk = Desk(refuses=True)

    async def block() -> None:
        for _ in range(3):
            desk.keeper.note_change()
            await anyio.sleep(2)

    assert desk.run(block) == [1, 3, 5, 6]
    assert [(each.kind, each.message) for each in desk.events] == [
        ("noticed", "takes.lock is not kept: takes.lock cannot be written: no space left")
    ]


# In a render


def test_lock_names_a_task_while_it_is_still_open(studio: Studio) -> None:
    studio.shoot("walk")
    studio.render_until("poll", kill(), skip=1)
    (line,) = read_lock(studio.folder / "takes.lock")
    assert (line.address, line.task_id, line.is_paid) == ("walk#1", studio.attempt("walk#1").task_id, False)


def test_lock_of_a_finished_render_names_every_take_as_paid(studio: Studio) -> None:
    studio.render()
    lines = read_lock(studio.folder / "takes.lock")
    assert [(each.address, each.is_paid, each.person) for each in lines] == [
        ("run#1", True, "mira"),
        ("walk#1", True, "mira"),
    ]


def test_lock_that_cannot_be_written_keeps_no_clip_from_coming(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StorageError("no space left")

    monkeypatch.setattr("kling_render.rendering.session.write_takes_lock", full)
    outcome = studio.render()
    assert (outcome.exit_code, len(studio.clips())) == (0, 2)
    assert [each.message for each in studio.events if each.kind == "noticed"] == [
        "takes.lock is not kept: no space left"
    ]


def test_second_run_that_changes_nothing_leaves_the_lock_as_it_is(studio: Studio) -> None:
    studio.render()
    lock = studio.folder / "takes.lock"
    before = (lock.read_bytes(), lock.stat().st_mtime_ns)
    studio.render()
    assert (lock.read_bytes(), lock.stat().st_mtime_ns) == before


def test_lock_has_no_line_of_a_task_that_failed_and_was_bought_anew(studio: Studio) -> None:
    studio.shoot("walk", film=FILM + "[render]\nretries = 1\n")
    studio.breaks("poll", fail_task())
    studio.render()
    (line,) = read_lock(studio.folder / "takes.lock")
    assert (line.attempt, line.is_paid) == (2, True)


def test_lock_that_was_lost_is_written_anew_with_every_attempt_that_was_paid(studio: Studio) -> None:
    studio.shoot("walk")
    studio.render()
    (studio.folder / studio.clips()[0]).unlink()
    studio.sleep(days=8)
    studio.render(again=True)
    (studio.folder / "takes.lock").unlink()
    studio.render()
    assert [each.attempt for each in read_lock(studio.folder / "takes.lock")] == [1, 2]
