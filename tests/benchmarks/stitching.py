"""How fast films are stitched: a film of three minutes at 720p, copied and encoded, in times of real time.

Also how far sound and picture are apart at its end. Run by hand, it fails below 3 times real time when the picture is
encoded, below 50 times when all is copied, or where sound and picture are 40 ms apart; with `--report` it stitches half
a minute and only prints. Judged is the worse of the clock and the time of all processors together.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from kling_render.media.stitching import FilmFormat, Stitched, choose_format, stitch, survey

CLIPS, REPORTED_CLIPS, SECONDS, FPS = 36, 6, 5, 24
ENCODED, COPIED, APART = 3.0, 50.0, 0.04


def main() -> None:
    """Measure and print."""
    report = "--report" in sys.argv
    clips = REPORTED_CLIPS if report else CLIPS
    with tempfile.TemporaryDirectory() as folder:
        clip, small = Path(folder, "clip.mp4"), Path(folder, "small.mp4")
        write_clip(clip, 1280, 720)
        write_clip(small, 854, 480)
        out = Path(folder, "film.mp4")
        copied, apart = measured("copied", [clip] * clips, out), ends_apart(out)
        print(f"  sound ends {apart * 1000:.1f} ms from the picture")  # noqa: T201
        encoded = measured("encoded, one size", [clip] * clips, out, timecode=True)
        apart = max(apart, ends_apart(out))
        mixed = measured("encoded, two sizes", [clip, small] * (clips // 2), out, sample_rate=44_100)
        apart = max(apart, ends_apart(out))
        print(f"  sound ends at most {apart * 1000:.1f} ms from the picture")  # noqa: T201
    if not report and (copied < COPIED or min(encoded, mixed) < ENCODED or apart > APART):
        sys.exit("too slow, or apart")


def measured(name: str, clips: list[Path], out: Path, *, timecode: bool = False, **changes: Any) -> float:
    """Stitch, print, and say how many times as fast as real time it was."""
    begin, cpu = time.perf_counter(), time.process_time()
    footages = [survey(clip) for clip in clips]
    form = replace(choose_format(footages, FilmFormat(1280, 720, Fraction(FPS))), width=1280, height=720, **changes)
    made: Stitched = stitch(footages, out, form, timecode=timecode)
    took, cpu = time.perf_counter() - begin, time.process_time() - cpu
    ways = f"picture {made.picture}, sound {made.sound}"
    print(  # noqa: T201
        f"{name}: {made.seconds:.0f} s of 1280x720 in {cpu:.2f} s of CPU ({took:.2f} s): "
        f"{made.seconds / max(took, cpu):.1f} times real time, {out.stat().st_size:,} bytes, {ways}"
    )
    return made.seconds / max(took, cpu)


def write_clip(path: Path, width: int, height: int) -> None:
    """Five seconds of a moving picture with fine detail, and a tone."""
    from av.filter import Graph

    graph = Graph()
    source, sink = graph.add("testsrc2", f"s={width}x{height}:rate={FPS}"), graph.add("buffersink")
    source.link_to(sink)
    graph.configure()
    with av.open(str(path), "w") as container:
        video: Any = container.add_stream("libx264", rate=FPS, options={"preset": "fast", "crf": "20"})
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        audio: Any = container.add_stream("aac", rate=48_000, layout="stereo", format="fltp")
        for number in range(SECONDS * FPS):
            frame: Any = graph.vpull()
            frame = frame.reformat(format="yuv420p")
            frame.pts, frame.time_base, frame.pict_type = number, Fraction(1, FPS), 0
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        for start in range(0, SECONDS * 48_000, 1024):
            sound: Any = av.AudioFrame(format="fltp", layout="stereo", samples=min(1024, SECONDS * 48_000 - start))
            for plane in sound.planes:
                plane.update(bytes(plane.buffer_size))
            sound.sample_rate, sound.pts, sound.time_base = 48_000, start, Fraction(1, 48_000)
            container.mux(audio.encode(sound))
        container.mux(audio.encode(None))


def ends_apart(path: Path) -> float:
    """By how many seconds the ends of picture and sound differ, as their packets say."""
    ends: dict[str, float] = {}
    with av.open(str(path)) as container:
        for packet in container.demux():
            if packet.pts is not None and packet.duration:
                kind = packet.stream.type
                ends[kind] = max(ends.get(kind, 0.0), float((packet.pts + packet.duration) * packet.time_base))
    return abs(ends["video"] - ends["audio"])


if __name__ == "__main__":
    main()
