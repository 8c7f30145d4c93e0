"""The books: what was spent or reserved, by day, client, person, profile, shot, model or account."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from pathlib import Path

from kling_render.bookkeeping.status import identified_project
from kling_render.errors import UsageError
from kling_render.expansion import Address
from kling_render.ledger import State
from kling_render.ledger.store import Entry, Ledger
from kling_render.project import Project
from kling_render.rendering import LEDGER
from kling_render.settings import Settings, load_settings

_POSSIBLY = frozenset({State.UNKNOWN, State.ABANDONED})


def _shot(entry: Entry) -> str:
    return Address.parse(entry.address).shot


COLUMNS: Mapping[str, Callable[[Entry], str]] = {
    "day": lambda entry: entry.at.astimezone(UTC).date().isoformat(),
    "client": lambda entry: entry.client,
    "person": lambda entry: entry.person,
    "profile": lambda entry: entry.profile,
    "shot": _shot,
    "model": lambda entry: entry.model,
    "account": lambda entry: entry.account_name or entry.account_id,
}
"""By what the books can be broken down; days are those of UTC, on which intents were written."""


@dataclass(frozen=True)
class SpendRow:
    """One line of the books. Amounts are micro-USD.

    Attributes:
        key: the value of each column that the books are broken down by.
        attempts: how many counted for something.
        charged_micro_usd: what the server settled.
        open_micro_usd: what is reserved for attempts that are under way.
        possibly_micro_usd: what may have been charged, and nobody knows.
    """

    key: tuple[str, ...]
    attempts: int
    charged_micro_usd: int
    open_micro_usd: int
    possibly_micro_usd: int

    @property
    def total_micro_usd(self) -> int:
        """What it takes out of budgets."""
        return self.charged_micro_usd + self.open_micro_usd + self.possibly_micro_usd


@dataclass(frozen=True)
class Spending:
    """The books of a project at one origin, broken down, with their sum."""

    origin: str
    by: tuple[str, ...]
    since: date | None
    rows: tuple[SpendRow, ...]
    total: SpendRow


def read_spending(
    path: Path | str, *, by: Sequence[str] = ("day",), since: date | None = None, settings: Settings | None = None
) -> Spending:
    """What a project spent or reserved at an origin, with whatever account, also while it has faults.

    Args:
        path: the project file, or its folder.
        by: names of `COLUMNS`; several break one another down.
        since: the first day (UTC) that counts; all by default.
        settings: whose base URL says which books are meant; read from the environment by default.

    Raises:
        InvalidProjectError: the file cannot be read, or has no [project] with an id.
        UsageError: there is no such column.
        StorageError: the ledger cannot be read.
    """
    settings = settings or load_settings()
    if unknown := [name for name in by if name not in COLUMNS]:
        raise UsageError(f"the books have no {unknown[0]}", hint=f"There are {', '.join(COLUMNS)}.")
    project, _ = identified_project(path, settings)
    counted = [
        each
        for each in _entries(project)
        if each.origin == settings.origin and each.counted_micro_usd and (since is None or _day(each) >= since)
    ]
    groups: dict[tuple[str, ...], list[Entry]] = {}
    for entry in counted:
        groups.setdefault(tuple(COLUMNS[name](entry) for name in by), []).append(entry)
    rows = tuple(_row(key, group) for key, group in sorted(groups.items()))
    return Spending(settings.origin, tuple(by), since, rows, _row((), counted))


def _entries(project: Project) -> tuple[Entry, ...]:
    file = project.folder / LEDGER
    if not file.exists():
        return ()
    with Ledger.reading(file) as ledger:
        return ledger.entries(project.table.id)


def _day(entry: Entry) -> date:
    return entry.at.astimezone(UTC).date()


def _row(key: tuple[str, ...], entries: Sequence[Entry]) -> SpendRow:
    settled = [each for each in entries if each.settled_micro_usd is not None]
    others = [each for each in entries if each.settled_micro_usd is None]
    return SpendRow(
        key,
        len(entries),
        _sum(settled),
        _sum(each for each in others if each.state not in _POSSIBLY),
        _sum(each for each in others if each.state in _POSSIBLY),
    )


def _sum(entries: Iterable[Entry]) -> int:
    return sum(each.counted_micro_usd for each in entries)
