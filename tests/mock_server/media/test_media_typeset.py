"""The bundled fonts and the text set in them."""

import pytest
from PIL import Image, ImageDraw, features

from mock_server.media import typeset
from mock_server.media.layout import Box
from mock_server.media.typeface import BOLD, REGULAR, Run, Typeface

BOX = Box(10, 10, 300, 120)
LONG = "The camera drifts behind her at shoulder height. " * 60


def ink(face: Typeface, text: str, size: int = 32) -> bytes:
    image = Image.new("RGB", (400, 60))
    face.draw(ImageDraw.Draw(image), (10, 40), text, size, (255, 255, 255))
    return image.tobytes()


@pytest.mark.parametrize("main", [REGULAR, BOLD])
@pytest.mark.parametrize("text", ["Ångström", "Привет", "Γειά", "سلام", "שלום"])
def test_script_of_the_main_font_is_one_run(main: str, text: str) -> None:
    assert Typeface(main).runs(text) == [Run(text, main)]


@pytest.mark.parametrize("text", ["雨夜", "ひらがな", "한국어", "ไทย", "हिन्दी"])
def test_script_the_main_font_lacks_is_drawn_in_unifont(text: str) -> None:
    assert Typeface().runs(text) == [Run(text, "unifont.otf")]


def test_emoji_is_drawn_in_unifont_upper() -> None:
    assert Typeface().runs("a 🎬") == [Run("a ", REGULAR), Run("🎬", "unifont_upper.otf")]


@pytest.mark.parametrize("text", ["雨", "🎬", "ש", "€"])
def test_covered_character_is_not_drawn_as_a_missing_glyph(text: str) -> None:
    face = Typeface()
    assert ink(face, text) != ink(face, "\U000e1234")


@pytest.mark.skipif(not features.check("raqm"), reason="shaping needs raqm, which this Pillow lacks")
def test_arabic_letters_are_joined() -> None:
    face = Typeface()
    assert face.width("سلام", 32) < sum(face.width(letter, 32) for letter in "سلام")


def test_without_raqm_right_to_left_text_is_drawn_unshaped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "check", lambda _: False)
    assert any(ink(Typeface(), "سلام"))


def test_short_text_is_set_at_the_largest_size() -> None:
    assert typeset.fit(Typeface(), "Waves.", BOX, 40, 12) == typeset.Block(("Waves.",), 40)


def test_longer_text_is_set_smaller_and_whole() -> None:
    text = LONG[:180]
    block = typeset.fit(Typeface(), text, BOX, 40, 8)
    assert (block.size < 40, " ".join(block.lines)) == (True, text.strip())


def test_text_too_long_for_the_smallest_size_ends_with_an_ellipsis() -> None:
    block = typeset.fit(Typeface(), LONG, BOX, 40, 16)
    assert (block.size, block.lines[-1][-1]) == (16, "…")


@pytest.mark.parametrize("text", [LONG, "雨夜的夜市里。霓虹灯倒映在水洼中。" * 30, "x" * 2_500, "سوق الليل " * 200])
def test_long_text_stays_in_its_box(text: str) -> None:
    face = Typeface()
    block = typeset.fit(face, text, BOX, 40, 12)
    assert block.height <= BOX.height
    assert max(face.width(line, block.size) for line in block.lines) <= BOX.width


def test_text_mostly_in_unifont_is_set_at_a_multiple_of_its_pixels() -> None:
    assert typeset.fit(Typeface(), "雨夜的夜市里", BOX, 46, 12).size == 48


def test_box_without_height_takes_no_line() -> None:
    assert typeset.fit(Typeface(), "Waves.", Box(0, 0, 300, 0), 40, 12).lines == ()


def test_empty_text_takes_no_line() -> None:
    assert typeset.fit(Typeface(), " \n", BOX, 40, 12).lines == ()


@pytest.mark.parametrize(("text", "left_is_dark"), [("سوق", True), ("sea", False)])
def test_line_stands_at_the_side_it_is_read_from(text: str, left_is_dark: bool) -> None:
    face, image = Typeface(), Image.new("RGB", (320, 140))
    typeset.draw(ImageDraw.Draw(image), face, typeset.fit(face, text, BOX, 32, 12), BOX, (255, 255, 255))
    assert (image.crop((0, 0, 160, 140)).getbbox() is None) is left_is_dark
