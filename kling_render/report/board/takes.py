"""The takes of a card: those of the plan, then those of older requests."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from kling_render.bookkeeping import Candidate
from kling_render.catalog import format_usd
from kling_render.expansion import variant_of
from kling_render.film import Part
from kling_render.ledger import Attempt, Picks, Snapshot, State
from kling_render.planning import STUCK_STATES, PlannedTake, TakeState
from kling_render.report.board.media import Media
from kling_render.report.board.sums import Key, Settled
from kling_render.report.board.view import TakeView
from kling_render.report.board.words import UNKNOWN_PROMPT, clock, prompts_of, tone_of
from kling_render.report.plan import estimate

OLDER = "older prompt"
"""The state of a take that was made from an older request."""
SHARED = "shared"
"""The price of a take that is bought once with another, on whose card it counts."""


def element_id(kind: str, text: str) -> str:
    """An id for an element of the page that stays the same from one board to the next."""
    return f"{kind}-{sha256(text.encode()).hexdigest()[:10]}"


def take_id(variant: str, number: int, fingerprint: str) -> str:
    """The id of a take's element."""
    return element_id("t", f"{variant}#{number} {fingerprint}")


@dataclass(frozen=True)
class TakeViews:
    """Shows takes of one project.

    Attributes:
        candidates: the takes that can be picked, by variant.
        settled: what was charged.
        bearers: of takes that share a request, the one that bears its state and price.
        is_rehearsal: whether the clips are placeholders, which nobody bought and nobody picks.
    """

    snapshot: Snapshot
    picks: Picks
    candidates: Mapping[str, Sequence[Candidate]]
    media: Media
    settled: Settled
    bearers: Mapping[Key, PlannedTake]
    is_rehearsal: bool = False

    def of(self, takes: Sequence[PlannedTake], part: Part | None) -> tuple[TakeView, ...]:
        """The takes of one variant, and which of them stands in the film by this part."""
        shown = [self._planned(each, part) for each in takes]
        return (*shown, *self._others(takes, part))

    def _planned(self, planned: PlannedTake, part: Part | None) -> TakeView:
        attempt, bearer = self.snapshot.latest(*planned.key), self.bearers[planned.key]
        rehearsed = self.is_rehearsal and bearer.state is TakeState.BOUGHT
        told = attempt.error or "" if attempt and bearer.state in STUCK_STATES else ""
        view = TakeView(
            id=take_id(variant_of(planned.address), planned.address.number, planned.fingerprint),
            address=str(planned.address),
            number=planned.address.number,
            state="rehearsed" if rehearsed else bearer.state.value,
            tone=tone_of(bearer.state),
            price=self._price(planned, attempt),
            message=bearer.blocked_by or told,
        )
        view = self._with_clip(view, attempt, part, variant_of(planned.address), planned.fingerprint)
        if view.poster or view.source:
            return view
        frame = self.media.first_frame(planned)
        return replace(view, poster=frame, is_drawn=bool(frame))

    def _others(self, takes: Sequence[PlannedTake], part: Part | None) -> Iterator[TakeView]:
        """Takes that are not in the plan: further ones of the same request, and those of older requests."""
        current, name = takes[0].fingerprint, variant_of(takes[0].address)
        planned = {each.key for each in takes}
        for each in self.candidates.get(name, ()):
            attempt = each.attempt
            if (attempt.fingerprint, attempt.take) in planned:
                continue
            view = TakeView(
                id=take_id(name, attempt.take, attempt.fingerprint),
                address=each.name,
                number=attempt.take,
                state=TakeState.BOUGHT.value if each.is_current else OLDER,
                tone="good" if each.is_current else "plain",
                price=self._charged(attempt) if self._is_counted(attempt, name) else SHARED,
                is_older=not each.is_current,
                words=() if each.is_current else _words_made(attempt, takes[0]),
            )
            yield self._with_clip(view, attempt, part, name, current)

    def _with_clip(
        self, view: TakeView, attempt: Attempt | None, part: Part | None, variant: str, current: str
    ) -> TakeView:
        """The view with what there is of the clip, and with the choice."""
        if attempt is None:
            return view
        pick = self.picks.of(variant, current)
        is_picked = pick is not None and (pick.fingerprint, pick.take) == (attempt.fingerprint, attempt.take)
        view = replace(
            view,
            is_standing=part is not None and part.attempt == attempt,
            is_picked=is_picked,
            is_locked=is_picked and pick is not None and pick.locked,
            can_pick=not self.is_rehearsal and self._means(view.address, attempt),
        )
        clip = attempt.clip if attempt.state is State.DOWNLOADED else None
        if clip is None:
            return view
        return replace(view, source=self.media.link(clip), poster=self.media.poster(clip), seconds=clock(clip.seconds))

    def _price(self, planned: PlannedTake, attempt: Attempt | None) -> str:
        """What was charged where that is known, else the estimate."""
        if planned.is_shared:
            return SHARED
        if attempt is not None and attempt.settled_micro_usd is not None:
            return self._charged(attempt)
        return estimate(planned)

    def _is_counted(self, attempt: Attempt, variant: str) -> bool:
        return self.settled.owners.get((attempt.fingerprint, attempt.take)) == variant

    def _charged(self, attempt: Attempt) -> str:
        """What all attempts at a take cost; while nothing is settled, what this one reserves."""
        key = attempt.fingerprint, attempt.take
        return format_usd(self.settled.by_take.get(key, attempt.counted_micro_usd))

    def _means(self, name: str, attempt: Attempt) -> bool:
        """Whether a take can be picked by that name."""
        candidates = self.candidates.get(variant_of(name), ())
        return any(each.name == name and each.attempt == attempt for each in candidates)


def _words_made(attempt: Attempt, now: PlannedTake) -> tuple[str, ...]:
    """The prompts of the request that was sent; none where they are as they would be now."""
    if not attempt.body:
        return (UNKNOWN_PROMPT,)
    words = prompts_of(json.loads(attempt.body))
    return () if words == prompts_of(now.take.effective) else words
