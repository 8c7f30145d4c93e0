"""Which variant of a shot stands in the film: what was picked, and what goes together with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kling_render import rehearsal
from kling_render.film import Choice, cut_film
from kling_render.ledger import Pick, Picks
from kling_render.planning import Selection
from kling_render.project import load
from kling_render.rehearsal import rehearse
from kling_render.rendering import Outcome

from .quick import HEAD, tiny

FILM = (
    HEAD
    + """\
[shot.walk]
prompt = "She walks, {{ light }}"
[shot.walk.matrix]
axes = { light = ["day", "dusk"] }
[shot.turn]
prompt = "She turns, {{ light }}"
first_frame_image_url = { shot = "walk", frame = "last" }
[shot.turn.matrix]
axes = { light = ["day", "dusk"] }
[shot.stop]
prompt = "She stops, {{ light }}"
first_frame_image_url = { shot = "turn", frame = "last" }
[shot.stop.matrix]
axes = { light = ["day", "dusk"] }
[shot.sea]
prompt = "The sea, {{ light }}"
[shot.sea.matrix]
axes = { light = ["day", "dusk"] }
"""
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return rehearsed(tmp_path_factory.mktemp("film"))


def rehearsed(folder: Path, *only: str) -> Outcome:
    (folder / "project.toml").write_text(FILM, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rehearsal, "encode", tiny)
        return rehearse(load(folder), selection=Selection.parse(only) if only else None).outcome


def lights(outcome: Outcome, picked: str = "") -> dict[str, str]:
    """The light of each shot in the film, where one variant is picked."""
    picks = Picks()
    if picked:
        planned = next(each for each in outcome.plan.takes if str(each.address) == picked)
        picks = picks.with_pick(picked.rpartition("#")[0], Pick(planned.address.number, planned.fingerprint))
    (reel,) = cut_film(outcome.plan, outcome.snapshot, picks)
    return {part.shot: dict(part.planned.address.variant)["light"] for part in reel.parts}


DAY = {"walk": "day", "turn": "day", "stop": "day", "sea": "day"}
CHAINED_AT_DUSK = {"walk": "dusk", "turn": "dusk", "stop": "dusk", "sea": "day"}


def test_film_without_picks_has_the_first_variants(made: Outcome) -> None:
    assert lights(made) == DAY


@pytest.mark.parametrize("picked", ["walk[light=dusk]#1", "turn[light=dusk]#1", "stop[light=dusk]#1"])
def test_chained_shots_follow_the_pick_of_any_of_them(made: Outcome, picked: str) -> None:
    assert lights(made, picked) == CHAINED_AT_DUSK


def test_pick_of_a_shot_that_stands_alone_moves_no_other(made: Outcome) -> None:
    assert lights(made, "sea[light=dusk]#1") == {**DAY, "sea": "dusk"}


def test_pick_stands_although_the_other_pick_goes_with_another_variant(made: Outcome) -> None:
    by_address = {str(each.address): each for each in made.plan.takes}
    picks = Picks()
    for address in ("walk[light=dusk]#1", "stop[light=day]#1"):
        picks = picks.with_pick(address.rpartition("#")[0], Pick(1, by_address[address].fingerprint))
    (reel,) = cut_film(made.plan, made.snapshot, picks)
    shown = {part.shot: (dict(part.planned.address.variant)["light"], part.choice) for part in reel.parts}
    assert shown["walk"] == ("dusk", Choice.PICKED)
    assert shown["stop"] == ("day", Choice.PICKED)
    assert shown["turn"] == ("dusk", Choice.FIRST)  # the shot before it counts first


def test_first_variant_that_is_there_takes_its_chain_along(tmp_path: Path) -> None:
    outcome = rehearsed(tmp_path, "walk[light=dusk]", "turn")
    assert lights(outcome) == CHAINED_AT_DUSK


def test_placeholder_is_of_the_variant_that_goes_with_the_rest(tmp_path: Path) -> None:
    assert lights(rehearsed(tmp_path, "walk[light=dusk]"))["stop"] == "dusk"


def test_what_goes_with_a_pick_is_missing_rather_than_of_another_variant(tmp_path: Path) -> None:
    outcome = rehearsed(tmp_path, "walk", "turn[light=day]", "stop[light=day]")
    assert lights(outcome, "walk[light=dusk]#1") == CHAINED_AT_DUSK


def test_without_a_pick_a_take_that_is_there_goes_before_one_that_is_chained(tmp_path: Path) -> None:
    outcome = rehearsed(tmp_path, "walk", "turn[light=dusk]")
    assert lights(outcome) == {"walk": "day", "turn": "dusk", "stop": "dusk", "sea": "day"}
