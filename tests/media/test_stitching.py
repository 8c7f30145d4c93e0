"""Clips stitched into one file: every frame and sample where it belongs, whatever the clips are."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import pytest

from kling_render.media.stitching import (
    FilmFormat,
    Stitched,
    UnusableClipError,
    choose_format,
    is_film,
    stitch,
    survey,
)

from .clips import BLACK, BLUE, GREEN, RED, WHITE, Colour, a_clip, colour_at, is_like, look
from .samples import turned

ANY = FilmFormat(64, 36, Fraction(24))


def stitched(folder: Path, *clips: Path, name: str = "film.mp4", timecode: bool = False, **changes: object) -> Stitched:
    footages = [survey(clip) for clip in clips]
    form = replace(choose_format(footages, ANY), **changes)  # type: ignore[arg-type]
    return stitch(footages, folder / name, form, timecode=timecode)


def runs(colours: list[Colour], among: tuple[Colour, ...] = (RED, GREEN, BLUE, WHITE)) -> list[tuple[Colour, int]]:
    """Each colour with the number of frames for which it stays."""
    found: list[tuple[Colour, int]] = []
    for colour in colours:
        name = next(each for each in among if is_like(colour, each))
        if found and found[-1][0] == name:
            found[-1] = (name, found[-1][1] + 1)
        else:
            found.append((name, 1))
    return found


# Copied


def test_equal_clips_are_copied_in_order_frame_by_frame(tmp_path: Path) -> None:
    clips = [a_clip(tmp_path / f"{n}.mp4", c, seconds=n + 1) for n, c in enumerate((RED, GREEN, BLUE))]
    made = stitched(tmp_path, *clips)
    seen = look(made.path)
    assert (made.picture, made.sound) == ("copied", "none")
    assert runs(seen.colours()) == [(RED, 12), (GREEN, 24), (BLUE, 36)]
    assert [float(start) for start in made.starts] == [0, 1, 3, 6]
    assert seen.times == [pytest.approx(at / 12) for at in range(72)]


def test_copied_picture_is_the_clips_own_bit_for_bit(tmp_path: Path) -> None:
    clips = [a_clip(tmp_path / f"{n}.mp4", c) for n, c in enumerate((RED, GREEN))]
    seen = look(stitched(tmp_path, *clips).path)
    alone = [picture for clip in clips for picture in look(clip).pictures]
    assert [each.tobytes() for each in seen.pictures] == [each.tobytes() for each in alone]


def test_clips_with_b_frames_are_copied(tmp_path: Path) -> None:
    options = {"bf": "3", "b_strategy": "0", "qp": "10"}
    clips = [a_clip(tmp_path / f"{n}.mp4", c, options=options) for n, c in enumerate((RED, GREEN, BLUE))]
    made = stitched(tmp_path, *clips)
    assert made.picture == "copied"
    assert runs(look(made.path).colours()) == [(RED, 12), (GREEN, 12), (BLUE, 12)]


def test_equal_clips_with_sound_are_copied_whole(tmp_path: Path) -> None:
    clips = [a_clip(tmp_path / f"{n}.mp4", c, sound=48000) for n, c in enumerate((RED, GREEN, BLUE))]
    made = stitched(tmp_path, *clips)
    assert (made.picture, made.sound) == ("copied", "copied")
    seen = look(made.path)
    assert seen.samples == pytest.approx(3 * 48000, abs=1024)
    seams = {at for cut in (100, 200) for at in range(cut - 3, cut + 3)}  # packets overlap: there the sound dips
    assert min(loud for at, loud in enumerate(seen.loudness[5:295], 5) if at not in seams) > 0.1


def test_a_clip_without_sound_has_the_sound_encoded_and_the_picture_copied(tmp_path: Path) -> None:
    clips = [a_clip(tmp_path / "a.mp4", RED, sound=48000), a_clip(tmp_path / "b.mp4", GREEN)]
    made = stitched(tmp_path, *clips)
    assert (made.picture, made.sound) == ("copied", "encoded")


def test_repeated_clip_is_in_the_film_each_time(tmp_path: Path) -> None:
    one, other = a_clip(tmp_path / "a.mp4", RED), a_clip(tmp_path / "b.mp4", GREEN)
    assert runs(look(stitched(tmp_path, one, other, one).path).colours()) == [(RED, 12), (GREEN, 12), (RED, 12)]


# Encoded


def test_mixed_sizes_are_letterboxed_in_the_size_that_most_have(tmp_path: Path) -> None:
    wide = a_clip(tmp_path / "wide.mp4", RED, seconds=2, size=(128, 72))
    tall = a_clip(tmp_path / "tall.mp4", GREEN, size=(72, 128))
    square = a_clip(tmp_path / "square.mp4", BLUE, size=(32, 32), seconds=0.5)
    made = stitched(tmp_path, wide, tall, square)
    seen = look(made.path)
    assert (made.picture, seen.size) == ("encoded", (128, 72))
    assert runs(seen.colours()) == [(RED, 24), (GREEN, 12), (BLUE, 6)]
    assert is_like(colour_at(seen.pictures[0], 2, 36), RED)
    assert [is_like(colour_at(seen.pictures[30], x, 36), BLACK) for x in (2, 40, 88, 125)] == [True] * 4
    assert [is_like(colour_at(seen.pictures[30], x, 36), GREEN) for x in (48, 64, 80)] == [True] * 3
    assert is_like(colour_at(seen.pictures[40], 20, 36), BLACK)
    assert is_like(colour_at(seen.pictures[40], 40, 4), BLUE)


def test_wide_clip_in_a_vertical_film_has_black_above_and_below(tmp_path: Path) -> None:
    tall = a_clip(tmp_path / "tall.mp4", GREEN, size=(72, 128), seconds=2)
    wide = a_clip(tmp_path / "wide.mp4", RED, size=(128, 72))
    seen = look(stitched(tmp_path, tall, wide).path)
    assert seen.size == (72, 128)
    assert [is_like(colour_at(seen.pictures[30], 36, y), c) for y, c in ((20, BLACK), (64, RED), (110, BLACK))] == [
        True
    ] * 3


@pytest.mark.parametrize(("rate", "counts"), [(24, (48, 24, 24)), (30, (60, 30, 30)), (12, (24, 12, 12))])
def test_mixed_rates_become_one_and_every_clip_keeps_its_length(
    tmp_path: Path, rate: int, counts: tuple[int, ...]
) -> None:
    clips = [
        a_clip(tmp_path / "a.mp4", RED, seconds=2, fps=24),
        a_clip(tmp_path / "b.mp4", GREEN, fps=30),
        a_clip(tmp_path / "c.mp4", BLUE, fps=12),
    ]
    made = stitched(tmp_path, *clips, rate=Fraction(rate))
    seen = look(made.path)
    assert [count for _, count in runs(seen.colours())] == list(counts)
    assert (float(seen.fps), made.seconds) == (rate, 4)


def test_lengths_that_are_no_whole_frames_do_not_add_up(tmp_path: Path) -> None:
    clips = [
        a_clip(tmp_path / f"{n}.mp4", (RED, GREEN)[n % 2], seconds=0.5, fps=Fraction(30000, 1001)) for n in range(9)
    ]
    made = stitched(tmp_path, *clips, rate=Fraction(24))
    exact = list(accumulate((survey(clip).seconds for clip in clips), initial=Fraction(0)))
    assert all(abs(start - wanted) <= Fraction(1, 48) for start, wanted in zip(made.starts, exact, strict=True))
    assert len(look(made.path).times) == made.starts[-1] * 24


def test_fast_clip_in_a_slow_film_shows_the_picture_of_each_moment(tmp_path: Path) -> None:
    clip = a_clip(tmp_path / "a.mp4", lambda at: RED if at < 0.5 else GREEN, fps=24)
    assert runs(look(stitched(tmp_path, clip, rate=Fraction(8)).path).colours()) == [(RED, 4), (GREEN, 4)]


def test_lying_clip_of_a_phone_is_shown_upright(tmp_path: Path) -> None:
    clip = a_clip(tmp_path / "a.mp4", RED, size=(64, 36))
    clip.write_bytes(turned(clip.read_bytes()))
    footage = survey(clip)
    assert footage.size == (36, 64)
    assert look(stitched(tmp_path, clip).path).size == (36, 64)


@pytest.mark.parametrize("pixels", ["yuv444p", "yuv420p10le"])
def test_clip_that_not_every_player_plays_is_encoded(tmp_path: Path, pixels: str) -> None:
    clip = a_clip(tmp_path / "a.mp4", BLUE, pixels=pixels)
    made = stitched(tmp_path, clip)
    assert made.picture == "encoded"
    assert runs(look(made.path).colours()) == [(BLUE, 12)]


def test_film_of_another_codec_becomes_h264(tmp_path: Path) -> None:
    clip = a_clip(tmp_path / "a.mp4", BLUE, codec="mpeg4", options={"qscale": "3"})
    made = stitched(tmp_path, clip)
    assert (made.picture, survey(made.path).picture.codec) == ("encoded", "h264")


# Sound and picture together


def flash(at: float) -> Colour:
    return WHITE if 0.48 <= at < 0.72 else BLUE


def beep(at: float) -> float:
    return 0.5 if 0.48 <= at < 0.72 and int(at * 2000) % 2 else 0.0


def begins(values: list[bool]) -> list[int]:
    """Where a row of true values begins."""
    return [at for at, value in enumerate(values) if value and not (at and values[at - 1])]


@pytest.mark.parametrize("way", ["copied", "encoded"])
def test_sound_stays_with_its_picture_over_fifty_clips(tmp_path: Path, way: str) -> None:
    clip = a_clip(tmp_path / "a.mp4", flash, seconds=1.04, fps=25, sound=44100, tone=beep)
    changes = {} if way == "copied" else {"sample_rate": 48000, "rate": Fraction(24)}
    made = stitched(tmp_path, *[clip] * 50, **changes)  # type: ignore[arg-type]
    seen = look(made.path)
    flashes = [seen.times[at] for at in begins([is_like(each, WHITE, 60) for each in seen.colours()])]
    beeps = [at / 100 for at in begins([each > 0.2 for each in seen.loudness])]
    assert (made.sound, len(flashes), len(beeps)) == (way, 50, 50)
    assert max(abs(light - sound) for light, sound in zip(flashes, beeps, strict=True)) < 0.04
    assert made.seconds == pytest.approx(50 * 1.04, abs=1 / 24)
    assert seen.samples / seen.sample_rate == pytest.approx(50 * 1.04, abs=0.04)


def test_clips_without_sound_are_silent_in_a_film_with_sound(tmp_path: Path) -> None:
    clips = [
        a_clip(tmp_path / "a.mp4", RED),
        a_clip(tmp_path / "b.mp4", GREEN, sound=44100, layout="stereo"),
        a_clip(tmp_path / "c.mp4", BLUE, sound=48000, seconds=2),
    ]
    seen = look(stitched(tmp_path, *clips).path)
    assert (seen.sample_rate, seen.channels) == (48000, 2)
    assert max(seen.loudness[:95]) < 0.02
    assert min(seen.loudness[105:395]) > 0.1
    assert seen.samples == pytest.approx(4 * 48000, abs=1024)


def test_sound_that_ends_early_is_filled_up_and_one_that_is_too_long_is_cut(tmp_path: Path) -> None:
    clips = [
        a_clip(tmp_path / "a.mp4", RED, sound=48000, sound_seconds=0.5),
        a_clip(tmp_path / "b.mp4", GREEN, sound=48000, sound_seconds=3),
        a_clip(tmp_path / "c.mp4", BLUE),
    ]
    loud = look(stitched(tmp_path, *clips).path).loudness
    assert max(loud[55:95]) < 0.02 < 0.1 < min(loud[105:195])
    assert max(loud[205:295]) < 0.02


def test_film_of_silent_clips_has_no_track_of_sound(tmp_path: Path) -> None:
    assert look(stitched(tmp_path, a_clip(tmp_path / "a.mp4"), timecode=True).path).sample_rate == 0


# The file


@pytest.mark.parametrize("timecode", [False, True])
def test_same_clips_give_the_same_bytes(tmp_path: Path, timecode: bool) -> None:
    clips = [
        a_clip(tmp_path / f"{n}.mp4", c, size=(64 + 2 * n, 36), sound=48000 * n) for n, c in enumerate((RED, GREEN))
    ]
    films = {stitched(tmp_path, *clips, timecode=timecode, name=f"{n}.film.mp4").path.read_bytes() for n in range(3)}
    assert len(films) == 1


def test_copied_film_has_the_same_bytes_each_time(tmp_path: Path) -> None:
    clips = [a_clip(tmp_path / f"{n}.mp4", c, sound=48000) for n, c in enumerate((RED, GREEN))]
    assert len({stitched(tmp_path, *clips, name=f"{n}.film.mp4").path.read_bytes() for n in range(3)}) == 1


def test_index_is_in_front_and_no_date_is_in_it(tmp_path: Path) -> None:
    content = stitched(tmp_path, a_clip(tmp_path / "a.mp4", sound=48000)).path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    header = content.index(b"mvhd") + 8
    assert content[header : header + 8] == bytes(8)


def test_film_is_told_from_a_clip(tmp_path: Path) -> None:
    clip = a_clip(tmp_path / "a.mp4")
    assert is_film(stitched(tmp_path, clip).path)
    assert not is_film(clip)
    assert not is_film(tmp_path / "none.mp4")


def test_damaged_clip_is_named_and_the_film_that_was_there_stays(tmp_path: Path) -> None:
    good, bad = a_clip(tmp_path / "a.mp4", RED, sound=48000), a_clip(tmp_path / "b.mp4", GREEN)
    footages = [survey(good), survey(bad)]
    film = stitched(tmp_path, good).path
    before = film.read_bytes()
    bad.write_bytes(b"noise")
    with pytest.raises(UnusableClipError, match="Invalid data") as caught:
        stitch(footages, film, choose_format(footages, ANY))
    assert caught.value.path == bad
    assert film.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "b.mp4", "film.mp4"]


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_clip_that_is_cut_short_is_refused(tmp_path: Path, share: float) -> None:
    clip = a_clip(tmp_path / "a.mp4", sound=48000)
    clip.write_bytes(clip.read_bytes()[: int(clip.stat().st_size * share)])
    with pytest.raises(UnusableClipError, match=r"\S"):
        survey(clip)


def test_progress_grows_to_the_length_of_the_film(tmp_path: Path) -> None:
    footages = [survey(a_clip(tmp_path / "a.mp4", seconds=2))]
    told: list[float] = []
    stitch(footages, tmp_path / "film.mp4", choose_format(footages, ANY), timecode=True, on_progress=told.append)
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0, 2)


def test_rate_is_the_steady_one_although_the_last_frame_stays_longer(tmp_path: Path) -> None:
    clips = [a_clip(tmp_path / f"{n}.mp4", RED, seconds=1 + n, fps=Fraction(30000, 1001)) for n in range(2)]
    assert {survey(clip).rate for clip in clips} == {Fraction(30000, 1001)}
