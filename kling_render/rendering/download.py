"""Brings a finished clip home: part file, check, rename; no clip is ever overwritten."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from kling_render.errors import DownloadError, StorageError
from kling_render.events import Event
from kling_render.ledger import Attempt, Clip, State
from kling_render.media import NotAClipError, Probe, probe
from kling_render.rendering.paths import clip_path, places
from kling_render.rendering.work import Work
from kling_render.runapi import Download, Task


async def download(work: Work, attempt: Attempt, task: Task) -> Attempt:
    """Fetch the clip of a completed task to its place and record it.

    Raises:
        DownloadError: it came short, or is no clip; the attempt stays `completed` and is fetched by the next run.
        StorageError: it cannot be written.
    """
    if attempt.state is not State.DOWNLOADED:
        attempt = work.record(
            attempt,
            State.COMPLETED,
            settled_micro_usd=task.cost_micro_usd,
            url_expires_at=attempt.url_expires_at or work.clock.now() + work.options.result_url_life,
        )
    target = work.folder / (attempt.clip.path if attempt.clip else clip_path(work.options.output, attempt))
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        fetched = await work.api.download(task.video_urls[0], part)
        seen = await _look(work, part)
        final = await work.clock.run_blocking(_put_in_place, part, target, fetched.sha256, task.id)
    except OSError as error:
        raise StorageError(f"cannot write {target}: {error.strerror or error}") from error
    attempt = work.record(attempt, State.DOWNLOADED, clip=_clip(work.folder, final, fetched, seen))
    cost = attempt.counted_micro_usd
    work.emit(Event("downloaded", attempt.address, final.relative_to(work.folder).as_posix(), task.id, cost))
    return attempt


async def _look(work: Work, part: Path) -> Probe:
    try:
        seen: Probe = await work.clock.run_blocking(probe, part)
    except NotAClipError as error:
        part.unlink(missing_ok=True)
        hint = "The same command fetches it again; it is paid already."
        raise DownloadError(f"what came is not a whole clip: {error}", hint=hint) from error
    return seen


def _put_in_place(part: Path, target: Path, sha256: str, task_id: str) -> Path:
    """Rename the part file to its target, or beside it where another clip lies; returns where it went."""
    for place in places(target, task_id):
        if not place.exists():
            part.replace(place)
            break
        if hashlib.sha256(place.read_bytes()).hexdigest() == sha256:
            part.unlink()
            break
    handle = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
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
