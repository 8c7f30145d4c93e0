"""The takes to choose from, for people and as JSON."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Any

from rich.text import Text

from kling_render.bookkeeping import Candidate, Status
from kling_render.catalog import exact_usd
from kling_render.report.bill import charged
from kling_render.report.cells import Name, file_style
from kling_render.report.console import console, lean, table
from kling_render.report.paths import shorten


def print_takes(takes: Sequence[Candidate], status: Status) -> None:
    """Print a row for each take; the picked ones are marked."""
    out = console()
    if not takes:
        out.print("Nothing was bought yet under this profile: kling-render render, or rehearse for nothing.")
        return
    folder = Path(shorten(status.folder))
    shared = _shared_folder(takes)
    if shared is not None:
        out.print(f"clips in {folder / shared}", soft_wrap=True)
    rows = table("", "take", "request", "charged", "clip", right=("charged",))
    for each in takes:
        clip = each.attempt.clip
        place: Name | Text = Text("not on this disk", style="yellow")
        if clip is not None and shared is not None and (status.folder / clip.path).is_file():
            place = Name(str(PurePath(clip.path).relative_to(shared)), file_style(folder / clip.path, out))
        older = Text("" if each.is_current else "older", style="yellow")
        rows.add_row(Text(mark(each), style="green"), Name(each.name), older, _charged(each), place)
    out.print(lean(rows))
    if not any(each.is_picked for each in takes):
        out.print(f"Choose with: kling-render pick '{takes[0].address}'")


def _charged(take: Candidate) -> Text | str:
    return Text("shared", style="dim") if take.shared_with else charged(take.attempt)


def _shared_folder(takes: Sequence[Candidate]) -> PurePath | None:
    """The folder that all clips lie in, relative to the project's; None without a clip."""
    folders = [str(PurePath(each.attempt.clip.path).parent) for each in takes if each.attempt.clip]
    return PurePath(os.path.commonpath(folders)) if folders else None


def mark(take: Candidate) -> str:
    """A sign for a picked take, and a word for one that is locked."""
    return "✓ locked" if take.is_locked else "✓" if take.is_picked else ""


def cleared(variant: str, other: str) -> str:
    """What to say when a choice was taken back, where that of another variant counts for it now, or none does."""
    if other:
        return f"{variant} has no pick of its own any more: that of {other} counts."
    return f"{variant} has no pick any more."


def takes_json(takes: Sequence[Candidate], status: Status) -> dict[str, Any]:
    """The takes as JSON."""
    return {
        "schema": 1,
        "profile": status.project.profile,
        "takes": [
            {
                "name": each.name,
                "address": each.address,
                "picked": each.is_picked,
                "locked": each.is_locked,
                "current": each.is_current,
                "fingerprint": each.attempt.fingerprint,
                "state": each.attempt.state.value,
                "task_id": each.attempt.task_id,
                "settled_usd": None if each.shared_with else exact_usd(each.attempt.settled_micro_usd),
                "shared_with": each.shared_with or None,
                "clip": each.attempt.clip.path if each.attempt.clip else None,
            }
            for each in takes
        ],
    }
