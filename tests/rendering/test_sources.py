"""What stands in a request for another shot, cut and uploaded from the clip that was bought."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import anyio
import pytest
from PIL import Image

from kling_render.errors import StorageError
from kling_render.expansion import Address, LocalFile, Reference
from kling_render.ledger import Attempt, Clip, State
from kling_render.media import frame_of
from kling_render.planning import Source, TakeState
from kling_render.rendering import Clock
from kling_render.rendering.failures import BlockedError
from kling_render.rendering.sources import source_values
from kling_render.rendering.work import Limits, RenderOptions, Work

from ..ledger.conftest import an_attempt
from .conftest import tiny_clip

NAME = "renders/default/walk/walk-t1-ffffffff.mp4"


class Desk:
    """As much of a render as sources need: a folder, threads that take a second, and a place for uploads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hosted: list[LocalFile] = []
        self.at_work = self.most_at_work = 0

    def values(self, *sources: Source, at_a_time: int = 1) -> list[dict[Any, str]]:
        """The values of the sources, worked out by so many takes at a time."""
        found: list[dict[Any, str]] = []

        async def work() -> None:
            limits = Limits(RenderOptions("renders"))
            ledger = SimpleNamespace(path=self.folder / ".kling-render" / "ledger.sqlite")
            desk = SimpleNamespace(
                folder=self.folder, ledger=ledger, clock=Clock(_now, self._thread), limits=limits, host_file=self._host
            )

            async def one() -> None:
                found.append(await source_values(cast(Work, desk), sources))

            async with anyio.create_task_group() as tasks:
                for _ in range(at_a_time):
                    tasks.start_soon(one)

        try:
            anyio.run(work)
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None
        return found

    async def _thread(self, function: Any, *args: Any) -> Any:
        self.at_work += 1
        self.most_at_work = max(self.at_work, self.most_at_work)
        await anyio.sleep(0)
        try:
            return function(*args)
        finally:
            self.at_work -= 1

    async def _host(self, file: LocalFile) -> str:
        self.hosted.append(file)
        return f"https://files.example/{len(self.hosted)}"


def _now() -> datetime:
    return datetime(2026, 8, 1, tzinfo=UTC)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A project with the clip of walk#1."""
    path = tmp_path / NAME
    path.parent.mkdir(parents=True)
    path.write_bytes(tiny_clip(1))
    return Desk(tmp_path)


def a_source(part: str = "last", **changes: Any) -> Source:
    """What a reference to walk#1 means, whose clip is here."""
    clip = Clip(NAME, hashlib.sha256(tiny_clip(1)).hexdigest(), len(tiny_clip(1)), 1.0, 32, 18, False)
    attempt: Attempt = an_attempt(clip=clip, **changes)
    reference = Reference(Address.parse("walk#1"), cast(Any, part))
    return Source(reference, attempt.fingerprint, 1, 1, attempt, TakeState.BOUGHT)


def test_task_of_another_shot_is_its_id_and_uploads_nothing(desk: Desk) -> None:
    source = a_source("task", task_id="t-7")
    assert (desk.values(source), desk.hosted) == ([{source.reference: "t-7"}], [])


@pytest.mark.parametrize("which", ["first", "last"])
def test_frame_is_uploaded_as_a_picture_of_the_clips_size(desk: Desk, which: str) -> None:
    desk.values(a_source(which))
    (file,) = desk.hosted
    content = file.path.read_bytes()
    assert content == frame_of(desk.folder / NAME, cast(Any, which))
    assert (file.facts.kind, file.facts.width, file.facts.height) == ("image", *Image.open(BytesIO(content)).size)
    assert (file.sha256, file.facts.byte_count) == (hashlib.sha256(content).hexdigest(), len(content))


def test_clip_of_another_shot_is_uploaded_as_it_is(desk: Desk) -> None:
    desk.values(a_source("clip"))
    (file,) = desk.hosted
    assert (file.path, file.facts.kind) == (desk.folder / NAME, "video")


def test_each_reference_gets_the_url_of_its_own_file(desk: Desk) -> None:
    first, last = a_source("first"), a_source("last")
    assert desk.values(first, last) == [
        {first.reference: "https://files.example/1", last.reference: "https://files.example/2"}
    ]


def test_frame_is_kept_beside_the_ledger_under_the_digest_of_its_clip(desk: Desk) -> None:
    source = a_source()
    desk.values(source)
    assert source.last is not None
    assert source.last.clip is not None
    kept = [
        path.relative_to(desk.folder).as_posix() for path in desk.folder.rglob("*") if path.suffix in (".png", ".part")
    ]
    assert kept == [f".kling-render/frames/{source.last.clip.sha256[:16]}-last.png"]


def test_frame_that_was_spoiled_on_disk_is_cut_anew(desk: Desk) -> None:
    desk.values(a_source())
    frame = desk.hosted[0].path
    frame.write_bytes(b"spoiled")
    desk.values(a_source())
    assert frame.read_bytes() == frame_of(desk.folder / NAME, "last")


def test_takes_that_begin_on_the_same_frame_cut_it_one_after_the_other(desk: Desk) -> None:
    desk.values(a_source(), at_a_time=5)
    assert (desk.most_at_work, len(desk.hosted)) == (1, 5)


def test_source_that_has_not_begun_blocks(desk: Desk) -> None:
    source = Source(a_source().reference, "f" * 64, 1, 1, None, TakeState.NEW)
    with pytest.raises(BlockedError, match="walk#1 is not there"):
        desk.values(source)


def test_source_without_a_clip_blocks(desk: Desk) -> None:
    attempt = an_attempt(clip=None, state=State.COMPLETED)
    source = Source(a_source().reference, "f" * 64, 1, 1, attempt, TakeState.IN_FLIGHT)
    with pytest.raises(BlockedError, match="the clip of walk#1 is not on this machine"):
        desk.values(source)


@pytest.mark.parametrize("part", ["last", "clip"])
@pytest.mark.parametrize("content", [b"", tiny_clip(2), None], ids=["empty", "another", "missing"])
def test_clip_that_is_not_the_one_that_was_bought_blocks(desk: Desk, part: str, content: bytes | None) -> None:
    path = desk.folder / NAME
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(BlockedError, match="the clip of walk#1 is not the one that was bought: renders/"):
        desk.values(a_source(part))


def test_folder_of_frames_that_cannot_be_written_is_a_storage_error(desk: Desk) -> None:
    (desk.folder / ".kling-render").write_text("a file in its place", "utf-8")
    with pytest.raises(StorageError, match="cannot write"):
        desk.values(a_source())
