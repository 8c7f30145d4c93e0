"""What stands in a request for another shot: a frame of its clip or the clip itself, uploaded, or its task."""

from __future__ import annotations

import hashlib
from pathlib import Path

from kling_render.catalog import MediaFacts
from kling_render.errors import StorageError
from kling_render.expansion import LocalFile, StandIn
from kling_render.ledger import Attempt
from kling_render.media import NotAClipError, frame_of, inspect_media
from kling_render.planning import Source
from kling_render.rendering.failures import BlockedError
from kling_render.rendering.work import Work


async def source_values(work: Work, sources: tuple[Source, ...]) -> dict[StandIn, str]:
    """The URL or id for each reference of a take; cuts frames and uploads what must be.

    Raises:
        BlockedError: a clip cannot be read any more.
        ApiError: an upload failed.
    """
    return {source.reference: await _value(work, source) for source in sources}


async def _value(work: Work, source: Source) -> str:
    attempt = source.attempt
    if attempt is None:
        raise BlockedError(f"{source.shown} is not there")
    if source.reference.part == "task":
        return attempt.task_id or ""
    file: LocalFile = await work.clock.run_blocking(_file, work.folder, work.options.frames, source, attempt)
    return await work.host_file(file)


def _file(folder: Path, frames: str, source: Source, attempt: Attempt) -> LocalFile:
    """The clip, or a frame of it; a frame is kept, named by the clip that it was cut from."""
    clip = attempt.clip
    if clip is None:
        raise BlockedError(f"the clip of {source.shown} is not on this machine")
    path = folder / clip.path
    if source.reference.part == "clip":
        return LocalFile(path, clip.path, clip.sha256, inspect_media(path))
    try:
        content = frame_of(path, "first" if source.reference.part == "first" else "last")
    except NotAClipError as error:
        raise BlockedError(f"no frame can be cut from the clip of {source.shown}: {error}") from error
    frame = folder / frames / f"{clip.sha256[:16]}-{source.reference.part}.png"
    try:
        frame.parent.mkdir(parents=True, exist_ok=True)
        if not frame.exists() or frame.read_bytes() != content:
            part = frame.with_suffix(".part")
            part.write_bytes(content)
            part.replace(frame)
    except OSError as error:
        raise StorageError(f"cannot write {frame}: {error.strerror or error}") from error
    facts = MediaFacts("image", "png", len(content), clip.width, clip.height)
    return LocalFile(
        frame, f"{source.reference.part} frame of {source.shown}", hashlib.sha256(content).hexdigest(), facts
    )
