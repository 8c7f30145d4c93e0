"""What `--only` and `--exclude` mean; a typing error never selects nothing or everything."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kling_render.errors import UsageError
from kling_render.expansion import Address
from kling_render.planning.selection import Selection


@dataclass(frozen=True)
class ATake:
    """A take that can be selected."""

    address: Address
    scene: str | None = None
    tags: tuple[str, ...] = ()
    state: str = "new"
    micro_usd: int | None = 700_000
    is_picked: bool = False


def walks() -> list[ATake]:
    """Four variants in four versions, two takes each."""
    return [
        ATake(Address.of("walk", number, {"lens": lens, "light": light}, {"lang": lang, "ratio": ratio}), "deck")
        for lang in ("de", "en")
        for ratio in ("16:9", "9:16")
        for lens in ("24mm", "50mm")
        for light in ("dusk", "night")
        for number in (1, 2)
    ]


FILM = [
    ATake(Address("harbour", 1), None, ("wide",), "bought", is_picked=True),
    ATake(Address("harbour", 2), None, ("wide",), "failed", 1_000_000),
    *walks(),
    ATake(Address("wait", 1), "quay", ("night shot", "close"), "in flight", 1_500_000),
    ATake(Address("lips", 1), "quay", ("close",), "new", None),
]


def chosen(
    only: str | Sequence[str] = (), exclude: str | Sequence[str] = (), takes: Sequence[ATake] = FILM
) -> list[str]:
    """The addresses that are selected."""
    texts = [[each] if isinstance(each, str) else each for each in (only, exclude)]
    return [str(take.address) for take in Selection.parse(*texts).choose(takes)]


def refusal(only: str | Sequence[str] = (), exclude: str | Sequence[str] = ()) -> UsageError:
    """The error that a selection raises."""
    with pytest.raises(UsageError) as raised:
        chosen(only, exclude)
    return raised.value


@pytest.mark.parametrize("take", FILM, ids=lambda take: str(take.address))
def test_address_and_short_id_select_exactly_their_take(take: ATake) -> None:
    address = str(take.address)
    assert chosen(address) == chosen(take.address.short_id) == [address]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.text('a,[]"=/#\\*? é', max_size=4), st.text("x*\u202e", max_size=2)), min_size=1, unique=True)
)
def test_odd_values_are_selected_by_their_address(values: list[tuple[str, str]]) -> None:
    takes = [ATake(Address.of("walk", 1, {"say": say, "b*": "y"}, {"lang": lang})) for say, lang in values]
    for take in takes:
        assert chosen(str(take.address), takes=takes) == [str(take.address)]


@pytest.mark.parametrize(
    ("only", "count"),
    [
        ("walk", 32),
        ("walk#2", 16),
        ("walk#*", 32),
        ("walk[lens=50mm,light=dusk]", 8),
        ("walk[light=dusk,lens=50mm]#1", 4),
        ("walk[lens=*,light=d??k]#1", 8),
        ("walk[*dusk*]#1", 8),
        ("walk[*]", 32),
        ('walk[lens="50mm",light=dusk]', 8),
        ("de,9:16/walk", 8),
        ("9:16,de/walk#1", 4),
        ("de/walk", 16),
        ("d?/w*[lens=50mm,light=dusk]#1", 2),
        ("*,9:16/*", 16),
        ("wa*", 33),
        ("*", 36),
        ('"walk"', 32),
        ("scene:deck", 32),
        ("scene:*", 34),
        ("tag:close", 2),
        ('tag:"night shot"', 1),
        ("tag:night*", 1),
        ("state:failed", 1),
        ("state:in-flight", 1),
        ('state:"in flight"', 1),
        ("state:failed,state:new", 34),
        ("picked", 1),
        ("version:de", 16),
        ("version:9:16 version:en", 8),
        ("cost:>1", 1),
        ("cost:>=1", 2),
        ("cost:<1.00", 33),
        ("cost:<=0.7", 33),
        ("cost:=1.5", 1),
        ('"cost:<1"', None),
        ("cost:unknown", 1),
        ("walk,wait state:new", 32),
        ("harbour,de/walk#1", None),
        ("harbour#1,de/walk#1", 9),
        ("tag:close,de/walk#1,lips", 10),
        ("walk[lens=24mm,light=dusk],harbour", 10),
        ("  walk  #1", None),
        ("walk   version:de\tscene:deck", 16),
    ],
)
def test_option_selects_so_many_takes(only: str, count: int | None) -> None:
    if count is None:
        assert refusal(only)
    else:
        assert len(chosen(only)) == count


def test_several_options_are_a_union_in_the_order_of_the_plan() -> None:
    assert chosen(["lips", "harbour"]) == ["harbour#1", "harbour#2", "lips#1"]


def test_exclude_takes_away_what_only_chose() -> None:
    assert chosen(["harbour", "lips"], ["state:failed"]) == ["harbour#1", "lips#1"]


def test_exclude_alone_leaves_the_rest() -> None:
    assert chosen((), ["walk", "harbour"]) == ["wait#1", "lips#1"]


def test_no_options_select_everything() -> None:
    assert len(chosen()) == len(FILM)
    assert chosen(takes=[]) == []


def test_brackets_want_all_axes() -> None:
    assert 'nothing matches "walk[lens=50mm]"' in refusal("walk[lens=50mm]").message


def test_order_of_the_version_tells_where_both_orders_exist() -> None:
    takes = [ATake(Address.of("walk", 1, {}, {"a": a, "b": b})) for a, b in ("xy", "yx")]
    assert chosen("y,x/walk", takes=takes) == ["y,x/walk#1"]


def test_shot_called_picked_is_selected_in_quotes() -> None:
    takes = [ATake(Address("picked", 1)), ATake(Address("walk", 1), is_picked=True)]
    assert [chosen(text, takes=takes) for text in ("picked", '"picked"')] == [["walk#1"], ["picked#1"]]


@pytest.mark.parametrize(
    ("only", "message"),
    [
        ("wlak", 'nothing matches "wlak"; did you mean walk? (character 1)'),
        ("walk,wiat", 'nothing matches "wiat"; did you mean wait? (character 6)'),
        ("tag:colse", 'nothing matches "tag:colse"; did you mean tag:close? (character 1)'),
        ("walk scene:dekc", 'nothing matches "scene:dekc"; did you mean scene:deck? (character 6)'),
        ("quay", 'nothing matches "quay"; did you mean scene:quay? (character 1)'),
        ("failed", 'nothing matches "failed"; did you mean state:failed? (character 1)'),
        ("night-shot", 'nothing matches "night-shot"; did you mean tag:"night shot"? (character 1)'),
        ("walk#9", 'nothing matches "walk#9" (character 1)'),
        ("zzz*", 'nothing matches "zzz*" (character 1)'),
    ],
)
def test_what_matches_nothing_is_refused(only: str, message: str) -> None:
    assert refusal(only).message == f"--only {only}: {message}"
    assert refusal((), only).message == f"--exclude {only}: {message}"


@pytest.mark.parametrize(
    ("only", "message"),
    [
        ("", "nothing is selected (character 1)"),
        ("walk[lens=50mm", "[ has no counterpart (character 5)"),
        ("walk]", "] has no counterpart (character 5)"),
        ('walk tag:"night', '" has no counterpart (character 10)'),
        (r'tag:"\q"', r'"\q" is no JSON text (character 5)'),
        ("walk,", "a comma with nothing beside it (character 6)"),
        ("de/en/walk", "a second / (character 7)"),
        ("walk#0", '"0" is no number of a take (character 6)'),
        ("walk#1#2", '"walk#1#2" is no address (character 1)'),
        ("#1", '"#1" is no address (character 1)'),
        ("walk.", '"walk." is no address (character 1)'),
        ("walk[a=1]x", '"walk[a=1]x" is no address (character 1)'),
        ("walk[dusk]", '"dusk" is no axis with its value (character 6)'),
        ("walk[a=1,a=2]", "the axis a stands twice (character 10)"),
        ("run scne:deck", '"scne:deck" is no shot (character 5)'),
        ("cost:1", '"1" is no cost (character 6)'),
        ("cost:>1.2.3", '">1.2.3" is no cost (character 6)'),
        ("tag:", "tag: needs a value (character 1)"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_position(only: str, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        Selection.parse([only])
    assert raised.value.message == f"--only {only}: {message}"


def test_unknown_take_of_a_known_shot_is_told_what_there_is() -> None:
    assert refusal("harbour#9").hint == "There is harbour#1, harbour#2."


@pytest.mark.parametrize(
    ("only", "hint"),
    [
        ("version:fr", "There is version:de, version:16:9, version:9:16, version:en."),
        ("tag:zzz", 'There is tag:wide, tag:"night shot", tag:close.'),
        ("scene:hold", "There is scene:deck, scene:quay."),
        ("state:zzz", "There is state:bought, state:failed, state:new, state:in-flight."),
        ("walk#9", "There is de,16:9/walk[lens=24mm,light=dusk]#1, de,16:9/walk[lens=24mm,light=dusk]#2, "),
        ("zzz", "There is harbour, walk, wait, lips."),
    ],
)
def test_what_matches_nothing_is_told_what_there_is(only: str, hint: str) -> None:
    assert refusal(only).hint.startswith(hint)


def test_list_of_what_there_is_is_cut_with_its_number() -> None:
    assert refusal("walk#9").hint.endswith(" and 27 more.")


def test_kind_that_no_take_has_is_told_as_such() -> None:
    with pytest.raises(UsageError, match='nothing matches "tag:close"') as raised:
        chosen("tag:close", takes=[ATake(Address("walk", 1))])
    assert raised.value.hint == "No take has a tag."


@pytest.mark.parametrize(
    ("only", "meant"),
    [
        ("de/wlak", "de/walk"),
        ("de,9:16/wlak[lens=24mm,light=dusk]#2", "de,9:16/walk[lens=24mm,light=dusk]#2"),
        ("lips,wlak.4tf#1", "walk.4tf#1"),
        ("state:boght", "state:bought"),
        ("state:modrated", "state:moderated"),
    ],
)
def test_suggestion_keeps_what_was_right(only: str, meant: str) -> None:
    assert f"did you mean {meant}?" in refusal(only).message


def test_commas_before_a_slash_are_explained() -> None:
    assert "Values before a / are one version" in refusal("wait,de/walk").hint


def test_short_id_that_means_several_variants_lists_them() -> None:
    takes = [ATake(Address.of("walk", 1, {"n": n})) for n in range(100)]
    with pytest.raises(UsageError, match=r"means \d+ variants") as raised:
        chosen(f"walk.{takes[0].address.code[0]}", takes=takes)
    short, _, address = raised.value.hint.removeprefix("Such as ").partition(", ")[0].partition(" ")
    assert [f"({each})" for each in chosen(short, takes=takes)] == [address]
    assert len(short) < len(takes[0].address.short_id)


def test_terms_that_never_hold_together_are_refused() -> None:
    assert refusal("harbour scene:deck").message == "no take fits all terms of --only"


def test_exclude_that_leaves_nothing_is_refused() -> None:
    assert refusal("harbour", "tag:wide").message == "--exclude leaves none of 2 takes"


@settings(deadline=None)
@given(st.text('walk#12[]"=,/.:*? \\d', max_size=20))
def test_any_option_selects_or_is_refused(text: str) -> None:
    try:
        assert set(chosen(text)) <= {str(take.address) for take in FILM}
    except UsageError as error:
        assert error.message  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize("only", ["*a*a*a*a*a*a*a*a*a*b*", "walk[*m*m*m*m*m*m*m*m*x]"])
def test_many_wild_signs_are_matched_at_once(only: str) -> None:
    takes = [ATake(Address.of("a" * 60, 1)), ATake(Address.of("walk", 1, {"lens": "m" * 500}))]
    start = time.process_time()
    with pytest.raises(UsageError, match="nothing matches"):
        chosen(only, takes=takes)
    assert time.process_time() - start < 1


@pytest.mark.soak
def test_hundred_thousand_takes_are_matched_in_a_second() -> None:
    takes = [ATake(Address.of(f"s{n // 100}", 1, {"n": n % 100}, {"lang": "de"}), "deck") for n in range(100_000)]
    selection = Selection.parse(["s*[n=*] scene:deck version:de cost:<1"], ["s1?[*7*]"])
    start = time.process_time()
    assert len(selection.choose(takes)) == 100_000 - 10 * 19
    assert time.process_time() - start < 1.5


@pytest.mark.parametrize("only", ["state:unknown", "cost:>999", "walk state:unknown"])
def test_state_price_or_pick_that_nothing_has_today_leaves_nothing(only: str) -> None:
    assert chosen(only) == []


def test_excluding_a_state_that_nothing_has_today_leaves_everything() -> None:
    assert len(Selection.parse((), ("state:unknown",)).choose(FILM)) == len(FILM)
