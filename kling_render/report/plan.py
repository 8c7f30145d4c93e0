"""The plan, as a table for people and as JSON for machines."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Sequence
from tempfile import SpooledTemporaryFile
from typing import Any, TextIO

from rich.text import Text

from kling_render.catalog import exact_usd, format_price, format_usd
from kling_render.expansion import Take
from kling_render.planning import Plan, PlannedTake, StreamedPlan
from kling_render.report.cells import Name, state
from kling_render.report.console import console, print_origin, table
from kling_render.settings import DEFAULT_BASE_URL

_SPOOLED = 1_000_000
"""Characters of a streamed plan that stay in memory; more go to a temporary file."""


def print_plan(plan: Plan, *, requests: bool = False, err: bool = False, origin: str = DEFAULT_BASE_URL) -> None:
    """Print the plan (to standard error with `err`): a row per shot, the sums, the warnings, the verdict.

    Args:
        plan: what is printed.
        requests: whether the exact bodies are printed, too.
        err: whether it goes to standard error.
        origin: the server that would be asked, where the plan knows of none.
    """
    out = console(err=err)
    rows = table("shot", "takes", "request", "state", "each", "to pay", right=("takes", "each", "to pay"))
    for shot, takes in _by_shot(plan.chosen).items():
        due = sum(planned.due_micro_usd for planned in takes)
        unknown = any(planned.is_due and planned.estimate_micro_usd is None for planned in takes)
        rows.add_row(
            Name(shot), str(len(takes)), _descriptions(takes), state(_states(takes)), _estimates(takes),
            "unknown" if unknown else format_usd(due),
        )  # fmt: skip
    out.print(rows)
    out.print()
    out.print(_sums(plan))
    print_origin(plan.snapshot, out, asked=origin)
    if requests:
        for planned in plan.chosen:
            take = planned.take
            out.print(f"\n{take.address}  POST /api/v1/kling/{take.action}", style="bold")
            out.print(Text(json.dumps(take.shown_body(), ensure_ascii=False, indent=2)), soft_wrap=True)
    for warning in plan.warnings:
        out.print(f"warning: {warning.place.key}: {warning.message}", style="yellow")
    for refusal in plan.refusals:
        out.print(f"refused: {refusal}", style="bold red")
    out.print(f"plan {plan.hash[:16]}", style="dim")


def plan_json(plan: Plan, *, requests: bool = False) -> dict[str, Any]:
    """The plan as JSON; amounts are decimal texts in USD, `request` is the body that would be sent."""
    return {**_sums_json(plan), "takes": [take_json(planned, requests=requests) for planned in plan.chosen]}


def write_plan_json(stream: Callable[[Callable[[PlannedTake], None]], StreamedPlan], out: TextIO) -> StreamedPlan:
    """Write a plan with its requests as JSON, one take after the other; the same keys as `plan_json`.

    Args:
        stream: plans, and tells each take.
        out: where it goes, once it is known that the project has no faults.
    """
    with SpooledTemporaryFile(max_size=_SPOOLED, mode="w+", encoding="utf-8") as spool:

        def keep(planned: PlannedTake) -> None:
            spool.write(",\n    " if spool.tell() else "\n    ")
            spool.write(json.dumps(take_json(planned, requests=True), ensure_ascii=False))

        streamed = stream(keep)
        head = json.dumps(_sums_json(streamed), ensure_ascii=False, indent=2)
        spool.seek(0)
        out.write(head.removesuffix("\n}") + ',\n  "takes": [')
        shutil.copyfileobj(spool, out)
        out.write("\n  ]\n}\n")
    return streamed


def _sums_json(plan: Plan | StreamedPlan) -> dict[str, Any]:
    tally, rates = plan.tally, plan.project.catalog.rates
    return {
        "schema": 1,
        "project": plan.project.table.name,
        "hash": tally.hash,
        "price_card": rates.name,
        "profile": plan.project.profile,
        "price_source": rates.source,
        "to_pay_usd": exact_usd(tally.due_micro_usd),
        "low_usd": exact_usd(tally.low_micro_usd),
        "worst_usd": exact_usd(tally.worst_micro_usd),
        "unknown_prices": tally.unknown,
        "pending": tally.pending,
        "blocked": tally.blocked,
        "total_usd": exact_usd(tally.total_micro_usd),
        "counted_usd": exact_usd(plan.snapshot.counted_micro_usd()),
        "caps_usd": {
            "project": exact_usd(plan.caps.project),
            "run": exact_usd(plan.caps.run),
            "day": exact_usd(plan.caps.day),
            "take": exact_usd(plan.caps.take),
        },
        "refusals": list(plan.refusals),
        "drafts_not_followed": list(plan.outdated_drafts) if isinstance(plan, Plan) else [],
        "warnings": [{"key": each.place.key, "message": each.message, "hint": each.hint} for each in plan.warnings],
    }


def describe(take: Take) -> str:
    """A request in a few words: `kling-3.0 5 s 1080p sound`."""
    values = take.effective
    seconds = "? s" if take.seconds is None else f"{'~' if take.length.is_estimate else ''}{take.seconds} s"
    parts = [take.model, seconds, values.get("output_resolution"), values.get("aspect_ratio")]
    parts.append("sound" if values.get("enable_sound") is True else None)
    cuts = len(values.get("multi_prompt", ()))
    parts.append(f"{cuts} cuts" if cuts else None)
    return " ".join(str(part) for part in parts if part)


def estimate(planned: PlannedTake) -> str:
    """The price of a take; with a tilde where it rests on an assumption or on a length that is not certain."""
    return f"{'~' if planned.is_estimate else ''}{format_price(planned.estimate_micro_usd)}"


def _by_shot(takes: Iterable[PlannedTake]) -> dict[str, list[PlannedTake]]:
    """The takes of each shot, all its variants and versions together."""
    found: dict[str, list[PlannedTake]] = {}
    for planned in takes:
        found.setdefault(planned.take.address.shot, []).append(planned)
    return found


def _descriptions(takes: Sequence[PlannedTake]) -> str:
    """The request in a few words; of variants how many there are, and how many kinds of request."""
    words = list(dict.fromkeys(describe(planned.take) for planned in takes))
    variants = len({planned.take.address.without_number for planned in takes})
    count = f"{variants} variants: " if variants > 1 else ""
    return f"{count}{words[0]}" + (f" and {len(words) - 1} other" if len(words) > 1 else "")


def _estimates(takes: Sequence[PlannedTake]) -> str:
    """The price of a take, or the lowest and the highest."""
    known = sorted({planned.estimate_micro_usd for planned in takes if planned.estimate_micro_usd is not None})
    if len(known) < 2:
        return estimate(takes[0])
    tilde = "~" if any(planned.is_estimate for planned in takes) else ""
    return f"{tilde}{format_price(known[0])} to {format_price(known[-1])}"


def take_json(planned: PlannedTake, *, requests: bool) -> dict[str, Any]:
    """One take as JSON, with its request if that is wanted."""
    take, price = planned.take, planned.price
    row: dict[str, Any] = {
        "address": str(take.address),
        "short_id": take.address.short_id,
        "state": planned.state.value,
        "action": take.action,
        "model": take.model,
        "seconds": take.seconds,
        "length_basis": take.length.basis,
        "fingerprint": planned.fingerprint,
        "rate_cents_per_second": f"{price.rate_cents:f}" if price else None,
        "estimated_usd": exact_usd(planned.estimate_micro_usd),
        "assumed": price is None and planned.estimate_micro_usd is not None,
        "task_id": planned.attempt.task_id if planned.attempt else None,
    }
    return {**row, "request": take.shown_body()} if requests else row


def _states(takes: Sequence[PlannedTake]) -> str:
    counts: dict[str, int] = {}
    for planned in takes:
        counts[planned.state.value] = counts.get(planned.state.value, 0) + 1
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{count} {state}" for state, count in counts.items())


def _known_sum(plan: Plan) -> str:
    amount, unknown = format_usd(plan.due_micro_usd), plan.tally.unknown
    return f"at least {amount}, {unknown} of unknown price" if unknown else amount


def _spread(plan: Plan) -> str:
    parts = []
    if plan.low_micro_usd != plan.due_micro_usd:
        parts.append(f"one take of each shot: {format_usd(plan.low_micro_usd)}")
    if plan.worst_micro_usd != plan.due_micro_usd:
        retries = plan.project.render.retries
        times = f"{retries} time{'' if retries == 1 else 's'}"
        parts.append(f"worst case, each failing {times}: {format_usd(plan.worst_micro_usd)}")
    return "   ".join(parts)


def _of_drafts(plan: Plan) -> list[str]:
    """What becomes of the picks of the draft."""
    lines = []
    if followed := sum(planned.is_picked and planned.is_due for planned in plan.takes):
        lines.append(f"{followed} follow picks of the draft: each is another performance, bought anew")
    outdated = "is picked in the draft, but not as it is asked for now: not followed"
    return lines + [f"{name} {outdated}" for name in plan.outdated_drafts]


def _sums(plan: Plan) -> str:
    due = len(plan.due)
    before = plan.snapshot.counted_micro_usd()
    lines = [
        f"{due} of {plan.tally.chosen} takes to buy: {_known_sum(plan)}"
        f"  (whole film: {format_usd(plan.total_micro_usd)}, prices of {plan.price_card})"
    ]
    if plan.tally.pending:
        lines.append(f"{plan.tally.pending} of them wait for the clip of another shot")
    for planned in plan.chosen:
        if planned.blocked_by:
            lines.append(f"{planned.address} is blocked: {planned.blocked_by}")
    lines += _of_drafts(plan)
    if spread := _spread(plan):
        lines.append(spread)
    if any(planned.is_due and planned.is_estimate for planned in plan.takes):
        lines.append("~ is an estimate: the finished clip's length, or the server, decides")
    if before:
        lines.append(f"spent or reserved so far: {format_usd(before)}")
    if plan.caps.project is not None:
        left = plan.caps.project - before - plan.due_micro_usd
        rest = f"{format_usd(left)} left after this" if left >= 0 else f"{format_usd(-left)} too little"
        lines.append(f"budget: {format_usd(plan.caps.project)}, {rest}")
    elif not plan.caps.any:
        lines.append("budget: none; set [budget] max_usd")
    return "\n".join(lines)
