"""Addresses survive the way through text; short ids name one take."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kling_render.errors import UsageError
from kling_render.expansion import Address
from kling_render.expansion.address import ShortIds, value_text

NAMES = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)
NUMBERS = st.integers(1, 10**6)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.one_of(TEXTS, st.text('a,[]"=/#.\\*? ', max_size=6), st.booleans(), st.integers(), st.floats(-1e9, 1e9))
VARIANTS = st.dictionaries(TEXTS, VALUES, max_size=3)
VERSIONS = st.fixed_dictionaries({"lang": VALUES, "aspect_ratio": VALUES})
ADDRESSES = st.builds(Address.of, NAMES, NUMBERS, VARIANTS, st.one_of(VERSIONS, st.just({})))

LIGHTS = {"light": "dusk", "lens": "50mm"}


@settings(deadline=None)
@given(ADDRESSES)
def test_address_survives_the_way_through_text(address: Address) -> None:
    parsed = Address.parse(str(address))
    assert parsed.names(address)
    assert str(parsed) == str(address)


@settings(deadline=None)
@given(ADDRESSES, ADDRESSES)
def test_different_takes_have_different_addresses(one: Address, other: Address) -> None:
    if bool(one.version) == bool(other.version):  # a project has versions or it has none
        assert (str(one) == str(other)) == (one == other)


@settings(deadline=None)
@given(ADDRESSES)
def test_address_stands_on_one_line_of_utf_8(address: Address) -> None:
    assert len(str(address).splitlines()) == 1
    assert str(address).encode().decode() == str(address)


@settings(deadline=None)
@given(st.dictionaries(TEXTS, VALUES, max_size=4), st.randoms(use_true_random=False))
def test_order_of_axes_does_not_matter(axes: dict[str, Any], random: Any) -> None:
    shuffled = list(axes.items())
    random.shuffle(shuffled)
    assert Address.of("walk", 1, axes, axes) == Address.of("walk", 1, dict(shuffled), dict(shuffled))


@settings(deadline=None)
@given(st.one_of(st.text(max_size=12), st.text('a1#,/[]="\\.', max_size=16)))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        assert Address.parse(str(Address.parse(text))) == Address.parse(text)
    except ValueError as error:
        assert "is not an address such as walk#1" in str(error)  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (Address("walk", 2), "walk#2"),
        (Address.of("walk", 2, LIGHTS), "walk[lens=50mm,light=dusk]#2"),
        (Address.of("walk", 1, {}, {"lang": "de", "aspect_ratio": "9:16"}), "9:16,de/walk#1"),
        (Address.of("walk", 1, LIGHTS, {"lang": "de"}), "de/walk[lens=50mm,light=dusk]#1"),
        (Address.of("walk", 1, {"say": 'No, "never"', "sound": True, "n": 5.0}), None),
        (Address.of("walk", 1, {"say": "", "ort": "Köln"}), 'walk[ort="Köln",say=""]#1'),
        (Address.of("walk", 1, {"say": "a\n\x9b31m\u202e"}), r'walk[say="a\n\u009b31m\u202e"]#1'),
    ],
)
def test_address_is_written_with_axes_sorted_and_odd_values_in_quotes(address: Address, text: str | None) -> None:
    assert str(address) == (text or r'walk[n=5,say="No, \"never\"",sound=true]#1')


@pytest.mark.parametrize(
    "text",
    [
        "", "walk", "walk#", "#1", "walk#0", "walk#01", "walk#-1", "walk#1 ", " walk#1", "walk#1#2", "a b#1", "a.b#1",
        "walk#\u0661", "é#1", "walk#1\n", "walk#" + "9" * 5000, "walk[]#1", "walk[lens]#1", "walk[lens=a b]#1",
        "walk[a=1,]#1", "/walk#1", "de,/walk#1", "de/fr/walk#1", "walk[a=1,a=2]#1", r'walk[a="\q"]#1', 'walk[a="]#1',
    ],
)  # fmt: skip
def test_text_that_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an address such as walk#1"):
        Address.parse(text)


def test_axes_in_another_order_and_needless_quotes_mean_the_same_address() -> None:
    assert Address.parse('walk["light"="dusk",lens=50mm]#2') == Address.of("walk", 2, LIGHTS)


def test_addresses_sort_by_shot_and_number() -> None:
    texts = ["b#1", "a#10", "a#2", "a[lens=50mm]#2"]
    assert [str(each) for each in sorted(map(Address.parse, texts))] == ["a#2", "a[lens=50mm]#2", "a#10", "b#1"]


@pytest.mark.parametrize(
    ("value", "text"),
    [("50mm", "50mm"), (True, "true"), (False, "false"), (5, "5"), (5.0, "5"), (0.5, "0.5"), (1e16, "1" + "0" * 16)],
)
def test_value_has_one_text(value: Any, text: str) -> None:
    assert value_text(value) == text


def test_short_id_of_a_shot_without_variants_is_the_address() -> None:
    assert Address("walk", 2).short_id == ShortIds([Address("walk", 2)]).of(Address("walk", 2)) == "walk#2"


def test_short_id_stays_as_it_was_released() -> None:
    version = {"lang": "de"}
    ids = [Address.of("walk", 2, *axes).short_id for axes in ((LIGHTS,), (LIGHTS, version), ({}, version))]
    assert ids == ["walk.7wje5znk08#2", "walk.harfwzdcka#2", "walk.qqa0qp5szx#2"]


def test_short_id_has_the_same_code_in_every_shot_and_take() -> None:
    assert Address.of("walk", 1, LIGHTS).code == Address.of("run", 2, LIGHTS).code


def test_version_and_variant_are_told_apart_by_the_code() -> None:
    assert Address.of("walk", 1, {"lang": "de"}).code != Address.of("walk", 1, {}, {"lang": "de"}).code


def some_addresses(count: int = 3000) -> list[Address]:
    """Variants enough that three signs cannot tell all of them apart."""
    return [Address.of("walk", number, {"n": n}, {"lang": "de"}) for n in range(count) for number in (1, 2)]


def test_every_address_is_found_by_its_shortest_id_and_its_full_forms() -> None:
    addresses = some_addresses()
    ids = ShortIds(addresses)
    assert len({ids.of(each) for each in addresses}) == len(addresses)
    assert max(len(ids.of(each)) for each in addresses) > len("walk.k3f#2")
    for each in addresses[::600]:
        assert each == ids.find(ids.of(each)) == ids.find(each.short_id) == ids.find(str(each))


def test_shortest_id_without_its_last_sign_is_ambiguous() -> None:
    addresses = some_addresses()
    ids = ShortIds(addresses)
    longest = max(addresses, key=lambda each: len(ids.of(each)))
    stem = ids.of(longest).partition("#")[0][:-1]
    with pytest.raises(UsageError, match="means several takes") as raised:
        ids.find(f"{stem}#1")
    assert str(longest.number) in raised.value.hint
    assert f"{ids.of(longest).partition('#')[0]}#1 (de/walk[" in raised.value.hint


def test_values_of_the_version_are_found_in_any_order_unless_the_order_tells() -> None:
    german = Address.of("walk", 1, {}, {"lang": "de", "ratio": "9:16"})
    twins = [Address.of("walk", 1, {}, {"a": a, "b": b}) for a, b in ("xy", "yx")]
    assert ShortIds([german]).find("9:16,de/walk#1") == german
    assert [ShortIds(twins).find(str(each)) for each in twins] == twins


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("wlak#1", 'there is no take "wlak#1"; did you mean "walk"\\?'),
        ("walk#9", 'there is no take "walk#9"$'),
        ("walk.zzz#1", 'there is no take "walk.zzz#1"$'),
        ("rum.zzz#1", 'there is no take "rum.zzz#1"$'),
        ("walk", '"walk" is not an address'),
    ],
)
def test_unknown_take_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ShortIds([Address("walk", 1)]).find(text)


def test_unknown_take_of_a_known_shot_is_told_what_there_is() -> None:
    with pytest.raises(UsageError, match="there is no take") as raised:
        ShortIds([Address.of("walk", 1, {"light": "dusk"}, {"lang": "de"})]).find("walk[light=dusk]#1")
    assert raised.value.hint == "There is walk.yj7#1 (de/walk[light=dusk]#1)."


def test_two_variants_with_the_same_code_are_shown_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Address, "code", "k3fk3fk3fk")
    addresses = [Address.of("walk", 1, {"n": n}) for n in (1, 2)]
    assert [ShortIds(addresses).of(each) for each in addresses] == ["walk[n=1]#1", "walk[n=2]#1"]


@pytest.mark.soak
def test_short_ids_of_a_hundred_thousand_addresses_take_seconds_at_most() -> None:
    addresses = some_addresses(50_000)
    start = time.process_time()
    ids = ShortIds(addresses)
    assert len({ids.of(each) for each in addresses}) == 100_000
    assert time.process_time() - start < 5
