"""Caps: how much may be spent, in all, per run, per day and per take."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kling_render.catalog import format_price


@dataclass(frozen=True)
class Caps:
    """Upper limits in micro-USD; None is no limit. `run_name` is what messages call the one of a run."""

    project: int | None = None
    run: int | None = None
    day: int | None = None
    take: int | None = None
    run_name: str = "max_usd_per_run ="

    @property
    def of_run(self) -> Caps:
        """The cap of a run alone."""
        return replace(self, project=None, day=None, take=None)

    @property
    def any(self) -> bool:
        """Whether there is a limit on the whole (a limit per take alone bounds nothing)."""
        return any(limit is not None for limit in (self.project, self.run, self.day))


@dataclass(frozen=True)
class Spent:
    """What is settled, reserved or possibly charged already, in micro-USD."""

    project: int = 0
    run: int = 0
    day: int = 0


def broken_cap(caps: Caps, spent: Spent, amount: int) -> str | None:
    """In words, the first cap that spending `amount` more would break, or None.

    Args:
        caps: the limits.
        spent: what counts already.
        amount: what would be added for one take, micro-USD (for a sum, give caps without one per take).
    """
    for name, limit, before in (
        ("max_usd =", caps.project, spent.project),
        (caps.run_name, caps.run, spent.run),
        ("max_usd_per_day =", caps.day, spent.day),
        ("max_usd_per_take =", caps.take, 0),
    ):
        if limit is not None and before + amount > limit:
            already = f" with {format_price(before)} spent or reserved already" if before else ""
            return f"{format_price(amount)} would break {name} {format_price(limit)}{already}"
    return None
