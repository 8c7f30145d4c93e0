"""What a plan has that the last run's had not: new, changed and removed takes, and other prices."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from kling_render.expansion import Address
from kling_render.planning.plan import Plan

What = Literal["new", "changed", "removed", "price"]


@dataclass(frozen=True)
class Change:
    """One take that is not as it was.

    Attributes:
        address: the take.
        what: `changed` is another request, `price` the same one at another estimate.
        before_micro_usd: its estimate then; None where it was not there, or not known.
        after_micro_usd: its estimate now; the same.
    """

    address: str
    what: What
    before_micro_usd: int | None
    after_micro_usd: int | None

    @property
    def shot(self) -> str:
        """The shot that it belongs to."""
        return Address.parse(self.address).shot


def plan_rows(plan: Plan) -> str:
    """All takes of a plan, to compare a later one with: JSON of `[address, fingerprint, micro-USD]`.

    Those that a selection left out stand in it as well: they were planned, and are no news the next time.
    """
    rows = [[str(each.address), each.fingerprint, each.estimate_micro_usd] for each in plan.takes]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def changes_since(rows: str, plan: Plan) -> tuple[Change, ...]:
    """What has changed, in the order of the plan, and what was removed after that.

    Args:
        rows: as `plan_rows` wrote them.
        plan: the plan now.
    """
    before: dict[str, tuple[str, int | None]] = {address: (mark, usd) for address, mark, usd in json.loads(rows)}
    return (*_compared(before, plan), *_removed(before, plan))


def _compared(before: dict[str, tuple[str, int | None]], plan: Plan) -> Iterator[Change]:
    for planned in plan.chosen:
        address, now = str(planned.address), planned.estimate_micro_usd
        if address not in before:
            yield Change(address, "new", None, now)
            continue
        mark, then = before[address]
        if mark != planned.fingerprint:
            yield Change(address, "changed", then, now)
        elif then != now:
            yield Change(address, "price", then, now)


def _removed(before: dict[str, tuple[str, int | None]], plan: Plan) -> Iterator[Change]:
    left = {str(planned.address) for planned in plan.takes}
    for address, (_, usd) in before.items():
        if address not in left:
            yield Change(address, "removed", usd, None)
