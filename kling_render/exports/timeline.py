"""The film as an OpenTimelineIO timeline: pictures, sound, markers, and what was asked and paid for each shot."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any
from urllib.parse import quote

from kling_render.exports.entries import Entry
from kling_render.exports.footage import Footage
from kling_render.film import Choice, Reel
from kling_render.media import NotAClipError, probe
from kling_render.whole_files import Kind

RATES = (24, 25, 30, 48, 50, 60)
"""Frames a second of a timeline that every editor takes: whole rates, which need no drop frames."""

METADATA = "kling_render"
"""Under which name our facts stand in a timeline."""

TIMELINE = Kind(
    "timeline", re.compile(rb'\{\s*"OTIO_SCHEMA": "Timeline\.1",\s*"metadata": \{\s*"%b": \{' % METADATA.encode())
)
"""It is known by those facts, with which its file begins."""

_COLOURS = {
    Choice.PICKED: "GREEN",
    Choice.LOCKED: "GREEN",
    Choice.STALE: "ORANGE",
    Choice.FIRST: "CYAN",
    Choice.MISSING: "RED",
}


def rate_of(entries: Sequence[Entry]) -> int:
    """The frames a second that a timeline of these clips has: those of the first clip that is here, else 24."""
    for clip in (each.clip for each in entries if each.clip):
        try:
            measured = round(probe(clip).fps)
        except NotAClipError:
            continue
        return measured if measured in RATES else RATES[0]
    return RATES[0]


def build_timeline(footage: Footage, reel: Reel, entries: Sequence[Entry], rate: int, beside: Path) -> Any:
    """The film of one version as a timeline: one track of pictures, and one of sound where any shot has it.

    Args:
        footage: whose project it is.
        reel: the version.
        entries: its shots.
        rate: frames a second; lengths are rounded to whole frames.
        beside: the folder of the timeline's file; clips are named relative to it.
    """
    import opentimelineio as otio

    project = footage.project
    facts = {
        "project": project.table.name,
        "project_id": project.table.id,
        "profile": project.profile,
        "version": reel.version,
        "rehearsal": footage.is_rehearsal,
    }
    name = f"{project.table.name} {reel.version}".strip()
    timeline = otio.schema.Timeline(name=name, metadata={METADATA: facts})
    pictures = otio.schema.Track("pictures", kind=otio.schema.TrackKind.Video)
    pictures.extend(_clip(each, rate, beside, with_markers=True) for each in entries)
    timeline.tracks.append(pictures)
    if any(each.has_sound for each in entries):
        sound = otio.schema.Track("sound", kind=otio.schema.TrackKind.Audio)
        sound.extend(_clip(each, rate, beside) if each.has_sound else _silence(each, rate) for each in entries)
        timeline.tracks.append(sound)
    return timeline


def _clip(entry: Entry, rate: int, beside: Path, *, with_markers: bool = False) -> Any:
    import opentimelineio as otio

    span = _span(0, _frames(entry.part.seconds, rate), rate)
    reference: Any
    if entry.clip is None:
        reference = otio.schema.MissingReference(name=entry.place.name, available_range=span)
    else:
        reference = otio.schema.ExternalReference(target_url=_url(entry.clip, beside), available_range=span)
        reference.name = entry.place.name
    clip = otio.schema.Clip(entry.name, reference, span, metadata={METADATA: entry.facts()})
    if with_markers:
        clip.markers.extend(_markers(entry, rate))
    return clip


def _silence(entry: Entry, rate: int) -> Any:
    import opentimelineio as otio

    return otio.schema.Gap(source_range=_span(0, _frames(entry.part.seconds, rate), rate))


def _markers(entry: Entry, rate: int) -> Iterator[Any]:
    """One at the begin of each cut; of a shot without cuts, one at its begin. They travel with their clip."""
    import opentimelineio as otio

    cuts = entry.part.cuts
    starts = accumulate((cut.seconds for cut in cuts[:-1]), initial=0.0)
    for number, (cut, start) in enumerate(zip(cuts, starts, strict=True), 1):
        name = f"{entry.name} {number}/{len(cuts)}" if len(cuts) > 1 else entry.name
        facts = {"address": entry.part.address, "cut": number, "choice": entry.part.choice.value}
        yield otio.schema.Marker(
            name, _span(_frames(start, rate), 1, rate), _COLOURS[entry.part.choice], {METADATA: facts}, cut.prompt
        )


def _span(start: int, frames: int, rate: int) -> Any:
    import opentimelineio as otio

    return otio.opentime.TimeRange(
        otio.opentime.RationalTime(start, rate), otio.opentime.RationalTime(max(frames, 1), rate)
    )


def _frames(seconds: float, rate: int) -> int:
    return round(seconds * rate)


def _url(clip: Path, beside: Path) -> str:
    """A path relative to the timeline's folder, as a URL; absolute only from another drive."""
    try:
        return quote(Path(os.path.relpath(clip, beside)).as_posix())
    except ValueError:
        return clip.resolve().as_uri()
