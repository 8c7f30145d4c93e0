"""What stands in a request for another shot: a frame of its clip or the clip itself, uploaded, or its task."""

from __future__ import annotations

import hashlib

from kling_render.catalog import MediaFacts
from kling_render.errors import StorageError
from kling_render.expansion import LocalFile, StandIn
from kling_render.ledger import Attempt
from kling_render.media import NotAClipError, frame_of, inspect_media
from kling_render.planning import Source
from kling_render.rendering.failures import BlockedError
from kling_render.rendering.view import is_unchanged
from kling_render.rendering.work import Work

_FRAMES = "frames"


async def source_values(work: Work, sources: tuple[Source, ...]) -> dict[StandIn, str]:
    """The URL or id for each reference of a take; cuts frames and uploads what must be.

    Raises:
        BlockedError: a clip is not here as it was bought.
        ApiError: an upload failed.
    """
    return {source.reference: await _value(work, source) for source in sources}


async def _value(work: Work, source: Source) -> str:
    attempt = source.attempt
    if attempt is None:
        raise BlockedError(f"{source.shown} is not there")
    if source.reference.part == "task":
        return attempt.task_id or ""
    async with work.limits.cuts:
        file: LocalFile = await work.clock.run_blocking(_file, work, source, attempt)
    return await work.host_file(file)


def _file(work: Work, source: Source, attempt: Attempt) -> LocalFile:
    """The clip, or a frame of it; a frame is kept beside the ledger, named by the clip that it was cut from."""
    clip = attempt.clip
    if clip is None:
        raise BlockedError(f"the clip of {source.shown} is not on this machine")
    path = work.folder / clip.path
    if not is_unchanged(path, clip.sha256):
        hint = "Move that file away: the clip is fetched anew while the server keeps it."
        raise BlockedError(f"the clip of {source.shown} is not the one that was bought: {clip.path}", hint=hint)
    if source.reference.part == "clip":
        return LocalFile(path, clip.path, clip.sha256, inspect_media(path))
    try:
        content = frame_of(path, "first" if source.reference.part == "first" else "last")
    except NotAClipError as error:
        raise BlockedError(f"no frame can be cut from the clip of {source.shown}: {error}") from error
    frame = work.ledger.path.parent / _FRAMES / f"{clip.sha256[:16]}-{source.reference.part}.png"
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
