"""A plan take by take is the plan that is made at once."""

from __future__ import annotations

import io
import json
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from kling_render.errors import InvalidProjectError
from kling_render.ledger import Snapshot
from kling_render.planning import PlannedTake, can_stream, plan, stream_plan
from kling_render.project import Project, load
from kling_render.report.plan import plan_json, write_plan_json

NOW = datetime(2026, 8, 1, tzinfo=UTC)
HEAD = 'schema = 1\n[project]\nname = "ferry"\nid = "nf-7c1e"\n[defaults]\nmodel = "kling-3.0"\n'
FILM = """[budget]
max_usd_per_take = 0.50
[shot.walk]
takes = 2
prompt = "She walks, {{ light }}"
[shot.walk.matrix]
axes = { light = ["dusk", "night"], lens = ["24mm", "50mm"] }
[shot.edit]
model = "kling-v3-omni-edit"
prompt = "Make it snow"
aspect_ratio = "auto"
source_video_url = "https://media.example/a.mp4"
"""


def a_project(folder: Path, text: str = FILM) -> Path:
    """A project file."""
    (folder / "project.toml").write_text(HEAD + text, "utf-8")
    return folder


def test_streamed_takes_are_those_of_the_plan(tmp_path: Path) -> None:
    project = load(a_project(tmp_path))
    heard: list[PlannedTake] = []
    stream_plan(project, Snapshot(), None, NOW, heard.append)
    assert tuple(heard) == plan(project, now=NOW).takes


def test_streamed_json_is_that_of_the_plan(tmp_path: Path) -> None:
    project, out = load(a_project(tmp_path)), io.StringIO()
    write_plan_json(partial(stream_plan, project, Snapshot(), None, NOW), out)
    assert json.loads(out.getvalue()) == plan_json(plan(project, now=NOW), requests=True)


def test_nothing_is_written_of_a_project_with_faults(tmp_path: Path) -> None:
    text = f'{FILM}[shot.last]\nprompt = "x"\nduration_seconds = 99\n'
    project, out = load(a_project(tmp_path, text)), io.StringIO()
    with pytest.raises(InvalidProjectError, match="1 fault"):
        write_plan_json(partial(stream_plan, project, Snapshot(), None, NOW), out)
    assert out.getvalue() == ""


def most_bytes(folder: Path, count: int, work: Callable[[Project], object]) -> int:
    """What planning so many variants of 1,200 characters takes up at most, by the work that plans them."""
    prompt = f"She walks by number {{{{ n }}}}. {'Rain. ' * 200}"
    matrix = f"[shot.walk.matrix]\nmax = 2000\naxes = {{ n = {list(range(count))} }}\n"
    project = load(a_project(folder, f'[shot.walk]\nprompt = "{prompt}"\n{matrix}'))
    tracemalloc.start()
    kept = work(project)
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    del kept
    return found


def test_streamed_takes_are_let_go(tmp_path: Path) -> None:
    def streamed(project: Project) -> None:
        with (tmp_path / "plan.json").open("w", encoding="utf-8") as out:
            write_plan_json(partial(stream_plan, project, Snapshot(), None, NOW), out)

    each, whole = (
        (most_bytes(tmp_path, 1500, work) - most_bytes(tmp_path, 500, work)) / 1000
        for work in (streamed, partial(plan, now=NOW))
    )
    assert each < 1200 < 2000 < whole  # of a streamed take, address and fingerprint remain


def test_project_whose_shots_refer_to_each_other_cannot_be_streamed(tmp_path: Path) -> None:
    assert can_stream(load(a_project(tmp_path)))
    chained = f'{FILM}[shot.next]\nprompt = "x"\nfirst_frame_image_url = {{ shot = "edit", frame = "last" }}\n'
    assert not can_stream(load(a_project(tmp_path, chained)))
