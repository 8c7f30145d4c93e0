"""Any Unicode made drawable."""

from hypothesis import given
from hypothesis import strategies as st

from mock_server.media import wording


def test_line_ends_and_tabs_become_single_spaces() -> None:
    assert wording.clean("a\n\n b\tc  ") == "a b c"


def test_controls_become_one_replacement_character() -> None:
    assert wording.clean("a\x00\x07\x1bb") == "a\ufffdb"


def test_lone_surrogate_becomes_a_replacement_character() -> None:
    assert wording.clean("a\ud83d") == "a\ufffd"


def test_direction_override_is_dropped() -> None:
    assert wording.clean("ab\u202ecd") == "abcd"


def test_variation_selector_is_dropped() -> None:
    assert wording.clean("☔\ufe0f") == "☔"


def test_decomposed_accent_is_composed() -> None:
    assert wording.clean("cafe\u0301") == "café"


def test_mark_stays_with_its_base() -> None:
    assert wording.clusters("कि त") == ["कि", " ", "त"]


def test_latin_breaks_after_spaces() -> None:
    assert wording.pieces("one two three") == ["one ", "two ", "three"]


def test_chinese_breaks_after_any_character_but_before_no_full_stop() -> None:
    assert wording.pieces("夜市。走") == ["夜", "市。", "走"]


def test_address_breaks_before_the_name_of_an_axis() -> None:
    assert wording.pieces("walk[lens=50mm,light=dusk]#2") == ["walk[", "lens=50mm,", "light=dusk]#2"]


def test_number_with_thousands_does_not_break() -> None:
    assert wording.pieces("50,000") == ["50,000"]


def test_direction_is_that_of_the_first_strong_character() -> None:
    assert (wording.is_rtl("12. سوق walk"), wording.is_rtl("walk سوق"), wording.is_rtl("12.")) == (True, False, False)


@given(st.text(max_size=80))
def test_any_text_is_kept_whole_by_its_pieces(text: str) -> None:
    cleaned = wording.clean(text)
    assert "".join(wording.pieces(cleaned)) == cleaned


@given(st.text(st.characters(), max_size=80))
def test_any_text_once_cleaned_stays_the_same(text: str) -> None:
    cleaned = wording.clean(text)
    assert wording.clean(cleaned) == cleaned
