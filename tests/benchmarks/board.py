"""How long the board of 500 takes takes to write, and how large it is.

The clips are rehearsed first, which is most of the wait. `cold` makes every poster, `warm` finds them in the cache. Run
by hand, it fails where the cold board takes 3 s or the page has 5 MB; with `--report` it has 100 takes and only prints.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

from kling_render.api import rehearse
from kling_render.report.board import Source, write_board

_SECONDS, _MEGABYTES = 3.0, 5.0
_TAKES, _VARIANTS, _REPORTED_VARIANTS = 4, 125, 25
_PROJECT = """\
schema = 1
[project]
name = "five-hundred"
id = "b-500"
[budget]
max_usd = 5000
[defaults]
model = "kling-v3-turbo"
duration_seconds = 3
[shot.walk]
takes = {takes}
prompt = "She crosses the deck in the rain, {{{{ lens }}}}. Sound: rain, the engine, a gull far off."
[shot.walk.matrix]
axes = {{ lens = [{lenses}] }}
"""


def main() -> None:
    """Rehearse once, then write the board three times."""
    report = "--report" in sys.argv
    variants = _REPORTED_VARIANTS if report else _VARIANTS
    lenses = ", ".join(f'"{number}mm"' for number in range(variants))
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder)
        (film / "project.toml").write_text(_PROJECT.format(takes=_TAKES, lenses=lenses), "utf-8")
        rehearse(film)
        source = Source.rehearsed(film)
        write_board(source)  # loads what a board needs
        shutil.rmtree(source.poster_cache)
        cold, megabytes = written("cold", source, _TAKES * variants)
        written("warm", source, _TAKES * variants)
    if not report and (cold >= _SECONDS or megabytes >= _MEGABYTES):
        sys.exit("too slow, or too large")


def written(name: str, source: Source, takes: int) -> tuple[float, float]:
    """Write the board and print; seconds by the clock, and megabytes."""
    wall, cpu = time.perf_counter(), time.process_time()
    page = write_board(source)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    size = page.stat().st_size / 1e6
    print(f"{name}: {wall:.2f} s, {cpu:.2f} s of CPU, {size:.1f} MB for {takes} takes")  # noqa: T201 - a report
    return wall, size


if __name__ == "__main__":
    main()
