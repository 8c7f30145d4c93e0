"""What `kling-render --help` costs over a bare interpreter, in CPU; run by hand and, as a smoke run, by .ci/run.

python tests/benchmarks/startup.py
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys

ROUNDS = 7
ALLOWED_MS = 80


def cpu_ms(*arguments: str) -> float:
    """CPU milliseconds (user and system) of one Python process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - ourselves
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)


def main() -> None:
    """Measure both in turn and print the medians."""
    pairs = [(cpu_ms("-c", "pass"), cpu_ms("-m", "kling_render", "--help")) for _ in range(ROUNDS)]
    bare, helped = (statistics.median(column) for column in zip(*pairs, strict=True))
    over = statistics.median(help_ms - bare_ms for bare_ms, help_ms in pairs)
    verdict = "within" if over <= ALLOWED_MS else "OVER"
    print(f"bare interpreter {bare:.0f} ms, --help {helped:.0f} ms: {over:.0f} ms over it, {verdict} {ALLOWED_MS} ms")  # noqa: T201 - a report


if __name__ == "__main__":
    main()
