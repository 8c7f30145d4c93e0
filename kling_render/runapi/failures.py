"""From a failed exchange to the error that says what happened and what to do next."""

from __future__ import annotations

import math
import os
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from kling_render.errors import (
    ApiError,
    AuthenticationError,
    ConflictError,
    InsufficientCreditsError,
    ModerationError,
    RateLimitError,
    RequestRefusedError,
    ServerError,
    UnintelligibleAnswerError,
    UnreachableError,
)
from kling_render.runapi.bodies import is_html, key_sent_for, page_text, quoted, read_json
from kling_render.runapi.moderation import is_moderation

_CHECK_KEY = "Check RUNAPI_API_KEY, or the key in ~/.config/runapi/config.json."
_CHECK_URL = "Check RUNAPI_BASE_URL."
_CHANGE_INPUT = "Change the prompt or the media that it refuses: unchanged, it would be refused again."
_REFUSED = (RequestRefusedError, "The server refuses this request")

_KINDS: dict[int, tuple[type[ApiError], str, str]] = {
    401: (AuthenticationError, "The server refuses the API key", _CHECK_KEY),
    403: (AuthenticationError, "The server refuses access", _CHECK_KEY),
    402: (
        InsufficientCreditsError,
        "The account has too little credit",
        "Add credit on RunAPI, then run the same command again.",
    ),
    400: (*_REFUSED, ""),
    404: (*_REFUSED, "Is RUNAPI_BASE_URL right, and does the key belong to the account of the task?"),
    413: (*_REFUSED, "Send smaller media."),
    415: (*_REFUSED, ""),
    422: (*_REFUSED, ""),
    409: (
        ConflictError,
        "The server knows another request under this idempotency key",
        "It may have been paid: look for the task on RunAPI before paying again.",
    ),
    429: (
        RateLimitError,
        "The server asks for fewer requests",
        "Wait a while or lower KLING_RENDER_CONCURRENCY, then run the same command again.",
    ),
}
_SERVER_FAILED = (ServerError, "The server failed", "Run the same command again later; nothing is paid twice.")

_TIMEOUTS: dict[type[httpx.TransportError], str] = {
    httpx.ConnectTimeout: "no connection in time",
    httpx.PoolTimeout: "too many requests were waiting",
    httpx.WriteTimeout: "the request could not be sent in time",
    httpx.ReadTimeout: "it took too long",
}
_BEFORE_CONNECTING = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


def error_from_response(response: httpx.Response, now: datetime) -> ApiError:
    """The error for an answer that is of no use: not a success, or a success that is not JSON.

    Args:
        response: the answer, its body read.
        now: the time, against which a `Retry-After` date is reckoned.
    """
    key = key_sent_for(response)
    code, text = _said(response)
    kind, message, hint = _kind(response, quoted(text, key))
    if _is_moderated(kind, response.status_code, code, text):
        kind, hint = ModerationError, _CHANGE_INPUT
    error = kind(
        message,
        hint=hint,
        status=response.status_code,
        code=quoted(code, key) or None,
        request_id=quoted(response.headers.get("X-Request-Id", "")) or None,
        task_id=quoted(response.headers.get("X-RunAPI-Task-Id", "")) or None,
        retry_after=parse_retry_after(response.headers.get("Retry-After"), now),
    )
    if isinstance(error, UnintelligibleAnswerError):
        error.is_garbled = response.is_success
    return error


def unreachable(error: httpx.TransportError, origin: str, key: str) -> UnreachableError:
    """The error for a request that got no answer; `origin` is where it went, `key` what must not be repeated."""
    never_sent = isinstance(error, _BEFORE_CONNECTING)
    absence = "No connection to" if never_sent else "No answer from"
    failure = UnreachableError(
        f"{absence} {origin} ({quoted(reason_of(error), key)})",
        hint="Is RUNAPI_BASE_URL right, and the server up?",
    )
    failure.never_sent = never_sent
    return failure


def reason_of(error: httpx.TransportError) -> str:
    """Why there was no answer, in the operating system's words where it had any."""
    if words := _TIMEOUTS.get(type(error)):
        return words
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror):
            return "the host name is not known"
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return f"TLS failed: {cause}"
        if isinstance(cause, OSError) and cause.errno:
            return os.strerror(cause.errno).lower()
    return str(error) or type(error).__name__


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait, from seconds or an HTTP date; 0 where the time has passed, None where it says neither.

    However long the wait is: the caller decides how much of it to accept.
    """
    text = (value or "").strip()
    if re.fullmatch(r"-?\d+(\.\d+)?", text, re.ASCII):
        seconds = float(text)
    else:
        try:
            moment = parsedate_to_datetime(text)
            # "-0000" and a missing zone mean UTC in HTTP dates.
            seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()
        except (ValueError, TypeError, OverflowError, IndexError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _is_moderated(kind: type[ApiError], status: int, code: str, text: str) -> bool:
    """Whether content moderation refused; of a 403, which is mostly about the key, only the code is believed."""
    if kind is RequestRefusedError:
        return is_moderation(code, text)
    return status == httpx.codes.FORBIDDEN and is_moderation(code, None)


def _kind(response: httpx.Response, text: str) -> tuple[type[ApiError], str, str]:
    status = response.status_code
    if status in _KINDS or status >= 500:
        kind, message, hint = _KINDS.get(status, _SERVER_FAILED)
        return kind, f"{message} ({status})" + (f": {text}" if text else ""), hint
    return UnintelligibleAnswerError, f"{_origin(response)} answered {_unexpected(response, text)}", _CHECK_URL


def _unexpected(response: httpx.Response, text: str) -> str:
    if response.has_redirect_location:
        return f"with a redirect to {_redirect_host(response)}, which is not followed"
    said = f" ({text})" if text else ""
    if not response.is_success:
        return f"{response.status_code}{said}"
    if is_html(response):
        return f"HTML, not JSON{said}"
    return f"broken JSON{said}" if text else "nothing, not JSON"


def _redirect_host(response: httpx.Response) -> str:
    try:
        return httpx.URL(response.headers["Location"]).host or "another path"
    except httpx.InvalidURL:
        return "an invalid address"


def _origin(response: httpx.Response) -> str:
    try:
        url = response.request.url
    except RuntimeError:  # an answer that was built by hand belongs to no request
        return "The server"
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def _said(response: httpx.Response) -> tuple[str, str]:
    """The code and the text of a server's answer, in any of the shapes it may have."""
    try:
        payload = read_json(response)
    except ValueError:
        return "", page_text(response)
    if not isinstance(payload, Mapping):
        return "", payload if isinstance(payload, str) else page_text(response)
    envelope = payload.get("error")
    inner = envelope if isinstance(envelope, Mapping) else {}
    candidates = (inner.get("message"), envelope, payload.get("message"), _detail(payload.get("detail")))
    text = next((each for each in candidates if isinstance(each, str) and each.strip()), page_text(response))
    code = inner.get("code")
    return str(code) if isinstance(code, str | int) else "", text


def _detail(detail: object) -> object:
    """One text from a list of faults, as web frameworks answer them."""
    if not isinstance(detail, list):
        return detail
    return "; ".join(str(fault.get("msg", "")) for fault in detail if isinstance(fault, Mapping))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """What led to an error, through chains and groups."""
    pending: list[BaseException] = [error]
    while pending:
        current = pending.pop()
        yield current
        if isinstance(current, BaseExceptionGroup):
            pending.extend(current.exceptions)
        pending.extend(cause for cause in (current.__cause__ or current.__context__,) if cause is not None)
