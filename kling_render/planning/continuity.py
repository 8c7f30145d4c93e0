"""Which clip a reference to another shot means: the picked take, else the lowest that is there; frozen once used."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Protocol

from kling_render.expansion import Reference, Take, variant_of
from kling_render.expansion.address import Pairs
from kling_render.ledger import MADE_STATES, Attempt, Picks, State
from kling_render.planning.identity import fingerprint
from kling_render.planning.states import DUE_STATES, NO_WISHES, TakeState, Wishes, next_number

Variants = tuple[Pairs, str, Pairs]
"""A variant of a shot in a version, as `Address.without_number` tells them apart."""

NO_PICKS = Picks()

_REFUSED = frozenset({State.FAILED, State.MODERATED})
_COMING = DUE_STATES | {TakeState.IN_FLIGHT}
_MOST_COMBINATIONS = 4096
"""Of takes and attempts of several upstream variants, until a take that refers to them counts as not submitted yet."""


class Known(Protocol):
    """What was bought, as far as it is asked here: a snapshot, or a render's own view of the ledger."""

    def latest(self, fingerprint: str, take: int) -> Attempt | None:
        """The newest attempt at exactly this request and take."""

    def takes_of(self, fingerprint: str) -> Sequence[Attempt]:
        """The newest attempt at each take of a request, by number."""


@dataclass(frozen=True)
class Source:
    """What a reference means: a take of the upstream variant, and the attempt that makes its clip.

    Attributes:
        fingerprint: of the upstream take.
        number: its take number.
        attempt_number: which attempt at it.
        last: the newest attempt at it, if any; an earlier one than is meant where another will be bought.
        state: what a render would do about it.
    """

    reference: Reference
    fingerprint: str
    number: int
    attempt_number: int
    last: Attempt | None
    state: TakeState

    @property
    def attempt(self) -> Attempt | None:
        """The attempt that is meant, if it has begun."""
        return None if self.state in DUE_STATES or self.state is TakeState.BLOCKED else self.last

    @property
    def is_ready(self) -> bool:
        """Whether its clip is paid and made."""
        return self.attempt is not None and self.attempt.state in MADE_STATES

    @property
    def is_coming(self) -> bool:
        """Whether a render would make its clip."""
        return self.state in _COMING

    @property
    def shown(self) -> str:
        """For people: `walk#1`."""
        return f"{str(self.reference.upstream).rpartition('#')[0]}#{self.number}"

    @property
    def identity(self) -> dict[str, object]:
        """What it adds to the fingerprint of the take that refers to it."""
        found: dict[str, object] = {"upstream": self.fingerprint, "part": self.reference.part}
        if self.number != 1:
            found["take"] = self.number
        if self.attempt_number != 1:
            found["attempt"] = self.attempt_number
        return found


@dataclass(frozen=True)
class Resolved:
    """A take with its references resolved: its fingerprint, and what each reference means."""

    fingerprint: str
    sources: tuple[Source, ...] = ()

    @property
    def blocked_by(self) -> Source | None:
        """The first source whose clip will not be there."""
        return next((each for each in self.sources if not each.is_ready and not each.is_coming), None)

    @property
    def waits_for(self) -> tuple[Source, ...]:
        """The sources whose clip is not made yet."""
        return tuple(each for each in self.sources if not each.is_ready)


@dataclass(frozen=True)
class Continuing:
    """What references are resolved with, but for what was bought: that grows while a plan is rendered."""

    upstreams: Mapping[Variants, Sequence[Take]] = field(default_factory=dict)
    wishes: Wishes = NO_WISHES
    picks: Picks = NO_PICKS

    def against(self, known: Known) -> Continuity:
        """Resolve against what is known by now."""
        return Continuity(self.upstreams, known, self.wishes, self.picks)


NOT_CONTINUING = Continuing()


class Continuity:
    """Resolves the references of takes against what was bought.

    Args:
        upstreams: the takes of the variants that others refer to, by number.
        known: what was bought.
        wishes: what a render shall buy besides new takes.
        picks: the takes that were chosen for the film; a choice counts for the request that it was made for.
    """

    def __init__(
        self,
        upstreams: Mapping[Variants, Sequence[Take]],
        known: Known,
        wishes: Wishes,
        picks: Picks,
    ) -> None:
        self._upstreams = upstreams
        self._known = known
        self._wishes = wishes
        self._picks = picks
        self._resolved: dict[tuple[Variants, int], Resolved] = {}

    def resolve(self, take: Take, preferred: frozenset[tuple[str, int]] = frozenset()) -> Resolved:
        """What a take refers to, and its fingerprint with it.

        Args:
            take: the take.
            preferred: takes, by the address of the upstream variant and number, that count before others once they
                are there.
        """
        if not take.references:
            return Resolved(fingerprint(take))
        references = list(dict.fromkeys(take.references))
        choices = [self._candidates(reference) for reference in references]
        frozen = self._frozen(take, references, choices)
        return frozen or _resolved(take, references, [_best(candidates, preferred) for candidates in choices])

    def is_picked(self, name: str, number: int, mark: str) -> bool:
        """Whether a take is the chosen one of its variant, which is named without number."""
        pick = self._picks.of(name, mark)
        return pick is not None and (pick.take, pick.fingerprint) == (number, mark)

    def has_pick(self, name: str, mark: str) -> bool:
        """Whether anything was chosen of a variant."""
        return self._picks.of(name, mark) is not None

    def _frozen(
        self, take: Take, references: Sequence[Reference], choices: Sequence[Sequence[Source]]
    ) -> Resolved | None:
        """With the sources that it was submitted with: another take or attempt upstream alone changes nothing then.

        References to one variant meant one take of it.
        """
        begun = {each.upstream: _begun(candidates) for each, candidates in zip(references, choices, strict=True)}
        for combination in itertools.islice(itertools.product(*begun.values()), _MOST_COMBINATIONS):
            meant = dict(zip(begun, combination, strict=True))
            resolved = _resolved(
                take, references, [replace(meant[each.upstream], reference=each) for each in references]
            )
            attempt = self._known.latest(resolved.fingerprint, take.address.number)
            if attempt is not None and attempt.state in _REFUSED and any(map(_is_outdated, combination)):
                continue  # asked for again, it would be sent another clip's frame than its fingerprint says
            if attempt is not None and attempt.state is not State.RELEASED:
                return resolved
        return None

    def _candidates(self, reference: Reference) -> list[Source]:
        """The takes that a reference may mean, by number: the picked one alone where there is one."""
        takes = self._upstreams[reference.upstream.without_number]
        sources = list(self._sources(reference, takes))
        name = variant_of(reference.upstream)
        picked = [each for each in sources if self.is_picked(name, each.number, each.fingerprint)]
        return picked or self._locked(reference, name, takes[0]) or sources

    def _locked(self, reference: Reference, name: str, take: Take) -> list[Source]:
        """The chosen take of an older request, where that choice was locked and the take is known."""
        pick = self._picks.of(name, self._upstream(take).fingerprint)
        attempt = self._known.latest(pick.fingerprint, pick.take) if pick is not None and pick.locked else None
        if pick is None or attempt is None:
            return []
        state = self._wishes.state_of(attempt)
        return [Source(reference, pick.fingerprint, pick.take, attempt.attempt, attempt, state)]

    def _sources(self, reference: Reference, takes: Sequence[Take]) -> Iterator[Source]:
        declared = {take.address.number: self._upstream(take) for take in takes}
        first = self._upstream(takes[0])
        bought = {each.take: first for each in self._known.takes_of(first.fingerprint)}
        for number, resolved in sorted({**bought, **declared}.items(), key=itemgetter(0)):
            attempt = self._known.latest(resolved.fingerprint, number)
            state = self._wishes.state_of(attempt)
            which = attempt.attempt if attempt and state not in DUE_STATES else next_number(attempt)
            if state in DUE_STATES and (resolved.blocked_by or number not in declared):
                state = TakeState.BLOCKED
            yield Source(reference, resolved.fingerprint, number, which, attempt, state)

    def _upstream(self, take: Take) -> Resolved:
        key = (take.address.without_number, take.address.number)
        if key not in self._resolved:
            self._resolved[key] = self.resolve(take)
        return self._resolved[key]


def _is_outdated(source: Source) -> bool:
    return source.last is not None and source.attempt_number != source.last.attempt


def _begun(candidates: Sequence[Source]) -> list[Source]:
    """One source for each attempt that was made at any of them."""
    last = ((each, each.last.attempt if each.last else 0) for each in candidates)
    return [replace(each, attempt_number=number) for each, newest in last for number in range(1, newest + 1)]


def _best(candidates: Sequence[Source], preferred: frozenset[tuple[str, int]]) -> Source:
    """The lowest take that is there, a preferred one first; else the lowest that will be; else the first."""
    ready = [each for each in candidates if each.is_ready]
    wanted = (each for each in ready if (str(each.reference.upstream), each.number) in preferred)
    coming = (each for each in candidates if each.is_coming)
    return next(itertools.chain(wanted, ready, coming, candidates))


def _resolved(take: Take, references: Sequence[Reference], sources: Sequence[Source]) -> Resolved:
    meant = dict(zip(references, sources, strict=True))
    return Resolved(fingerprint(take, lambda reference: meant[reference].identity), tuple(sources))
