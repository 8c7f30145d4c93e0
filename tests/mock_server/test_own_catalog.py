"""A simulator with somebody's own catalog, which may allow what no clip can be."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kling_render.catalog import Catalog, ModelSpec, bundled_catalog, lay_over

if TYPE_CHECKING:
    from tests.mock_server.conftest import Answer, Caller

MODEL = "kling-boundless"


@functools.cache
def boundless() -> Catalog:
    """The bundled catalog with a kling-3.0 that has no limits on numbers and words, and costs 1 cent per second.

    Files that let a clip last less than a second are refused; who makes a catalog in memory is asked nothing.
    """
    shot = {"fields": {"prompt": {"type": "text"}, "duration_seconds": {"type": "number"}}, "required": ["prompt"]}
    fields = {
        "duration_seconds": {"min": 1, "max": 1e50},
        "output_resolution": {"values": []},
        "aspect_ratio": {"values": []},
        "multi_prompt": {"of": {"type": "table", **shot}},
    }
    model = {"action": "text_to_video", "name": MODEL, "like": "kling-3.0", "fields": fields, "checks": []}
    price = {"action": "text_to_video", "model": MODEL, "unit_price_cents": 1}
    catalog = lay_over(bundled_catalog(), {"models": [model], "price_schedules": [price]}, "own")
    models = tuple(without_least_length(each) if each.name == MODEL else each for each in catalog.contract.models)
    return replace(catalog, contract=catalog.contract.model_copy(update={"models": models}))


def without_least_length(model: ModelSpec) -> ModelSpec:
    seconds = model.fields["duration_seconds"].model_copy(update={"min": None})
    return model.model_copy(update={"fields": {**model.fields, "duration_seconds": seconds}})


def create(caller: Caller, **fields: Any) -> Answer:
    return caller.create(model=MODEL, **fields)


def quote(caller: Caller, **params: Any) -> Answer:
    body = {"service": "kling", "action": "text_to_video", "model": MODEL, "params": params}
    return caller.send("POST", "/api/v1/price_quotes", body)


def sequence(*seconds: Any) -> dict[str, Any]:
    shots = [{"prompt": "x", **({} if each is None else {"duration_seconds": each})} for each in seconds]
    return {"prompt": None, "multi_shots": True, "multi_prompt": shots}


@pytest.mark.parametrize("seconds", [-5, 0, 3_601, 10**39])
@pytest.mark.parametrize("act", [create, quote])
def test_length_that_no_clip_has_is_refused(a_caller: type[Caller], act: Any, seconds: int) -> None:
    caller = a_caller(catalog=boundless())
    answer = act(caller, duration_seconds=seconds)
    assert (answer.status, answer.error["field"]) == (422, "duration_seconds")
    assert answer.error["message"].endswith(f"a clip of {seconds} s cannot be made here, from 1 to 3600 s can")
    assert caller.simulator.tasks == ()


def test_shot_that_is_shorter_than_nothing_is_refused(a_caller: type[Caller]) -> None:
    answer = create(a_caller(catalog=boundless()), **sequence(6, -1))
    assert (answer.status, answer.error["field"]) == (422, "multi_prompt[1].duration_seconds")


@pytest.mark.parametrize("seconds", [1, 3_600])
def test_longest_and_shortest_clip_are_made(a_caller: type[Caller], seconds: int) -> None:
    caller = a_caller(catalog=boundless())
    assert create(caller, duration_seconds=seconds).status == 200
    assert caller.simulator.books("key-1").reserved == seconds * 10_000


@pytest.mark.parametrize("words", [{"output_resolution": "8k"}, {"aspect_ratio": "21:9"}])
def test_words_that_the_slate_does_not_know_are_drawn_as_the_defaults(
    a_caller: type[Caller], words: dict[str, str]
) -> None:
    clip = the_clip(a_caller(catalog=boundless()), duration_seconds=5, **words)
    assert (clip.width, clip.height) == (1280, 720)


def test_sequence_whose_shots_say_no_length_is_one_cut(a_caller: type[Caller]) -> None:
    clip = the_clip(a_caller(catalog=boundless()), duration_seconds=7, **sequence(None, 2.5))
    assert [(cut.text, cut.seconds) for cut in clip.cuts] == [("x\nx", 7)]


def the_clip(caller: Caller, **fields: Any) -> Any:
    task_id = create(caller, **fields).json["id"]
    caller.wait(3_600)
    url = caller.poll(task_id).json["videos"][0]["url"]
    return caller.send("GET", url).response.body


NUMBERS = st.integers(-20, 20) | st.integers(-(10**38), 10**38) | st.sampled_from([3_600, 3_601])
LENGTHS = st.none() | NUMBERS | st.floats(allow_nan=False, allow_infinity=False) | st.booleans()


@given(whole=LENGTHS, shots=st.lists(LENGTHS, max_size=3), resolution=st.text(max_size=5))
def test_any_length_is_made_or_refused(a_caller: type[Caller], whole: Any, shots: list[Any], resolution: str) -> None:
    caller = a_caller(catalog=boundless())
    fields = {"duration_seconds": whole, "output_resolution": resolution, **(sequence(*shots) if shots else {})}
    answer = create(caller, **fields)
    assert answer.status in (200, 402, 422)
    assert quote(caller, **fields).status in (200, 422)
    if answer.status == 200:
        caller.wait(100_000)
        url = caller.poll(answer.json["id"]).json["videos"][0]["url"]
        assert caller.send("GET", url).status == 200
        assert caller.simulator.books("key-1").is_balanced()
