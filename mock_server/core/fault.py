"""A fault as data: its kind, and what that kind can be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal, get_args

from kling_render.catalog import did_you_mean
from mock_server.core.routes import POLLS, ROUTES
from mock_server.core.tasks import STATUSES

Kind = Literal[
    "refusal",
    "drop_request",
    "drop_answer",
    "cut_answer",
    "slow_answer",
    "malformed_json",
    "html_answer",
    "wrong_content_type",
    "stale_answer",
    "doubled_answer",
    "short_answer",
    "corrupt_answer",
    "ignored_range",
    "task_failure",
    "moderation",
    "stuck_task",
    "unknown_status",
    "no_credit",
    "checksum_failure",
    "expired_media",
    "price_change",
]
Phase = Literal["before", "after", "task"]
"""When a fault strikes: before its endpoint is reached, after it did its work, or when a task is made."""

_ALL = frozenset(route.name for route in ROUTES)
_ENDPOINTS: Mapping[Kind, frozenset[str]] = {
    "stale_answer": POLLS,
    **dict.fromkeys(("short_answer", "corrupt_answer", "ignored_range"), frozenset({"clip", "upload"})),
    **dict.fromkeys(
        ("task_failure", "moderation", "stuck_task", "unknown_status", "no_credit", "price_change"),
        frozenset({"create"}),
    ),
    "checksum_failure": frozenset({"put_file"}),
    "expired_media": frozenset({"clip", "upload"}),
}
_ANSWER_OPTIONS = frozenset({"status", "retry_after", "retry_after_as_date", "html", "commits", "names_task"})
_OPTIONS: Mapping[Kind, frozenset[str]] = {
    "refusal": _ANSWER_OPTIONS | {"code", "text"},
    "slow_answer": frozenset({"pieces", "pause_seconds"}),
    "task_failure": frozenset({"code", "text"}),
    "moderation": frozenset({"code", "text"}),
    "unknown_status": frozenset({"shown_status", "polls"}),
    "price_change": frozenset({"factor"}),
}
_REFUSING = frozenset({"no_credit", "checksum_failure", "expired_media"})
_FATES = frozenset({"task_failure", "moderation", "stuck_task", "unknown_status", "price_change"})


@dataclass(frozen=True)
class Fault:
    """What goes wrong; when and how often is said where it is planned.

    Kinds:
        refusal: the request is refused with `status`.
        drop_request: the connection closes, and nothing was committed.
        drop_answer: the server did its work, and the connection closes without a word about it.
        cut_answer: headers and half of the body arrive, then the connection closes.
        slow_answer: the body comes in `pieces`, with a pause between two.
        malformed_json: the JSON ends in its middle, under the right headers.
        html_answer: 200 with an HTML page, as a proxy in between would answer.
        wrong_content_type: the right body is said to be text/plain.
        stale_answer: a poll gets the answer of the poll before; waits until that would be another one.
        doubled_answer: the JSON document comes twice in one body.
        short_answer: half of a file, as if that were all of it.
        corrupt_answer: a file of the right length whose bytes are spoiled, its first one and every 64th.
        ignored_range: a request for a part of a file is answered with the whole, and 200.
        task_failure: the next task ends as failed.
        moderation: the next task ends as failed, its error an object of code and message. RunAPI publishes no form of
            a moderated task: this one is invented, after the envelope of its refusals.
        stuck_task: the next task never ends, and its price stays reserved.
        unknown_status: the next task is shown in a status that nobody has published.
        no_credit: the create is refused with 402, as if the account were empty.
        checksum_failure: what was put is refused with 422, as if it had been spoiled on its way.
        expired_media: the address of a clip or an upload is refused with 410; the task's next one may work.
        price_change: the next task costs `factor` times what the card and quotes say.

    Attributes:
        kind: one of the above.
        status: of a refusal, 400 to 599.
        retry_after: simulated seconds that the Retry-After of a refusal asks to wait; None sends none.
        retry_after_as_date: whether it is sent as an HTTP date rather than in seconds.
        html: whether a refusal is an HTML page rather than RunAPI's envelope.
        commits: whether the endpoint does its work before it is refused, as behind a gateway that gives up waiting.
        names_task: whether such a refusal tells the task that was made, in X-RunAPI-Task-Id.
        code: the word for machines of a refusal, a failure or a moderation; empty for the usual one.
        text: the sentence for people; empty for one that names the mock server.
        pieces: of a slow answer, at least 2.
        pause_seconds: real seconds between two pieces.
        shown_status: the unknown status.
        polls: how many polls of the task it is shown to; None for all of them, and then the task never ends.
        factor: of a price change, more than 0.

    Raises:
        ValueError: no such kind, an option that its kind does not have, or a value that makes no sense.
    """

    kind: Kind
    status: int = 503
    retry_after: float | None = None
    retry_after_as_date: bool = False
    html: bool = False
    commits: bool = False
    names_task: bool = False
    code: str = ""
    text: str = ""
    pieces: int = 5
    pause_seconds: float = 0.02
    shown_status: str = "paused"
    polls: int | None = None
    factor: float = 2.0

    def __post_init__(self) -> None:
        kinds = get_args(Kind)
        require(self.kind in kinds, f"unknown fault {self.kind}{did_you_mean(self.kind, kinds)}")
        self._refuse_other_options()
        require(400 <= self.status <= 599, f"status must be from 400 to 599, not {self.status}")
        pause = self.retry_after
        require(pause is None or pause >= 0, f"retry_after must not be negative, not {pause}")
        require(self.commits or not self.names_task, "names_task needs commits: without them there is no task")
        require(self.pieces >= 2, f"pieces must be at least 2, not {self.pieces}")
        require(self.pause_seconds >= 0, f"pause_seconds must not be negative, not {self.pause_seconds}")
        require(self.polls is None or self.polls >= 1, f"polls must be at least 1, not {self.polls}")
        require(0 < self.factor <= 1000, f"factor must be over 0 and at most 1000, not {self.factor}")
        is_unknown = bool(self.shown_status) and self.shown_status not in STATUSES
        require(is_unknown, f"shown_status must be none of {', '.join(STATUSES)}, not {self.shown_status!r}")

    @property
    def endpoints(self) -> frozenset[str]:
        """The endpoints that this kind of fault can concern."""
        return _ENDPOINTS.get(self.kind, _ALL)

    @property
    def phase(self) -> Phase:
        """When it strikes."""
        is_refusal = self.kind == "refusal" and not self.commits
        if self.kind == "drop_request" or self.kind in _REFUSING or is_refusal:
            return "before"
        return "task" if self.kind in _FATES else "after"

    def _refuse_other_options(self) -> None:
        own = _OPTIONS.get(self.kind, frozenset())
        for field in fields(self)[1:]:
            is_told = getattr(self, field.name) != field.default
            require(field.name in own or not is_told, f"{field.name} means nothing to a {self.kind}")


def endpoints_named(name: str) -> frozenset[str]:
    """The endpoint of a name; `poll` names all three that tell of a task.

    Raises:
        ValueError: no such endpoint.
    """
    names = {route: frozenset({route}) for route in sorted(_ALL)} | {"poll": POLLS}
    require(name in names, f"unknown endpoint {name}{did_you_mean(name, list(names))}")
    return names[name]


def require(holds: bool, text: str) -> None:
    """Raise a ValueError with the text unless something holds."""
    if not holds:
        raise ValueError(text)
