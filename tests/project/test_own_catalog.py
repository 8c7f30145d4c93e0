"""Models and prices of one's own: laid over the bundled ones, and judged as strictly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kling_render import load, plan, rehearse
from kling_render.catalog import bundled_catalog
from kling_render.errors import Fault, InvalidProjectError
from kling_render.project import Project
from kling_render.project.own_catalog import read_own_catalog

MODEL = """\
[[models]]
action = "text_to_video"
name = "kling-4.0"
like = "kling-3.0"
[models.fields]
duration_seconds = { max = 20 }
"""
PRICE = """\
[[price_schedules]]
action = "text_to_video"
model = "kling-4.0"
unit_price_cents = 33.5
billing_config = { key = "output_resolution", overrides = { "720p" = 20.25, "1080p" = 33.5, "4k" = 33.5 } }
"""
KEY = "rk" + "_live_" + "0123456789abcdef0123"
Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("RUNAPI_API_KEY", "RUNAPI_BASE_URL", "KLING_RENDER_CATALOG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a project with one shot, and its catalog beside it; returns the project's file."""

    def project(
        own: str | None = MODEL + PRICE, *, table: str = 'catalog = "mine.toml"', model: str = "kling-4.0"
    ) -> Path:
        if own is not None:
            (tmp_path / "mine.toml").write_text(own, "utf-8")
        file = tmp_path / "project.toml"
        shot = f'[shot.walk]\nmodel = "{model}"\nprompt = "She walks"\nduration_seconds = 4\n'
        head = f'schema = 1\n[project]\nname = "ferry"\nid = "nf-7c1e"\n{table}\n'
        file.write_text(f"{head}[budget]\nmax_usd = 50\n{shot}", "utf-8")
        return file

    return project


def faults(file: Path) -> list[Fault]:
    with pytest.raises(InvalidProjectError, match=r"faults? in the project") as caught:
        load(file)
    return list(caught.value.faults)


def micro_usd(project: Project, model: str = "kling-4.0") -> int | None:
    price = project.catalog.price("text_to_video", {"model": model, "duration_seconds": 4})
    return price.micro_usd if price else None


# From the file to the film


def test_own_model_is_planned_and_priced_exactly(write: Write) -> None:
    (planned,) = plan(write()).takes
    assert (planned.take.model, planned.estimate_micro_usd) == ("kling-4.0", 4 * 202_500)


def test_own_model_is_rehearsed_and_charged_as_it_is_planned(write: Write, tmp_path: Path) -> None:
    rehearsal = rehearse(write())
    assert (rehearsal.outcome.exit_code, rehearsal.real_refusals) == (0, ())
    assert rehearsal.charged_micro_usd == 4 * 202_500
    assert len(list((tmp_path / "rehearsal").rglob("*.mp4"))) == 1


def test_own_limits_hold(write: Write) -> None:
    with pytest.raises(InvalidProjectError, match="must be from 6 to 15 s") as caught:
        plan(write(MODEL.replace("max = 20", "min = 6, default = 6")))
    (fault,) = caught.value.faults
    assert fault.place.key == "shot.walk.duration_seconds"


def test_own_price_alone_replaces_the_bundled_one(write: Write) -> None:
    own = '[[price_schedules]]\naction = "text_to_video"\nmodel = "kling-3.0"\nunit_price_cents = 1\n'
    assert micro_usd(load(write(own, model="kling-3.0")), "kling-3.0") == 40_000


def test_own_model_without_a_price_is_unknown_and_not_free(write: Write) -> None:
    planned = plan(write(MODEL))
    assert planned.takes[0].estimate_micro_usd is None
    assert planned.refusals[0].startswith("no price is published for walk#1")


def test_path_is_relative_to_the_project_file(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert micro_usd(load(file)) == 4 * 202_500


def test_bundled_models_stay_as_they_are(write: Write) -> None:
    project = load(write())
    assert project.catalog.model("text_to_video", "kling-3.0") == bundled_catalog().model("text_to_video", "kling-3.0")
    assert bundled_catalog().model("text_to_video", "kling-4.0") is None


# The environment's file


def test_file_of_the_environment_counts_for_every_project(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(table="")
    monkeypatch.setenv("KLING_RENDER_CATALOG", str(tmp_path / "mine.toml"))
    assert plan(file).due_micro_usd == 4 * 202_500
    assert rehearse(file).charged_micro_usd == 4 * 202_500


def test_file_of_the_project_lies_over_the_environments(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = tmp_path / "machine.toml"
    machine.write_text(
        f'{MODEL}[[price_schedules]]\naction = "text_to_video"\nmodel = "kling-4.0"\nunit_price_cents = 1\n'
    )
    monkeypatch.setenv("KLING_RENDER_CATALOG", str(machine))
    both = plan(write(PRICE))
    assert both.due_micro_usd == 4 * 202_500
    assert plan(write(table="")).due_micro_usd == 4 * 10_000


def test_faults_of_the_environments_file_are_told(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = tmp_path / "machine.toml"
    machine.write_text("modles = []\n")
    monkeypatch.setenv("KLING_RENDER_CATALOG", str(machine))
    (fault,) = faults(write())
    assert (fault.place.file, fault.place.key) == (machine, "modles")


# Faults


@pytest.mark.parametrize(
    ("own", "key", "words"),
    [
        ("modles = []\n", "modles", "models"),
        ("models = 7\n", "models", "must be a list of tables"),
        ("schema = 2\n", "schema", "must be 1"),
        ("fields = []\n", "fields", "must be a table"),
        (MODEL.replace("kling-3.0", "kling-3.1"), "models[0].like", "there is no model kling-3.1"),
        (MODEL.replace('name = "kling-4.0"\n', ""), "models[0].name", "is missing"),
        (MODEL.replace('action = "text_to_video"\n', ""), "models[0].action", "is missing"),
        (MODEL.replace("duration_seconds", "lenght"), "models[0].fields.lenght", "is not described under [fields]"),
        (MODEL.replace("max = 20", "max = 1"), "models[0].fields.duration_seconds", "min = 3 is more than max = 1"),
        (MODEL + MODEL, "models[1]", "is there twice"),
        (PRICE, "price_schedules[0]", "there is no model kling-4.0"),
        (MODEL + PRICE.replace("20.25", '"dear"'), "price_schedules[0].billing_config", "is not a rate in cents"),
        (MODEL + PRICE.replace("= 33.5\n", "= -1\n"), "price_schedules[0].unit_price_cents", "greater than or equal"),
        (MODEL + PRICE.replace('"output_resolution"', '"size"'), "price_schedules[0]", "depends on size"),
        (MODEL + PRICE + PRICE, "price_schedules[1]", "is there twice"),
        (MODEL + PRICE.replace("unit_price_cents", "unit_price"), "price_schedules[0].unit_price", "unknown key"),
        (MODEL + PRICE.replace('"720p"', '"720px"'), "price_schedules[0].billing_config", '"720px" is no value'),
        (MODEL + PRICE.replace(', "4k" = 33.5', ""), "price_schedules[0].billing_config", "resolution 4k"),
        (MODEL + PRICE.replace("= 33.5\n", "= 20\n"), "price_schedules[0].unit_price_cents", "less than the rate of"),
        (MODEL.replace("max = 20", 'max = "20"'), "models[0].fields.duration_seconds.max", "valid number"),
        (MODEL.replace("max = 20", "min = 0"), "models[0]", "must be a second at least"),
        (
            f'[[models]]\naction = "text_to_video"\nname = "a"\n{MODEL.replace("kling-3.0", "a")}',
            "models[1].like",
            "a has",
        ),
    ],
)
def test_fault_has_the_file_and_the_key(write: Write, tmp_path: Path, own: str, key: str, words: str) -> None:
    found = [fault for fault in faults(write(own)) if fault.place.file == tmp_path / "mine.toml"]
    assert key in [fault.place.key for fault in found]
    found = [fault for fault in found if fault.place.key == key]
    assert words in found[0].message
    assert "docs/catalog.md" in found[0].hint


def test_several_faults_are_told_at_once(write: Write) -> None:
    found = faults(write("modles = []\nprices = 3\nschema = 9\n"))
    assert {"modles", "prices", "schema"} <= {fault.place.key for fault in found}


def test_file_that_is_not_there_is_a_fault(write: Write, tmp_path: Path) -> None:
    found = [fault for fault in faults(write(None)) if fault.place.key == "project.catalog"]
    assert [(fault.message, fault.hint) for fault in found] == [
        ("there is no file mine.toml", f"Looked in {tmp_path.resolve()}")
    ]


def test_syntax_fault_has_its_line(write: Write, tmp_path: Path) -> None:
    (found,) = [fault for fault in faults(write('a = 1\nb = "\n')) if fault.place.file == tmp_path / "mine.toml"]
    assert (found.place.line, found.severity) == (2, "error")


def test_api_key_in_it_is_a_fault_that_does_not_repeat_it(write: Write, tmp_path: Path) -> None:
    own = f"{MODEL}# {KEY}\n"
    (found,) = [fault for fault in faults(write(own)) if fault.place.file == tmp_path / "mine.toml"]
    assert (found.place.line, found.message) == (7, "an API key does not belong in a project file")
    assert KEY not in str(found)


def test_faults_of_the_catalog_and_of_the_project_are_told_together(write: Write) -> None:
    file = write("modles = []\n", model="kling-3.0")
    file.write_text(file.read_text("utf-8") + "[render]\nretires = 2\n", "utf-8")
    assert {fault.place.key for fault in faults(file)} == {"modles", "render.retires"}


def test_source_of_an_own_model_names_the_file(write: Write, tmp_path: Path) -> None:
    write()
    catalog = read_own_catalog(bundled_catalog(), tmp_path / "mine.toml")
    assert catalog.contract.sources["own"].title == "your own catalog, mine.toml"
