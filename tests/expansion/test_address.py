"""Addresses survive the way through text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kling_render.expansion import Address

NAMES = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)


@settings(deadline=None)
@given(shot=NAMES, number=st.integers(1, 10**6))
def test_address_survives_the_way_through_text(shot: str, number: int) -> None:
    address = Address(shot, number)
    assert Address.parse(str(address)) == address


@settings(deadline=None)
@given(st.text(max_size=12))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        assert str(Address.parse(text)) == text
    except ValueError as error:
        assert "is not an address such as walk#1" in str(error)  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize(
    "text",
    [
        "",
        "walk",
        "walk#",
        "#1",
        "walk#0",
        "walk#01",
        "walk#-1",
        "walk#1 ",
        " walk#1",
        "walk#1#2",
        "a b#1",
        "a.b#1",
        "walk#\u0661",
        "é#1",
        "walk#1\n",
    ],
)
def test_text_that_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an address such as walk#1"):
        Address.parse(text)


def test_addresses_sort_by_shot_and_number() -> None:
    texts = ["b#1", "a#10", "a#2"]
    assert [str(each) for each in sorted(map(Address.parse, texts))] == ["a#2", "a#10", "b#1"]


def test_short_id_of_a_shot_without_variants_is_the_address() -> None:
    assert Address("walk", 2).short_id == "walk#2"
