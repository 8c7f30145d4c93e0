"""What a render or a rehearsal achieved: the bill, the clips, what is missing."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from kling_render.catalog import exact_usd, format_price, format_usd
from kling_render.ledger import Attempt, State
from kling_render.planning import PlannedTake
from kling_render.project import DEFAULT_PROFILE
from kling_render.rendering import Outcome
from kling_render.report.cells import Name, file_style, state
from kling_render.report.console import console, print_origin, table
from kling_render.report.paths import shorten
from kling_render.report.plan import describe

if TYPE_CHECKING:
    from kling_render.rehearsal import Rehearsal


_MANY = 60
"""Of more takes than these, a bill names those alone that the run did something about."""


def print_outcome(outcome: Outcome) -> None:
    """Print the bill of a render: what this run did, each clip, each problem."""
    out = console()
    if not outcome.submitted and not outcome.problems and not outcome.plan.due:
        resumed = len(outcome.plan.snapshot.open)
        finished = f"what was open ({resumed}) is finished, " if resumed else ""
        out.print(f"Nothing to submit: {finished}every take of the plan is bought.")
    _print_takes(outcome)
    count = len(outcome.submitted)
    out.print(
        f"this run: {format_usd(outcome.run_micro_usd)} for {count} submission{'' if count == 1 else 's'}   "
        f"this project at this account: {format_usd(outcome.snapshot.counted_micro_usd())}"
    )
    print_origin(outcome.snapshot, out)
    print_drift(_settled_now(outcome), out)
    _print_problems(outcome)
    if outcome.is_interrupted:
        _print_interrupt(outcome)


def _print_interrupt(outcome: Outcome) -> None:
    """Say what is open after an interrupt, and how to go on."""
    out, open_ones = console(err=True), outcome.snapshot.open
    out.print(f"interrupted: {len(open_ones)} open", style="yellow")
    for attempt in open_ones:
        out.print(f"  {attempt.address}  {attempt.state.value}  {attempt.task_id or 'no task id yet'}")
    project = outcome.plan.project
    profile = "" if project.profile == DEFAULT_PROFILE else f" --profile {shlex.quote(project.profile)}"
    out.print(f"go on with: kling-render render {shlex.quote(shorten(project.path))}{profile}", soft_wrap=True)


def print_rehearsal(rehearsal: Rehearsal) -> None:
    """Print the bill of a rehearsal: what a render of the whole film would cost and bring."""
    out = console()
    outcome = rehearsal.outcome
    _print_takes(outcome)
    minutes, seconds = divmod(round(rehearsal.virtual_seconds), 60)
    out.print(
        f"A render would cost {format_usd(outcome.plan.tally.chosen_micro_usd)} and take about {minutes} min "
        f"{seconds} s. This rehearsal was free."
    )
    priced = {str(planned.take.address) for planned in outcome.plan.takes if planned.price is not None}
    print_drift((each for each in _settled_now(outcome) if each.address in priced), out)
    if rehearsal.faults:
        struck = ", ".join(f"{count} {kind}" for kind, count in sorted(rehearsal.faults.items()))
        out.print(f"the scenario struck: {struck}")
    out.print("\n".join(rehearsal.verdict.lines()), style="" if rehearsal.verdict.is_clean else "red")
    for refusal in rehearsal.real_refusals:
        out.print(f"A render would refuse: {refusal}", style="yellow")
    _print_problems(outcome)


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """The outcome as JSON: each take's state, price and clip."""
    return {
        "schema": 1,
        "plan_hash": outcome.plan.hash,
        "manifest": str(outcome.manifest),
        "submitted": list(outcome.submitted),
        "problems": {address: problem.message for address, problem in outcome.problems.items()},
        "undelivered": list(outcome.undelivered),
        "run_usd": exact_usd(outcome.run_micro_usd),
        "total_usd": exact_usd(outcome.snapshot.counted_micro_usd()),
        "exit_code": outcome.exit_code,
        "takes": [_take_json(planned, _attempt(outcome, planned)) for planned in outcome.plan.chosen],
    }


def rehearsal_json(rehearsal: Rehearsal) -> dict[str, Any]:
    """A rehearsal as JSON: its outcome, how long a render would take, and the verdict on its client."""
    return {
        **outcome_json(rehearsal.outcome),
        "virtual_seconds": round(rehearsal.virtual_seconds, 3),
        "faults": dict(rehearsal.faults),
        "verdict": rehearsal.verdict.shown(),
    }


def _worth_a_row(outcome: Outcome) -> list[PlannedTake]:
    """The takes of the plan; of many, those that this run did something about, or that are not delivered."""
    takes = list(outcome.plan.chosen)
    if len(takes) <= _MANY:
        return takes
    before = {each.id for each in outcome.plan.snapshot.attempts if each.state is State.DOWNLOADED}
    delivered = {(each.fingerprint, each.take) for each in outcome.snapshot.attempts if each.id in before}
    return [planned for planned in takes if planned.key not in delivered]


def _print_takes(outcome: Outcome) -> None:
    out = console()
    rows = table("take", "request", "state", "estimate", "charged", right=("estimate", "charged"))
    shown = _worth_a_row(outcome)
    for planned in shown:
        rows.add_row(Name(str(planned.take.address)), describe(planned.take), *_paid(planned, outcome))
    if shown:
        out.print(rows)
    if left := len(outcome.plan.chosen) - len(shown):
        out.print(f"{left:,} more takes were here before; kling-render takes shows them", style="dim")
    out.print()
    folder = shorten(outcome.folder)
    attempts = (_attempt(outcome, planned) for planned in shown)
    for clip in dict.fromkeys(each.clip.path for each in attempts if each is not None and each.clip is not None):
        path = Path(folder, clip)
        out.print(Text(str(path), style=file_style(path, out)), soft_wrap=True)
    out.print()


def _paid(planned: PlannedTake, outcome: Outcome) -> tuple[Text, str, str]:
    """State, estimate and charge of a take; one that shares another's clip has no amounts, that the columns add up."""
    if planned.is_shared:
        return state(planned.state.value), "", ""
    attempt = _attempt(outcome, planned)
    became = state(attempt.state.value if attempt else "not bought")
    return became, format_price(planned.estimate_micro_usd), charged(attempt)


def charged(attempt: Attempt | None) -> str:
    """What an attempt cost; with a question mark while that is a reservation."""
    if attempt is None:
        return ""
    if attempt.settled_micro_usd is not None:
        return format_price(attempt.settled_micro_usd)
    return f"{format_price(attempt.counted_micro_usd)}?" if attempt.counted_micro_usd else ""


def print_drift(attempts: Iterable[Attempt], out: Console) -> None:
    """Name the takes that were charged otherwise than estimated, by more than 1 %."""
    for attempt in attempts:
        if attempt.drift is not None:
            estimate, settled = format_price(attempt.expected_micro_usd), format_price(attempt.settled_micro_usd)
            text = f"{attempt.address}: charged {settled}, estimated {estimate} ({attempt.drift:+.1%})"
            out.print(text, style="yellow")


def drift(attempt: Attempt | None) -> float | None:
    """How far the charge is from the estimate, as a fraction for machines; None within 1 %."""
    return None if attempt is None or attempt.drift is None else round(attempt.drift, 4)


def _print_problems(outcome: Outcome) -> None:
    out = console(err=True)
    for address, problem in outcome.problems.items():
        out.print(f"{address}: {problem.message}", style="red")
        if problem.hint:
            out.print(f"  {problem.hint}")
    begun = {attempt.address for attempt in outcome.snapshot.open}
    waiting = [each for each in outcome.undelivered if each not in outcome.problems and each not in begun]
    shared = _shared(outcome)
    for address in waiting:
        if address in shared:
            out.print(f"{address}: it shares the take of {shared[address]}, which is not here", style="yellow")
    if alone := [each for each in waiting if each not in shared]:
        out.print(f"not started: {', '.join(alone)}", style="yellow")


def _shared(outcome: Outcome) -> dict[str, str]:
    """By address, the takes that share another's, and whose."""
    standing: dict[tuple[str, int], str] = {}
    for planned in outcome.plan.chosen:
        standing.setdefault(planned.key, str(planned.address))
    return {
        address: standing[planned.key]
        for planned in outcome.plan.chosen
        if (address := str(planned.address)) != standing[planned.key]
    }


def _attempt(outcome: Outcome, planned: PlannedTake) -> Attempt | None:
    return outcome.snapshot.latest(planned.fingerprint, planned.take.address.number)


def _settled_now(outcome: Outcome) -> list[Attempt]:
    """The attempts that this run brought to their end, those among them that an earlier one submitted."""
    before = [each for each in outcome.plan.snapshot.attempts if each.settled_micro_usd is not None]
    over = {each.id for each in before if not each.is_open}
    return [each for each in outcome.snapshot.attempts if each.id not in over]


def _take_json(planned: PlannedTake, attempt: Attempt | None) -> dict[str, Any]:
    bought = attempt is not None and attempt.state is State.DOWNLOADED
    return {
        "address": str(planned.take.address),
        "state": attempt.state.value if attempt else "new",
        "shared": planned.is_shared,
        "task_id": attempt.task_id if attempt else None,
        "estimated_usd": exact_usd(planned.estimate_micro_usd),
        "settled_usd": exact_usd(attempt.settled_micro_usd) if attempt else None,
        "drift": drift(attempt),
        "clip": attempt.clip.path if attempt and attempt.clip and bought else None,
    }
