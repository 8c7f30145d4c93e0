"""Local files on their way to the API: each content travels once while its URL lives, and anew when it has died."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import anyio

from kling_render.errors import KlingRenderError
from kling_render.events import Emit, Event
from kling_render.expansion import LocalFile
from kling_render.ledger.store import Ledger, Run, Upload
from kling_render.rendering.clock import Clock
from kling_render.runapi import RunApi

_MARGIN = timedelta(minutes=10)
"""A URL that dies sooner is not handed out any more: a queued task must still be able to fetch the file. Of a short
life (a mock server's hour is shorter) it is a sixth."""


class LocalFileError(KlingRenderError):
    """A local file is not what the plan was made with; its takes are not bought."""

    exit_code = 7


class Uploads:
    """Gives the URL of a local file, uploading it just in time; the ledger remembers it across runs."""

    def __init__(self, api: RunApi, ledger: Ledger, run: Run, clock: Clock, emit: Emit, *, at_a_time: int = 4) -> None:
        self._api = api
        self._ledger = ledger
        self._run = run
        self._clock = clock
        self._emit = emit
        self._locks: dict[str, anyio.Lock] = {}
        self._limit = anyio.CapacityLimiter(at_a_time)

    async def url_of(self, file: LocalFile) -> str:
        """A URL under which the API can fetch exactly the content that the take was planned with.

        Raises:
            LocalFileError: the file cannot be read any more, or has changed since.
            ApiError: the upload failed.
        """
        async with self._locks.setdefault(file.sha256, anyio.Lock()):
            known = self._ledger.find_upload(self._run, file.sha256)
            if known is None or self._clock.now() >= known.usable_until:
                async with self._limit:
                    known = await self._upload(file)
                self._ledger.remember_upload(self._run, file.sha256, known)
        return known.url

    async def _upload(self, file: LocalFile) -> Upload:
        content: bytes = await self._clock.run_blocking(_read, file)
        hosted = await self._api.upload(f"{file.path.stem}.{file.facts.format}", content)
        self._emit(Event("uploaded", "", file.name))
        now = self._clock.now()
        dies_at = hosted.dies_at(now)
        return Upload(hosted.url, dies_at - min(_MARGIN, (dies_at - now) / 6))


def _read(file: LocalFile) -> bytes:
    try:
        content = file.path.read_bytes()
    except OSError as error:
        raise LocalFileError(f"cannot read {file.name}: {error.strerror or error}") from error
    if hashlib.sha256(content).hexdigest() != file.sha256:
        hint = "Run the same command again: it plans with the file as it is now."
        raise LocalFileError(f"{file.name} has changed since the plan was made", hint=hint)
    return content
