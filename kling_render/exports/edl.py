"""The film as an EDL (CMX3600), written by OpenTimelineIO's own adapter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from kling_render.exports.entries import Entry
from kling_render.whole_files import Kind

_LONGEST_REEL = 8
_ADAPTER = "cmx_3600"
EDL = Kind("edit decision list", re.compile(rb"TITLE: .*?\n\* SOURCE FILE: [^\n]+\n\* TAKE: [^\n]+#\d+\n", re.DOTALL))
"""It is known by the comments of its first event."""


def edl_text(timeline: Any, entries: Sequence[Entry], rate: int) -> str:
    """A timeline's pictures as an EDL: pictures alone, from 00:00:00:00, a locator for each marker.

    Each event names the file of its clip in a comment, whether that is there yet or not, and has a reel of its own.

    Args:
        timeline: what `build_timeline` made of the entries; it is left as it is.
        entries: the shots.
        rate: frames a second.
    """
    import opentimelineio as otio

    copy = timeline.deepcopy()
    (pictures,) = copy.video_tracks()
    for clip, entry in zip(pictures, entries, strict=True):
        reference = clip.media_reference
        if isinstance(reference, otio.schema.ExternalReference):
            reference.target_url = unquote(reference.target_url)  # editors take it for a path
        comments = [f"SOURCE FILE: {entry.place.name}", *_comments(entry)]
        clip.metadata[_ADAPTER] = {"reel": reel_name(entry), "comments": comments}
        for marker in clip.markers:  # a locator's time is that of the film, a marker's that of its clip
            span = marker.marked_range
            marker.marked_range = otio.opentime.TimeRange(clip.transformed_time(span.start_time, copy.tracks))
    text: str = otio.adapters.write_to_string(copy, _ADAPTER, rate=rate, style="nucoda")
    return f"{text}\n"


def reel_name(entry: Entry) -> str:
    """Eight letters and digits, as CMX3600 has them, that tell each take of each request: `4F09A1T2`."""
    number = f"T{entry.take_number}"
    return f"{entry.fingerprint[: _LONGEST_REEL - len(number)]}{number}".upper()


def _comments(entry: Entry) -> list[str]:
    task = [f"TASK: {entry.task_id}"] if entry.task_id else []
    return [f"TAKE: {entry.part.address}", *task]
