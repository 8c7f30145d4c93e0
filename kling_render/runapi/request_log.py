"""One line in the log for every attempt of a request: never a key, never the query of an address.

The lines go to the logger `kling_render.runapi`: INFO says what happened, DEBUG adds what support asks for. What is
heard of them is for the program to decide: no handler is installed here.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import anyio
import httpx

from kling_render.runapi.bodies import quoted

_LOGGER = logging.getLogger("kling_render.runapi")


@dataclass
class Entry:
    """What is known of one attempt; filled in while it goes on.

    Attributes:
        method: the HTTP method.
        where: the path at the API or, of a storage, what of the address may be told; without a query.
        number: which attempt this is, from 1.
        key: the API key, blanked wherever it may stand; empty where none is sent.
        client_request_id: as it is sent.
        outcome: the status, or why there is none.
        task_id: the task that the server names.
        request_id: the server's, for support.
        retry_after: as the server words it.
        byte_count: how long the answer's body is.
    """

    method: str
    where: str
    number: int
    key: str = field(default="", repr=False)
    client_request_id: str | None = None
    outcome: str = ""
    task_id: str | None = None
    request_id: str | None = None
    retry_after: str | None = None
    byte_count: int | None = None

    def note(self, response: httpx.Response, byte_count: int | None = None) -> None:
        """Take down what the answer says, if anybody is going to hear it."""
        self.outcome = str(response.status_code)
        if not _LOGGER.isEnabledFor(logging.INFO):
            return
        self.task_id = response.headers.get("X-RunAPI-Task-Id") or self.task_id
        self.request_id = response.headers.get("X-Request-Id")
        self.retry_after = response.headers.get("Retry-After")
        self.byte_count = byte_count

    def line(self, seconds: float, *, is_whole: bool) -> str:
        """What is logged, on one printable line."""
        details: dict[str, object] = {"client request id": self.client_request_id, "task": self.task_id}
        if is_whole:
            details |= {"request id": self.request_id, "Retry-After": self.retry_after, "bytes": self.byte_count}
        told = "".join(f", {name} {detail}" for name, detail in details.items() if detail is not None)
        text = f"{self.method} {self.where}: {self.outcome} in {seconds:.3f} s, attempt {self.number}{told}"
        return quoted(text, self.key)


@contextmanager
def logged(entry: Entry) -> Iterator[Entry]:
    """Log an attempt when it is over; an error is named by its type, as its words may repeat an address."""
    started = anyio.current_time()
    try:
        yield entry
    except BaseException as error:
        entry.outcome = f"{entry.outcome} {type(error).__name__.lstrip('_')}".strip()
        raise
    finally:
        if _LOGGER.isEnabledFor(logging.INFO):
            is_whole = _LOGGER.isEnabledFor(logging.DEBUG)
            line = entry.line(anyio.current_time() - started, is_whole=is_whole)
            _LOGGER.log(logging.INFO, "%s", line)


class _HostsOnly(logging.Filter):
    """Leaves scheme and host of the addresses in httpx's own log lines: the rest may be a signature."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_cut(each) if isinstance(each, httpx.URL) else each for each in record.args)
        return True


@contextmanager
def httpx_without_addresses() -> Iterator[None]:
    """Keep what may be a signature out of the log of httpx while the block runs."""
    hosts_only = _HostsOnly()
    logger = logging.getLogger("httpx")
    logger.addFilter(hosts_only)
    try:
        yield
    finally:
        logger.removeFilter(hosts_only)


def _cut(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii')}"
