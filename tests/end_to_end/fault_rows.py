"""The rows of the fault table: what goes wrong in a render of twelve takes, and what is to become of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kling_render.events import Kind
from mock_server import Fault, Simulator

from .location import TAKE_MICRO_USD

TAKES = 12
Act = Callable[[Simulator], None]


@dataclass(frozen=True)
class Told:
    """What became of the twelve takes.

    Attributes:
        delivered: clips here while the fault lasted.
        billed: takes that the server has charged in the end.
        retried: requests that were sent again, and takes that were bought anew.
        unknown: takes of which nobody knows whether they were charged, in the end.
        in_the_end: clips here after the same command once more, with the fault over.
    """

    delivered: int = TAKES
    billed: int = TAKES
    retried: int = 0
    unknown: int = 0
    in_the_end: int = TAKES


@dataclass(frozen=True)
class Strike:
    """A fault, where it strikes, and how often: so many times, or at a rate."""

    fault: Fault
    endpoint: str
    times: int | None = 1
    rate: float | None = None


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        name: what goes wrong.
        told: what is to become of the takes.
        strikes: the faults.
        at: an event, and what happens on the server when it comes first.
        begin: what is done to the server before the first run.
        end: what is done to it before the second.
        hours: how long it takes until the second run; keys are forgotten in more than a day.
        concurrency: tasks in flight at a time; one where the outcome depends on the order.
        task_seconds: how long each task takes.
        patience_seconds: how long a task is waited for.
        retries: `[render] retries`.
        has_frame: whether each take begins with a local picture.
        first: options of the first run.
        second: options of the second.
    """

    name: str
    told: Told
    strikes: tuple[Strike, ...] = ()
    at: tuple[Kind, Act] | None = None
    begin: Act | None = None
    end: Act | None = None
    hours: float = 0
    concurrency: int = 4
    task_seconds: float = 2
    patience_seconds: float = 1800
    retries: int = 0
    has_frame: bool = False
    first: Mapping[str, bool] = field(default_factory=dict)
    second: Mapping[str, bool] = field(default_factory=dict)


def each(fault: Fault, *endpoints: str, times: int = 3) -> tuple[Strike, ...]:
    """The same fault at several endpoints."""
    return tuple(Strike(fault, endpoint, times) for endpoint in endpoints)


def kind(name: str, *endpoints: str, times: int = 3) -> tuple[Strike, ...]:
    """A fault of a kind that needs no more to be said."""
    return each(Fault(name), *endpoints, times=times)  # type: ignore[arg-type]


def refused(status: int, **told: object) -> Fault:
    """A refusal with this status."""
    return Fault("refusal", status=status, **told)  # type: ignore[arg-type]


ALL = ("create", "poll", "clip")
LOST = Strike(Fault("drop_answer"), "create", times=4)
"""As often as a request is sent in all."""
NAMED = ("create", "poll")
"""A create that is answered with broken JSON is not sent again: a header of the answer names its task."""

ROWS = (
    Row("none", Told()),
    Row("429, Retry-After in seconds", Told(retried=12), each(refused(429, retry_after=2), *ALL, times=4)),
    Row(
        "429, Retry-After as a date",
        Told(retried=12),
        each(refused(429, retry_after=2, retry_after_as_date=True), *ALL, times=4),
    ),
    Row("429 without Retry-After", Told(retried=12), each(refused(429), *ALL, times=4)),
    Row("500", Told(retried=9), each(refused(500), *ALL)),
    Row("502, an HTML page", Told(retried=9), each(refused(502, html=True), *ALL)),
    Row("503, Retry-After", Told(retried=9), each(refused(503, retry_after=3), *ALL)),
    Row("504, nothing committed", Told(retried=9), each(refused(504), *ALL)),
    Row("504, committed all the same", Told(retried=3), each(refused(504, commits=True), "create")),
    Row("dropped before the request", Told(retried=9), kind("drop_request", *ALL)),
    Row("answer lost, committed", Told(retried=9), kind("drop_answer", *ALL)),
    Row("broken off in the body", Told(retried=9), kind("cut_answer", *ALL)),
    Row("malformed JSON", Told(retried=3), kind("malformed_json", *NAMED)),
    Row("HTML with 200", Told(retried=6), kind("html_answer", "create", "poll")),
    Row("wrong content type", Told(), kind("wrong_content_type", *ALL)),
    Row("slow drip", Told(), kind("slow_answer", *ALL)),
    Row("poll answered with the one before", Told(), kind("stale_answer", "poll"), task_seconds=40),
    Row("answer twice in one body", Told(retried=3), kind("doubled_answer", *NAMED)),
    Row("409, nothing committed", Told(11, billed=11, unknown=1, in_the_end=11), each(refused(409), "create", times=1)),
    Row(
        "409, committed",
        Told(11, billed=12, unknown=1, in_the_end=11),
        each(refused(409, commits=True), "create", times=1),
    ),
    Row("409 that names the task", Told(), each(refused(409, commits=True, names_task=True), "create", times=1)),
    Row("answer lost until the next run", Told(0, retried=4), (LOST,), concurrency=1),
    Row(
        "answer lost, key forgotten",
        Told(0, retried=3, unknown=1, in_the_end=11),
        (LOST,),
        end=Simulator.forget_keys,
        hours=25,
        concurrency=1,
    ),
    Row(
        "upload's address expired",
        Told(11, retried=1),
        at=("uploaded", Simulator.expire_uploads),
        has_frame=True,
        concurrency=1,
        second={"retry_failed": True},
    ),
    Row("clip's address expired", Told(retried=1), at=("completed", Simulator.expire_results), concurrency=1),
    Row(
        "clip removed for good",
        Told(11, retried=5, in_the_end=11),
        at=("completed", Simulator.remove_results),
        concurrency=1,
    ),
    Row("truncated clip", Told(retried=2), kind("short_answer", "clip", times=2)),
    Row("corrupted clip", Told(retried=2), kind("corrupt_answer", "clip", times=2)),
    Row("task failure", Told(10, billed=10, in_the_end=10), kind("task_failure", "create", times=2)),
    Row(
        "task failure, --retry-failed",
        Told(10, retried=2),
        kind("task_failure", "create", times=2),
        second={"retry_failed": True},
    ),
    Row("task failure, retries = 1", Told(retried=2), kind("task_failure", "create", times=2), retries=1),
    Row("moderated task", Told(10, billed=10, in_the_end=10), kind("moderation", "create", times=2), retries=1),
    Row(
        "moderated request",
        Told(11, billed=11, in_the_end=11),
        each(refused(422, code="content_moderated", text="refused by content moderation"), "create", times=1),
        retries=1,
    ),
    Row(
        "stuck task",
        Told(11, billed=11, in_the_end=11),
        kind("stuck_task", "create", times=1),
        patience_seconds=250,
    ),
    Row("unrecognised status, for good", Told(11, billed=11, in_the_end=11), kind("unknown_status", "create", times=1)),
    Row("unrecognised status, in passing", Told(), each(Fault("unknown_status", polls=2), "create", times=2)),
    Row(
        "credit for five takes",
        Told(5, retried=1),
        begin=lambda simulator: simulator.set_balance(ACCOUNT_KEY, 5 * TAKE_MICRO_USD),
        end=lambda simulator: simulator.set_balance(ACCOUNT_KEY, 100 * TAKE_MICRO_USD),
        concurrency=1,
        first={"partial": True},
    ),
)
ACCOUNT_KEY = "rk-live-of-the-fault-table"

PLACES = (*ALL, "prepare_file", "put_file", "confirm_file")
RATE = 0.02
"""Of each fault; all together they strike about every third request."""
ONCE = (
    refused(409),
    refused(422, code="content_moderated", text="refused by content moderation"),
    Fault("task_failure"),
    Fault("moderation"),
    Fault("stuck_task"),
    Fault("unknown_status"),
)
PASSING = (
    refused(429, retry_after=2),
    refused(429, retry_after=2, retry_after_as_date=True),
    *(refused(status) for status in (500, 502, 503, 504)),
    refused(502, html=True),
    refused(504, commits=True),
    Fault("drop_request"),
    Fault("drop_answer"),
    Fault("cut_answer"),
    Fault("malformed_json"),
    Fault("html_answer"),
    Fault("wrong_content_type"),
    Fault("slow_answer"),
    Fault("doubled_answer"),
)
HELD = 2
"""The stuck task and the one in a strange status: neither charged nor given up."""


def expire_all(simulator: Simulator) -> None:
    """Let every address expire that was told so far."""
    simulator.expire_uploads()
    simulator.expire_results()


TOGETHER = Row(
    "all together",
    Told(),
    (
        *(Strike(fault, "create") for fault in ONCE),
        *(Strike(fault, place, None, RATE) for fault in PASSING for place in PLACES),
        *(Strike(Fault(name), "clip", None, RATE) for name in ("short_answer", "corrupt_answer")),
        Strike(Fault("stale_answer"), "poll", None, RATE),
    ),
    at=("completed", expire_all),
    patience_seconds=250,
    has_frame=True,
    second={"retry_failed": True},
)
"""What becomes of these takes depends on which request is struck first: what holds always is asserted."""
