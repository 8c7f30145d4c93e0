"""What the ledger knows at one moment, frozen: the pure side that plans and reports read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter

from kling_render.ledger.attempts import Attempt, Clip, Identity
from kling_render.ledger.locked_take import LockedTake
from kling_render.ledger.states import BOUGHT_STATES, COUNTED_STATES, OPEN_STATES, State

__all__ = [
    "BOUGHT_STATES",
    "COUNTED_STATES",
    "OPEN_STATES",
    "Attempt",
    "Clip",
    "Identity",
    "Snapshot",
    "State",
]


_WITHOUT_TASK = frozenset({State.INTENT, State.RELEASED, State.FAILED, State.MODERATED, State.UNKNOWN, State.ABANDONED})
"""States in which an attempt may have no task as far as this ledger knows."""


@dataclass(frozen=True)
class Snapshot:
    """All attempts of one project with one origin and account, oldest first.

    Attributes:
        identity: the origin and account; None where nobody has rendered yet.
        attempts: sorted by attempt number, then by age.
        project_id: whose attempts these are; empty where nothing was read.
    """

    identity: Identity | None = None
    attempts: tuple[Attempt, ...] = ()
    project_id: str = ""

    @cached_property
    def _latest(self) -> dict[tuple[str, int], Attempt]:
        return {(each.fingerprint, each.take): each for each in self.attempts}

    @cached_property
    def _takes(self) -> dict[str, tuple[Attempt, ...]]:
        found: dict[str, list[Attempt]] = {}
        for each in self._latest.values():
            found.setdefault(each.fingerprint, []).append(each)
        return {fingerprint: tuple(sorted(takes, key=attrgetter("take"))) for fingerprint, takes in found.items()}

    @cached_property
    def _bought(self) -> frozenset[tuple[str, str]]:
        return frozenset((each.profile, each.address) for each in self.attempts if each.state in BOUGHT_STATES)

    def latest(self, fingerprint: str, take: int) -> Attempt | None:
        """The newest attempt at exactly this request and take."""
        return self._latest.get((fingerprint, take))

    def takes_of(self, fingerprint: str) -> tuple[Attempt, ...]:
        """The newest attempt at each take of this request, by take number."""
        return self._takes.get(fingerprint, ())

    def bought_before(self, address: str, profile: str) -> bool:
        """Whether this address has a paid clip of whatever request under a profile."""
        return (profile, address) in self._bought

    def with_locked(self, takes: Iterable[LockedTake]) -> Snapshot:
        """The same with the attempts that only `takes.lock` knows, as `elsewhere`.

        Lines of other projects, origins and accounts are left out; so is every attempt that the ledger knows a task
        of. Where it knows none, the line does: another clone has bought what was refused, or never answered, here.
        """
        if self.identity is None:
            return self
        known = {(each.fingerprint, each.take, each.attempt): each for each in self.attempts}
        mine = (self.project_id, self.identity.origin, self.identity.account_id)
        found: dict[tuple[str, int, int], Attempt] = {}
        for line in takes:
            row = known.get(line.key[3:])
            if line.key[:3] == mine and (row is None or (row.task_id is None and row.state in _WITHOUT_TASK)):
                found[line.key[3:]] = line.as_attempt(row.id, row.run_id) if row else line.as_attempt()
        if not found:
            return self
        attempts = sorted({**known, **found}.values(), key=attrgetter("attempt"))
        return Snapshot(self.identity, tuple(attempts), self.project_id)

    @property
    def open(self) -> tuple[Attempt, ...]:
        """Attempts that the next render goes on with."""
        return tuple(each for each in self._latest.values() if each.is_open)

    @property
    def unanswered(self) -> tuple[Attempt, ...]:
        """Requests that were perhaps never sent: a render repeats them under their keys, so they may cost now."""
        return tuple(each for each in self.open if each.state is State.INTENT)

    def counted_micro_usd(self, attempts: Iterable[Attempt] | None = None) -> int:
        """What these attempts (all by default) take out of a budget."""
        return sum(each.counted_micro_usd for each in (self.attempts if attempts is None else attempts))
