"""Whether clients kept the rules: books that balance, a clean verdict, no more spent than allowed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from kling_render.catalog import format_usd
from mock_server.core.books import Books
from mock_server.core.journal import Entry
from mock_server.core.simulator import Simulator
from mock_server.core.spending import spent_micro_usd
from mock_server.core.verdict import Verdict


@dataclass(frozen=True)
class Evidence:
    """What a mock server has seen of its clients.

    Attributes:
        books: of every account.
        spent_micro_usd: charged already, or reserved.
    """

    books: tuple[Books, ...]
    verdict: Verdict
    spent_micro_usd: int
    journal: tuple[Entry, ...]


@dataclass(frozen=True)
class Judgement:
    """What is to be said of the evidence.

    Attributes:
        unbalanced: books that do not add up: a fault of the mock server itself.
        verdict: the findings that nobody has allowed.
    """

    unbalanced: tuple[str, ...]
    verdict: Verdict
    spent_micro_usd: int
    max_spend_micro_usd: int | None = None

    @property
    def is_overspent(self) -> bool:
        """Whether more was spent than allowed."""
        return self.max_spend_micro_usd is not None and self.spent_micro_usd > self.max_spend_micro_usd

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to say."""
        return not self.unbalanced and not self.is_overspent and self.verdict.is_clean

    @property
    def words(self) -> tuple[str, ...]:
        """What is to be said, in a word each; nothing where all is well."""
        return (
            *(["unbalanced books"] if self.unbalanced else []),
            *(["overspent"] if self.is_overspent else []),
            *dict.fromkeys(each.code for each in self.verdict.findings),
        )

    def lines(self) -> list[str]:
        """The same at length."""
        spent = f"spent {format_usd(self.spent_micro_usd)}, the limit is {format_usd(self.max_spend_micro_usd)}"
        return [
            *self.unbalanced,
            *([spent] if self.is_overspent else []),
            *([] if self.verdict.is_clean else self.verdict.lines()),
        ]


def evidence_of(simulator: Simulator) -> Evidence:
    """What a simulator has seen so far."""
    spent = spent_micro_usd(simulator.tasks, simulator.now)
    return Evidence(simulator.all_books, simulator.verdict(), spent, simulator.journal)


def judge(
    evidence: Evidence,
    *,
    allow: Collection[str] = (),
    max_spend_micro_usd: int | None = None,
) -> Judgement:
    """Judge what was seen.

    Args:
        evidence: what was seen.
        allow: codes of findings that are no failure.
        max_spend_micro_usd: what may be spent; None for no limit.
    """
    verdict = evidence.verdict.without(allow)
    return Judgement(tuple(_unbalanced(evidence.books)), verdict, evidence.spent_micro_usd, max_spend_micro_usd)


def _unbalanced(books: Iterable[Books]) -> Iterable[str]:
    for each in books:
        if not each.is_balanced():
            parts = f"available {each.available} + reserved {each.reserved} + settled {each.settled}"
            yield f"books do not balance: {parts} is not the start, {each.start} micro-USD"
