"""Sets the account's own sum beside ours: what the server says was spent, what these books know, and the rest."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from kling_render.bookkeeping.status import Status
from kling_render.catalog import micro_from_cents
from kling_render.ledger import State
from kling_render.ledger.store import Entry, Ledger
from kling_render.rendering import LEDGER, real_clock
from kling_render.settings import Settings, load_settings

if TYPE_CHECKING:
    from kling_render.runapi import Account, Balance


@dataclass(frozen=True)
class Reconciliation:
    """The account's sum and ours. Amounts are micro-USD.

    Attributes:
        account_micro_usd: what the server says that the account has spent in all, in whole cents.
        own_micro_usd: what was settled according to this ledger, over all projects in it.
        open_micro_usd: what is reserved for attempts under way; the server may have settled some of it by now.
        possibly_micro_usd: what may have been charged, and nobody knows.
    """

    account: Account
    account_micro_usd: int
    own_micro_usd: int
    open_micro_usd: int
    possibly_micro_usd: int

    @property
    def unexplained_micro_usd(self) -> int:
        """What the account has spent that these books do not know as settled: negative where they know more."""
        return self.account_micro_usd - self.own_micro_usd


def reconcile(status: Status, *, settings: Settings | None = None) -> Reconciliation:
    """Ask for the account's sum, and set it beside the ledger's.

    Args:
        status: whose ledger it is.
        settings: key and base URL; read from the environment by default.

    Raises:
        KeyMissingError, ApiError: nobody can say.
        StorageError: the ledger cannot be read.
    """
    from kling_render.rendering.session import introduce  # late: it brings the HTTP client along

    settings, clock = settings or load_settings(), real_clock()
    found: tuple[Account, Balance] = clock.run_async(introduce, settings, clock)
    account, balance = found
    entries = _entries(status, settings.origin, account.account_id)
    unsettled = [each for each in entries if each.settled_micro_usd is None]
    possibly = [each for each in unsettled if each.state in (State.UNKNOWN, State.ABANDONED)]
    possible = sum(each.counted_micro_usd for each in possibly)
    return Reconciliation(
        account,
        micro_from_cents(Decimal(balance.spent_cents_total)),
        sum(each.settled_micro_usd or 0 for each in entries),
        sum(each.counted_micro_usd for each in unsettled) - possible,
        possible,
    )


def _entries(status: Status, origin: str, account_id: str) -> list[Entry]:
    file = status.folder / LEDGER
    if not file.exists():
        return []
    with Ledger.reading(file) as ledger:
        entries = ledger.entries()
    return [each for each in entries if (each.origin, each.account_id) == (origin, account_id)]
