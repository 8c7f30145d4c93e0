"""What planning costs over the least that it must do: render each prompt, write its request, hash it.

The floor is Jinja's own sandbox, canonical JSON and SHA-256 for the same prompts, in the same process. Ten thousand
takes are planned for the ratio; a hundred thousand, with `--large`, for the memory.

Run by hand, it fails above five times the floor, or above 300 MB; with `--report` it only prints.
"""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from jinja2.sandbox import SandboxedEnvironment

from kling_render.planning import plan
from kling_render.project import load

RATIO = 5.0
MEGABYTES = 300
ROUNDS = 3
LOOK = "35mm, tungsten practicals against blue night, wet surfaces, restrained colours with one red accent"
PROMPT = "{{ product }} turns slowly on a walnut table, {{ look }}. Slow push in, {{ light }}. A hand lifts it away."
PROJECT = f"""schema = 1
[project]
name = "bench"
id = "bench-1"
[budget]
max_usd = 1000000
[defaults]
model = "kling-3.0"
duration_seconds = 5
output_resolution = "720p"
aspect_ratio = "16:9"
enable_sound = false
[vars]
look = "{LOOK}"
[shot.pack]
prompt = '''{PROMPT}'''
[shot.pack.matrix]
max = 1000000
key = ["sku"]
rows = "products.csv"
axes = {{ light = ["dusk", "night"] }}
"""


def main() -> None:
    """Measure and print."""
    report = "--report" in sys.argv
    takes = 100_000 if "--large" in sys.argv else 10_000
    with tempfile.TemporaryDirectory() as folder:
        write_project(Path(folder), takes // 2)
        rounds = [(planned(Path(folder), takes), floor(takes)) for _ in range(1 if takes > 10_000 else ROUNDS)]
    ratio = min(first for first, _ in rounds) / min(second for _, second in rounds)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{takes:,} takes: {ratio:.2f} times the floor (at most {RATIO:g}), {megabytes} MB at the peak")  # noqa: T201
    if not report and (ratio > RATIO or megabytes > MEGABYTES):
        raise SystemExit("planning costs too much")


def write_project(folder: Path, products: int) -> None:
    """A project of one shot whose variants come from a spreadsheet."""
    rows = "".join(f"p{number:06d};a blue enamel mug number {number}\n" for number in range(products))
    (folder / "products.csv").write_text(f"sku;product\n{rows}", "utf-8")
    (folder / "project.toml").write_text(PROJECT, "utf-8")


def planned(folder: Path, takes: int) -> float:
    """CPU seconds of a plan, expansion included."""
    project = load(folder)
    begin = time.process_time()
    found = plan(project)
    seconds = time.process_time() - begin
    if len(found.takes) != takes or found.due_micro_usd != takes * 700_000:
        raise SystemExit("the plan is not what it should be")
    print(f"planned in {seconds:.2f} s of CPU, {1e6 * seconds / takes:.0f} µs a take")  # noqa: T201
    return seconds


def floor(takes: int) -> float:
    """CPU seconds of what cannot be left out."""
    template = SandboxedEnvironment().from_string(PROMPT)
    begin = time.process_time()
    for number in range(takes):
        values = {"product": f"a blue enamel mug number {number}", "look": LOOK, "light": "dusk"}
        body = {
            "model": "kling-3.0",
            "prompt": template.render(values),
            "duration_seconds": 5,
            "aspect_ratio": "16:9",
            "enable_sound": False,
            "output_resolution": "720p",
        }
        text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        hashlib.sha256(text.encode()).hexdigest()
    seconds = time.process_time() - begin
    print(f"floor   in {seconds:.2f} s of CPU, {1e6 * seconds / takes:.0f} µs a take")  # noqa: T201
    return seconds


if __name__ == "__main__":
    main()
