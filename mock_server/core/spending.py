"""What clients have spent: charged already, or about to be."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from kling_render.catalog.money import MICRO_PER_USD
from mock_server.core.tasks import Task


def spent_micro_usd(tasks: Iterable[Task], now: datetime) -> int:
    """The price of every task that has not failed by now: settled, or reserved until it ends."""
    return sum(task.micro_usd for task in tasks if task.status_at(now) != "failed")


def spent_usd(tasks: Iterable[Task], now: datetime) -> float:
    """The same in US dollars, as the float nearest to it: in a test it is compared with numbers as they are written.

    `Decimal("1.4") <= 1.4` does not hold, because that float is a little less.
    """
    return spent_micro_usd(tasks, now) / MICRO_PER_USD
