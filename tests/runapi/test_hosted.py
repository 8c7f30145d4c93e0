"""Hosted files: where they lie and until when, or an answer that says neither."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from kling_render.errors import UnintelligibleAnswerError
from kling_render.runapi import HostedFile
from kling_render.runapi.hosted import parse_hosted

URL = "https://files.test/sky.png"
NOON = datetime(2026, 8, 1, 12, 0, tzinfo=UTC)


def a_file(**fields: object) -> dict[str, object]:
    named = {"file_name": "sky.png", "url": URL, "size_bytes": 9, "mime_type": "image/png"}
    return {**named, "created_at": "2026-08-01T11:00:00Z", "expires_at": "2026-08-01T12:00:00Z", **fields}


def parsed(payload: object) -> HostedFile:
    return parse_hosted(payload, httpx.Headers({"X-Request-Id": "req-1"}), "mine.png", 9)


@pytest.fixture
def in_tokyo() -> Iterator[None]:
    """A machine whose own zone is not UTC."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


def test_a_hosted_file_is_read_whole() -> None:
    assert parsed(a_file()) == HostedFile(URL, NOON, "sky.png", 9, "image/png", NOON - timedelta(hours=1))


@pytest.mark.usefixtures("in_tokyo")
@pytest.mark.parametrize(
    "text",
    [
        "2026-08-01T12:00:00Z",
        "2026-08-01T12:00:00.000Z",
        "2026-08-01T14:00:00+02:00",
        "2026-08-01T12:00:00",
        "2026-08-01 12:00:00",
    ],
)
def test_a_moment_is_read_in_utc_whatever_its_zone(text: str) -> None:
    moment = parsed(a_file(expires_at=text)).expires_at

    assert (moment, moment.utcoffset()) == (NOON, NOON.utcoffset())


def test_a_file_that_has_expired_says_so_and_is_no_error() -> None:
    assert parsed(a_file(expires_at="1999-12-31T23:59:59Z")).expires_at == datetime(
        1999, 12, 31, 23, 59, 59, tzinfo=UTC
    )


def test_names_that_are_missing_are_the_files_own() -> None:
    hosted = parsed({"url": URL, "expires_at": "2026-08-01T12:00:00Z"})

    assert hosted == HostedFile(URL, NOON, "mine.png", 9, "")


@pytest.mark.parametrize(
    ("payload", "trouble"),
    [
        ([], "the answer is not an object"),
        (a_file(url=None), r"the file has no http\(s\) address"),
        (a_file(url="s3://bucket/sky.png"), r"the file has no http\(s\) address"),
        (a_file(size_bytes=8), "its size_bytes are not those of the file"),
        (a_file(size_bytes=None), "its size_bytes are not those of the file"),
        (a_file(expires_at=None), "expires_at is not a date"),
        (a_file(expires_at="soon"), "expires_at is not a date"),
        (a_file(expires_at=1_785_585_600), "expires_at is not a date"),
        (a_file(expires_at="0001-01-01T00:00:00+14:00"), "expires_at is not a date"),
    ],
)
def test_an_answer_that_makes_no_sense_is_unintelligible(payload: object, trouble: str) -> None:
    with pytest.raises(UnintelligibleAnswerError, match=f"about an upload cannot be read: {trouble}$") as caught:
        parsed(payload)

    assert caught.value.request_id == "req-1"


def test_upload_dies_by_the_clock_of_who_asks_wherever_the_servers_stands() -> None:
    created = datetime(2031, 1, 1, tzinfo=UTC)
    hosted = HostedFile("https://up.example/1", created + timedelta(hours=1), "a.png", 1, "", created)
    now = datetime(2026, 8, 1, tzinfo=UTC)
    assert hosted.dies_at(now) == now + timedelta(hours=1)


def test_upload_of_unknown_age_dies_when_the_server_says() -> None:
    expires = datetime(2026, 8, 1, tzinfo=UTC)
    assert HostedFile("https://up.example/1", expires, "a.png", 1, "").dies_at(expires) == expires
