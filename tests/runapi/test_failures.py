"""Failed exchanges as errors: the kind, the words, the hint, and never the key."""

import socket
import ssl
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kling_render.errors import (
    ApiError,
    AuthenticationError,
    ConflictError,
    InsufficientCreditsError,
    RateLimitError,
    RequestRefusedError,
    ServerError,
    UnintelligibleAnswerError,
)
from kling_render.runapi import error_from_response, parse_retry_after
from kling_render.runapi.failures import unreachable

NOW = datetime(2026, 8, 1, 12, 0, tzinfo=UTC)
KEY = "rk-live-5ecret"
REQUEST = httpx.Request("GET", "https://runapi.ai/api/v1/me", headers={"Authorization": f"Bearer {KEY}"})


def error_of(status: int, *, headers: dict[str, str] | None = None, **body: object) -> ApiError:
    response = httpx.Response(status, headers=headers, request=REQUEST, **body)  # type: ignore[arg-type]  # json, text…
    return error_from_response(response, NOW)


# Kinds


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RequestRefusedError),
        (401, AuthenticationError),
        (402, InsufficientCreditsError),
        (403, AuthenticationError),
        (404, RequestRefusedError),
        (409, ConflictError),
        (413, RequestRefusedError),
        (415, RequestRefusedError),
        (422, RequestRefusedError),
        (429, RateLimitError),
        (500, ServerError),
        (503, ServerError),
        (599, ServerError),
        (418, UnintelligibleAnswerError),
        (304, UnintelligibleAnswerError),
    ],
)
def test_every_status_has_its_error(status: int, kind: type[ApiError]) -> None:
    error = error_of(status, json={"error": {"code": "c", "message": "Words"}})

    assert (type(error), error.status, error.code) == (kind, status, "c")


def test_an_error_carries_what_support_asks_for() -> None:
    error = error_of(500, headers={"X-Request-Id": "req-1", "X-RunAPI-Task-Id": "t-1", "Retry-After": "7"})

    assert (error.request_id, error.task_id, error.retry_after) == ("req-1", "t-1", 7.0)


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (401, "Check RUNAPI_API_KEY, or the key in ~/.config/runapi/config.json."),
        (402, "Add credit on RunAPI, then run the same command again."),
        (409, "It may have been paid: look for the task on RunAPI before paying again."),
        (503, "Run the same command again later; nothing is paid twice."),
    ],
)
def test_an_error_says_what_to_do_next(status: int, hint: str) -> None:
    assert error_of(status).hint == hint


# Words


@pytest.mark.parametrize(
    "payload",
    [
        {"error": {"code": "invalid", "message": "Too long"}},
        {"error": "Too long"},
        {"message": "Too long"},
        {"detail": "Too long"},
        {"detail": [{"loc": ["prompt"], "msg": "Too long"}]},
        {"error": {}, "message": "Too long"},
        "Too long",
    ],
)
def test_the_words_are_found_in_every_shape(payload: object) -> None:
    assert error_of(422, json=payload).message == "The server refuses this request (422): Too long"


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("<html><title>502 &amp; out</title><h1>Bad</h1></html>", "502 & out"),
        ("<!DOCTYPE html><body><h1 class=x>Bad Gateway</h1></body>", "Bad Gateway"),
        ("<html><body><p>nginx <b>here</b></p></body></html>", "nginx here"),
    ],
)
def test_of_a_page_only_the_title_is_told(page: str, words: str) -> None:
    assert error_of(502, text=page).message == f"The server failed (502): {words}"


def test_an_empty_body_leaves_the_status() -> None:
    assert error_of(500).message == "The server failed (500)"


def test_unknown_json_is_quoted() -> None:
    assert error_of(400, json={"oops": 1}).message == 'The server refuses this request (400): {"oops":1}'


def test_a_long_body_is_shortened() -> None:
    message = error_of(400, text="x" * 100_000).message

    assert message.endswith("x…")
    assert len(message) < 550


def test_terminal_codes_and_line_breaks_are_not_repeated() -> None:
    assert error_of(400, json={"error": "a\x1b[31m\nb"}).message.endswith(": a [31m b")


# A success that is none


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("<html><title>Sign in</title></html>", "https://runapi.ai answered HTML, not JSON (Sign in)"),
        ('{"id": ', 'https://runapi.ai answered broken JSON ({"id":)'),
        ("", "https://runapi.ai answered nothing, not JSON"),
    ],
)
def test_a_success_that_is_not_json_is_unintelligible(body: str, message: str) -> None:
    error = error_of(200, text=body)

    assert (type(error), error.message, error.hint) == (UnintelligibleAnswerError, message, "Check RUNAPI_BASE_URL.")


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://evil.example/x?y=1", "evil.example"),
        ("/login", "another path"),
        ("http://host:port", "an invalid address"),
    ],
)
def test_a_redirect_names_the_target_host(location: str, target: str) -> None:
    error = error_of(302, headers={"Location": location})

    assert error.message == f"https://runapi.ai answered with a redirect to {target}, which is not followed"


# The key


@pytest.mark.parametrize(
    "body",
    [
        {"json": {"error": {"code": KEY, "message": f"Bad key {KEY}"}}},
        {"json": {"oops": KEY}},
        {"text": f"<title>{KEY}</title>"},
        {"text": "x" * 490 + KEY},
    ],
)
def test_an_echoed_key_is_never_repeated(body: dict[str, object]) -> None:
    error = error_of(401, **body)  # type: ignore[arg-type]  # headers or a body

    assert "rk-live" not in f"{error.message}{error.hint}{error.code}"


def test_ids_stay_what_they_are() -> None:
    error = error_of(500, headers={"X-Request-Id": f"r-{KEY}", "X-RunAPI-Task-Id": f"t-{KEY}"})

    assert (error.request_id, error.task_id) == (f"r-{KEY}", f"t-{KEY}")


def test_an_answer_without_a_request_is_read_as_well() -> None:
    error = error_from_response(httpx.Response(200, text="?"), NOW)

    assert error.message == "The server answered broken JSON (?)"


# No answer


def untrusted(message: str) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = message
    return error


def caused(error: httpx.TransportError, cause: BaseException) -> httpx.TransportError:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            caused(httpx.ConnectError("All attempts failed"), ConnectionRefusedError(111, "refused")),
            "No connection to http://h (connection refused)",
        ),
        (
            caused(
                httpx.ConnectError("All attempts failed"), ExceptionGroup("tried", [ConnectionRefusedError(111, "no")])
            ),
            "No connection to http://h (connection refused)",
        ),
        (
            caused(httpx.ConnectError("?"), socket.gaierror(-2, "Name or service not known")),
            "No connection to http://h (the host name is not known)",
        ),
        (
            caused(httpx.ConnectError("?"), ssl.SSLError(1, "wrong version number")),
            "No connection to http://h (TLS failed: wrong version number)",
        ),
        (
            caused(httpx.ConnectError("?"), untrusted("self-signed certificate")),
            "No connection to http://h (its certificate is not trusted: self-signed certificate)",
        ),
        (httpx.ConnectTimeout(""), "No connection to http://h (no connection in time)"),
        (httpx.ReadTimeout(""), "No answer from http://h (it took too long)"),
        (httpx.RemoteProtocolError("Server disconnected"), "No answer from http://h (Server disconnected)"),
        (httpx.ReadError(""), "No answer from http://h (ReadError)"),
        (httpx.LocalProtocolError(f"Illegal header {KEY}"), "No answer from http://h (Illegal header [API key])"),
    ],
)
def test_no_answer_says_why(error: httpx.TransportError, message: str) -> None:
    assert unreachable(error, "http://h", KEY).message == message


@pytest.mark.parametrize(
    ("error", "never_sent"),
    [
        (httpx.ConnectError("refused"), True),
        (httpx.ConnectTimeout(""), True),
        (httpx.PoolTimeout(""), True),
        (httpx.ReadTimeout(""), False),
        (httpx.WriteTimeout(""), False),
        (httpx.WriteError(""), False),
        (httpx.ReadError(""), False),
        (httpx.ProxyError(""), False),
        (httpx.RemoteProtocolError(""), False),
    ],
)
def test_only_what_fails_before_the_connection_was_certainly_never_sent(
    error: httpx.TransportError, never_sent: bool
) -> None:
    assert unreachable(error, "http://h", KEY).never_sent is never_sent


def test_no_answer_hints_at_the_base_url() -> None:
    assert unreachable(httpx.ConnectTimeout(""), "http://h", KEY).hint == (
        "Is RUNAPI_BASE_URL right, and the server up?"
    )


# Retry-After


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 2.5 ", 2.5),
        ("-5", 0.0),
        ("99999999", 99_999_999.0),
        ("Sat, 01 Aug 2026 12:00:30 GMT", 30.0),
        ("Sat, 01 Aug 2026 12:00:30 -0000", 30.0),
        ("Sat, 01 Aug 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("inf", None),
        ("9" * 400, None),
        ("٣", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, NOW) == seconds


@given(st.integers(min_value=0, max_value=10**7), st.integers(min_value=-12, max_value=14))
def test_a_retry_after_date_means_the_same_in_every_zone(seconds: int, hours: int) -> None:
    moment = (NOW + timedelta(seconds=seconds)).astimezone(timezone(timedelta(hours=hours)))

    assert parse_retry_after(format_datetime(moment), NOW) == seconds


@given(st.text() | st.from_regex(r"\w{3}, \d\d Aug \d{1,5} \d\d:\d\d:\d\d [+-]\d{4,9}"))
def test_no_retry_after_is_negative_or_an_accident(value: str) -> None:
    seconds = parse_retry_after(value, NOW)

    assert seconds is None or seconds >= 0


@given(status=st.integers(min_value=200, max_value=599), content=st.binary(max_size=200))
def test_any_body_becomes_an_error(status: int, content: bytes) -> None:
    error = error_from_response(httpx.Response(status, content=content, request=REQUEST), NOW)

    assert error.status == status
