"""The films of a rehearsal: one for each version, in film order, the same each time."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kling_render import rehearsal
from kling_render.film import Choice, Film, rehearsal_films
from kling_render.planning import Selection
from kling_render.project import load
from kling_render.rehearsal import rehearse
from kling_render.rendering.paths import film_paths

from ..media.clips import look
from .quick import HEAD, tiny

PROJECTS = Path(__file__).parents[2] / "projects"
THREE = HEAD + '[shot.a]\nprompt = "A"\n[shot.b]\nprompt = "B"\n[shot.c]\nprompt = "C"\n'


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "encode", tiny)


def films(folder: Path, text: str, *only: str) -> tuple[Film, ...]:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "project.toml").write_text(text, "utf-8")
    selection = Selection.parse(only) if only else None
    return rehearsal_films(rehearse(load(folder), selection=selection).outcome)


def shots(film: Film) -> list[str]:
    return [scene.part.shot for scene in film.scenes]


@pytest.mark.usefixtures("_quick")
def test_shots_are_in_the_order_of_the_film_repeats_too(tmp_path: Path) -> None:
    (film,) = films(tmp_path, THREE + '[film]\norder = ["c", "a", "c", "b"]\n')
    seen = look(film.stitched.path)
    assert shots(film) == ["c", "a", "c", "b"]
    assert [scene.start for scene in film.scenes] == [0, 1, 2, 3]
    pictures = [seen.pictures[number * 4].tobytes() for number in range(4)]
    assert pictures[0] == pictures[2]
    assert len(set(pictures)) == 3


@pytest.mark.usefixtures("_quick")
def test_fifty_shots_are_as_long_as_their_sum(tmp_path: Path) -> None:
    text = HEAD + "".join(
        f'[shot.s{n}]\nprompt = "Shot {n}"\nenable_sound = {"true" if n % 2 else "false"}\n' for n in range(50)
    )
    (film,) = films(tmp_path, text)
    seen = look(film.stitched.path)
    assert (film.stitched.seconds, len(seen.times)) == (50, 200)
    assert seen.samples / seen.sample_rate == pytest.approx(50, abs=0.04)


@pytest.mark.usefixtures("_quick")
def test_each_version_has_a_film_of_its_own_shots(tmp_path: Path) -> None:
    text = THREE.replace('"A"', '"A {{ lang }}"') + '[versions]\naxes = { lang = ["en", "de"] }\n'
    made = films(tmp_path, text)
    assert [(film.version, film.stitched.path.name) for film in made] == [("en", "film-en.mp4"), ("de", "film-de.mp4")]
    assert [shots(film) for film in made] == [["a", "b", "c"]] * 2
    assert made[0].scenes[1].clip == made[1].scenes[1].clip  # bought once
    assert made[0].scenes[0].clip != made[1].scenes[0].clip


@pytest.mark.usefixtures("_quick")
def test_selection_leaves_out_what_was_not_asked_for(tmp_path: Path) -> None:
    (film,) = films(tmp_path, THREE, "b", "c")
    assert [(scene.part.shot, scene.part.choice) for scene in film.scenes] == [("b", Choice.FIRST), ("c", Choice.FIRST)]


@pytest.mark.parametrize("name", ["mountain-lake", "night-ferry"])
def test_animatic_of_an_example_has_the_same_bytes_in_another_folder(tmp_path: Path, name: str) -> None:
    found = []
    for folder in (tmp_path / "one", tmp_path / "some" / "where"):
        shutil.copytree(PROJECTS / name, folder, ignore=shutil.ignore_patterns("rehearsal", ".kling-render"))
        (film,) = rehearsal_films(rehearse(load(folder)).outcome)
        assert film.placeholders == ()
        assert film.stitched.seconds == sum(scene.part.seconds for scene in film.scenes)
        found.append(film.stitched.path.read_bytes())
    assert found[0] == found[1]


def test_versions_that_read_alike_have_different_files() -> None:
    names = [path.as_posix() for path in film_paths("renders", "final", ["a:b", "a,b", "A b", ""])]
    assert names[0] == "renders/final/film-a-b.mp4"
    assert names[3] == "renders/final/film.mp4"
    assert len({name.casefold() for name in names}) == 4
