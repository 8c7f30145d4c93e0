"""How long the board of 500 takes takes to write, and how large it is: run by hand, python tests/benchmarks/board.py.

The clips are rehearsed first, which is most of the wait. `cold` makes every poster, `warm` finds them in the cache.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

from kling_render.api import rehearse
from kling_render.report.board import Source, write_board

_TAKES, _VARIANTS = 4, 125
_PROJECT = f"""\
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
takes = {_TAKES}
prompt = "She crosses the deck in the rain, {{{{ lens }}}}. Sound: rain, the engine, a gull far off."
[shot.walk.matrix]
axes = {{ lens = [{", ".join(f'"{number}mm"' for number in range(_VARIANTS))}] }}
"""


def main() -> None:
    """Rehearse once, then write the board three times."""
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder)
        (film / "project.toml").write_text(_PROJECT, "utf-8")
        rehearse(film)
        source = Source.rehearsed(film)
        for name in ("first", "cold", "warm"):
            if name == "cold":
                shutil.rmtree(source.poster_cache)
            wall, cpu = time.perf_counter(), time.process_time()
            page = write_board(source)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            size = page.stat().st_size / 1e6
            print(f"{name:5}  {wall:.2f} s, {cpu:.2f} s of CPU, {size:.1f} MB for {_TAKES * _VARIANTS} takes")  # noqa: T201 - a report


if __name__ == "__main__":
    main()
