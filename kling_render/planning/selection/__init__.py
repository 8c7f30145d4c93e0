"""Which takes a command means: `--only` and `--exclude`, read once and matched against all takes of a plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from kling_render.errors import UsageError
from kling_render.planning.selection.alternatives import Alternative, Candidate, Fact, Option, Pool
from kling_render.planning.selection.samples import canaries, spread
from kling_render.planning.selection.spans import Span
from kling_render.planning.selection.terms import read_option

__all__ = ["Candidate", "Selection"]

CandidateType = TypeVar("CandidateType", bound=Candidate)


@dataclass(frozen=True)
class Selection:
    """Takes that fit one of the options of `--only` (or all without any) and none of `--exclude`.

    An option is terms between white space, of which all must hold; a term is alternatives between commas.
    """

    only: tuple[Option, ...] = ()
    exclude: tuple[Option, ...] = ()
    sample: int | None = None
    canary: bool = False

    @classmethod
    def parse(
        cls, only: Sequence[str] = (), exclude: Sequence[str] = (), *, sample: int | None = None, canary: bool = False
    ) -> Selection:
        """The selection that the options of a command line mean.

        Args:
            only: what is chosen; everything by default.
            exclude: what of it is left out.
            sample: so many variants of what is left, spread evenly.
            canary: as few variants of what is left as have each value of each axis.

        Raises:
            UsageError: one cannot be read; it says where.
        """
        return cls(
            tuple(read_option(Span("--only", text, text)) for text in only),
            tuple(read_option(Span("--exclude", text, text)) for text in exclude),
            sample,
            canary,
        )

    def choose(self, candidates: Sequence[CandidateType]) -> list[CandidateType]:
        """The selected takes in their order.

        Raises:
            UsageError: an alternative matches no take at all, a short id means several variants, or nothing is left.
                Not so where states, prices or picks decide: those may well fit nothing today.
        """
        pool = Pool(candidates)
        chosen = _union(self.only, pool) if self.only else set(range(len(candidates)))
        left = chosen - _union(self.exclude, pool)
        if self.only and not chosen and not _is_volatile(self.only):
            raise UsageError("no take fits all terms of --only", hint="Terms between spaces must all hold.")
        if chosen and not left and not _is_volatile(self.exclude):
            raise UsageError(f"--exclude leaves none of {len(chosen):,} takes")
        chosen_takes = [candidates[at] for at in sorted(left)]
        if self.canary:
            chosen_takes = canaries(chosen_takes)
        return chosen_takes if self.sample is None else spread(chosen_takes, self.sample)


def _is_volatile(options: Iterable[Option]) -> bool:
    alternatives = (each for option in options for term in option for each in term)
    return any(isinstance(each, Fact) and each.may_be_empty for each in alternatives)


def _union(options: Iterable[Option], pool: Pool) -> set[int]:
    found: set[int] = set()
    for option in options:
        terms = [set().union(*(_found(each, pool) for each in term)) for term in option]
        found |= set.intersection(*terms)
    return found


def _found(alternative: Alternative, pool: Pool) -> set[int]:
    positions = alternative.positions(pool)
    if not positions and not (isinstance(alternative, Fact) and alternative.may_be_empty):
        raise alternative.missed(pool)
    return positions
