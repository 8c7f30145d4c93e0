"""The example projects: each is sound, costs what it says, and is delivered by a rehearsal at that price."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from kling_render import rehearsal
from kling_render.catalog import bundled_catalog, micro_from_usd
from kling_render.expansion.address import ShortIds
from kling_render.inspection import inspect
from kling_render.planning import Plan, Selection, TakeState, plan
from kling_render.project import load
from kling_render.rehearsal import rehearse
from mock_server.media import ClipSpec, Cut, encode

PROJECTS = Path(__file__).parent.parent / "projects"
PRICES = {
    ("bakery-ads", "default"): "195.75",
    ("birthday-card", "default"): "0.42",
    ("low-tide", "default"): "8.00",
    ("low-tide", "draft"): "6.78",
    ("low-tide", "final"): "13.32",
    ("mountain-lake", "default"): "3.97",
    ("night-ferry", "default"): "7.52",
}
"""What each project costs from nothing, in US dollars."""
NAMES = sorted({name for name, _ in PRICES})
FEW = {"bakery-ads": Selection.parse(canary=True)}
"""Of projects that are too big for a test: one variant for each value of each axis."""


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clips of one second and 32x18 in place of the real ones."""

    def tiny(spec: ClipSpec) -> bytes:
        return encode(ClipSpec("", "", "", "", "", (Cut("", 1),), 32, 18, False, spec.seed, fps=2))

    monkeypatch.setattr(rehearsal, "encode", tiny)


def a_plan(name: str, profile: str = "default") -> Plan:
    return plan(load(PROJECTS / name, profile=profile))


def test_every_project_has_a_price_here() -> None:
    assert {path.parent.name for path in PROJECTS.glob("*/project.toml")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_project_has_neither_faults_nor_warnings(name: str) -> None:
    assert [str(fault) for fault in inspect(PROJECTS / name, bundled_catalog()).faults] == []


@pytest.mark.parametrize(("name", "profile"), PRICES)
def test_project_costs_what_it_says(name: str, profile: str) -> None:
    planned = a_plan(name, profile)
    assert planned.total_micro_usd == planned.due_micro_usd == micro_from_usd(Decimal(PRICES[name, profile]))
    assert planned.refusals == ()
    assert PRICES[name, profile] in (PROJECTS / "README.md").read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_every_profile_of_a_project_has_a_price_here(name: str) -> None:
    assert {"default", *load(PROJECTS / name).profiles} == {profile for each, profile in PRICES if each == name}


@pytest.mark.parametrize(("name", "profile"), PRICES)
def test_addresses_are_unique_and_found_again_by_their_short_ids(name: str, profile: str) -> None:
    addresses = [planned.address for planned in a_plan(name, profile).takes]
    ids = ShortIds(addresses)
    assert len(set(map(str, addresses))) == len(addresses)
    assert [ids.find(ids.of(each)) for each in addresses] == addresses


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("name", "profile"), PRICES)
def test_rehearsal_delivers_every_take_at_its_estimated_price(tmp_path: Path, name: str, profile: str) -> None:
    project = load(PROJECTS / name, profile=profile)
    rehearsed = rehearse(project, out=tmp_path / "rehearsal", selection=FEW.get(name))
    outcome = rehearsed.outcome
    estimates = {str(each.address): each.estimate_micro_usd for each in outcome.plan.due}
    charged = {each.address: each.settled_micro_usd for each in outcome.snapshot.attempts if each.clip is not None}
    assert (outcome.exit_code, outcome.undelivered, rehearsed.real_refusals) == (0, (), ())
    assert charged == estimates
    assert rehearsed.charged_micro_usd == outcome.plan.due_micro_usd > 0


# The campaign


def rows() -> list[dict[str, str]]:
    text = (PROJECTS / "bakery-ads" / "products.csv").read_text("utf-8-sig")
    return list(csv.DictReader(text.splitlines(keepends=True), delimiter=";"))


def due(shot: str) -> int:
    return sum(each.is_due for each in a_plan("bakery-ads").takes if each.address.shot == shot)


def test_spreadsheet_is_one_as_spreadsheets_write_it() -> None:
    content = (PROJECTS / "bakery-ads" / "products.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert b";" in content.splitlines()[0]
    assert len({row["sku"] for row in rows()}) == len(rows()) == 30
    assert any("\n" in row["look"] for row in rows())
    assert any(";" in row["look"] for row in rows())
    assert any('"' in row["look"] for row in rows())
    assert any("ü" in row["product"] for row in rows())


def test_silent_packshot_is_bought_once_per_product_and_format() -> None:
    takes = [each for each in a_plan("bakery-ads").takes if each.address.shot == "packshot"]
    states = Counter(each.state for each in takes)
    assert states == {TakeState.NEW: 30 * 3, TakeState.SHARED: 30 * 3 * 2}
    assert {each.estimate_micro_usd for each in takes} == {375_000}
    assert len({each.fingerprint for each in takes}) == due("packshot")


def test_spoken_clip_is_bought_in_each_language_and_format() -> None:
    assert due("spoken") == 30 * 3 * 3


def test_every_line_is_spoken_in_the_language_of_its_version() -> None:
    spoken = {str(each.address): each.take.body["prompt"] for each in a_plan("bakery-ads").takes}
    for row in rows():
        for lang, language in (("de", "German"), ("en", "English"), ("fr", "French")):
            prompt = spoken[f"9:16,{lang}/spoken[sku={row['sku']}]#1"]
            assert f"in {language}," in prompt
            assert f'"{row[f"line_{lang}"]}"' in prompt


def test_changed_line_buys_that_product_in_that_language_alone(tmp_path: Path) -> None:
    copied = tmp_path / "ads"
    shutil.copytree(PROJECTS / "bakery-ads", copied)
    sheet = copied / "products.csv"
    sheet.write_bytes(sheet.read_bytes().replace(b"Salz auf der Lippe.", b"Salz!"))
    before = {str(each.address): each.fingerprint for each in a_plan("bakery-ads").takes}
    after = {str(each.address): each.fingerprint for each in plan(load(copied)).takes}
    changed = {address for address in before if before[address] != after[address]}
    assert changed == {f"{ratio},de/spoken[sku=MR-106]#1" for ratio in ("9:16", "1:1", "16:9")}


# The film


def test_profiles_of_the_film_have_clips_of_their_own() -> None:
    default, final = ({each.fingerprint for each in a_plan("low-tide", name).takes} for name in ("default", "final"))
    assert not default & final


# The offline suite


@pytest.fixture
def run_pytest(tmp_path: Path) -> Callable[[Path], subprocess.CompletedProcess[str]]:
    """`pytest`, run in a folder without anything of this repository's own settings."""
    installed = entry_points(group="pytest11", name="runapi_mock")
    plugin = () if installed else ("-p", "mock_server.pytest_plugin", "-p", "kling_render.pytest_plugin")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("COV_", "PYTEST_", "RUNAPI_"))
    }

    def run(folder: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", *plugin]
        paths = {"PYTHONPATH": str(PROJECTS.parent)} if not installed else {}
        return subprocess.run(  # noqa: S603 - pytest itself, on a copy of an example
            command, cwd=folder, env={**environment, **paths}, capture_output=True, text=True, timeout=120, check=False
        )

    return run


def test_offline_suite_passes_as_its_users_run_it(
    tmp_path: Path, run_pytest: Callable[[Path], subprocess.CompletedProcess[str]]
) -> None:
    copied = tmp_path / "birthday-card"
    shutil.copytree(PROJECTS / "birthday-card", copied, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache"))
    ran = run_pytest(copied)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "6 passed" in ran.stdout
