"""Valid projects with bytes broken at random, through `check`: never a traceback, never a hang."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kling_render.cli import run
from kling_render.project.starter import write_starter

ROOT = Path(__file__).parents[2]
SUFFIXES = (".toml", ".j2", ".csv")
MOST_SECONDS = 2
EVERYTHING = {
    "project.toml": r"""schema = 1
include = ["brand.toml"]
[project]
name = "all"
id = "all-7c1e"
requires = ">=0.1,<1"
prices = "2026-07-28"
catalog = "mine.toml"
templates = ["parts"]
prompt_whitespace = "keep"
[budget]
max_usd = 600.00
max_usd_per_run = 50
unknown_price = { assume_usd_per_take = 1.50 }
[render]
concurrency = 2
replay_window = "24h"
retries = 1
[defaults]
model = "kling-3.0"
duration_seconds = 5
output_resolution = "720p"
negative_prompt = "blur, {% include 'negative/general.j2' %}"
[profile.final]
output_resolution = "1080p"
vars = { look = "35mm \u2014 caf\u00e9" }
[profile.final.shot.walk]
takes = 3
prompt = "{{ super() }}, in close-up"
[versions]
axes = { lang = ["en", "de"], aspect_ratio = ["16:9", "9:16"] }
[vars]
look = "warm"
say = { en = "Not tonight.", de = "Heute nicht." }
[scene.deck]
vars = { place = "rain-soaked ferry deck" }
elements = ["mira"]
defaults = { enable_sound = true }
[shot.harbour]
label = "S01_010"
tags = ["night", "wide"]
prompt_file = "harbour.j2"
[shot.walk]
scene = "deck"
notes = "keep the umbrella out"
takes = 2
prompt = '''{{ element.mira }} crosses the {{ place }}, {{ light }}, {{ move }}.
She says: "{{ say[lang] }}" 走 {% for i in [1, 2] %}{{ i }}{% endfor %}'''
[shot.walk.matrix]
axes = { light = ["dusk", "night"] }
rows = "cast.csv"
key = ["sku"]
exclude = [{ light = "dusk", sku = "A1" }]
max = 20
[shot.turn]
extends = "harbour"
unset = ["negative_prompt"]
[shot.turn.prompts]
quiet = "She turns and waits"
loud = §§§She spins \
    round, {{ look|upper }}§§§
[shot.arrival]
enable_sound = true
[[shot.arrival.sequence]]
prompt = "Ferry horn, wide quay, {{ look }}"
duration_seconds = 3
[[shot.arrival.sequence]]
prompt = "{{ element.mira.description }} steps ashore"
duration_seconds = 4
[shot.departure]
first_frame_image_url = { shot = "walk[light=night,sku=B2]", frame = "last" }
prompt = "She boards again"
[shot.own]
model = "kling-4.0"
prompt = "A gull"
[film]
order = ["harbour", "walk", "turn", "arrival", "departure", "own"]
""".replace("§§§", '"' * 3),
    "brand.toml": '[vars]\nbrand = "Acme"\n[element.mira]\ndescription = "Mira, 30s, red raincoat"\n',
    "parts/harbour.j2": "{# The harbour. #}Wide harbour at dawn, {{ look }}, {% include 'gulls.j2' %}\n",
    "parts/gulls.j2": "{% set n = 3 %}{% if n > 2 %}many gulls{% else %}gulls{% endif %} for {{ brand }}\n",
    "cast.csv": 'sku,move,duration_seconds\nA1,slow dolly,5\nB2,"hand, held",6\n',
    "mine.toml": '[[models]]\naction = "text_to_video"\nname = "kling-4.0"\nlike = "kling-3.0"\n',
}
SIGNS = (
    '"', "'", "'''", "[", "]", "[[", "{", "}", "{{", "}}", "{%", "%}", "{#", "=", ".", ",", "#", "\\", "\n", "\r", "\0",
    "\t", "-", "9", "0x", "1e999", "nan", "true", "é", "\ufeff", "\u202e", "\ud7ff", "[shot.walk]", "shot = ", "\\u",
    "{{ 'a' * 10**9 }}", "{% include 'harbour.j2' %}", "*", 'include = ["project.toml"]\n', 'extends = "walk"\n',
)  # fmt: skip
Mutation = Callable[[bytearray, random.Random], None]


@pytest.fixture(scope="session")
def valid_projects(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Copies of the example projects, the starter, and a project that uses everything."""
    folder = tmp_path_factory.mktemp("valid")
    for file in sorted((ROOT / "projects").glob("*/project.toml")):
        left_out = shutil.ignore_patterns("rehearsal", "renders", "tests", "*.py", ".*")
        shutil.copytree(file.parent, folder / file.parent.name, ignore=left_out)
    write_starter(folder / "starter")
    for name, text in EVERYTHING.items():
        file = folder / "everything" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return sorted(each for each in folder.iterdir() if each.is_dir())


def replaced(content: bytearray, chance: random.Random) -> None:
    content[chance.randrange(len(content))] = chance.randrange(256)


def inserted(content: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(content))
    content[at:at] = chance.choice(SIGNS).encode()


def removed(content: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(content))
    del content[at : at + chance.choice((1, 1, 2, 20, 200))]


def repeated(content: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(content))
    at = chance.randrange(len(content))
    content[at:at] = content[start : start + chance.randrange(1, 200)]


def cut_off(content: bytearray, chance: random.Random) -> None:
    del content[chance.randrange(len(content)) :]


MUTATIONS: tuple[Mutation, ...] = (replaced, inserted, inserted, removed, repeated, cut_off)


def mutated(folder: Path, chance: random.Random) -> Iterator[str]:
    """Breaks one file of a project for as long as the caller looks at it; says what was done."""
    others = [each for each in sorted(folder.rglob("*")) if each.suffix in SUFFIXES]
    file = folder / "project.toml" if chance.random() < 0.6 else chance.choice(others)
    valid = file.read_bytes()
    content = bytearray(valid)
    acts = [chance.choice(MUTATIONS) for _ in range(chance.choice((1, 1, 2, 4)))]
    for act in acts:
        if content:
            act(content, chance)
    file.write_bytes(content)
    yield f"{file.relative_to(folder.parent)} {[act.__name__ for act in acts]}"
    file.write_bytes(valid)


def check_mutations(
    projects: list[Path], count: int, seed: int, capfd: pytest.CaptureFixture[str], formats: tuple[str, ...] = ("text",)
) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same bytes in every run, nothing secret
    for number in range(count):
        folder = chance.choice(projects)
        for done in mutated(folder, chance):
            content = (folder / done.split(" ")[0].partition("/")[2]).read_bytes()
            before = time.process_time()
            try:
                exit_code = run(["check", str(folder), "--format", chance.choice(formats)])
            except Exception as error:
                raise AssertionError(f"mutation {number}: {done}\n{content!r}") from error
            took = time.process_time() - before
            assert exit_code in (0, 4), f"mutation {number}: {done}: exit {exit_code}\n{capfd.readouterr().err}"
            assert took < MOST_SECONDS, f"mutation {number}: {done} took {took:.1f} s\n{content!r}"
        capfd.readouterr()


def test_projects_are_valid_before_anything_is_broken(
    valid_projects: list[Path], capfd: pytest.CaptureFixture[str]
) -> None:
    assert [folder.name for folder in valid_projects if run(["check", str(folder)]) != 0] == []
    assert len(valid_projects) >= 5
    capfd.readouterr()


def test_broken_bytes_are_faults_and_never_tracebacks(
    valid_projects: list[Path], capfd: pytest.CaptureFixture[str]
) -> None:
    check_mutations(valid_projects, 300, 1, capfd)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_ten_thousand_broken_projects_are_faults_and_never_tracebacks(
    valid_projects: list[Path], capfd: pytest.CaptureFixture[str], seed: int
) -> None:
    check_mutations(valid_projects, 1000, 100 + seed, capfd, ("text", "json", "sarif", "github"))
