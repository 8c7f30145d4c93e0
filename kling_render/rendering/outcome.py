"""What a render achieved, and the exit code that says so."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kling_render.errors import IncompleteError, KlingRenderError
from kling_render.ledger import Attempt, Snapshot, State
from kling_render.planning import STUCK_STATES, Plan
from kling_render.rendering.failures import RenderInterruptedError
from kling_render.rendering.paths import is_there

_EXIT_ORDER = (130, 10, 11, 3, 12, 7, 6, 5)
"""Which exit code counts where several apply."""


@dataclass(frozen=True)
class Outcome:
    """What a render achieved.

    Attributes:
        plan: what was planned, with the states before the render, and the fingerprints that it ended with.
        snapshot: the ledger after it.
        problems: why takes were not delivered, by address.
        submitted_ids: the ledger's ids of the attempts that this run submitted or repeated.
        manifest: the manifest's path.
        folder: what the clips' paths are relative to.
        halt: why nothing more was submitted at some point, if so.
    """

    plan: Plan
    snapshot: Snapshot
    problems: dict[str, KlingRenderError]
    submitted_ids: frozenset[int]
    manifest: Path
    folder: Path
    halt: KlingRenderError | None = None

    @property
    def is_interrupted(self) -> bool:
        """Whether somebody stopped it."""
        return isinstance(self.halt, RenderInterruptedError)

    @property
    def exit_code(self) -> int:
        """0 when everything is delivered, else the code of the gravest problem."""
        codes = {problem.exit_code for problem in self.problems.values()}
        if any(planned.state in STUCK_STATES for planned in self.plan.chosen):
            codes.add(IncompleteError.exit_code)
        if self.is_interrupted:
            codes.add(RenderInterruptedError.exit_code)
        return next((code for code in _EXIT_ORDER if code in codes), 1 if codes else 0)

    @property
    def undelivered(self) -> tuple[str, ...]:
        """Addresses of the plan whose clip is not here."""
        return tuple(
            str(planned.take.address)
            for planned in self.plan.chosen
            if not is_here(self.snapshot.latest(*planned.key), self.folder)
        )

    @property
    def submitted(self) -> tuple[str, ...]:
        """Addresses of the attempts that this run submitted or repeated."""
        return tuple(each.address for each in self.own_attempts)

    @property
    def run_micro_usd(self) -> int:
        """What this run's submissions cost: settled where known, else reserved."""
        return self.snapshot.counted_micro_usd(each for each in self.own_attempts if each.task_id)

    @property
    def own_attempts(self) -> list[Attempt]:
        """What this run submitted or repeated, as the ledger has it now."""
        return [each for each in self.snapshot.attempts if each.id in self.submitted_ids]


def is_here(attempt: Attempt | None, folder: Path) -> bool:
    """Whether the clip of an attempt lies on this disk."""
    return (
        attempt is not None
        and attempt.state is State.DOWNLOADED
        and attempt.clip is not None
        and is_there(folder, attempt.clip.path)
    )
