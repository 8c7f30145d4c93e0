"""Clips that were cut into their parts, for people and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kling_render.film import SplitTake
from kling_render.report.console import console
from kling_render.report.paths import shorten


def print_splits(splits: Sequence[SplitTake]) -> None:
    """Print the parts of each clip."""
    out = console()
    if not splits:
        out.print("No clip of several shots is here.")
    for each in splits:
        for part in each.split.parts:
            note = "" if part in each.split.written else "  (was there)"
            out.print(f"{Path(shorten(part))}{note}", soft_wrap=True)


def print_split_notes(splits: Sequence[SplitTake]) -> None:
    """Print to standard error which cuts are not where they should be."""
    err = console(err=True)
    for each in splits:
        for note in each.notes:
            err.print(f"{each.address}: {note}", style="yellow")


def splits_json(splits: Sequence[SplitTake]) -> dict[str, Any]:
    """The parts as JSON, and each declared cut beside the one that was seen."""
    return {
        "splits": [
            {
                "address": each.address,
                "clip": str(each.split.clip),
                "parts": [str(part) for part in each.split.parts],
                "cuts": [
                    {"declared_seconds": drift.declared, "seen_seconds": drift.seen and round(drift.seen, 3)}
                    for drift in each.split.drifts
                ],
                "notes": list(each.notes),
            }
            for each in splits
        ]
    }
