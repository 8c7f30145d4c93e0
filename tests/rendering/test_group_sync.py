"""One sync for all who wait: nobody goes on before a sync that began after what they wrote."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from kling_render.errors import StorageError
from kling_render.ledger import database
from kling_render.ledger.store import Ledger
from kling_render.rendering.group_sync import GroupSync
from kling_render.runapi import RunApi
from tests.rendering.conftest import Studio


class Disk:
    """Counts what was written and what has reached the disk."""

    def __init__(self) -> None:
        self.written = self.kept = self.syncs = 0
        self.failures: list[StorageError] = []

    def sync(self) -> None:
        self.syncs += 1
        if self.failures:
            raise self.failures.pop()

    async def run_blocking(self, function: Callable[..., Any], *args: Any) -> Any:
        began_with = self.written
        for _ in range(3):  # others write meanwhile
            await anyio.lowlevel.checkpoint()
        function(*args)
        self.kept = began_with


def gathered(disk: Disk, writers: int, failures: list[str]) -> GroupSync:
    """Writers who each write and wait, all at once."""
    on_disk = GroupSync(disk.sync, disk.run_blocking)

    async def write() -> None:
        disk.written += 1
        mine = disk.written
        try:
            await on_disk()
        except StorageError as error:
            failures.append(error.message)
        else:
            assert disk.kept >= mine

    async def work() -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(writers):
                tasks.start_soon(write)

    anyio.run(work)
    return on_disk


def test_nobody_goes_on_before_what_they_wrote_is_on_disk() -> None:
    failures: list[str] = []
    gathered(disk := Disk(), 20, failures)
    assert (disk.written, failures) == (20, [])


def test_many_share_a_sync() -> None:
    gathered(disk := Disk(), 20, [])
    assert 1 <= disk.syncs <= 3


def test_after_a_failure_nobody_goes_on_although_a_later_sync_would_succeed() -> None:
    disk, failures = Disk(), list[str]()
    disk.failures.append(StorageError("the disk is full"))
    on_disk = gathered(disk, 5, failures)
    assert failures == ["the disk is full"] * 5
    with pytest.raises(StorageError, match="the disk is full"):
        anyio.run(on_disk)
    assert disk.syncs == 1


def test_intents_that_the_disk_refuses_are_not_posted(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(database, "_sync_content", refuse)
    with pytest.raises(StorageError, match="No space left on device"):
        studio.render()
    assert studio.door.of_kind("create") == []


def test_intents_are_synced_before_they_are_posted(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    sync, reserve, create = Ledger.sync, Ledger.reserve, RunApi.create

    def noting(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*args: Any, **known: Any) -> Any:
            steps.append(name)
            return function(*args, **known)

        return noted

    studio.shoot("walk")
    monkeypatch.setattr(Ledger, "sync", noting("sync", sync))
    monkeypatch.setattr(Ledger, "reserve", noting("reserve", reserve))
    monkeypatch.setattr(RunApi, "create", noting("create", create))
    studio.render()
    assert steps[:4] == ["reserve", "sync", "create", "sync"]
