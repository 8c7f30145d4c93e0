"""The shot list: one row for each shot of the film in its order, as CSV."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kling_render.exports.entries import Counted, Entry
from kling_render.report.spreadsheet import write_csv
from kling_render.whole_files import Kind

_HEAD = ("number", "name", "version", "start_seconds")
_COLUMNS = (
    "shot", "scene", "address", "take", "choice", "seconds", "cuts", "model", "output_resolution", "aspect_ratio",
    "sound", "prompt", "negative_prompt", "notes", "tags", "counted", "estimated_usd", "charged_usd", "task_id", "clip",
)  # fmt: skip
SHOT_LIST = Kind("shot list", re.compile(b"\xef\xbb\xbf" + ",".join((*_HEAD, *_COLUMNS[:5])).encode() + b"[,\r\n]"))
"""It is known by its first columns: those after them may change."""


def shot_list(entries: Sequence[Entry], version: str) -> str:
    """The shots as CSV: in UTF-8 with a mark by which spreadsheets know it, no text a formula, amounts in USD.

    A take that is counted elsewhere has no amounts, so that columns add up.

    Args:
        entries: the shots of one version.
        version: its values, or empty.
    """
    return "\ufeff" + write_csv((*_HEAD, *_COLUMNS), (_row(each, version) for each in entries))


def _row(entry: Entry, version: str) -> list[object]:
    facts = entry.facts()
    facts["cuts"], facts["tags"] = len(entry.part.cuts), ", ".join(facts["tags"])
    facts["seconds"], facts["sound"] = round(entry.part.seconds, 3), "yes" if entry.has_sound else "no"
    if entry.counted is not Counted.HERE:
        facts["estimated_usd"] = facts["charged_usd"] = None
    return [entry.number, entry.name, version, round(entry.start_seconds, 3), *(facts[name] for name in _COLUMNS)]
