"""Downloads that break off, are short or spoiled, and parts of files that are not what was asked, at every door."""

from __future__ import annotations

import io

import av
import httpx
import pytest

from mock_server import Config, Fault, media, running_server
from mock_server.media import ClipSpec

from .samples import an_mp4
from .visitors import CLIP, CUT, Visitor, over_http


def test_cut_download_promises_the_whole_and_sends_half() -> None:
    with running_server() as server, httpx.Client(base_url=server.url, trust_env=False) as client:
        content = bytes(1_000_003)  # more than a socket's buffers hold
        url = server.simulator.host_file("a.bin", content)
        server.simulator.plan_fault("cut_answer", endpoint="upload")
        with client.stream("GET", url) as response:
            assert (response.status_code, response.headers["content-length"]) == (200, "1000003")
            with pytest.raises(httpx.RemoteProtocolError, match=CUT):
                response.read()
            assert response.num_bytes_downloaded == 500_001


def test_cut_download_breaks_off_at_every_door(visitor: Visitor) -> None:
    url = visitor.finished_url()
    visitor.simulator.plan_fault("cut_answer", endpoint="clip")
    with pytest.raises(httpx.RemoteProtocolError, match=f"received {len(CLIP) // 2} bytes, expected {len(CLIP)}"):
        visitor.get(url)
    assert visitor.get(url).content == CLIP


def test_rest_of_a_cut_download_can_be_fetched(visitor: Visitor) -> None:
    url, half = visitor.finished_url(), len(CLIP) // 2
    etag = visitor.get(url).headers["etag"]
    rest = visitor.get(url, range=f"bytes={half}-", if_range=etag)
    assert (rest.status_code, rest.content, rest.headers["etag"]) == (206, CLIP[half:], etag)


@pytest.mark.parametrize("other", ['"0123"', 'W/"0123"', "Mon, 03 Aug 2026 12:00:00 GMT"])
def test_part_of_another_file_is_answered_with_the_whole(visitor: Visitor, other: str) -> None:
    answer = visitor.get(visitor.finished_url(), range="bytes=5-", if_range=other)
    assert (answer.status_code, answer.content) == (200, CLIP)


def test_two_clips_have_different_etags(visitor: Visitor) -> None:
    urls = [visitor.finished_url(f"take-{number}") for number in (1, 2)]
    assert len({visitor.get(url).headers["etag"] for url in urls}) == 2


def test_etag_of_an_upload_is_that_of_its_content() -> None:
    with running_server() as server, httpx.Client(trust_env=False) as client:
        contents = {"a.bin": b"one", "b.bin": b"one", "c.bin": b"two"}
        urls = [server.simulator.host_file(name, content) for name, content in contents.items()]
        first, second, third = (client.get(url).headers["etag"] for url in urls)
    assert first == second != third


def test_request_for_a_part_is_answered_with_the_whole(visitor: Visitor) -> None:
    url = visitor.finished_url()
    visitor.simulator.plan_fault("ignored_range")
    assert visitor.get(url).status_code == 200  # asks for no part: the fault waits
    answer = visitor.get(url, range="bytes=5-")
    assert (answer.status_code, answer.content) == (200, CLIP)
    assert "content-range" not in answer.headers
    assert visitor.get(url, range="bytes=5-").status_code == 206


def test_short_download_claims_to_be_whole(visitor: Visitor) -> None:
    url, half = visitor.finished_url(), len(CLIP) // 2
    visitor.simulator.plan_fault("short_answer")
    answer = visitor.get(url)
    assert (answer.status_code, answer.headers["content-length"]) == (200, str(half))
    assert answer.content == CLIP[:half]
    assert visitor.get(url).content == CLIP


def test_spoiled_download_has_the_right_length(visitor: Visitor) -> None:
    url = visitor.finished_url()
    visitor.simulator.plan_fault("corrupt_answer")
    answer = visitor.get(url).content
    assert len(answer) == len(CLIP)
    assert [at for at in range(len(CLIP)) if answer[at] != CLIP[at]] == list(range(0, len(CLIP), 64))
    assert visitor.get(url).content == CLIP


def test_spoiled_clip_cannot_be_opened(monkeypatch: pytest.MonkeyPatch, visitor: Visitor) -> None:
    monkeypatch.setattr(media, "encode", lambda spec: an_mp4())
    url = visitor.finished_url()
    visitor.simulator.plan_fault("corrupt_answer")
    with pytest.raises(av.error.InvalidDataError, match="Invalid data"):
        av.open(io.BytesIO(visitor.get(url).content))


def test_slow_download_is_whole_in_the_end(visitor: Visitor) -> None:
    url = visitor.finished_url()
    visitor.simulator.plan_fault(Fault("slow_answer", pause_seconds=0.001), endpoint="clip")
    assert visitor.get(url).content == CLIP


def test_head_of_a_clip_leaves_its_faults_alone(visitor: Visitor) -> None:
    url = visitor.finished_url()
    visitor.simulator.plan_fault("short_answer")
    assert visitor.send("HEAD", url).headers["content-length"] == str(len(CLIP))
    assert visitor.get(url).content == CLIP[: len(CLIP) // 2]


def test_configured_frame_rate_is_that_of_the_clip(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def encode(spec: ClipSpec) -> bytes:
        asked.append(spec.fps)
        return CLIP

    monkeypatch.setattr(media, "encode", encode)
    with over_http(Config(clip_fps=1), "key-1") as opened:
        assert opened.get(opened.finished_url()).content == CLIP
    assert asked == [1]
