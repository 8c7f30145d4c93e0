"""Brings a finished clip home: part file, check, rename; no clip is ever overwritten."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from kling_render.errors import DownloadError, ExpiredUrlError, StorageError
from kling_render.events import Event
from kling_render.ledger import Attempt, Clip, State
from kling_render.media import NotAClipError, Probe, probe
from kling_render.rendering.differences import differences
from kling_render.rendering.failures import ClipGoneError
from kling_render.rendering.paths import clip_path, places
from kling_render.rendering.polling import ask
from kling_render.rendering.work import Work
from kling_render.runapi import Download, Task, discard
from kling_render.whole_files import sync_folder

_FETCHES = 3
"""How often a clip is fetched that comes damaged, or whose address has expired, each time from a fresh address."""


async def download(work: Work, attempt: Attempt, task: Task) -> Attempt:
    """Fetch the clip of a completed task to its place and record it.

    Raises:
        DownloadError: it came damaged or not at all; the attempt stays open and is fetched by the next run.
        ClipGoneError: the server does not keep it any more.
        StorageError: it cannot be written.
    """
    target = work.folder / (attempt.clip.path if attempt.clip else clip_path(work.options.output, attempt))
    async with work.limits.downloads:
        try:
            if not target.parent.is_dir():
                target.parent.mkdir(parents=True, exist_ok=True)
            fetched, seen, final = await _fetched(work, attempt, task, target)
        except OSError as error:
            raise StorageError(f"cannot write {target}: {error.strerror or error}") from error
    clip = _clip(work.folder, final, fetched, seen)
    attempt = work.record(attempt, State.DOWNLOADED, message=clip.path, clip=clip)
    for difference in differences(attempt.body, seen):
        work.emit(Event("differs", attempt.address, difference, task.id))
    return attempt


async def _fetched(work: Work, attempt: Attempt, task: Task, target: Path) -> tuple[Download, Probe, Path]:
    """The clip in its place, whole; from a fresh address where the first one is of no use."""
    part = target.with_name(target.name + ".part")
    for left in range(_FETCHES - 1, -1, -1):
        try:
            fetched = await work.api.download(task.video_urls[0], part)
            seen, final = await work.clock.run_blocking(_checked, part, target, fetched.sha256, task.id)
            return fetched, seen, final
        except NotAClipError as error:
            discard(part)
            if not left:
                hint = "The same command fetches it again; it is paid already."
                raise DownloadError(f"what came is not a whole clip: {error}", hint=hint) from error
        except ExpiredUrlError as error:
            if not left:
                raise _gone(work, attempt, error) from error
        task = await _fresh(work, attempt, task)
    raise AssertionError("the last round returns or raises")


async def _fresh(work: Work, attempt: Attempt, task: Task) -> Task:
    """The task with a fresh address of its clip; as it was where the server says no more."""
    fresh = await ask(work, attempt, task.id)
    return fresh if fresh.video_urls else task


def _gone(work: Work, attempt: Attempt, error: DownloadError) -> DownloadError:
    """What to say of a clip whose addresses are refused: it has expired, or should not have yet."""
    expires = attempt.url_expires_at
    if expires is None or work.clock.now() < expires:
        return error
    work.record(attempt, State.EXPIRED)
    return clip_gone()


def clip_gone() -> ClipGoneError:
    """What to say of a paid clip that can no longer be fetched."""
    hint = "RunAPI keeps results for seven days. Copy the file from whoever has it, or buy it anew with --again."
    return ClipGoneError("its clip is missing and can no longer be fetched", hint=hint)


def _checked(part: Path, target: Path, sha256: str, task_id: str) -> tuple[Probe, Path]:
    """Make sure that it is a clip, and put it in its place."""
    seen = probe(part)
    return seen, _put_in_place(part, target, sha256, task_id)


def _put_in_place(part: Path, target: Path, sha256: str, task_id: str) -> Path:
    """Sync the part file and rename it to its target, or beside it where another clip lies; returns where it went."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    for place in places(target, task_id):
        if not place.exists():
            part.replace(place)
            break
        if hashlib.sha256(place.read_bytes()).hexdigest() == sha256:
            part.unlink()
            break
    sync_folder(place.parent)
    return place


def _clip(folder: Path, path: Path, fetched: Download, seen: Probe) -> Clip:
    return Clip(
        path=path.relative_to(folder).as_posix(),
        sha256=fetched.sha256,
        byte_count=fetched.byte_count,
        seconds=round(seen.seconds, 3),
        width=seen.width,
        height=seen.height,
        has_sound=seen.has_sound,
    )
