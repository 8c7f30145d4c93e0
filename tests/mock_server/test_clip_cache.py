from __future__ import annotations

import threading
from dataclasses import replace

import anyio
import pytest

from mock_server.doors.clip_cache import ClipCache
from mock_server.media import ClipSpec, Cut

A_CLIP = ClipSpec("walk", "take 1", "id", "kling-3.0", "$0.70", (Cut("a ferry", 5),), 1280, 720, False, 1)


class CountingEncoder:
    def __init__(self) -> None:
        self.seen: list[ClipSpec] = []
        self.threads: set[int] = set()

    def __call__(self, spec: ClipSpec) -> bytes:
        self.seen.append(spec)
        self.threads.add(threading.get_ident())
        return f"clip {spec.seed}".encode()


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_equal_requests_at_once_cost_one_encode(backend: str) -> None:
    encode = CountingEncoder()
    cache = ClipCache(encode)
    clips: list[bytes] = []

    async def ask(spec: ClipSpec) -> None:
        clips.append(await cache(spec))

    async def ask_together() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(ask, A_CLIP)
                group.start_soon(ask, replace(A_CLIP, seed=2))

    anyio.run(ask_together, backend=backend)
    assert sorted(clips) == [b"clip 1"] * 5 + [b"clip 2"] * 5
    assert len(encode.seen) == 2
    assert threading.get_ident() not in encode.threads


def test_least_recently_used_clip_is_dropped() -> None:
    encode = CountingEncoder()
    cache = ClipCache(encode, size=2)

    async def ask(*seeds: int) -> None:
        for seed in seeds:
            await cache(replace(A_CLIP, seed=seed))

    anyio.run(ask, 1, 2, 1, 3, 1, 2)
    assert [spec.seed for spec in encode.seen] == [1, 2, 3, 2]


def test_failed_encode_is_tried_again() -> None:
    calls: list[ClipSpec] = []

    def encode(spec: ClipSpec) -> bytes:
        calls.append(spec)
        if len(calls) == 1:
            raise RuntimeError("encoder broke")
        return b"clip"

    async def ask_twice() -> bytes:
        cache = ClipCache(encode)
        with pytest.raises(RuntimeError, match="encoder broke"):
            await cache(A_CLIP)
        return await cache(A_CLIP)

    assert anyio.run(ask_twice) == b"clip"
