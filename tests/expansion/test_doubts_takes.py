"""Doubts about single requests: near limits, sound for nothing, elements said twice or not sent."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kling_render.expansion import Expansion
from kling_render.expansion.doubts.hearing import is_soundless
from kling_render.expansion.doubts.repeats import repeats

Expanded = Callable[..., Expansion]
Warned = Callable[[str], list[tuple[str, str]]]
MIRA = (
    '[element.mira]\ndescription = "Mira, a woman in her thirties, dark bob, red hooded raincoat"\n'
    'images = ["https://a.example/1.png", "https://a.example/2.png"]\n'
)
SOUND = "enable_sound = true\n"
IN_WORDS = "Mira, a woman in her thirties, dark bob, red hooded raincoat"


@pytest.fixture
def warned(expanded: Expanded) -> Warned:
    """A function that expands a project and gives the place and message of each warning."""
    return lambda text: [(each.place.key, each.message) for each in expanded(text).warnings]


# ── limits


@pytest.mark.parametrize(("count", "is_told"), [(2249, False), (2250, True), (2500, True)])
def test_prompt_is_told_from_nine_tenths_of_its_limit(warned: Warned, count: int, is_told: bool) -> None:
    message = f"the prompt has {count:,} of at most 2,500 characters"
    assert warned(f'[shot.walk]\nprompt = "{"x" * count}"\n') == [("shot.walk.prompt", message)] * is_told


def test_prompt_beyond_its_limit_is_left_to_the_catalog(warned: Warned) -> None:
    (found,) = warned(f'[shot.walk]\nprompt = "{"x" * 2501}"\n')
    assert "more than 2500 may be cut off" in found[1]


def test_cut_near_its_limit_is_told_at_the_cut(warned: Warned) -> None:
    cuts = [f'[[shot.walk.sequence]]\nduration_seconds = 3\nprompt = "a sound {"x" * each}"\n' for each in (9, 462)]
    key = "shot.walk.sequence[1].prompt"
    assert (key, "the prompt of cut 2 has 470 of at most 500 characters") in warned(
        f"[shot.walk]\n{SOUND}{''.join(cuts)}"
    )


def test_of_many_variants_near_the_limit_the_longest_is_told(warned: Warned) -> None:
    values = ", ".join(f'"{"x" * count}"' for count in (10, 60, 30))
    text = f'[shot.walk]\nprompt = "{"y" * 2300}{{{{ word }}}}"\n[shot.walk.matrix]\naxes = {{ word = [{values}] }}\n'
    ((key, message),) = warned(text)
    assert key == "shot.walk.prompt"
    assert message.startswith("the prompt has 2,360 of at most 2,500 characters in walk.")


# ── sound


def test_sound_without_anything_to_hear_names_its_price(warned: Warned) -> None:
    found = warned(f'[shot.walk]\nprompt = "She crosses the deck"\n{SOUND}duration_seconds = 5\n')
    message = "nothing in the prompt is to be heard, and sound costs $0.30 more for each take"
    assert found == [("shot.walk.prompt", message)]


@pytest.mark.parametrize("prompt", ['She says: \\"No.\\"', "Footsteps on the deck", "{% include 'sound/silence.j2' %}"])
def test_sound_with_something_to_hear_is_fine(warned: Warned, prompt: str) -> None:
    assert warned(f'[shot.walk]\nprompt = "{prompt}"\n{SOUND}') == []


def test_silent_shot_needs_nothing_to_hear(warned: Warned) -> None:
    assert warned('[shot.walk]\nprompt = "She crosses the deck"\nenable_sound = false\n') == []


def test_shot_with_one_audible_variant_is_fine(warned: Warned) -> None:
    text = f'[shot.walk]\nprompt = "She {{{{ does }}}}"\n{SOUND}'
    assert warned(f'{text}[shot.walk.matrix]\naxes = {{ does = ["smiles", "whispers"] }}\n') == []


def test_soundless_shot_is_told_once_for_all_its_variants(warned: Warned) -> None:
    text = f'[shot.walk]\nprompt = "She {{{{ does }}}}"\n{SOUND}'
    assert len(warned(f'{text}[shot.walk.matrix]\naxes = {{ does = ["smiles", "waits"] }}\n')) == 1


def test_sequence_that_needs_sound_by_a_rule_is_fine(warned: Warned) -> None:
    cut = '[[shot.walk.sequence]]\nduration_seconds = 3\nprompt = "She smiles"\n'
    assert warned(f"[shot.walk]\n{SOUND}{cut}{cut.replace('smiles', 'waits')}") == []


@pytest.mark.parametrize(
    "prompt",
    [
        "Sie flüstert etwas", "Regengeräusche", "Elle parle doucement", "Se oye la lluvia", "La folla applaude",
        "Ela fala baixo", "彼女は静かに話す", "她低声说话", "그녀가 속삭인다", "A tin roof in the rain", "no sound",
        "\u201cNot tonight.\u201d", "He mouths 'not tonight' to her", "", "...",
    ],
)  # fmt: skip
def test_prompt_that_may_be_heard_is_not_soundless(prompt: str) -> None:
    assert not is_soundless(prompt)


@pytest.mark.parametrize(
    "prompt", ["Он идёт по палубе", "甲板を歩くЖ", "Ona nie idzie", "przez pokład", "De man en het meisje"]
)
def test_of_a_prompt_in_another_language_nothing_is_said(prompt: str) -> None:
    assert not is_soundless(prompt)


@pytest.mark.parametrize(
    "prompt",
    [
        "She crosses the deck", "A human figure on a hummock", "Sie geht über das Deck", "Elle traverse le pont",
        "她走过甲板", "彼女が甲板を横切る", "그녀가 갑판을 건넌다", "Don't look back; it isn't there",
    ],
)  # fmt: skip
def test_prompt_without_a_word_for_the_ear_is_soundless(prompt: str) -> None:
    assert is_soundless(prompt)


# ── elements


def test_element_repeated_in_words_is_told(warned: Warned) -> None:
    shot = f'[shot.walk]\nelements = ["mira"]\nprompt = "{{{{ element.mira }}}} walks. {IN_WORDS.upper()}."\n'
    message = "the prompt names @mira and repeats the description of it in words"
    assert warned(MIRA + shot) == [("shot.walk.prompt", message)]


def test_element_named_alone_is_fine(warned: Warned) -> None:
    shot = '[shot.walk]\nelements = ["mira"]\nprompt = "{{ element.mira }} walks, her dark hair in the wind"\n'
    assert warned(MIRA + shot) == []


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("@mira, the woman with the dark bob and the red hooded raincoat", True),
        ("@mira in her red raincoat", False),
        (f"a woman. {'word ' * 30} dark. {'word ' * 30} bob. {'word ' * 30} red. {'word ' * 30} raincoat", False),
    ],
)
def test_description_counts_as_repeated_when_most_of_it_stands_together(prompt: str, expected: bool) -> None:
    assert repeats(prompt, "mira", IN_WORDS) is expected


def test_short_description_is_never_repeated() -> None:
    assert not repeats("@dog a brown dog", "dog", "a brown dog")


def test_element_with_pictures_that_the_shot_does_not_list_is_told(expanded: Expanded) -> None:
    (warning,) = expanded(f'{MIRA}[shot.walk]\nprompt = "{{{{ element.mira }}}} walks"\n').warnings
    assert warning.message == "the prompt describes the element mira in words; its pictures are not sent"
    assert 'Add elements = ["mira"]' in warning.hint


def test_description_that_is_asked_for_by_name_is_fine(warned: Warned) -> None:
    assert warned(f'{MIRA}[shot.walk]\nprompt = "{{{{ element.mira.description }}}} walks"\n') == []


def test_listed_element_that_the_model_does_not_take_is_told(warned: Warned) -> None:
    shot = '[shot.walk]\nmodel = "kling-v3-omni"\nelements = ["mira"]\nprompt = "{{ element.mira }} walks"\n'
    assert warned(MIRA + shot) == [
        ("shot.walk.elements", "kling-v3-omni takes no elements: of mira only the words are sent")
    ]


def test_warnings_cost_no_variant_its_take(expanded: Expanded) -> None:
    values = ", ".join(f'"{"x" * (2600 + each)}"' for each in range(40))
    found = expanded(f'[shot.walk]\nprompt = "{{{{ word }}}}"\n[shot.walk.matrix]\naxes = {{ word = [{values}] }}\n')
    assert len(found.takes) == 40


# ── chains


@pytest.mark.parametrize(("count", "told"), [(4, []), (5, ["shot.s5.first_frame_image_url"])])
def test_chain_is_told_from_its_fifth_clip(warned: Warned, count: int, told: list[str]) -> None:
    shots = ['[shot.s1]\nprompt = "one"\n'] + [
        f'[shot.s{each}]\nprompt = "no {each}"\nfirst_frame_image_url = {{ shot = "s{each - 1}", frame = "last" }}\n'
        for each in range(2, count + 1)
    ]
    assert [key for key, message in warned("".join(shots)) if "of a chain" in message] == told
