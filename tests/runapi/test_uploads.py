"""Uploads end to end: three requests, one of them without the key, and what happens when one of them fails."""

import hashlib
import json
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import anyio
import httpx
import pytest
from pydantic import SecretStr
from trio.testing import MockClock

from kling_render._version import __version__
from kling_render.errors import (
    ApiError,
    AuthenticationError,
    KlingRenderError,
    RateLimitError,
    RequestRefusedError,
    ServerError,
    StorageError,
    UnintelligibleAnswerError,
    UnreachableError,
)
from kling_render.runapi import HostedFile, RunApi

NOW = datetime(2026, 8, 1, 12, 0, tzinfo=UTC)
KEY = "rk-live-5ecret"
PICTURE = b"\x89PNG\r\n" * 100_000
CHECKSUM = b64encode(hashlib.md5(PICTURE).digest()).decode()  # noqa: S324 - a checksum
TOLD = {"Content-Type": "image/png", "Content-MD5": CHECKSUM, "x-ms-blob-type": "BlockBlob"}
HOSTED = {
    "url": "https://files.test/sky.png",
    "expires_at": "2026-08-01T13:00:00Z",
    "file_name": "sky.png",
    "size_bytes": len(PICTURE),
    "mime_type": "image/png",
}
FILE = HostedFile(
    "https://files.test/sky.png", datetime(2026, 8, 1, 13, 0, tzinfo=UTC), "sky.png", len(PICTURE), "image/png"
)
UNREADABLE = "The server's answer about an upload cannot be read"
Answer = httpx.Response | httpx.TransportError


def answer(status: int, payload: object = None, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, content=json.dumps(payload), headers=named)


class Hosting:
    """API and storage in one: every prepared place is another; failures come first, then all goes well."""

    def __init__(self, failures: dict[str, list[Answer]] | None = None, told: dict[str, str] | None = None) -> None:
        self.told = TOLD if told is None else told
        self.failures = failures or {}
        self.prepares: list[httpx.Request] = []
        self.puts: list[httpx.Request] = []
        self.confirms: list[httpx.Request] = []

    def api(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v1/files/prepare":
            self.prepares.append(request)
            place = len(self.prepares)
            url = f"https://storage.test/blob/{place}-hush?X-Signature=hush"
            return self._fail("prepare") or answer(
                200, {"upload_url": url, "headers": self.told, "signed_id": f"sgn-{place}-hush"}
            )
        assert request.url.path == "/api/v1/files/confirm"
        self.confirms.append(request)
        return self._fail("confirm") or answer(200, HOSTED)

    def storage(self, request: httpx.Request) -> httpx.Response:
        self.puts.append(request)
        return self._fail("put") or httpx.Response(200)

    def _fail(self, step: str) -> httpx.Response | None:
        failures = self.failures.get(step)
        if not failures:
            return None
        failure = failures.pop(0)
        if isinstance(failure, httpx.TransportError):
            raise failure
        return failure

    def places(self) -> list[str]:
        return [put.url.path for put in self.puts]

    def signed_ids(self) -> list[str]:
        return [json.loads(confirm.content)["signed_id"] for confirm in self.confirms]


def uploaded(hosting: Hosting, content: bytes | Path = PICTURE, name: str = "sky.png") -> tuple[HostedFile, float]:
    """The hosted file, and the virtual seconds it took."""

    async def main() -> tuple[HostedFile, float]:
        start = anyio.current_time()
        async with RunApi(
            "https://runapi.test",
            SecretStr(KEY),
            transport=httpx.MockTransport(hosting.api),
            download_transport=httpx.MockTransport(hosting.storage),
            now=lambda: NOW,
            random=Random(7),  # noqa: S311 - repeatable on purpose
        ) as client:
            return await client.upload(name, content), anyio.current_time() - start

    return anyio.run(main, backend="trio", backend_options={"clock": MockClock(autojump_threshold=0)})


# What is sent


@pytest.mark.parametrize("from_disk", [True, False])
def test_a_file_is_prepared_put_and_confirmed(tmp_path: Path, from_disk: bool) -> None:
    path = tmp_path / "local name.png"
    path.write_bytes(PICTURE)
    hosting = Hosting()

    file, _ = uploaded(hosting, path if from_disk else PICTURE)

    assert file == FILE
    assert [json.loads(each.content) for each in hosting.prepares] == [
        {"filename": "sky.png", "byte_size": len(PICTURE), "checksum": CHECKSUM}
    ]
    assert [(each.method, each.content) for each in hosting.puts] == [("PUT", PICTURE)]
    assert hosting.signed_ids() == ["sgn-1-hush"]


def test_the_api_is_asked_with_the_key_and_without_idempotency_key() -> None:
    hosting = Hosting()

    uploaded(hosting)

    for request in (*hosting.prepares, *hosting.confirms):
        assert request.method == "POST"
        assert request.headers["Authorization"] == f"Bearer {KEY}"
        assert request.headers["Content-Type"] == "application/json"
        assert "Idempotency-Key" not in request.headers


def test_the_bytes_travel_with_exactly_the_told_headers() -> None:
    hosting = Hosting()

    uploaded(hosting)

    own = {"Host": "storage.test", "Content-Length": str(len(PICTURE)), "User-Agent": f"kling-render/{__version__}"}
    assert hosting.puts[0].headers == httpx.Headers({**TOLD, **own})


def test_the_bytes_travel_without_the_key() -> None:
    hosting = Hosting()

    uploaded(hosting)

    assert "Authorization" not in hosting.puts[0].headers
    assert KEY not in f"{hosting.puts[0].url}{hosting.puts[0].headers.raw}"


def test_a_told_user_agent_replaces_ours() -> None:
    hosting = Hosting(told={"user-agent": "told"})

    uploaded(hosting)

    assert hosting.puts[0].headers.get_list("User-Agent") == ["told"]


@pytest.mark.parametrize("told", [{"Authorization": "Bearer x"}, {"Host": "evil.test"}, {"Content-Length": "1"}])
def test_headers_that_make_another_request_of_it_are_refused_before_a_byte_is_sent(told: dict[str, str]) -> None:
    hosting = Hosting(told=told)

    with pytest.raises(UnintelligibleAnswerError, match=r"^sky\.png cannot be uploaded: .* must not carry this"):
        uploaded(hosting)

    assert hosting.puts == []


# What is begun anew


@pytest.mark.parametrize("failure", [answer(503), answer(429), httpx.ReadTimeout("slow"), httpx.ConnectError("no")])
def test_a_put_is_never_repeated_but_the_upload_begun_anew(failure: Answer) -> None:
    hosting = Hosting({"put": [failure]})

    file, _ = uploaded(hosting)

    assert file == FILE
    assert hosting.places() == ["/blob/1-hush", "/blob/2-hush"]
    assert hosting.signed_ids() == ["sgn-2-hush"]
    assert hosting.puts[1].content == PICTURE


@pytest.mark.parametrize("failure", [answer(500), httpx.ReadError("reset"), httpx.Response(200, text="<html>")])
def test_a_confirmation_is_never_repeated_but_the_upload_begun_anew(failure: Answer) -> None:
    hosting = Hosting({"confirm": [failure]})

    file, _ = uploaded(hosting)

    assert file == FILE
    assert hosting.places() == ["/blob/1-hush", "/blob/2-hush"]
    assert hosting.signed_ids() == ["sgn-1-hush", "sgn-2-hush"]


def test_a_place_that_cannot_be_prepared_is_asked_for_again() -> None:
    hosting = Hosting({"prepare": [answer(502), httpx.ConnectError("refused")]})

    assert uploaded(hosting)[0] == FILE
    assert hosting.places() == ["/blob/3-hush"]


def test_after_the_last_attempt_the_storage_has_failed() -> None:
    hosting = Hosting({"put": [answer(503)] * 4})

    with pytest.raises(ServerError, match=r"^sky\.png cannot be uploaded: https://storage\.test answered 503$"):
        uploaded(hosting)

    assert hosting.places() == [f"/blob/{place}-hush" for place in (1, 2, 3, 4)]
    assert hosting.confirms == []


def test_a_storage_that_is_busy_is_waited_for_without_counting_attempts() -> None:
    hosting = Hosting({"put": [answer(429, Retry_After="20")] * 7})

    file, seconds = uploaded(hosting)

    assert file == FILE
    assert seconds == pytest.approx(140.0)


def test_a_storage_that_stays_busy_is_a_rate_limit() -> None:
    hosting = Hosting({"put": [answer(429, Retry_After="200")] * 5})

    with pytest.raises(RateLimitError, match=r"outlasted 600 s of waiting.*sky\.png cannot be uploaded"):
        uploaded(hosting)

    assert len(hosting.puts) == 4


def test_the_storage_says_how_long_to_wait() -> None:
    _, seconds = uploaded(Hosting({"put": [answer(503, Retry_After="Sat, 01 Aug 2026 12:00:45 GMT")]}))

    assert seconds == pytest.approx(45.0)


# What ends it


@pytest.mark.parametrize(
    ("step", "failure", "kind", "message"),
    [
        ("put", answer(400), RequestRefusedError, "https://storage.test answered 400"),
        ("put", answer(401), RequestRefusedError, "https://storage.test answered 401"),
        ("put", answer(403), RequestRefusedError, "https://storage.test answered 403"),
        ("put", answer(409), RequestRefusedError, "https://storage.test answered 409"),
        ("put", answer(304), UnintelligibleAnswerError, "https://storage.test answered 304"),
        ("prepare", answer(401, "no"), AuthenticationError, "The server refuses the API key (401): no"),
        ("prepare", answer(422, "no"), RequestRefusedError, "The server refuses this request (422): no"),
        ("prepare", answer(200, {}), UnintelligibleAnswerError, f"{UNREADABLE}: upload_url is not an http(s) address"),
        ("confirm", answer(404, "no"), RequestRefusedError, "The server refuses this request (404): no"),
        ("confirm", answer(409, "no"), RequestRefusedError, "the server refuses it (409)"),
        ("confirm", answer(200, {}), UnintelligibleAnswerError, f"{UNREADABLE}: the file has no http(s) address"),
    ],
)
def test_what_is_refused_ends_the_upload_and_names_the_file(
    step: str, failure: Answer, kind: type[ApiError], message: str
) -> None:
    hosting = Hosting({step: [failure]})

    with pytest.raises(ApiError, match="cannot be uploaded") as caught:
        uploaded(hosting)

    assert type(caught.value) is kind
    assert caught.value.message == str(caught.value) == f"sky.png cannot be uploaded: {message}"
    assert len(hosting.prepares) == 1


def test_a_redirect_of_the_storage_is_not_followed() -> None:
    hosting = Hosting({"put": [answer(307, Location="https://evil.test/")]})

    with pytest.raises(UnintelligibleAnswerError, match="answered 307"):
        uploaded(hosting)

    assert [put.url.host for put in hosting.puts] == ["storage.test"]


@pytest.mark.parametrize(
    ("failure", "kind", "hint"),
    [
        (answer(403), RequestRefusedError, "Run the same command again: an upload costs nothing."),
        (answer(413), RequestRefusedError, "Use a smaller file."),
        (httpx.ReadError("reset"), UnreachableError, "Run the same command again: an upload costs nothing."),
    ],
)
def test_a_failed_put_says_what_to_do_next(failure: Answer, kind: type[ApiError], hint: str) -> None:
    with pytest.raises(kind, match=r"sky\.png") as caught:
        uploaded(Hosting({"put": [failure] * 4}))

    assert caught.value.hint == hint


@pytest.mark.parametrize(
    "failures",
    [
        {"put": [httpx.Response(403, text=f"<Error>hush {KEY}</Error>", headers={"X": "hush"})]},
        {"put": [answer(301, Location="https://storage.test/?hush")]},
        {"put": [httpx.ReadError("reset")] * 4},
        {"prepare": [answer(422, {"error": f"bad {KEY}"})]},
        {"prepare": [answer(200, {"upload_url": "ftp://storage.test/hush", "headers": {}, "signed_id": "hush"})]},
        {"confirm": [answer(422, {"error": f"bad {KEY}"})]},
        {"confirm": [answer(200, {"url": "ftp://hush"})]},
    ],
)
def test_no_error_repeats_the_key_or_a_signature(failures: dict[str, list[Answer]]) -> None:
    with pytest.raises(ApiError, match=r"sky\.png") as caught:
        uploaded(Hosting(failures))

    told = f"{caught.value.message}{caught.value.hint}{caught.value.code}{caught.value!r}"
    assert KEY not in told
    assert "hush" not in told


def test_a_name_with_terminal_codes_is_told_in_one_printable_line() -> None:
    hosting = Hosting({"prepare": [answer(422, {"error": "no"})]})

    with pytest.raises(RequestRefusedError, match=r"^\[31msky png cannot be uploaded: "):
        uploaded(hosting, name="\x1b[31msky\npng")

    assert json.loads(hosting.prepares[0].content)["filename"] == "\x1b[31msky\npng"


# Files that change


def test_a_file_that_changes_after_it_was_measured_is_never_confirmed(tmp_path: Path) -> None:
    path = tmp_path / "sky.png"
    path.write_bytes(PICTURE)

    class Changing(Hosting):
        def api(self, request: httpx.Request) -> httpx.Response:
            path.write_bytes(PICTURE[::-1])
            return super().api(request)

    hosting = Changing()

    with pytest.raises(StorageError, match=r"^sky\.png changed while it was uploaded$"):
        uploaded(hosting, path)

    assert (len(hosting.prepares), hosting.puts, hosting.confirms) == (1, [], [])


def test_a_file_that_changes_between_attempts_is_measured_anew(tmp_path: Path) -> None:
    path = tmp_path / "sky.png"
    path.write_bytes(b"an older picture")

    class Changing(Hosting):
        def storage(self, request: httpx.Request) -> httpx.Response:
            path.write_bytes(PICTURE)
            return super().storage(request)

    hosting = Changing({"put": [answer(503)]})

    assert uploaded(hosting, path)[0] == FILE
    assert [json.loads(each.content)["byte_size"] for each in hosting.prepares] == [16, len(PICTURE)]
    assert hosting.puts[1].content == PICTURE


@pytest.mark.parametrize("name", ["missing.png", "."])
def test_a_file_that_cannot_be_read_is_an_error_before_anything_is_sent(tmp_path: Path, name: str) -> None:
    hosting = Hosting()

    with pytest.raises(KlingRenderError, match=r"^sky\.png cannot be read"):
        uploaded(hosting, tmp_path / name)

    assert hosting.prepares == []
