"""The books of one account: reserve at creation, settle at completion, release on failure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date


@dataclass(frozen=True)
class Books:
    """Amounts in micro-USD. Every movement returns new books; none can make an amount negative."""

    start: int
    available: int
    reserved: int = 0
    settled: int = 0
    settled_by_day: Mapping[date, int] = field(default_factory=dict)

    @classmethod
    def opened(cls, start: int) -> Books:
        """Books with all of the starting balance available."""
        return cls(start=start, available=start)

    def reserve(self, amount: int) -> Books:
        """Set an amount aside for a task.

        Raises:
            ValueError: when it is more than what is available.
        """
        _require(0 <= amount <= self.available, "reserve", amount, self.available)
        return replace(self, available=self.available - amount, reserved=self.reserved + amount)

    def settle(self, amount: int, day: date) -> Books:
        """Turn a reservation into money spent on this day (UTC).

        Raises:
            ValueError: when it is more than what is reserved.
        """
        _require(0 <= amount <= self.reserved, "settle", amount, self.reserved)
        by_day = {**self.settled_by_day, day: self.spent_on(day) + amount}
        return replace(self, reserved=self.reserved - amount, settled=self.settled + amount, settled_by_day=by_day)

    def release(self, amount: int) -> Books:
        """Give a reservation back.

        Raises:
            ValueError: when it is more than what is reserved.
        """
        _require(0 <= amount <= self.reserved, "release", amount, self.reserved)
        return replace(self, reserved=self.reserved - amount, available=self.available + amount)

    def with_available(self, amount: int) -> Books:
        """Books with another amount available, as if the account had been opened with more, or with less.

        Raises:
            ValueError: when it is negative.
        """
        if amount < 0:
            raise ValueError(f"a balance must not be negative, not {amount}")
        return replace(self, start=self.start + amount - self.available, available=amount)

    def spent_on(self, day: date) -> int:
        """What was settled on one day (UTC)."""
        return self.settled_by_day.get(day, 0)

    def is_balanced(self) -> bool:
        """The invariant: the start is all there, split into available, reserved and settled, none of them negative."""
        parts = (self.available, self.reserved, self.settled)
        whole = sum(parts) == self.start and sum(self.settled_by_day.values()) == self.settled
        return whole and min(parts) >= 0


def _require(holds: bool, verb: str, amount: int, limit: int) -> None:
    if not holds:
        raise ValueError(f"cannot {verb} {amount} micro-USD, the limit is {limit}")
