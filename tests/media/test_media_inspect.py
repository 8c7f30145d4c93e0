"""What a file in the place of a media URL really is."""

from __future__ import annotations

import io
import os
import random
import struct
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kling_render.catalog.media import MediaFacts
from kling_render.media import NotMediaError, inspect_media, media_type
from kling_render.media.picture import picture_facts
from kling_render.media.recording import recording_facts

from .samples import a_picture, a_recording, turned

PICTURES = {"JPEG": "jpeg", "PNG": "png", "WEBP": "webp", "GIF": "gif", "BMP": "bmp", "TIFF": "tiff"}

VIDEOS = {
    "mp4": ("mp4", "libx264", "aac"),
    "mov": ("mov", "libx264", "aac"),
    "webm": ("webm", "libvpx", "libopus"),
    "mkv": ("matroska", "libx264", "aac"),
    "avi": ("avi", "mpeg4", "libmp3lame"),
    "3gp": ("3gp", "mpeg4", "aac"),
}

SOUNDS = {
    "mp3": ("mp3", "libmp3lame"),
    "wav": ("wav", "pcm_s16le"),
    "m4a": ("ipod", "aac"),
    "aac": ("adts", "aac"),
    "ogg": ("ogg", "libopus"),
    "flac": ("flac", "flac"),
}


def a_video(name: str, *, seconds: int = 2, silent: bool = False) -> bytes:
    form, picture, sound = VIDEOS[name]
    return a_recording(form, picture=picture, sound="" if silent else sound, seconds=seconds)


def a_sound(name: str, *, seconds: int = 2, cover: bytes = b"", title: str = "") -> bytes:
    form, sound = SOUNDS[name]
    return a_recording(form, sound=sound, seconds=seconds, cover=cover, title=title)


def a_blank_png(width: int, height: int) -> bytes:
    """A bitmap of one colour: next to no bytes for any number of pixels."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in [
            (b"IHDR", struct.pack(">2I5B", width, height, 1, 0, 0, 0, 0)),
            (b"IDAT", zlib.compress(bytes(16))),
            (b"IEND", b""),
        ]
    )


def on_disk(folder: Path, content: bytes, name: str) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(("form", "name"), PICTURES.items())
def test_picture_is_told_with_format_and_size(form: str, name: str) -> None:
    content = a_picture(form, width=120, height=80)
    assert inspect_media(content) == MediaFacts("image", name, len(content), 120, 80)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize(("orientation", "size"), [(1, (120, 80)), (3, (120, 80)), (6, (80, 120)), (8, (80, 120))])
def test_picture_has_the_size_at_which_it_is_shown(form: str, orientation: int, size: tuple[int, int]) -> None:
    facts = inspect_media(a_picture(form, orientation=orientation))
    assert (facts.width, facts.height) == size


@pytest.mark.parametrize(("brand", "name"), [(b"heic", "heic"), (b"mif1", "heic"), (b"avif", "avif")])
def test_picture_that_pillow_may_not_read_is_told_by_its_brand(brand: bytes, name: str) -> None:
    content = b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0mif1miaf"
    assert inspect_media(content) == MediaFacts("image", name, 24)


@pytest.mark.parametrize("name", VIDEOS)
@pytest.mark.parametrize("silent", [False, True])
def test_video_is_told_with_format_size_and_length(name: str, silent: bool) -> None:
    content = a_video(name, silent=silent, seconds=3)
    facts = inspect_media(content)
    assert (facts.kind, facts.format, facts.byte_count) == ("video", name, len(content))
    assert (facts.width, facts.height) == (64, 36)
    # FFmpeg writes an empty frame into an AVI with sound.
    assert facts.seconds == pytest.approx(3, abs=0.1 if name == "avi" else 0.001)


@pytest.mark.parametrize("name", ["mp4", "mov"])
def test_video_that_is_shown_turned_has_the_size_at_which_it_is_shown(name: str) -> None:
    facts = inspect_media(turned(a_video(name)))
    assert (facts.width, facts.height) == (36, 64)


def test_sound_that_outlasts_the_picture_does_not_lengthen_the_video() -> None:
    content = a_recording("mp4", picture="libx264", sound="aac", seconds=2, sound_seconds=5)
    assert inspect_media(content).seconds == pytest.approx(2, abs=0.001)


@pytest.mark.parametrize("name", SOUNDS)
def test_sound_is_told_with_format_and_length(name: str) -> None:
    content = a_sound(name, seconds=3)
    facts = inspect_media(content)
    assert facts == MediaFacts("audio", name, len(content), seconds=facts.seconds)
    # ADTS does not state its length.
    assert facts.seconds == pytest.approx(3, abs=0.05 if name == "aac" else 0.001)


@pytest.mark.parametrize(
    ("name", "form", "sound"), [("mp3", "mp3", "libmp3lame"), ("m4a", "mp4", "aac"), ("flac", "flac", "flac")]
)
def test_sound_with_a_cover_is_no_video(name: str, form: str, sound: str) -> None:
    facts = inspect_media(a_recording(form, sound=sound, cover=a_picture()))
    assert (facts.kind, facts.format, facts.width) == ("audio", name, None)


def test_mp4_without_picture_is_m4a() -> None:
    facts = inspect_media(a_recording("mp4", sound="aac"))
    assert (facts.kind, facts.format) == ("audio", "m4a")


def test_title_in_an_old_encoding_is_no_fault() -> None:
    content = a_sound("wav", title="CAFETERIA").replace(b"CAFETERIA", b"CAF\xc9T\xc9RIA")
    assert inspect_media(content).format == "wav"


@pytest.mark.parametrize("name", ["shot.png", "shot.mp4", "shot.txt", "shot"])
def test_name_of_the_file_does_not_matter(tmp_path: Path, name: str) -> None:
    assert inspect_media(on_disk(tmp_path, a_picture(), name)).format == "jpeg"
    assert inspect_media(on_disk(tmp_path, a_sound("wav"), name)).format == "wav"


def test_file_and_its_bytes_are_the_same_to_it(tmp_path: Path) -> None:
    content = a_video("mov")
    assert inspect_media(on_disk(tmp_path, content, "clip.mov")) == inspect_media(content)


@pytest.mark.parametrize("form", PICTURES)
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9, 0.99])
def test_picture_that_is_cut_short_is_refused(form: str, share: float) -> None:
    content = a_picture(form)
    with pytest.raises(NotMediaError, match="cut short"):
        inspect_media(content[: int(len(content) * share)])


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "BMP"])
@pytest.mark.parametrize("missing", [1, 2, 12])
def test_picture_that_lacks_its_last_bytes_is_refused(form: str, missing: int) -> None:
    with pytest.raises(NotMediaError, match=r"^the picture is (damaged or )?cut short$"):
        inspect_media(a_picture(form)[:-missing])


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_half_a_picture_is_told_to_be_cut_short(form: str) -> None:
    content = a_picture(form)
    with pytest.raises(NotMediaError, match=r"^the picture is cut short$"):
        inspect_media(content[: len(content) // 2])


def test_picture_with_a_broken_middle_is_refused() -> None:
    content = bytearray(a_picture("PNG"))
    content[1000:2000] = bytes(1000)
    with pytest.raises(NotMediaError, match=r"^the picture is damaged or cut short$"):
        inspect_media(bytes(content))


@pytest.mark.parametrize("name", VIDEOS)
@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9, 0.99])
def test_video_that_ends_too_early_is_refused(name: str, share: float) -> None:
    content = a_video(name)
    with pytest.raises(NotMediaError, match=r"^it ends too early$"):
        inspect_media(content[: int(len(content) * share)])


@pytest.mark.parametrize("name", ["mp3", "wav", "m4a", "ogg"])
@pytest.mark.parametrize("missing", [1, 20, 300])
def test_sound_that_lacks_its_last_bytes_is_refused(name: str, missing: int) -> None:
    with pytest.raises(NotMediaError, match=r"^it ends too early$|^a packet of it is cut short$"):
        inspect_media(a_sound(name)[:-missing])


def test_mp3_that_ends_too_early_behind_a_large_cover_is_refused() -> None:
    content = a_sound("mp3", cover=a_picture())
    with pytest.raises(NotMediaError, match=r"^it ends too early$"):
        inspect_media(content[:-300])


@pytest.mark.parametrize("length", [b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f"])
def test_wav_of_a_writer_that_did_not_know_its_length_is_whole(length: bytes) -> None:
    content = a_sound("wav")
    assert inspect_media(content[:4] + length + content[8:]).seconds == pytest.approx(2, abs=0.05)


def test_wav_of_a_writer_that_counts_the_header_too_is_whole() -> None:
    content = a_sound("wav")
    assert inspect_media(content[:4] + struct.pack("<I", len(content)) + content[8:]).format == "wav"


def test_matroska_of_unknown_length_is_whole() -> None:
    content = bytearray(a_video("mkv"))
    segment = content.index(b"\x18\x53\x80\x67") + 4
    content[segment : segment + 8] = b"\x01" + b"\xff" * 7
    assert inspect_media(bytes(content)).format == "mkv"


def test_bytes_behind_the_last_box_are_no_fault() -> None:
    assert inspect_media(a_video("mp4") + b"\xff\xff\xff\xff<!-- appended -->").format == "mp4"


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_bytes_behind_a_picture_are_no_fault(form: str) -> None:
    assert inspect_media(a_picture(form) + b"\0appended").kind == "image"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "it is empty"),
        (b"<!DOCTYPE html><title>Sign in</title>", "it is an HTML page"),
        (b"\xef\xbb\xbf\n  <HTML lang='de'>", "it is an HTML page"),
        (b"<!-- cached --><html></html>", "it is an HTML page"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "it is an SVG drawing"),
        (b"<?xml version='1.0'?>\n<!-- drawn -->\n<svg/>", "it is an SVG drawing"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "it is an XML document"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "it is a PDF document"),
        (b"PK\x03\x04\x14\0\0\0", "it is a ZIP archive"),
        (b"version https://git-lfs.github.com/spec/v1\n", "it is a Git LFS pointer, not the file itself"),
        (b"A walk through the rain.\n", "it is a text file"),
        ("Ein Weg im Schnee — für später".encode()[:-2], "it is a text file"),
        (bytes(5000), "it is no picture, video or sound that can be read, or it is damaged"),
    ],
)
def test_file_that_is_no_media_is_named(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(NotMediaError, match=f"^{sentence}$"):
        inspect_media(on_disk(tmp_path, content, "first_frame.png"))


@pytest.mark.parametrize(
    "playlist",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nclip.mp4\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile 'clip.mp4'\n",
    ],
)
def test_playlist_that_names_another_file_is_refused(tmp_path: Path, playlist: str) -> None:
    on_disk(tmp_path, a_video("mp4"), "clip.mp4")
    with pytest.raises(NotMediaError, match=r"^it is a playlist, which only names other files$"):
        inspect_media(on_disk(tmp_path, playlist.encode(), "list.m3u8"))


def test_playlist_that_reaches_the_reader_of_recordings_opens_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_disk(tmp_path, a_video("mp4"), "clip.mp4")
    monkeypatch.chdir(tmp_path)
    playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nclip.mp4\n#EXT-X-ENDLIST\n"
    with pytest.raises(NotMediaError, match="it is no picture, video or sound"):
        recording_facts(io.BytesIO(playlist), playlist, len(playlist))


@pytest.mark.parametrize("form", ["mpegts", "flv"])
def test_recording_in_a_format_that_is_not_read_is_refused(form: str) -> None:
    with pytest.raises(NotMediaError, match="it is no picture, video or sound that can be read"):
        inspect_media(a_recording(form, picture="libx264"))


def test_recording_without_picture_and_sound_is_refused() -> None:
    video, subtitles = b"\x83\x81\x01", b"\x83\x81\x11"
    content = a_video("mkv", silent=True).replace(video, subtitles)
    with pytest.raises(NotMediaError, match="neither a video track nor sound"):
        inspect_media(content)


def test_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotMediaError, match="it is a folder"):
        inspect_media(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names on this system")
def test_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(NotMediaError, match="it is no regular file"):
        inspect_media(tmp_path / "pipe.mp4")


def test_file_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = on_disk(tmp_path, a_picture(), "first_frame.jpg")
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(NotMediaError, match="it may not be read by this user"):
        inspect_media(path)


def test_missing_file_stays_the_systems_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="No such file"):
        inspect_media(tmp_path / "first_frame.png")


class FailingDisk(io.BytesIO):
    """Gives the first bytes, and an error behind them."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() >= 4096:
            raise OSError(5, "Input/output error")
        return super().read(4096)


def test_disk_that_fails_under_a_picture_stays_the_systems_error() -> None:
    content = a_picture("PNG")
    with pytest.raises(OSError, match="Input/output error"):
        picture_facts(FailingDisk(content), "png", len(content))


def test_disk_that_fails_under_a_recording_stays_the_systems_error() -> None:
    content = a_sound("wav")
    with pytest.raises(OSError, match="Input/output error"):
        recording_facts(FailingDisk(content), content[:4096], len(content))


@pytest.mark.parametrize(("width", "height"), [(8001, 8000), (20_000, 20_000), (400_000, 400_000)])
def test_huge_picture_is_told_without_being_decoded(width: int, height: int) -> None:
    facts = inspect_media(a_blank_png(width, height))
    assert (facts.width, facts.height) == (width, height)


def test_picture_with_too_few_pixels_in_it_is_refused() -> None:
    with pytest.raises(NotMediaError, match="the picture is cut short"):
        inspect_media(a_blank_png(7000, 7000))


def test_picture_of_too_many_bytes_is_refused_unread(tmp_path: Path) -> None:
    path = on_disk(tmp_path, a_picture("BMP"), "first_frame.bmp")
    with path.open("r+b") as file:
        file.truncate(2**32)
    with pytest.raises(NotMediaError, match="more than 256 MiB"):
        inspect_media(path)


def test_file_of_gigabytes_is_not_read_into_memory(tmp_path: Path) -> None:
    path = on_disk(tmp_path, a_video("mp4") + struct.pack(">I4sQ", 1, b"free", 2**33), "clip.mp4")
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 16 + 2**33)
    assert inspect_media(path).seconds == pytest.approx(2, abs=0.001)


def test_broken_exif_is_no_fault_and_makes_no_noise(recwarn: pytest.WarningsRecorder) -> None:
    content = a_picture(orientation=6)
    tags = content.index(b"Exif\0\0") + 14
    facts = inspect_media(content[:tags] + b"\x70\x00" + content[tags + 2 :])
    assert facts.kind == "image"
    assert not recwarn.list


def test_many_at_once_see_the_same_as_one_after_another() -> None:
    contents = [a_picture("JPEG", orientation=6), a_picture("PNG"), a_video("mov"), a_sound("mp3")] * 5
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(inspect_media, contents)) == [inspect_media(content) for content in contents]


BEGINNINGS = """
    ffd8ff 89504e470d0a1a0a 474946383961 49492a0008000000 4d4d002a 424d 4944330300 fffb fff1 4f676753 664c6143
    524946462000000057454250 524946462000000057415645666d7420 5249464620000000415649204c495354 1a45dfa3
    000000186674797069736f6d 00000014667479707174202020 000000016d6f6f76
"""
"""How JPEG, PNG, GIF, TIFF, BMP, MP3, ADTS, Ogg, FLAC, WebP, WAV, AVI, Matroska, MP4 and QuickTime begin."""


def sentence_or_size(content: bytes) -> str | int:
    """What came out; anything but facts or `NotMediaError` goes through."""
    try:
        return inspect_media(content).byte_count
    except NotMediaError as error:
        return str(error)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([b"", *(bytes.fromhex(begin) for begin in BEGINNINGS.split())]), st.binary(max_size=600))
def test_random_bytes_raise_nothing_but_not_media(begin: bytes, rest: bytes) -> None:
    assert sentence_or_size(begin + rest)


WHOLE = [a_picture(form, orientation=6) for form in PICTURES]
WHOLE += [a_video(name) for name in VIDEOS] + [a_sound(name) for name in SOUNDS]


@settings(max_examples=400, deadline=None)
@given(st.integers(0, len(WHOLE) - 1), st.randoms(use_true_random=False))
def test_damaged_file_raises_nothing_but_not_media(which: int, dice: random.Random) -> None:
    damaged = bytearray(WHOLE[which])
    for _ in range(dice.choice([1, 3, 20])):
        damaged[dice.randrange(dice.choice([100, 600]))] = dice.randrange(256)
    assert sentence_or_size(bytes(damaged))


@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (a_picture(), "image/jpeg"),
        (a_video("mov"), "video/quicktime"),
        (a_video("mp4"), "video/mp4"),
        (a_sound("mp3"), "audio/mpeg"),
        (a_sound("wav"), "audio/wav"),
        (a_sound("m4a"), "audio/mp4"),
    ],
)
def test_media_type_is_that_of_the_content(content: bytes, mime: str) -> None:
    assert media_type(inspect_media(content)) == mime


def test_importing_loads_neither_pyav_nor_pillow() -> None:
    code = "import sys, kling_render.media.inspect; print({'av', 'PIL'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    assert answer.stdout == "set()\n"
