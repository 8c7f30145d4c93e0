"""What a rehearsal costs: a thousand takes without media by the clock, and its clips beside bare encoding by CPU.

Without media every clip is one tiny file, encoded once; what is left is the render itself. With media, each take of a
720p film is a slate of its own; the floor encodes the very same slates, drawn beforehand, with PyAV and nothing else,
in as many threads and in turn with the rehearsal, so that the machine's noise meets both.

python tests/benchmarks/rehearsing.py
python tests/benchmarks/rehearsing.py --report   # fewer rounds; prints and never fails
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import Any

import av
from PIL import Image

from kling_render import rehearsal
from kling_render.project import load
from mock_server.media import ClipSpec, Cut, clip, encode, slate
from mock_server.media.timecode import Stamp

TAKES = 1_000
MOST_SECONDS = 10.0
FILMED = 16
MOST_RATIO = 1.3
ROUNDS, REPORTED_ROUNDS = 7, 2
PROJECT = """schema = 1
[project]
name = "bench"
id = "bench-1"
[budget]
max_usd = 1000000
[defaults]
model = "kling-3.0"
duration_seconds = 5
output_resolution = "720p"
[shot.walk]
prompt = "She crosses the deck in the rain, tungsten practicals against blue night. Slow push in."
takes = {takes}
"""


def rehearse(takes: int, encoder: Callable[[ClipSpec], bytes]) -> tuple[float, float]:
    """Seconds by the clock and of CPU that a rehearsal takes with an encoder."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "project.toml").write_text(PROJECT.format(takes=takes), "utf-8")
        project = load(Path(folder))
        vars(rehearsal)["encode"] = encoder
        began, cpu = time.perf_counter(), time.process_time()
        rehearsed = rehearsal.rehearse(project)
        seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu
    if len(rehearsed.outcome.submitted) != takes or rehearsed.outcome.exit_code:
        raise SystemExit("the rehearsal is not what it should be")
    return seconds, cpu_seconds


def without_media() -> tuple[float, float]:
    """Seconds by the clock, and of CPU, for a thousand takes whose clips are one tiny file."""
    tiny = encode(ClipSpec("", "", "", "", "", (Cut("", 1),), 32, 18, sound=False, seed=0, fps=1))
    return rehearse(TAKES, lambda spec: tiny)


def filmed_specs() -> list[ClipSpec]:
    """The slates of a film."""
    specs: list[ClipSpec] = []

    def note(spec: ClipSpec) -> bytes:
        specs.append(spec)
        return encode(spec)

    rehearse(FILMED, note)
    return specs


def bare_seconds(specs: list[ClipSpec]) -> float:
    """CPU seconds of PyAV alone, in as many threads as a rehearsal: the slates are drawn beforehand."""
    drawn = [(spec, slate.draw(spec), Stamp(spec)) for spec in specs]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        cpu = time.process_time()
        list(pool.map(lambda each: write(*each), drawn))
        return time.process_time() - cpu


def write(spec: ClipSpec, images: list[Image.Image], stamp: Stamp) -> None:
    """The slates as an MP4 file in memory, by the server's own settings; a still without timecode is another clip."""
    with av.open(BytesIO(), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=spec.fps, options=dict(clip._H264))
        stream.width, stream.height, stream.pix_fmt = spec.width, spec.height, "yuv420p"
        stream.codec_context.thread_count = 1
        for frame in stamped(spec, images, stamp):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def stamped(spec: ClipSpec, images: list[Image.Image], stamp: Stamp) -> Iterator[Any]:
    """Every frame in order."""
    number = 0
    for cut, image in zip(spec.cuts, images, strict=True):
        frame = av.VideoFrame.from_image(image).reformat(format="yuv420p", dst_colorspace="ITU709")
        for _ in range(cut.seconds * spec.fps):
            stamp.burn(memoryview(frame.planes[0]), frame.planes[0].line_size, number)
            frame.pts, frame.time_base = number, Fraction(1, spec.fps)
            yield frame
            number += 1


def ffmpeg_seconds(spec: ClipSpec) -> float | None:
    """CPU seconds of `ffmpeg` for one still of the same size and length; None where there is no such program."""
    program = shutil.which("ffmpeg")
    if program is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        slate.draw(spec)[0].save(f"{folder}/still.png")
        command = [program, "-v", "error", "-loop", "1", "-framerate", str(spec.fps), "-i", f"{folder}/still.png"]
        command += ["-t", str(spec.seconds), "-threads", "1", "-c:v", "libx264", "-preset", "ultrafast"]
        before = getrusage(RUSAGE_CHILDREN)
        subprocess.run([*command, "-pix_fmt", "yuv420p", f"{folder}/still.mp4"], check=True)  # noqa: S603 - found above
        after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure, print, and fail beyond what is allowed."""
    is_report = "--report" in sys.argv
    rounds = REPORTED_ROUNDS if is_report else ROUNDS
    seconds, cpu_seconds = min(without_media() for _ in range(1 if is_report else 3))
    say(f"{TAKES:,} takes without media: {seconds:.1f} s, {cpu_seconds:.1f} s of CPU (at most {MOST_SECONDS:g} s)")
    specs = filmed_specs()
    pairs = [(rehearse(FILMED, encode)[1], bare_seconds(specs)) for _ in range(rounds)]
    rehearsed, bare = (min(each) for each in zip(*pairs, strict=True))
    ratio = statistics.median(first / second for first, second in pairs)
    say(
        f"{FILMED} takes with 720p media: {ratio:.2f} times the CPU of bare PyAV (at most {MOST_RATIO:g}); "
        f"clips per second of CPU: rehearsal {FILMED / rehearsed:.1f}, PyAV {FILMED / bare:.1f}, {of_ffmpeg(specs[0])}"
    )
    if not is_report and (seconds > MOST_SECONDS or ratio > MOST_RATIO):
        raise SystemExit("a rehearsal costs too much")


def of_ffmpeg(spec: ClipSpec) -> str:
    """Its clips per second of CPU, in words."""
    seconds = ffmpeg_seconds(spec)
    return "ffmpeg is not here" if seconds is None else f"ffmpeg {1 / seconds:.1f}"


def say(text: str) -> None:
    """Print a line of the report."""
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
