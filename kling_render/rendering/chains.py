"""Continuity at work: a take waits until the clips that it refers to are here, and is resolved against them then."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import anyio

from kling_render.planning import Plan, PlannedTake, Resolved, Source
from kling_render.rendering.failures import BlockedError
from kling_render.rendering.live import Live
from kling_render.rendering.outcome import is_here

Key = tuple[str, int]
"""Fingerprint and take number."""


class Chains:
    """Which takes of a render have ended, for those that wait for them.

    Args:
        plan: the plan that is rendered.
        live: what is bought by now.
        folder: the project's folder, where the clips are.
        going_on: the takes that the render goes on with, besides those that it buys.
    """

    def __init__(self, plan: Plan, live: Live, folder: Path, going_on: Iterable[Key]) -> None:
        self._plan = plan
        self._live = live
        self._folder = folder
        steps = {*going_on, *(planned.key for planned in plan.due)}
        self._ends = {key: anyio.Event() for key in steps}

    @cached_property
    def _keys(self) -> dict[str, Key]:
        return {str(planned.address): planned.key for planned in self._plan.takes}

    def end(self, key: Key) -> None:
        """Note that the step of a take has ended, with a clip or without."""
        self._ends[key].set()

    def must_wait(self, planned: PlannedTake) -> bool:
        """Whether something that a take refers to cannot be had yet."""
        return not all(map(self._is_usable, planned.sources))

    async def ready(self, planned: PlannedTake) -> Resolved:
        """The take with its references resolved, once their clips are here.

        The takes that were planned on are waited for; where one of them is not delivered, another take of its shot
        stands in for it, as in a plan.

        Raises:
            BlockedError: one of them will not be here.
        """
        for source in planned.waits_for:
            await self._ended(source)
        preferred = frozenset((str(each.reference.upstream), each.number) for each in planned.sources)
        while True:
            resolved = self._plan.continuing.against(self._live).resolve(planned.take, preferred)
            missing = next((each for each in resolved.sources if not self._is_usable(each)), None)
            if missing is None:
                return resolved
            if not await self._ended(missing):
                raise BlockedError(_reason(missing))

    async def _ended(self, source: Source) -> bool:
        """Wait for the end of a take; whether that was still to come."""
        end = self._ends.get(self._keys.get(source.shown, (source.fingerprint, source.number)))
        if end is None or end.is_set():
            return False
        await end.wait()
        return True

    def _is_usable(self, source: Source) -> bool:
        """Whether what is referred to can be had: a frame or a clip from this disk, a task from the server."""
        return source.is_ready if source.reference.part == "task" else is_here(source.attempt, self._folder)


def _reason(source: Source) -> str:
    return f"{source.shown}, which it refers to, {_STANDS.get(source.state.value, 'was not delivered')}"


_STANDS = {
    "failed": "failed",
    "moderated": "was refused by moderation",
    "unknown": "was perhaps charged, and nobody knows its task",
    "expired": "is lost",
    "blocked": "is blocked itself",
}
