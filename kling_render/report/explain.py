"""One take explained, for people and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from kling_render.catalog import exact_usd, format_price
from kling_render.errors import Place
from kling_render.expansion import LocalFile
from kling_render.expansion.explanation import Explained, Explanation, Origin
from kling_render.planning import PlannedTake, idempotency_key
from kling_render.project import Project
from kling_render.report.console import console
from kling_render.report.model_words import cents_words
from kling_render.report.paths import shorten

_BASES = {
    "requested": "as requested, or by default",
    "measured": "as long as its file",
    "stated": "by estimate_seconds",
    "assumed": "assumed by the catalog",
    "unknown": "nobody knows before it is finished",
}
_NAME_WIDTH = 20
_LONGEST = 60


def print_explanation(explanation: Explanation, planned: PlannedTake, project: Project, short: str) -> None:
    """Print a take: its request, what that follows from, its price and identity; `short` is its shortest id."""
    out = console()
    take = planned.take
    out.print(Text.assemble((str(take.address), "bold"), f"  {short}" if short != str(take.address) else ""))
    width = out.width - _NAME_WIDTH - 2
    out.print(Text("POST ").append_text(_row(explanation.endpoint, out.width - 5)[1]))
    _section(out, "request", [_row(each, width) for each in explanation.fields])
    if explanation.left_out:
        out.print(Text(f"\nleft out by unset: {', '.join(explanation.left_out)}"))
    _section(out, "counts though nobody wrote it", _default_rows(explanation))
    _section(out, "variables", [_row(each, width) for each in explanation.variables])
    _section(out, "elements", _element_rows(explanation))
    _section(out, "local files", map(_file_row, dict.fromkeys(take.local_files)))
    _section(out, "price", _price_rows(planned, project))
    out.print()
    out.print(Text("identity", style="bold"))
    for name, words in _identity_rows(planned, project):
        out.print(Text(f"  {name}  {words}"), soft_wrap=True)


def explanation_json(explanation: Explanation, planned: PlannedTake, project: Project) -> dict[str, Any]:
    """The same as JSON; amounts are decimal texts in USD, `origins` begins with what counts."""
    take, price = planned.take, planned.price
    return {
        "schema": 1,
        "address": str(take.address),
        "short_id": take.address.short_id,
        "profile": project.profile,
        "endpoint": _explained_json(explanation.endpoint),
        "model": take.model,
        "request": [_explained_json(each) for each in explanation.fields],
        "left_out": list(explanation.left_out),
        "defaults": [
            {"name": each.name, "value": each.value, "source": each.source} for each in explanation.defaults
        ],
        "variables": [{**_explained_json(each), "used": each.is_used} for each in explanation.variables],
        "elements": [
            {"name": each.name, "description": each.description, "sent": each.sent, **_place_json(each.place)}
            for each in explanation.elements
        ],
        "files": [
            {
                "file": each.name, "format": each.facts.format, "bytes": each.facts.byte_count, "sha256": each.sha256,
            }
            for each in dict.fromkeys(take.local_files)
        ],
        "seconds": take.seconds,
        "length_basis": take.length.basis,
        "rate_cents_per_second": f"{price.rate_cents:f}" if price else None,
        "estimated_usd": exact_usd(planned.estimate_micro_usd),
        "price_card": project.catalog.rates.as_of,
        "fingerprint": planned.fingerprint,
        "idempotency_key": _key(planned, project),
        "state": planned.state.value,
        "task_id": planned.attempt.task_id if planned.attempt else None,
    }  # fmt: skip


# ── rows


def _section(out: Console, title: str, rows: Iterable[tuple[str, Text]]) -> None:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(overflow="fold", min_width=_NAME_WIDTH, max_width=_NAME_WIDTH + 12)
    grid.add_column(overflow="fold")
    for name, words in rows:
        grid.add_row(Text(f"  {name}"), words)
    if grid.row_count:
        out.print()
        out.print(Text(title, style="bold"))
        out.print(grid)


def _row(explained: Explained, width: int) -> tuple[str, Text]:
    """A value as it counts, then how it came to be: behind it where there is room, else below, in dim lines."""
    value = _shown(explained.value, whole=True)
    marks = [] if explained.is_used or explained.note else [("not named by its templates", "yellow")]
    notes = [(explained.note, "dim")] if explained.note else []
    origins = [
        (_origin_words(each, is_first=at == 0), "cyan" if at == 0 else "dim")
        for at, each in enumerate(explained.origins)
    ]
    words, used = Text(value), len(value)
    for part, style in (*marks, *notes, *origins):
        fits = "\n" not in value and not part.startswith("over ") and used + len(part) + 2 <= width
        used = used + len(part) + 2 if fits else width
        words.append("  " if fits else "\n").append(part, style)
    return explained.name, words


def _origin_words(origin: Origin, *, is_first: bool) -> str:
    where = f"{origin.layer}, {_place_words(origin.place)}"
    return where if is_first else f"over {_shown(origin.value)}  {where}"


def _place_words(place: Place) -> str:
    return f"{shorten(place.file)}:{place.line}" if place.line else shorten(place.file)


def _shown(value: Any, *, whole: bool = False) -> str:
    """A value as TOML or JSON would write it, texts bare; a long one is cut where it is not wanted whole."""
    if whole and isinstance(value, list | tuple) and any(isinstance(each, Mapping) for each in value):
        return "\n".join(f"{at}. {_entries(each)}" for at, each in enumerate(value, start=1))
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if whole:
        return text
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _entries(table: Any) -> str:
    """The entries of a table in a list, one below the other."""
    if not isinstance(table, Mapping):
        return _shown(table)
    return "\n   ".join(f"{name}: {_shown(each, whole=True)}" for name, each in table.items())


def _default_rows(explanation: Explanation) -> Iterable[tuple[str, Text]]:
    for each in explanation.defaults:
        yield each.name, Text.assemble(_shown(each.value), (f"\n{each.source}", "dim"))


def _element_rows(explanation: Explanation) -> Iterable[tuple[str, Text]]:
    for each in explanation.elements:
        where = (f"\nelement {each.name}, {_place_words(each.place)}", "cyan")
        yield each.name, Text.assemble(each.sent, (f"\n{each.description}", "dim"), where)


def _file_row(file: LocalFile) -> tuple[str, Text]:
    facts = file.facts
    size = f", {facts.width}x{facts.height}" if facts.width else ""
    words = f"{facts.format}{size}, {facts.byte_count:,} bytes"
    return file.name, Text.assemble(words, (f"  sha256 {file.sha256[:16]}…", "dim"))


def _price_rows(planned: PlannedTake, project: Project) -> Iterable[tuple[str, Text]]:
    take, price = planned.take, planned.price
    seconds = "unknown" if take.seconds is None else f"{take.seconds} s"
    yield "length", Text.assemble(seconds, (f"  {_BASES[take.length.basis]}", "dim"))
    if price is not None:
        sum_ = f"{format_price(price.micro_usd)} = {price.seconds} s x {cents_words(price.rate_cents)} cents"
        yield "price", Text.assemble(sum_, (f"  prices of {project.catalog.rates.as_of}", "dim"))
    elif planned.estimate_micro_usd is not None:
        yield "price", Text(f"{format_price(planned.estimate_micro_usd)}, assumed by [budget] unknown_price")
    else:
        yield "price", Text("unknown: no rate is published for it, or its length is not known")


def _identity_rows(planned: PlannedTake, project: Project) -> Iterable[tuple[str, str]]:
    yield "fingerprint", planned.fingerprint
    yield "key of attempt 1\n  ", _key(planned, project)
    task = f", task {planned.attempt.task_id}" if planned.attempt and planned.attempt.task_id else ""
    yield "state      ", f"{planned.state.value}{task}"


def _key(planned: PlannedTake, project: Project) -> str:
    return idempotency_key(project.table.id, planned.fingerprint, planned.address.number, 1)


# ── JSON


def _explained_json(explained: Explained) -> dict[str, Any]:
    origins = [{"value": each.value, "layer": each.layer, **_place_json(each.place)} for each in explained.origins]
    return {"name": explained.name, "value": explained.value, "note": explained.note or None, "origins": origins}


def _place_json(place: Place) -> dict[str, Any]:
    return {"file": str(place.file), "line": place.line, "key": place.key}
