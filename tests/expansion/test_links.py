"""Continuity: shots that begin on another shot's frame, go on with its task or edit its clip."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from kling_render.expansion import Expansion, expand
from kling_render.planning import TakeState, plan

if TYPE_CHECKING:
    from tests.expansion.conftest import AProject

Expanded = Callable[..., Expansion]
Faults = Callable[..., list[str]]
WALK = "[shot.walk]\nprompt = 'She walks{{ light | default(mood) }}'\nvars = { mood = 'x' }\n"
NEXT = '[shot.next]\nprompt = "She sits"\nfirst_frame_image_url = { shot = "walk", frame = "last" }\n'
LIGHTS = '[shot.walk.matrix]\naxes = { light = ["dusk", "night"] }\n'


def test_shot_that_begins_on_another_goes_to_image_to_video_and_waits(a_project: AProject) -> None:
    made = plan(a_project(WALK + NEXT))
    pending = made.takes[1]
    assert (pending.take.action, pending.state) == ("image_to_video", TakeState.PENDING)
    assert pending.take.shown_body()["first_frame_image_url"] == "last frame:walk"
    assert (pending.estimate_micro_usd, made.due_micro_usd) == (700_000, 1_400_000)


def test_upstream_that_changes_changes_what_refers_to_it(a_project: AProject) -> None:
    before = plan(a_project(WALK + NEXT)).takes[1].fingerprint
    assert plan(a_project(WALK.replace("walks", "runs") + NEXT)).takes[1].fingerprint != before


def test_first_and_last_frame_are_told_apart(a_project: AProject) -> None:
    before = plan(a_project(WALK + NEXT)).takes[1].fingerprint
    assert plan(a_project(WALK + NEXT.replace('"last"', '"first"'))).takes[1].fingerprint != before


def test_variants_pair_by_equal_axes(expanded: Expanded) -> None:
    takes = expanded(WALK + LIGHTS + NEXT + LIGHTS.replace("walk", "next")).takes
    pairs = {str(take.address): str(take.references[0].upstream) for take in takes if take.references}
    assert pairs == {
        "next[light=dusk]#1": "walk[light=dusk]#1",
        "next[light=night]#1": "walk[light=night]#1",
    }


def test_axis_that_the_upstream_lacks_is_broadcast(expanded: Expanded) -> None:
    takes = expanded(WALK + NEXT + LIGHTS.replace("walk", "next")).takes
    assert {str(take.references[0].upstream) for take in takes if take.references} == {"walk#1"}


def test_axis_that_only_the_upstream_has_must_be_named(faults: Faults) -> None:
    (found,) = faults(WALK + LIGHTS + NEXT)
    assert found == (
        "error shot.next.first_frame_image_url.shot: walk has 2 variants that fit, by light: which one is meant?"
    )


def test_named_variant_is_the_one(expanded: Expanded) -> None:
    takes = expanded(WALK + LIGHTS + NEXT.replace('"walk"', '"walk[light=night]"')).takes
    assert str(takes[-1].references[0].upstream) == "walk[light=night]#1"


def test_versions_pair_within_a_version(a_project: AProject) -> None:
    text = f'[versions]\naxes = {{ lang = ["de", "en"] }}\n{WALK}{NEXT}'
    takes = expand(a_project(text)).takes
    assert {str(take.address): str(take.references[0].upstream) for take in takes if take.references} == {
        "de/next#1": "de/walk#1",
        "en/next#1": "en/walk#1",
    }


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ('{ shot = "wlak", frame = "last" }', 'there is no shot "wlak" to refer to; did you mean "walk"?'),
        ('{ shot = "walk" }', 'first_frame_image_url takes a picture: write frame = "first" or frame = "last"'),
        ('{ shot = "walk", frame = "middle" }', 'write frame = "first" or frame = "last"'),
        ('{ shot = "walk", fram = "last" }', 'unknown key "fram"; did you mean "frame"?'),
        ('{ shot = "walk[", frame = "last" }', '"walk[" names no shot such as walk or walk[light=dusk]'),
        ('{ shot = "walk[mood=sad]", frame = "last" }', "walk has no axis mood"),
    ],
)
def test_reference_that_means_nothing_is_a_fault(faults: Faults, reference: str, message: str) -> None:
    (found,) = faults(f'{WALK}[shot.next]\nprompt = "x"\nfirst_frame_image_url = {reference}\n')
    assert message in found


def test_references_in_a_circle_are_one_fault(faults: Faults) -> None:
    back = WALK + 'first_frame_image_url = { shot = "next", frame = "last" }\n'
    (found,) = faults(back + NEXT)
    assert "walk begins on next begins on walk: a circle" in found


def test_shot_that_refers_to_itself_is_a_fault(faults: Faults) -> None:
    (found,) = faults(NEXT.replace('"walk"', '"next"'))
    assert "next begins on next: a circle" in found


def test_circle_hides_no_other_fault(faults: Faults) -> None:
    found = faults(NEXT.replace('"walk"', '"next"') + '[shot.last]\nprompt = "{{ nope }}"\n')
    assert [each.partition(":")[0] for each in found] == [
        "error shot.next.first_frame_image_url",
        "error shot.last.prompt",
    ]


def test_chain_without_measure_is_refused(faults: Faults) -> None:
    links = [f'[shot.s{at}]\nprompt = "Step {at}"\n' for at in range(1200)]
    for at in range(1, 1200):
        links[at] += f'first_frame_image_url = {{ shot = "s{at - 1}", frame = "last" }}\n'
    found = [each for each in faults("".join(reversed(links))) if each.startswith("error")]
    assert len(found) == 5
    assert "a chain of more than 200 clips, each waiting for the one before" in found[0]


def test_long_chain_is_warned_of_once(faults: Faults) -> None:
    links = [f'[shot.s{at}]\nprompt = "Step {at}"\n' for at in range(7)]
    for at in range(1, 7):
        links[at] += f'first_frame_image_url = {{ shot = "s{at - 1}", frame = "last" }}\n'
    (found,) = faults("".join(links))
    assert found.startswith("warning shot.s4.first_frame_image_url: s4 is clip 5 of a chain")


def test_task_of_another_shot_is_extended_and_its_clip_edited(expanded: Expanded) -> None:
    base = '[shot.base]\nmodel = "kling-v2.5-turbo"\nprompt = "x"\n'
    longer = '[shot.longer]\nmodel = "kling-v2.5-turbo-text-to-video-pro"\nsource_task_id = { shot = "base" }\n'
    snow = (
        '[shot.snow]\nmodel = "kling-v3-omni-edit"\nprompt = "Make it snow"\naspect_ratio = "auto"\n'
        'source_video_url = { shot = "base" }\n'
    )
    shown: list[dict[str, Any]] = [take.shown_body() for take in expanded(base + longer + snow).takes]
    assert (shown[1]["source_task_id"], shown[2]["source_video_url"]) == ("task:base", "clip:base")
    actions = [take.action for take in expanded(base + longer + snow).takes]
    assert actions == ["text_to_video", "extend_video", "edit_video"]
