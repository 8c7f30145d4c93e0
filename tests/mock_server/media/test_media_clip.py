"""Encoded clips, decoded again with PyAV."""

import socket
import subprocess
import sys
from array import array
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from typing import Any

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageStat

from mock_server.media import ClipSpec, Cut, encode, timecode
from mock_server.media.layout import Box, Layout

THREE_CUTS = (Cut("dusk", 1), Cut("夜市", 2), Cut("سوق", 1))


def a_spec(*cuts: Cut, sound: bool = False, seed: int = 1) -> ClipSpec:
    return ClipSpec(
        title="walk[lens=50mm]",
        take="take 1",
        task_id="task_1",
        model="kling-v3",
        price="$0.56",
        cuts=cuts or (Cut("A cellist walks.", 2),),
        width=160,
        height=90,
        sound=sound,
        seed=seed,
    )


def opened(content: bytes) -> Any:
    return av.open(BytesIO(content))


def pictures(spec: ClipSpec) -> list[Any]:
    with opened(encode(spec)) as container:
        return [frame.to_image() for frame in container.decode(video=0)]


def crop(image: Any, box: Box) -> Any:
    return image.crop((box.left, box.top, box.right, box.bottom))


def levels_of(frame: Any) -> "array[float]":
    # The plane may be padded beyond the frame's samples.
    return array("f", bytes(frame.planes[0])[: 4 * frame.samples])


def samples(spec: ClipSpec) -> list[float]:
    with opened(encode(spec)) as container:
        return [level for frame in container.decode(audio=0) for level in levels_of(frame)]


def loudest(levels: list[float], second: float, length: float) -> float:
    start = round(second * 48_000)
    return max(map(abs, levels[start : start + round(length * 48_000)]))


def distance(one: Any, other: Any) -> float:
    means = zip(ImageStat.Stat(one).mean, ImageStat.Stat(other).mean, strict=True)
    return max(abs(mean - another) for mean, another in means)


@pytest.mark.parametrize("fps", [1, 12, 24])
def test_clip_has_a_frame_for_every_tick_of_its_seconds(fps: int) -> None:
    assert len(pictures(replace(a_spec(*THREE_CUTS), fps=fps))) == 4 * fps


def test_clip_lasts_as_long_as_requested() -> None:
    with opened(encode(a_spec(Cut("a", 3), sound=True))) as container:
        video = container.streams.video[0]
        assert float(video.duration * video.time_base) == pytest.approx(3, abs=1 / 12)
        assert container.duration / av.time_base == pytest.approx(3, abs=1 / 12)


@pytest.mark.parametrize("size", [(160, 90), (90, 160), (90, 90), (270, 90)])
def test_clip_has_the_requested_size(size: tuple[int, int]) -> None:
    with opened(encode(replace(a_spec(Cut("a", 1)), width=size[0], height=size[1]))) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == size


def test_video_is_h264_that_every_browser_plays() -> None:
    with opened(encode(a_spec())) as container:
        video = container.streams.video[0]
        assert (video.codec_context.name, video.codec_context.pix_fmt) == ("h264", "yuv420p")


@pytest.mark.parametrize("sound", [True, False])
def test_index_stands_before_the_frames(sound: bool) -> None:
    content = encode(a_spec(*THREE_CUTS, sound=sound))
    assert content.find(b"ftyp") < content.find(b"moov") < content.find(b"mdat")


def test_long_clip_has_room_for_its_index() -> None:
    spec = replace(a_spec(Cut("a", 60), sound=True), width=16, height=16, fps=1)
    content = encode(spec)
    assert content.find(b"moov") < content.find(b"mdat")


def test_clip_without_sound_has_no_audio_track() -> None:
    with opened(encode(a_spec())) as container:
        assert not container.streams.audio


def test_clip_with_sound_has_an_aac_track_as_long_as_the_picture() -> None:
    with opened(encode(a_spec(*THREE_CUTS, sound=True))) as container:
        (audio,) = container.streams.audio
        assert (audio.codec_context.name, audio.rate) == ("aac", 48_000)
        assert float(audio.duration * audio.time_base) == pytest.approx(4, abs=1 / 12)


def test_sound_is_a_soft_tone_with_a_pip_at_every_cut() -> None:
    levels = samples(a_spec(*THREE_CUTS, sound=True))
    assert [loudest(levels, start, 0.08) > 0.15 for start in (0, 1, 3)] == [True, True, True]
    assert [0.02 < loudest(levels, middle, 0.3) < 0.1 for middle in (0.5, 2, 3.5)] == [True, True, True]


def test_picture_changes_hard_at_every_cut_and_nowhere_else() -> None:
    frames = pictures(a_spec(*THREE_CUTS))
    changed = [number for number in range(1, len(frames)) if distance(frames[number - 1], frames[number]) > 6]
    assert changed == [12, 36]


def test_every_frame_has_a_timecode_of_its_own() -> None:
    box = Layout(160, 90).timecode
    shown = [crop(frame, box).tobytes() for frame in pictures(a_spec())]
    assert len(set(shown)) == 24


def test_progress_grows_from_frame_to_frame() -> None:
    bar = Layout(160, 90).progress
    light = [ImageStat.Stat(crop(frame, bar).convert("L")).mean[0] for frame in pictures(a_spec())]
    assert light[0] < 60
    assert light[-1] > 180
    assert light[5] < light[11] < light[17] < light[23]


@pytest.mark.parametrize(
    ("frame", "text"),
    [(0, "00:00:00:00"), (11, "00:00:00:11"), (12, "00:00:01:00"), (721, "00:01:00:01"), (43_200, "01:00:00:00")],
)
def test_frame_number_is_written_as_timecode(frame: int, text: str) -> None:
    assert timecode.timecode(frame, 12) == text


def test_same_spec_gives_the_same_bytes() -> None:
    spec = a_spec(*THREE_CUTS, sound=True)
    assert encode(spec) == encode(replace(spec))


def test_same_spec_in_a_fresh_process_gives_the_same_bytes() -> None:
    spec = a_spec(*THREE_CUTS, sound=True)
    code = f"from hashlib import sha256; from mock_server.media import *;print(sha256(encode({spec!r})).hexdigest())"
    run = subprocess.run([sys.executable, "-X", "utf8", "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 our own interpreter
    assert run.stdout.strip() == sha256(encode(spec)).hexdigest()


@pytest.mark.parametrize("sound", [True, False])
def test_other_seeds_give_other_bytes(sound: bool) -> None:
    assert len({encode(a_spec(Cut("a", 1), sound=sound, seed=seed)) for seed in range(16)}) == 16


def test_file_carries_no_date() -> None:
    with opened(encode(a_spec())) as container:
        assert container.metadata.get("comment") == "PLACEHOLDER, seed 1"
        assert "creation_time" not in container.metadata | container.streams.video[0].metadata


def test_encoding_opens_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a clip reached for the network")

    monkeypatch.setattr(socket, "socket", refuse)
    assert encode(a_spec(Cut("a", 1), sound=True))


@settings(max_examples=8, deadline=None)
@given(text=st.text(st.characters(), max_size=40), seed=st.integers())
def test_any_words_and_seed_encode(text: str, seed: int) -> None:
    spec = replace(a_spec(Cut(text, 1), seed=seed), title=text, task_id=text, fps=2)
    assert len(pictures(spec)) == 2
