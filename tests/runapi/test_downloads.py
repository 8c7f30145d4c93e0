"""Fetching a clip: whole and on disk, or an error that says what came instead."""

import gzip
import hashlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import anyio
import httpx
import pytest

from kling_render.errors import DownloadError, ExpiredUrlError, StorageError
from kling_render.runapi import Download
from kling_render.runapi.downloads import MOST_REDIRECTS, fetch, refuse_other_schemes

NOW = datetime(2026, 8, 1, 12, 0, tzinfo=UTC)
URL = "https://ida:hush@media.test:8443/a/clip.mp4?sig=hush#hush"
CLIP = b"\x00mp4" * 50_000


class Chunks(httpx.AsyncByteStream):
    """A body without a length, in pieces; an error among them breaks it off."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self.pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece


def fetched(
    respond: Callable[[httpx.Request], httpx.Response],
    part: Path,
    *,
    url: str = URL,
    progress: Callable[[int], None] | None = None,
) -> Download:
    async def main() -> Download:
        async with httpx.AsyncClient(
            transport=httpx.MockTransport(respond),
            follow_redirects=True,
            max_redirects=MOST_REDIRECTS,
            event_hooks={"request": [refuse_other_schemes]},
        ) as client:
            return await fetch(client, url, part, now=NOW, progress=progress)

    return anyio.run(main)


def answering(status: int = 200, **body: object) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(status, **body)  # type: ignore[arg-type]  # content, headers, stream


def test_a_whole_clip_is_stored_and_counted(tmp_path: Path) -> None:
    part = tmp_path / "clip.part"

    download = fetched(answering(content=CLIP), part)

    assert download == Download(hashlib.sha256(CLIP).hexdigest(), len(CLIP))
    assert part.read_bytes() == CLIP


def test_an_older_part_file_is_written_anew(tmp_path: Path) -> None:
    part = tmp_path / "clip.part"
    part.write_bytes(b"x" * 1_000_000)

    fetched(answering(content=CLIP), part)

    assert part.read_bytes() == CLIP


def test_a_clip_without_a_length_is_taken_as_it_comes(tmp_path: Path) -> None:
    part = tmp_path / "clip.part"

    download = fetched(answering(stream=Chunks(b"ab", b"c")), part)

    assert (download.byte_count, part.read_bytes()) == (3, b"abc")


def test_progress_is_told_after_every_chunk(tmp_path: Path) -> None:
    told: list[int] = []

    fetched(answering(stream=Chunks(b"ab", b"c", b"def")), tmp_path / "clip.part", progress=told.append)

    assert told == [2, 3, 6]


def test_a_compressed_answer_is_measured_as_it_travelled(tmp_path: Path) -> None:
    body = gzip.compress(CLIP)
    headers = {"Content-Encoding": "gzip", "Content-Length": str(len(body))}

    download = fetched(answering(headers=headers, stream=Chunks(body)), tmp_path / "clip.part")

    assert download.byte_count == len(CLIP)


def test_no_compression_is_asked_for(tmp_path: Path) -> None:
    asked: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["Accept-Encoding"])
        return httpx.Response(200, content=CLIP)

    fetched(respond, tmp_path / "clip.part")

    assert asked == ["identity"]


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        ({"status": 200, "stream": Chunks(b"abc"), "headers": {"Content-Length": "5"}}, "is short: 3 of 5 bytes"),
        (
            {"status": 200, "stream": Chunks(b"abc"), "headers": {"Content-Length": "2"}},
            "is too long: 3 bytes instead of 2",
        ),
        ({"status": 200, "content": b""}, "is empty"),
        ({"status": 200, "stream": Chunks(b"abc", httpx.ReadError("reset"))}, r"broke off \(reset\)"),
        ({"status": 200, "html": "<h1>Gone</h1>"}, "answered text/html, not a clip"),
        ({"status": 200, "json": {"error": "?"}}, "answered application/json, not a clip"),
        ({"status": 204}, "answered 204"),
        ({"status": 206, "content": b"abc"}, "answered 206"),
        ({"status": 404}, "answered 404"),
        ({"status": 500}, "answered 500"),
        (
            {"status": 200, "stream": Chunks(b"not gzip"), "headers": {"Content-Encoding": "gzip"}},
            r"failed \(DecodingError\)",
        ),
        ({"status": 302, "headers": {"Location": "/a/clip.mp4"}}, r"failed \(TooManyRedirects\)"),
    ],
)
def test_a_clip_that_does_not_come_whole_is_an_error(answer: dict[str, object], trouble: str, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=rf"https://media\.test:8443/a/clip\.mp4 {trouble}$") as caught:
        fetched(answering(**answer), tmp_path / "clip.part")  # type: ignore[arg-type]  # a status and a body

    assert "hush" not in caught.value.message


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_dead_address_has_its_own_error_and_says_how_long_results_are_kept(status: int, tmp_path: Path) -> None:
    with pytest.raises(ExpiredUrlError, match=f"answered {status}") as caught:
        fetched(answering(status), tmp_path / "clip.part")

    assert (caught.value.status, caught.value.exit_code, caught.value.hint) == (
        status,
        7,
        "The address may have expired: RunAPI keeps results for seven days.",
    )


@pytest.mark.parametrize("status", [400, 416, 429, 500])
def test_another_refusal_says_nothing_of_the_address(status: int, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=f"answered {status}") as caught:
        fetched(answering(status), tmp_path / "clip.part")

    assert not isinstance(caught.value, ExpiredUrlError)


def test_a_busy_host_says_when_to_come_back(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="answered 429") as caught:
        fetched(answering(429, headers={"Retry-After": "9"}), tmp_path / "clip.part")

    assert caught.value.retry_after == 9.0


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://media.test/clip.mp4"])
def test_a_redirect_off_the_web_is_refused(location: str, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"is not an http\(s\) address"):
        fetched(answering(302, headers={"Location": location}), tmp_path / "clip.part")


@pytest.mark.parametrize("url", ["https://media.test:port/x?sig=hush", "http://[?sig=hush"])
def test_an_impossible_address_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"^The clip's address is not an http\(s\) address$"):
        fetched(answering(), tmp_path / "clip.part", url=url)


def test_an_address_with_control_characters_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"is not an http\(s\) address$"):
        fetched(answering(), tmp_path / "clip.part", url="https://media.test/\x00?sig=hush")


def test_a_part_file_that_cannot_be_written_is_a_storage_error(tmp_path: Path) -> None:
    part = tmp_path / "missing" / "clip.part"

    with pytest.raises(StorageError, match=r"clip\.part cannot be written \(No such file or directory\)"):
        fetched(answering(content=CLIP), part)


def test_a_full_disk_is_a_storage_error() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")

    with pytest.raises(StorageError, match=r"/dev/full cannot be written \(No space left on device\)"):
        fetched(answering(content=CLIP), full)


def test_an_error_of_the_progress_callback_is_not_taken_for_the_disks(tmp_path: Path) -> None:
    def closed(count: int) -> None:
        raise BrokenPipeError("the terminal is gone")

    with pytest.raises(BrokenPipeError, match="the terminal is gone"):
        fetched(answering(content=CLIP), tmp_path / "clip.part", progress=closed)
