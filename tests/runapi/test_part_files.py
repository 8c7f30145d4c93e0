"""Downloads that go on where an earlier one broke off, and everything that makes them begin anew."""

import hashlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import anyio
import httpx
import pytest
from trio.testing import MockClock

from kling_render.errors import DownloadError, StorageError
from kling_render.runapi import Download, RunApi, discard
from kling_render.runapi.part_files import note_of, validator_of

NOW = datetime(2026, 8, 1, 12, 0, tzinfo=UTC)
URL = "https://media.test/clip.mp4?sig=hush-1"
FRESH_URL = "https://media.test/clip.mp4?sig=hush-2"
CLIP = bytes(range(256)) * 4_000
WHOLE = Download(hashlib.sha256(CLIP).hexdigest(), len(CLIP))
ETAG = '"v1"'
MODIFIED = "Sat, 01 Aug 2026 11:00:00 GMT"


class Pieces(httpx.AsyncByteStream):
    """So many bytes, in pieces, and then a broken connection where there should be more."""

    def __init__(self, content: bytes, count: int) -> None:
        self.content = content
        self.count = count

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, self.count, 50_000):
            yield self.content[start : min(start + 50_000, self.count)]
        if self.count < len(self.content):
            raise httpx.ReadError("cut")


class Storage:
    """A host of one clip that understands ranges, and cuts its answers short after so many bytes."""

    def __init__(self, *cuts: int, clip: bytes = CLIP, validators: dict[str, str] | None = None) -> None:
        self.cuts = list(cuts)
        self.clip = clip
        self.validators = {"ETag": ETAG} if validators is None else validators
        self.changes: dict[str, object] = {}
        self.ranges: list[tuple[str | None, str | None]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        asked, condition = request.headers.get("Range"), request.headers.get("If-Range")
        self.ranges.append((asked, condition))
        first = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        if asked and condition not in self.validators.values():
            first, asked = 0, None
        if asked and first >= len(self.clip):
            return httpx.Response(416)
        content = self.clip[first:]
        headers = {**self.validators, "Content-Length": str(len(content))}
        if asked:
            headers["Content-Range"] = f"bytes {first}-{len(self.clip) - 1}/{len(self.clip)}"
        headers |= {name: str(value) for name, value in self.changes.items() if asked}
        cut = min(self.cuts.pop(0), len(content)) if self.cuts else len(content)
        return httpx.Response(206 if asked else 200, headers=headers, stream=Pieces(content, cut))


def downloaded(
    storage: Storage, part: Path, *, url: str = URL, attempts: int = 4, told: list[int] | None = None
) -> Download:
    async def main() -> Download:
        transport = httpx.MockTransport(storage)
        async with RunApi(
            "https://runapi.test",
            None,
            transport=transport,
            download_transport=transport,
            attempts=attempts,
            now=lambda: NOW,
            random=Random(7),  # noqa: S311 - repeatable on purpose
        ) as client:
            return await client.download(url, part, progress=(told if told is not None else []).append)

    return anyio.run(main, backend="trio", backend_options={"clock": MockClock(autojump_threshold=0)})


def broken_off(storage: Storage, part: Path, *, url: str = URL) -> None:
    with pytest.raises(DownloadError, match="broke off"):
        downloaded(storage, part, url=url, attempts=1)


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / "clip.mp4.part"


# Going on


def test_the_attempts_of_one_call_go_on_where_the_one_before_broke_off(part: Path) -> None:
    storage = Storage(100_000, 300_000)

    assert downloaded(storage, part) == WHOLE
    assert part.read_bytes() == CLIP
    assert storage.ranges == [(None, None), ("bytes=100000-", ETAG), ("bytes=400000-", ETAG)]


def test_another_run_goes_on_with_a_fresh_signature(part: Path) -> None:
    broken_off(Storage(100_000), part)
    storage = Storage()

    assert downloaded(storage, part, url=FRESH_URL) == WHOLE
    assert part.read_bytes() == CLIP
    assert storage.ranges == [("bytes=100000-", ETAG)]


def test_a_date_serves_where_there_is_no_etag(part: Path) -> None:
    storage = Storage(100_000, validators={"Last-Modified": MODIFIED})

    assert downloaded(storage, part) == WHOLE
    assert storage.ranges[1] == ("bytes=100000-", MODIFIED)


def test_progress_counts_what_was_here_before(part: Path) -> None:
    broken_off(Storage(900_000), part)
    told: list[int] = []

    downloaded(Storage(), part, told=told)

    assert (told[0], told[-1]) == (950_000, len(CLIP))


def test_a_clip_of_unknown_length_is_continued_as_well(part: Path) -> None:
    broken_off(Storage(100_000), part)
    note = json.loads(note_of(part).read_text())
    note_of(part).write_text(json.dumps({**note, "byte_count": None}))
    storage = Storage()
    storage.changes = {"Content-Range": f"bytes 100000-{len(CLIP) - 1}/*"}

    assert downloaded(storage, part) == WHOLE


# Beginning anew


def test_a_clip_that_has_changed_meanwhile_begins_anew(part: Path) -> None:
    broken_off(Storage(100_000), part)
    changed = CLIP[::-1]
    storage = Storage(clip=changed, validators={"ETag": '"v2"'})

    assert downloaded(storage, part) == Download(hashlib.sha256(changed).hexdigest(), len(changed))
    assert part.read_bytes() == changed
    assert storage.ranges == [("bytes=100000-", ETAG)]


def test_a_range_that_cannot_be_given_begins_anew_at_once(part: Path) -> None:
    broken_off(Storage(900_000), part)
    storage = Storage(clip=CLIP[:1000])

    assert downloaded(storage, part, attempts=1).byte_count == 1000
    assert part.read_bytes() == CLIP[:1000]
    assert storage.ranges == [("bytes=900000-", ETAG), (None, None)]


@pytest.mark.parametrize("validators", [{}, {"ETag": 'W/"v1"'}, {"ETag": 'W/"v1"', "Last-Modified": MODIFIED}])
def test_without_something_that_vouches_for_bytes_it_begins_anew(part: Path, validators: dict[str, str]) -> None:
    storage = Storage(100_000, validators=validators)

    assert downloaded(storage, part) == WHOLE
    assert storage.ranges == [(None, None), (None, None)]


def test_a_part_file_without_a_note_begins_anew(part: Path) -> None:
    part.write_bytes(b"x" * 2_000_000)
    storage = Storage()

    assert downloaded(storage, part) == WHOLE
    assert part.read_bytes() == CLIP
    assert storage.ranges == [(None, None)]


@pytest.mark.parametrize(
    "note",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"url": "https://media.test/clip.mp4", "validator": "\\"v1\\"\\r\\nX: y", "byte_count": null}',
        '{"url": "https://media.test/clip.mp4", "validator": 1, "byte_count": null}',
        '{"url": "https://media.test/clip.mp4", "validator": "\\"v1\\"", "byte_count": "many"}',
        '{"url": "https://media.test/other.mp4", "validator": "\\"v1\\"", "byte_count": 1024000}',
        '{"url": "https://media.test/clip.mp4", "validator": "\\"v1\\"", "byte_count": 99}',
    ],
)
def test_a_note_that_says_nothing_about_it_begins_anew(part: Path, note: str) -> None:
    part.write_bytes(CLIP[:100])
    note_of(part).write_text(note)
    storage = Storage()

    assert downloaded(storage, part) == WHOLE
    assert storage.ranges == [(None, None)]


def test_a_note_without_bytes_begins_anew(part: Path) -> None:
    broken_off(Storage(100_000), part)
    part.unlink()
    storage = Storage()

    assert downloaded(storage, part) == WHOLE
    assert storage.ranges == [(None, None)]


@pytest.mark.parametrize(
    "changes",
    [
        {"Content-Range": ""},
        {"Content-Range": "bytes 0-1023999/1024000"},
        {"Content-Range": "bytes 100000-200000/1024000"},
        {"Content-Range": "bytes 100000-1023998/1023999"},
        {"Content-Range": "bytes 100000-1023999/1024001"},
        {"Content-Encoding": "br"},
    ],
)
def test_another_part_than_was_asked_for_is_not_taken(part: Path, changes: dict[str, object]) -> None:
    storage = Storage(100_000)
    storage.changes = changes

    assert downloaded(storage, part) == WHOLE
    assert part.read_bytes() == CLIP
    assert storage.ranges == [(None, None), ("bytes=100000-", ETAG), (None, None)]


def test_a_rest_that_is_too_short_is_asked_for_again(part: Path) -> None:
    storage = Storage(100_000, 50_000, 50_000)

    assert downloaded(storage, part) == WHOLE
    assert [asked for asked, _ in storage.ranges] == [None, "bytes=100000-", "bytes=150000-", "bytes=200000-"]


def test_a_rest_that_is_too_long_is_an_error_and_begins_anew_next_time(part: Path) -> None:
    storage = Storage(100_000)
    storage.changes = {"Content-Length": "5"}

    with pytest.raises(DownloadError, match="is too long: 924000 bytes instead of 5"):
        downloaded(storage, part)

    assert downloaded(storage, part) == WHOLE
    assert storage.ranges[-1] == (None, None)


# What is left on disk


def test_a_whole_clip_leaves_no_note(part: Path) -> None:
    downloaded(Storage(100_000), part)

    assert list(part.parent.iterdir()) == [part]


def test_a_note_holds_no_signature(part: Path) -> None:
    broken_off(Storage(100_000), part)

    assert json.loads(note_of(part).read_text()) == {
        "url": "https://media.test/clip.mp4",
        "validator": ETAG,
        "byte_count": len(CLIP),
    }


def test_discarding_removes_part_file_and_note(part: Path) -> None:
    broken_off(Storage(100_000), part)

    discard(part)

    assert list(part.parent.iterdir()) == []


def test_discarding_nothing_is_no_error(part: Path) -> None:
    discard(part)

    assert not part.exists()


def test_a_folder_in_the_place_of_the_part_file_is_a_storage_error(part: Path) -> None:
    part.mkdir()

    with pytest.raises(StorageError, match=r"clip\.mp4\.part cannot be written \(Is a directory\)"):
        downloaded(Storage(), part)


@pytest.mark.parametrize(
    ("headers", "validator"),
    [
        ({"ETag": '"a"', "Last-Modified": MODIFIED}, '"a"'),
        ({"Last-Modified": MODIFIED}, MODIFIED),
        ({"ETag": 'W/"a"', "Last-Modified": MODIFIED}, None),
        ({"ETag": '"a\tb"'}, None),
        ({"ETag": "a"}, None),
        ({}, None),
    ],
)
def test_only_a_strong_etag_or_a_date_is_a_validator(headers: dict[str, str], validator: str | None) -> None:
    assert validator_of(httpx.Headers(headers)) == validator
