"""The project as a whole: its top, its pins, its order, one report with every fault, and nothing that can change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, fields, is_dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel, ValidationError

from kling_render import __version__
from kling_render.catalog import Catalog, bundled_catalog
from kling_render.errors import InvalidProjectError
from kling_render.project import Project, load, load_leniently

if TYPE_CHECKING:
    from tests.project.conftest import ProjectFile

Loaded = Callable[..., Project]
Faults = Callable[..., list[str]]
TABLE = '[project]\nname = "ferry"\nid = "nf-7c1e"\n'


def test_missing_schema_is_a_fault(faults: Faults) -> None:
    assert faults(head=TABLE) == ["project.toml: schema: schema is missing"]


@pytest.mark.parametrize("schema", ["2", "0", '"1"', "true", "[]", "{}"])
def test_other_schema_is_a_fault(faults: Faults, schema: str) -> None:
    (found,) = faults(head=f"schema = {schema}\n{TABLE}")
    assert found.startswith("project.toml: schema: schema ")
    assert found.endswith(" is not known to this version")


@pytest.mark.parametrize(
    ("key", "guess"),
    [("shots", '; did you mean "shot"?'), ("default", '; did you mean "defaults"?'), ("zebra", "")],
)
def test_unknown_top_key_is_a_fault_with_a_suggestion(faults: Faults, key: str, guess: str) -> None:
    assert faults(f"[{key}]") == [f'project.toml: {key}: unknown key "{key}"{guess}']


def test_missing_project_table_is_a_fault_that_offers_an_id(project_file: ProjectFile) -> None:
    (fault,) = load_leniently(project_file(head="schema = 1\n"), bundled_catalog()).faults
    assert fault.message == "the table [project] is missing"
    assert 'id = "film-' in fault.hint


def test_offered_id_is_the_same_each_time(project_file: ProjectFile) -> None:
    file = project_file(head="schema = 1\n")
    assert load_leniently(file, bundled_catalog()).faults == load_leniently(file, bundled_catalog()).faults


def test_empty_file_is_one_fault(faults: Faults) -> None:
    assert faults(b"") == ["project.toml:1:1: the project file is empty"]


def test_file_with_a_comment_alone_is_several_faults(faults: Faults) -> None:
    assert faults(b"# nothing\n") == [
        "project.toml: schema: schema is missing",
        "project.toml: project: the table [project] is missing",
        "project.toml: shot: the project has no shots",
    ]


# ── pins


@pytest.mark.parametrize("requires", ["", f"=={__version__}", f">={__version__}", ">=0", f"~={__version__}"])
def test_version_range_with_this_version_is_accepted(loaded: Loaded, requires: str) -> None:
    head = f'schema = 1\n{TABLE}requires = "{requires}"\n'
    assert loaded(head=head).table.requires == requires


@pytest.mark.parametrize("requires", ["<0.0.1", ">=99", f"!={__version__}"])
def test_version_range_without_this_version_is_a_fault(faults: Faults, requires: str) -> None:
    found = faults(head=f'schema = 1\n{TABLE}requires = "{requires}"\n')
    assert found == [
        f"project.toml: project.requires: the project asks for kling-render {requires}, this is {__version__}"
    ]


@pytest.mark.parametrize("requires", ["0.1", "newest", ">=", "^0.1"])
def test_text_that_is_no_version_range_is_a_fault(faults: Faults, requires: str) -> None:
    found = faults(head=f'schema = 1\n{TABLE}requires = "{requires}"\n')
    assert found == [f'project.toml: project.requires: "{requires}" is not a version range']


def test_rate_card_that_ships_is_accepted(loaded: Loaded) -> None:
    card = bundled_catalog().rates.as_of
    assert loaded(head=f'schema = 1\n{TABLE}prices = "{card}"\n').table.prices == card


def test_other_rate_card_is_a_fault(faults: Faults) -> None:
    found = faults(head=f'schema = 1\n{TABLE}prices = "2020-01-01"\n')
    assert found == ["project.toml: project.prices: there is no rate card of 2020-01-01, only of 2026-07-28"]


def test_date_without_quotes_is_a_fault_of_the_pin(faults: Faults) -> None:
    found = faults(head=f"schema = 1\n{TABLE}prices = 2026-07-28\n")
    assert found == ["project.toml: project.prices: prices must be a text in quotes"]


# ── order


SHOTS = '[shot.b]\nprompt = "x"\n[shot.a]\nprompt = "x"\n'


def test_order_of_the_film_is_that_of_the_file(loaded: Loaded) -> None:
    assert loaded(shots=SHOTS).order == ("b", "a")


def test_order_may_repeat_and_leave_out_shots(loaded: Loaded) -> None:
    assert loaded('[film]\norder = ["a", "a"]', shots=SHOTS).order == ("a", "a")


def test_unknown_shot_in_the_order_is_a_fault_with_a_suggestion(faults: Faults) -> None:
    found = faults('[film]\norder = ["walk", "wlak"]')
    assert found == ['project.toml: film.order[1]: unknown shot "wlak"; did you mean "walk"?']


def test_shot_with_faults_still_counts_as_known_for_the_order(faults: Faults) -> None:
    found = faults('[film]\norder = ["walk"]', shots="[shot.walk]\ntakes = 0\n")
    assert found == ["project.toml: shot.walk.takes: takes = 0 must be at least 1"]


@pytest.mark.parametrize("order", ['"walk"', "[1]", "{}", "5"])
def test_order_that_is_no_list_of_names_is_a_fault(faults: Faults, order: str) -> None:
    (found,) = faults(f"[film]\norder = {order}")
    assert found.startswith("project.toml: film.order")


# ── the report


MANY_FAULTS = """\
schema = 7
[project]
name = 5
[budget]
max_usd = "lots"
[render]
concurrency = 0
[defaults]
durations = 5
[vars]
loop = 1
[element.mira]
[shot.walk]
takes = 0
[shot.run]
prompt = "x"
endpoint = "texttovideo"
[film]
order = ["fly"]
"""


def test_one_report_holds_every_fault(faults: Faults) -> None:
    assert sorted(each.split(": ")[1] for each in faults(MANY_FAULTS.encode())) == [
        "budget.max_usd", "defaults.durations", "element.mira.description", "film.order[0]", "project.id",
        "project.name", "render.concurrency", "schema", "shot.run.endpoint", "shot.walk.takes", "vars.loop",
    ]  # fmt: skip


def test_raised_faults_are_sorted_by_place(project_file: ProjectFile) -> None:
    with pytest.raises(InvalidProjectError, match="11 faults in the project") as caught:
        load(project_file(MANY_FAULTS.encode()))
    lines = [fault.place.line for fault in caught.value.faults]
    assert None not in lines
    assert lines == sorted(lines, key=lambda line: line or 0)


def test_project_with_a_faulty_shot_keeps_the_right_ones_when_read_leniently(project_file: ProjectFile) -> None:
    loading = load_leniently(
        project_file(shots='[shot.a]\nscene = "deck"\n[shot.b]\nprompt = "x"\n'), bundled_catalog()
    )
    assert loading.project is not None
    assert list(loading.project.shots) == ["b"]


def test_project_with_a_faulty_table_goes_on_without_what_is_wrong_in_it(project_file: ProjectFile) -> None:
    loading = load_leniently(project_file("[budget]\nmax_usd = -1\nmax_usd_per_day = 2"), bundled_catalog())
    assert loading.project is not None
    assert (loading.project.budget.max_usd, loading.project.budget.max_usd_per_day) == (None, 2_000_000)
    assert len(loading.faults) == 1


# ── nothing can change


EVERYTHING = """\
[budget]
max_usd = 5
unknown_price = { assume_usd_per_take = 1.5 }
[defaults]
model = "kling-3.0"
reference_image_urls = ["https://a.example/x.png"]
[vars]
say = { en = ["Not", { x = ["tonight"] }], at = 2026-07-28 }
[element.mira]
description = "Mira"
images = ["a.png", "b.png"]
"""
EVERY_SHOT = """\
[shot.walk]
prompt = "x"
elements = ["mira"]
tags = ["a"]
unset = ["model"]
vars = { list = [1, [2]], table = { a = { b = 1 } } }
[shot.talk]
kling_elements = [{ name = "x", element_input_urls = ["https://a.example/x.png"] }]
[[shot.talk.sequence]]
prompt = "x"
duration_seconds = 3
"""
SCALARS = (str, int, float, bool, type(None), Path, timedelta, date, datetime, time, frozenset, Catalog)


def is_frozen(value: Any) -> bool:
    return bool(value.__dataclass_params__.frozen)


def changeable(value: Any, path: str = "project") -> list[str]:
    """The paths of everything inside a value that could be changed."""
    if isinstance(value, SCALARS):
        return []
    if isinstance(value, tuple):
        return [each for at, inner in enumerate(value) for each in changeable(inner, f"{path}[{at}]")]
    if isinstance(value, Mapping) and not isinstance(value, dict):
        return [each for key, inner in value.items() for each in changeable(inner, f"{path}.{key}")]
    if is_dataclass(value) and not isinstance(value, type) and is_frozen(value):
        return [e for f in fields(value) for e in changeable(getattr(value, f.name), f"{path}.{f.name}")]
    if isinstance(value, BaseModel) and value.model_config.get("frozen"):
        return [e for name in type(value).model_fields for e in changeable(getattr(value, name), f"{path}.{name}")]
    return [path]


def test_loaded_project_is_frozen_all_the_way_down(loaded: Loaded) -> None:
    assert changeable(loaded(EVERYTHING, shots=EVERY_SHOT)) == []


def test_smallest_project_is_frozen_all_the_way_down(loaded: Loaded) -> None:
    assert changeable(loaded()) == []


def test_changing_a_project_raises(loaded: Loaded) -> None:
    project = loaded(EVERYTHING, shots=EVERY_SHOT)
    with pytest.raises(FrozenInstanceError, match="order"):
        project.order = ()  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        project.shots["walk"].table.takes = 5
    with pytest.raises(TypeError, match="item assignment"):
        project.shots["walk"].vars["say"].value["en"] = ()
    with pytest.raises(TypeError, match="item assignment"):
        project.shots["walk"].fields["model"] = None  # type: ignore[index]


# ── what a shot sees


def test_own_field_lies_over_the_default(loaded: Loaded) -> None:
    project = loaded(
        "[defaults]\nduration_seconds = 5\ncfg_scale = 0.5", shots='[shot.a]\nprompt = "x"\nduration_seconds = 7'
    )
    found = {name: each.value for name, each in project.shots["a"].fields.items()}
    assert found == {"duration_seconds": 7, "cfg_scale": 0.5}


def test_unset_takes_a_default_away(loaded: Loaded) -> None:
    project = loaded(
        "[defaults]\nduration_seconds = 5\ncfg_scale = 0.5", shots='[shot.a]\nprompt = "x"\nunset = ["cfg_scale"]'
    )
    assert list(project.shots["a"].fields) == ["duration_seconds"]


def test_own_variable_lies_over_the_shared_one(loaded: Loaded) -> None:
    project = loaded("[vars]\na = 1\nb = 1", shots='[shot.a]\nprompt = "x"\nvars = { b = 2 }')
    assert project.shots["a"].variables() == {"a": 1, "b": 2}


def test_title_is_the_label_or_the_name(loaded: Loaded) -> None:
    shots = '[shot.a]\nprompt = "x"\nlabel = "S01_010"\n[shot.b]\nprompt = "x"\n'
    assert [shot.title for shot in loaded(shots=shots).shots.values()] == ["S01_010", "b"]
