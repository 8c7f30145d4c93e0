"""What RunAPI answers, as typed values: tasks, the account, the balance.

Parsers take decoded JSON, whatever it is, and raise `UnintelligibleAnswerError` where it says something else than
expected. Texts become one printable line, without the API key; ids and addresses stay as they came. Amounts become
exact integers here; numbers with a fraction are best decoded with `parse_float=Decimal`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, DecimalException
from typing import Literal, get_args
from urllib.parse import urlsplit

from kling_render.errors import UnintelligibleAnswerError
from kling_render.runapi.bodies import quoted

TaskStatus = Literal["pending", "processing", "completed", "failed"]

_STATUSES: dict[object, TaskStatus] = {status: status for status in get_args(TaskStatus)}
_MICRO_USD = Decimal("0.000001")
_EXACT = Context(prec=60)  # ours, because the process's own context may round earlier
_ABSURD = Decimal(10) ** 12  # keeps every amount within 64 bits, also in micro-USD


@dataclass(frozen=True)
class Task:
    """One remote job as the server last told it.

    Attributes:
        id: opaque; RunAPI's are UUIDs.
        video_urls: empty unless completed; they live seven days.
        cost_micro_usd: what was settled, in millionths of a dollar; None while it is not known, or cannot be read.
        error: why the task failed, if the server says so; one line of at most 500 characters.
        request_id: the server's `X-Request-Id`, for support.
        retry_after: seconds after which the server wants to be asked again, if it said so.
    """

    id: str
    status: TaskStatus
    video_urls: tuple[str, ...] = ()
    cost_micro_usd: int | None = None
    error: str | None = None
    request_id: str | None = None
    retry_after: float | None = None


@dataclass(frozen=True)
class Account:
    """Whom the key belongs to, and which account it spends from."""

    user_id: str
    account_id: str
    name: str
    email: str
    account_name: str


@dataclass(frozen=True)
class Balance:
    """The account's money in US cents, rounded by the server."""

    balance_cents: int
    paid_balance_cents: int
    bonus_balance_cents: int
    spent_cents_today: int
    spent_cents_total: int


def parse_task(payload: object, headers: Mapping[str, str], *, created: bool = False, key: str = "") -> Task:
    """Read the answer to a create or a poll.

    Args:
        payload: the decoded JSON; the task stands at its top or under `data`.
        headers: the answer's headers, looked up as `httpx.Headers` does, whatever the case.
        created: True for the answer to a create, in which a missing status means "pending".
        key: the API key, which must not be repeated in a text.

    Raises:
        UnintelligibleAnswerError: no id or two different ones, an unknown status, a completed task without videos,
            an address that is not http(s). It carries the task id where exactly one was given.
    """
    request_id = _request_id(headers)
    task_id = quoted(headers.get("X-RunAPI-Task-Id", "")) or None
    try:
        fields = _task_fields(payload)
        task_id = _task_id(fields)
        status = _status(fields, created=created)
        return Task(
            id=task_id,
            status=status,
            video_urls=_video_urls(fields) if status == "completed" else (),
            cost_micro_usd=_cost_micro_usd(fields.get("usage")),
            error=_failure(fields.get("error"), key) if status == "failed" else None,
            request_id=request_id,
        )
    except _UnreadableError as error:
        message = quoted(f"The server's answer about a task cannot be read: {error}", key)
        task_id = None if isinstance(error, _TwoIdsError) else task_id
        raise UnintelligibleAnswerError(message, request_id=request_id, task_id=task_id) from None


def parse_account(payload: object, headers: Mapping[str, str], *, key: str = "") -> Account:
    """Read the answer of `/api/v1/me`; names and the address may be missing, the ids may not.

    The API key, where given, is blanked in the names.
    """
    try:
        user = _mapping(payload, "the answer")
        account = _mapping(user.get("account"), "account")
        return Account(
            user_id=_required_id(user, "id"),
            account_id=_required_id(account, "id"),
            name=_text(user.get("name"), key),
            email=_text(user.get("email"), key),
            account_name=_text(account.get("name"), key),
        )
    except _UnreadableError as error:
        message = f"The server's answer about the account cannot be read: {error}"
        raise UnintelligibleAnswerError(message, request_id=_request_id(headers)) from None


def parse_balance(payload: object, headers: Mapping[str, str]) -> Balance:
    """Read the answer of `/api/v1/me/balance`; all five amounts must be there."""
    try:
        fields = _mapping(payload, "the answer")
        return Balance(**{name: _cents(fields, name) for name in Balance.__dataclass_fields__})
    except _UnreadableError as error:
        message = f"The server's answer about the balance cannot be read: {error}"
        raise UnintelligibleAnswerError(message, request_id=_request_id(headers)) from None


class _UnreadableError(Exception):
    """What cannot be understood, before it is known which answer it stands in."""


class _TwoIdsError(_UnreadableError):
    """It cannot be told which task is meant."""


def _request_id(headers: Mapping[str, str]) -> str | None:
    return quoted(headers.get("X-Request-Id", "")) or None


def _mapping(value: object, name: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise _UnreadableError(f"{name} is not an object")
    return value


def _task_fields(payload: object) -> Mapping[str, object]:
    fields = _mapping(payload, "the answer")
    inner = fields.get("data")
    return inner if isinstance(inner, Mapping) and not _ids(fields) else fields


def _task_id(fields: Mapping[str, object]) -> str:
    ids = _ids(fields)
    if not ids:
        raise _UnreadableError("it names no task id")
    if len(set(ids)) > 1:
        raise _TwoIdsError("its id and task_id differ")
    return ids[0]


def _ids(fields: Mapping[str, object]) -> list[str]:
    return [text for text in (_id_text(fields.get("id")), _id_text(fields.get("task_id"))) if text]


def _required_id(fields: Mapping[str, object], name: str) -> str:
    if not (text := _id_text(fields.get(name))):
        raise _UnreadableError(f"{name} is missing")
    return text


def _id_text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    try:
        return str(value).strip()
    except ValueError:  # Python does not print integers of more than 4,300 digits
        return ""


def _text(value: object, key: str) -> str:
    return quoted(value, key) if isinstance(value, str) else ""


def _status(fields: Mapping[str, object], *, created: bool) -> TaskStatus:
    status = fields.get("status")
    if status is None and created:
        return "pending"
    if not isinstance(status, str) or status not in _STATUSES:
        raise _UnreadableError(f"unknown status {_named(status)}" if status is not None else "it has no status")
    return _STATUSES[status]


def _named(value: object) -> str:
    return repr(value) if isinstance(value, str) else f"of type {type(value).__name__}"


def _video_urls(fields: Mapping[str, object]) -> tuple[str, ...]:
    videos = fields.get("videos")
    if not isinstance(videos, list) or not videos:
        raise _UnreadableError("the task is completed but has no videos")
    return tuple(_web_url(_mapping(video, "a video").get("url")) for video in videos)


def _web_url(value: object) -> str:
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
    except ValueError:
        parts = None
    if not isinstance(value, str) or parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise _UnreadableError("a video has no http(s) address")
    return value


def _cost_micro_usd(usage: object) -> int | None:
    """What was settled; None where that cannot be read: the clip is paid and must be delivered all the same."""
    amount = _amount(usage.get("cost")) if isinstance(usage, Mapping) else None
    if amount is None or amount < 0:
        return None
    settled = amount.quantize(_MICRO_USD, rounding=ROUND_HALF_UP, context=_EXACT)
    return int(settled.scaleb(6, context=_EXACT))


def _cents(fields: Mapping[str, object], name: str) -> int:
    amount = _amount(fields.get(name))
    if amount is None:
        raise _UnreadableError(f"{name} is not an amount")
    return int(amount.to_integral_value(rounding=ROUND_HALF_UP))


def _amount(value: object) -> Decimal | None:
    """The exact value; a float counts as the digits it is printed with."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        amount = Decimal(str(value))
    except (DecimalException, ValueError):
        return None
    return amount if amount.is_finite() and amount.copy_abs() < _ABSURD else None


def _failure(error: object, key: str) -> str | None:
    if isinstance(error, Mapping):
        error = error.get("message") or error.get("code")
    return quoted(error, key) or None if isinstance(error, str) else None
