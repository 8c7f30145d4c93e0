"""Slates: what stands on them and that nothing breaks them."""

import math
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from struct import pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from mock_server.media import ClipSpec, Cut, palette, slate
from mock_server.media.layout import Layout

WORDS = ("title", "take", "task_id", "model", "price")
RED = (250, 10, 10)


def a_spec(*cuts: Cut, width: int = 320, height: int = 180, seed: int = 1) -> ClipSpec:
    return ClipSpec(
        title="walk[lens=50mm]",
        take="take 1",
        task_id="task_1",
        model="kling-v3",
        price="$0.56",
        cuts=cuts or (Cut("A cellist walks.", 2),),
        width=width,
        height=height,
        sound=False,
        seed=seed,
    )


def a_picture(colour: tuple[int, int, int] = RED, kind: str = "PNG") -> bytes:
    file = BytesIO()
    Image.new("RGB", (64, 36), colour).save(file, kind)
    return file.getvalue()


def differs(one: Image.Image, other: Image.Image) -> bool:
    return ImageChops.difference(one, other).getbbox() is not None


def red_pixels(image: Image.Image) -> int:
    red, green, _ = image.split()
    bright, pale = red.point(lambda level: 255 * (level > 200)), green.point(lambda level: 255 * (level < 60))
    return round(ImageStat.Stat(ImageChops.multiply(bright, pale)).sum[0] / 255)


def contrast(one: palette.Colour, other: palette.Colour) -> float:
    def luminance(colour: palette.Colour) -> float:
        red, green, blue = (math.pow(level / 255, 2.2) for level in colour)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_clip_has_a_slate_for_every_cut_in_its_size() -> None:
    slates = slate.draw(a_spec(Cut("a", 1), Cut("b", 2), width=180, height=320))
    assert [image.size for image in slates] == [(180, 320), (180, 320)]


@pytest.mark.parametrize("word", WORDS)
def test_other_word_changes_the_slate(word: str) -> None:
    changed = replace(a_spec(), **{word: "夜市"})  # type: ignore[arg-type] # mypy cannot follow a name in a variable
    assert differs(slate.draw(a_spec())[0], slate.draw(changed)[0])


def test_other_prompt_changes_the_slate() -> None:
    assert differs(slate.draw(a_spec(Cut("dusk", 2)))[0], slate.draw(a_spec(Cut("dawn", 2)))[0])


def pattern(spec: ClipSpec) -> Image.Image:
    """The right end of the header."""
    header = Layout(spec.width, spec.height).header
    return slate.draw(spec)[0].crop((header.left + header.width // 2, header.top, header.right, header.bottom))


@pytest.mark.parametrize("sound", [True, False])
def test_other_seed_changes_the_pattern(sound: bool) -> None:
    one, other = (pattern(replace(a_spec(seed=seed), sound=sound)) for seed in (1, 2))
    assert differs(one, other)


def test_clip_without_sound_has_no_waves() -> None:
    assert differs(pattern(a_spec()), pattern(replace(a_spec(), sound=True)))


def test_still_shows_every_cut_and_no_timecode() -> None:
    spec = a_spec(Cut("The quay", 1), Cut("She turns", 2))
    other = replace(spec, cuts=(spec.cuts[0], Cut("She runs", 2)))
    still, box = slate.draw_still(spec), Layout(spec.width, spec.height).timecode
    assert differs(still, slate.draw_still(other))
    assert slate.draw(spec)[0].getpixel((box.left, box.top)) == palette.NEUTRAL_DARK
    assert still.getpixel((box.left, box.top)) != palette.NEUTRAL_DARK


def test_fact_that_is_not_known_has_no_label() -> None:
    spec = replace(a_spec(), task_id="")
    still, cell = slate.draw_still(spec), Layout(spec.width, spec.height).fact_cells[3]
    assert len(still.crop(cell.corners).getcolors() or []) <= 2  # the ground and the disc


def test_badge_says_what_kind_of_clip_it_is() -> None:
    header = Layout(320, 180).header
    left_end = (header.left, header.top, header.left + header.width // 2, header.bottom)
    one, other = (slate.draw(each)[0].crop(left_end) for each in (a_spec(), replace(a_spec(), badge="MISSING")))
    assert differs(one, other)


def test_neighbouring_cuts_have_other_colours() -> None:
    schemes = [palette.scheme("walk", 1, cut) for cut in range(12)]
    assert all(one != other for one, other in pairwise(schemes))


def test_scheme_of_a_title_and_seed_never_changes() -> None:
    assert palette.scheme("walk[lens=50mm]", 1, 0) == palette.SCHEMES[7]


@pytest.mark.parametrize("scheme", palette.SCHEMES, ids=lambda scheme: str(scheme.ground))
def test_text_of_every_scheme_can_be_read(scheme: palette.Scheme) -> None:
    assert contrast(scheme.ground, palette.PAPER) >= 7
    assert contrast(scheme.ground, scheme.accent) >= 4.5
    assert contrast(scheme.ground, scheme.muted) >= 4


@pytest.mark.parametrize("size", [(320, 180), (180, 320), (240, 240)])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_first_frame_can_be_seen(size: tuple[int, int], kind: str) -> None:
    spec = replace(a_spec(width=size[0], height=size[1]), first_frame=a_picture(kind=kind))
    assert red_pixels(slate.draw(spec)[0]) > 500


def test_first_frame_is_on_the_first_slate_and_last_frame_on_the_last() -> None:
    spec = a_spec(Cut("a", 1), Cut("b", 1), Cut("c", 1))
    first = slate.draw(replace(spec, first_frame=a_picture()))
    last = slate.draw(replace(spec, last_frame=a_picture()))
    assert [red_pixels(image) > 500 for image in (*first, *last)] == [True, False, False, False, False, True]


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n", a_picture()[:60]])
def test_broken_first_frame_is_shown_as_unreadable(content: bytes) -> None:
    assert differs(slate.draw(replace(a_spec(), first_frame=content))[0], slate.draw(a_spec())[0])


@pytest.mark.parametrize("width", [3_000, 9_000, 60_000])
def test_picture_of_too_many_pixels_is_shown_as_unreadable(width: int) -> None:
    content = bytearray(a_picture(kind="BMP"))
    content[18:26] = pack("<II", width, 30_000)
    assert red_pixels(slate.draw(replace(a_spec(), first_frame=bytes(content)))[0]) < 50


@settings(max_examples=30, deadline=None)
@given(kind=st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "BMP"]), cut=st.integers(0, 400), byte=st.integers(0, 255))
def test_any_damaged_picture_never_raises(kind: str, cut: int, byte: int) -> None:
    content = bytearray(a_picture(kind=kind))
    content[cut % len(content)] = byte
    slate.draw(replace(a_spec(), first_frame=bytes(content), last_frame=bytes(content[:cut])))


@settings(max_examples=30, deadline=None)
@given(words=st.lists(st.text(st.characters(), max_size=60), min_size=6, max_size=6))
def test_any_words_never_raise(words: list[str]) -> None:
    title, take, task_id, model, price, prompt = words
    spec = a_spec(Cut(prompt, 1), Cut(title, 1))
    spec = replace(spec, title=title, take=take, task_id=task_id, model=model, price=price)
    slate.draw(spec)
    slate.draw_still(spec)


@pytest.mark.parametrize(
    "text", ["雨" * 2_500, "سوق " * 625, "🎬" * 2_500, "\x00" * 2_500, "x" * 2_500, "e" + "\u0301" * 2_500]
)
def test_longest_prompt_never_raises(text: str) -> None:
    slate.draw(replace(a_spec(Cut(text, 1)), title=text, task_id=text))


@pytest.mark.parametrize("size", [(2, 2), (16, 16), (64, 2), (2, 64)])
def test_tiniest_frame_never_raises(size: tuple[int, int]) -> None:
    spec = replace(a_spec(width=size[0], height=size[1]), first_frame=a_picture(), last_frame=a_picture())
    assert slate.draw(spec)[0].size == slate.draw_still(spec).size == size
