"""Accounts: one per API key, known by the key's hash alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mock_server.core import ids
from mock_server.core.books import Books
from mock_server.core.config import Config
from mock_server.core.idempotency import Replays
from mock_server.core.messages import Refusal, Request
from mock_server.core.postings import Posting


@dataclass
class Account:
    """One account: its name is made from the key's hash; the key itself is kept nowhere.

    Attributes:
        postings: every movement of its books that a task made, in order.
    """

    digest: str
    number: int
    user_number: int
    books: Books
    replays: Replays
    postings: list[Posting] = field(default_factory=list)

    def reserve(self, task_id: str, micro_usd: int, at: datetime) -> None:
        """Set the price of a task aside."""
        self.books = self.books.reserve(micro_usd)
        self.postings.append(Posting(task_id, "reserved", micro_usd, at))

    def settle(self, task_id: str, micro_usd: int, at: datetime) -> None:
        """Charge a task that completed."""
        self.books = self.books.settle(micro_usd, at.date())
        self.postings.append(Posting(task_id, "settled", micro_usd, at))

    def release(self, task_id: str, micro_usd: int, at: datetime) -> None:
        """Give the price of a failed task back."""
        self.books = self.books.release(micro_usd)
        self.postings.append(Posting(task_id, "released", micro_usd, at))


class Accounts:
    """The accounts of one simulator; an account opens when its key is first seen."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._accounts: dict[str, Account] = {}

    def __getitem__(self, digest: str) -> Account:
        return self._accounts[digest]

    @property
    def opened(self) -> tuple[Account, ...]:
        """All accounts, in the order in which their keys were first seen."""
        return tuple(self._accounts.values())

    def of_request(self, request: Request) -> Account:
        """The account that a request's key belongs to.

        Raises:
            Refusal: 401 without a key, or with one that is not accepted.
        """
        scheme, _, key = request.headers.get("authorization", "").strip().partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise Refusal(401, "unauthorized", "send the API key as Authorization: Bearer <key>")
        if self._config.api_keys and key.strip() not in self._config.api_keys:
            raise Refusal(401, "unauthorized", "this API key is not valid")
        return self.of_key(key.strip())

    def of_key(self, key: str) -> Account:
        """The account of a key, opened with the starting balance when it is new."""
        digest = ids.digest("account", self._config.seed, key)
        if digest not in self._accounts:
            self._accounts[digest] = self._open(digest)
        return self._accounts[digest]

    def forget_keys(self) -> None:
        """Let every Idempotency-Key of every account be new again."""
        for account in self._accounts.values():
            account.replays.forget()

    def _open(self, digest: str) -> Account:
        return Account(
            digest=digest,
            number=ids.number("account", digest),
            user_number=ids.number("user", digest),
            books=Books.opened(self._config.balance_micro_usd),
            replays=Replays(timedelta(seconds=self._config.retain_keys_seconds)),
        )
