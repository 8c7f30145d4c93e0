"""Encoded clips: made in a worker thread, once for equal requests, the latest kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import anyio
import anyio.to_thread

from mock_server.media import ClipSpec

_KEPT_CLIPS = 32
_WORKERS = 2


def _encode(spec: ClipSpec) -> bytes:
    from mock_server import media  # late: tests replace media.encode, and PyAV loads with the first clip

    return media.encode(spec)


class ClipCache:
    """The clips of one door, for one event loop; call it with a description to get the file."""

    def __init__(self, encode: Callable[[ClipSpec], bytes] = _encode, size: int = _KEPT_CLIPS) -> None:
        self._encode = encode
        self._size = size
        self._clips: OrderedDict[ClipSpec, bytes] = OrderedDict()
        self._locks: dict[ClipSpec, anyio.Lock] = {}
        self._limiter: anyio.CapacityLimiter | None = None

    async def __call__(self, spec: ClipSpec) -> bytes:
        """The encoded clip; a second request for the same one waits for the first."""
        lock = self._locks.setdefault(spec, anyio.Lock())
        async with lock:
            try:
                if spec not in self._clips:
                    self._keep(spec, await self._encode_in_thread(spec))
                self._clips.move_to_end(spec)
                return self._clips[spec]
            finally:
                if lock.statistics().tasks_waiting == 0:
                    self._locks.pop(spec, None)

    async def _encode_in_thread(self, spec: ClipSpec) -> bytes:
        self._limiter = self._limiter or anyio.CapacityLimiter(_WORKERS)
        return await anyio.to_thread.run_sync(self._encode, spec, limiter=self._limiter)

    def _keep(self, spec: ClipSpec, clip: bytes) -> None:
        self._clips[spec] = clip
        while len(self._clips) > self._size:
            self._clips.popitem(last=False)
