"""What a plan has that the last run's had not, for people by shot and as JSON by take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kling_render.catalog import exact_usd, format_usd
from kling_render.planning import Change
from kling_render.report.console import console, table

_WORDS = {"new": "new", "changed": "changed", "removed": "removed", "price": "other price"}


def print_changes(changes: Sequence[Change] | None) -> None:
    """Print a row for each shot and kind of change."""
    out = console()
    if changes is None:
        out.print("There was no run yet to compare with.")
        return
    if not changes:
        out.print("Nothing has changed since the last run.")
        return
    groups: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        groups.setdefault((change.shot, change.what), []).append(change)
    rows = table("shot", "since the last run", "takes", "before", "now", right=("takes", "before", "now"))
    for (shot, what), group in groups.items():
        before, after = _sum([each.before_micro_usd for each in group]), _sum([each.after_micro_usd for each in group])
        rows.add_row(shot, _WORDS[what], str(len(group)), before, after)
    out.print(rows)


def changes_json(changes: Sequence[Change] | None) -> list[dict[str, Any]] | None:
    """The changes as JSON; null where there was no run yet."""
    if changes is None:
        return None
    return [
        {
            "address": each.address,
            "change": each.what,
            "before_usd": exact_usd(each.before_micro_usd),
            "after_usd": exact_usd(each.after_micro_usd),
        }
        for each in changes
    ]


def _sum(amounts: Sequence[int | None]) -> str:
    known = [each for each in amounts if each is not None]
    return format_usd(sum(known)) if known else ""
