"""Axes that change nothing, and shots and variants that are the same request."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from kling_render.errors import Fault
from kling_render.expansion import Address
from kling_render.expansion.doubts import judge_twins
from kling_render.planning import plan

if TYPE_CHECKING:
    from tests.expansion.conftest import AProject

Judged = Callable[[str], list[Fault]]
SHARED = "both share the same paid takes"


@pytest.fixture
def twins(a_project: AProject) -> Judged:
    """A function that plans a project and gives what is said of equal requests."""

    def judge(text: str) -> list[Fault]:
        planned = plan(a_project(text))
        return judge_twins([(each.address, each.fingerprint) for each in planned.takes], planned.project)

    return judge


def a_shot(name: str, prompt: str, axes: str) -> str:
    return f'[shot.{name}]\nprompt = "{prompt}"\n[shot.{name}.matrix]\naxes = {{ {axes} }}\n'


LENS, LIGHT = 'lens = ["24mm", "50mm"]', 'light = ["dusk", "night", "noon"]'


def test_axis_that_changes_nothing_is_told_instead_of_the_variants(twins: Judged) -> None:
    (fault,) = twins(a_shot("walk", "{{ light }}", f"{LENS}, {LIGHT}"))
    assert (fault.place.key, fault.severity) == ("shot.walk.matrix.axes.lens", "warning")
    assert fault.message == "the axis lens changes nothing: walk is the same request with any of its values"


def test_axis_that_changes_something_is_fine(twins: Judged) -> None:
    assert twins(a_shot("walk", "{{ light }} {{ lens }}", f"{LENS}, {LIGHT}")) == []


def test_axis_that_sets_a_field_changes_something(twins: Judged) -> None:
    assert twins(a_shot("walk", "x", 'duration_seconds = [5, 10], aspect_ratio = ["16:9", "1:1"]')) == []


def test_two_axes_that_change_nothing_are_both_told(twins: Judged) -> None:
    assert len(twins(a_shot("walk", "x", f"{LENS}, {LIGHT}"))) == 2


def test_axis_that_changes_something_once_is_told_by_its_equal_variants(twins: Judged) -> None:
    (fault,) = twins(a_shot("walk", "{% if light == 'noon' %}bright{% endif %} x", LIGHT))
    assert fault.message == f"walk[light=night] is the same request as walk[light=dusk]: {SHARED}"


def test_axis_that_matters_in_one_combination_changes_something(twins: Judged) -> None:
    prompt = "{{ light }} {% if light == 'noon' %}{{ lens }}{% endif %}"
    (fault,) = twins(a_shot("walk", prompt, f"{LENS}, {LIGHT}"))
    assert fault.message.startswith("walk[lens=50mm,light=dusk] is the same request as walk[lens=24mm,light=dusk]")
    assert fault.message.endswith(", and another pair is alike")


def test_column_that_changes_nothing_is_told(twins: Judged) -> None:
    rows = 'rows = [{ sku = "a", colour = "red" }, { sku = "a", colour = "blue" }]\n'
    (fault,) = twins(f'[shot.walk]\nprompt = "{{{{ sku }}}}"\n[shot.walk.matrix]\n{rows}')
    assert fault.message == "the column colour changes nothing: walk is the same request with any of its values"


def test_prompts_that_are_alike_are_told_at_their_table(twins: Judged) -> None:
    (fault,) = twins('[shot.turn]\n[shot.turn.prompts]\nquiet = "She turns"\nloud = "She  turns"\n')
    assert (fault.place.key, fault.message) == (
        "shot.turn.prompts", "the prompts of turn change nothing: all of them give the same request",
    )  # fmt: skip


def test_two_shots_with_the_same_variants_are_one_warning(twins: Judged) -> None:
    (fault,) = twins(a_shot("walk", "{{ light }}", LIGHT) + a_shot("again", "{{ light }}", LIGHT))
    assert fault.place.key == "shot.again"
    assert fault.message == (
        f"again[light=dusk] is the same request as walk[light=dusk]: {SHARED}, and 2 more pairs are alike"
    )


def test_long_address_is_shortened_to_the_axis_that_matters(twins: Judged) -> None:
    words = '"low and slow along the wet quay at dusk", "another way along the wet quay"'
    axes = f'alike = ["first of them all", "second", "third"], move = [{words}]'
    prompt = "{{ move }}{% if alike == 'third' %}!{% endif %}"
    (fault,) = twins(a_shot("walk", prompt, axes))
    assert fault.message.startswith('walk[alike=second,…] is the same request as walk[alike="first of them all",…]: ')


VERSIONS = '[versions]\naxes = { lang = ["en", "de"], aspect_ratio = ["16:9", "9:16"] }\n'


def test_axis_of_versions_that_changes_no_shot_is_told(twins: Judged) -> None:
    (fault,) = twins(f'{VERSIONS}[shot.walk]\nprompt = "x"\n')
    assert fault.place.key == "versions.axes.lang"
    assert fault.message == "the axis lang changes nothing: every shot is the same request with any of its values"


def test_silent_shot_in_every_language_is_fine_while_another_speaks(twins: Judged) -> None:
    assert twins(f'{VERSIONS}[shot.walk]\nprompt = "x"\n[shot.say]\nprompt = "{{{{ lang }}}}"\n') == []


def test_of_incomplete_variants_only_equal_shots_are_told(a_project: AProject) -> None:
    project = a_project(a_shot("walk", "{{ light }}", LIGHT) + a_shot("b", "{{ light }}!", LIGHT))
    shown = [
        (Address.of(shot, 1, {"light": light}), request)
        for shot, light, request in [("walk", "dusk", "r"), ("walk", "night", "r"), ("b", "dusk", "r")]
    ]
    assert [fault.place.key for fault in judge_twins(shown, project, whole=False)] == ["shot.b"]
