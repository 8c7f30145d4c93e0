"""What a plan adds up to, take by take: sums, the hash, and what would make a render refuse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from kling_render.ledger import Caps, Snapshot, Spent, broken_cap
from kling_render.planning.identity import PlanHash

if TYPE_CHECKING:
    from kling_render.planning.takes import PlannedTake

_NAMED = 5


class Tally:
    """Sums over planned takes that are not kept themselves. Amounts are micro-USD.

    Attributes:
        takes: how many there are.
        chosen: how many of them a selection left.
        due: how many a render would buy.
        due_micro_usd: what it would reserve for them; unknown prices count nothing here.
        total_micro_usd: what the whole plan costs from nothing, shared takes once.
        chosen_micro_usd: the same of the chosen takes.
        pending: how many of those to buy wait for the clip of another shot.
        blocked: how many of the chosen takes wait for one that will not be there.
    """

    def __init__(self, caps: Caps, retries: int) -> None:
        self.takes = self.chosen = self.due = self.due_micro_usd = 0
        self.total_micro_usd = self.chosen_micro_usd = self.pending = self.blocked = 0
        self._caps = caps
        self._retries = retries
        self._hash = PlanHash()
        self._filmed: set[tuple[object, ...]] = set()
        self._firsts: dict[tuple[object, ...], int] = {}
        self._again = 0
        self._endless: list[str] = []
        self._unpriced: list[str] = []
        self._over: list[str] = []

    def add(self, planned: PlannedTake) -> None:
        """Count one take."""
        self.takes += 1
        if planned.is_chosen:
            self.chosen += 1
            self.pending += planned.state == "pending"
            self.blocked += planned.state == "blocked"
            self._hash.add(str(planned.take.address), planned.fingerprint, planned.estimate_micro_usd)
        if not planned.is_shared:
            self.total_micro_usd += planned.estimate_micro_usd or 0
            if planned.is_chosen:
                self.chosen_micro_usd += planned.estimate_micro_usd or 0
        if planned.is_due:
            self._add_due(planned)
        elif planned.has_clip:
            self._filmed.add(planned.take.address.without_number)
            if planned.is_chosen and planned.state == "in flight" and planned.attempt is not None:
                left = max(0, self._retries + 1 - planned.attempt.attempt)
                self._again += left * planned.attempt.reserved_micro_usd

    @property
    def hash(self) -> str:
        """What `--expect-plan` compares: over the chosen takes, so that nobody agrees to more than was shown."""
        return self._hash.hexdigest()

    @property
    def low_micro_usd(self) -> int:
        """What a render would reserve at least for a whole film: one take of each variant that has none yet."""
        return sum(amount for variant, amount in self._firsts.items() if variant not in self._filmed)

    @property
    def worst_micro_usd(self) -> int:
        """What a render would reserve if all takes, those in flight too, failed as often as [render] retries allows."""
        return self.due_micro_usd * (1 + self._retries) + self._again

    @property
    def unknown(self) -> int:
        """How many takes to buy have no known price: the sums leave them out."""
        return len(self._endless) + len(self._unpriced)

    def refusals(self, snapshot: Snapshot, now: datetime) -> Iterator[str]:
        """Why a render would refuse, in words; nothing when it would go ahead."""
        assume = "set [budget] unknown_price = { assume_usd_per_take = 1.50 } to go ahead with an assumption"
        if self._endless:
            text = f"nobody knows how long the clip of {_named(self._endless)} will be"
            yield f"{text}: write estimate_seconds in the shot, or {assume}"
        if self._unpriced:
            yield f"no price is published for {_named(self._unpriced)}; {assume}"
        yield from self._over[:_NAMED]
        today = [each for each in snapshot.attempts if each.created_at.date() == now.date()]
        spent = Spent(snapshot.counted_micro_usd(), 0, snapshot.counted_micro_usd(today))
        if self.due and (reason := broken_cap(replace(self._caps, take=None, run=None), spent, self.due_micro_usd)):
            yield reason
        possible = self.due_micro_usd + snapshot.counted_micro_usd(snapshot.unanswered)
        if reason := broken_cap(self._caps.of_run, Spent(), possible):
            yield reason

    def _add_due(self, planned: PlannedTake) -> None:
        self.due += 1
        self.due_micro_usd += planned.due_micro_usd
        self._firsts.setdefault(planned.take.address.without_number, planned.due_micro_usd)
        address = planned.take.address
        if planned.estimate_micro_usd is None:
            (self._endless if planned.take.seconds is None else self._unpriced).append(str(address))
        elif self._caps.take is not None and planned.due_micro_usd > self._caps.take:
            self._over.append(f"{address}: {broken_cap(Caps(take=self._caps.take), Spent(), planned.due_micro_usd)}")


def _named(names: list[str]) -> str:
    return f"{', '.join(names[:_NAMED])}{' …' if len(names) > _NAMED else ''}"
