"""What was charged, card by card and take by take: every attempt counts on one card, so that cards add up."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from kling_render.bookkeeping import Candidate
from kling_render.expansion import variant_of
from kling_render.ledger import Attempt, Snapshot
from kling_render.planning import PlannedTake

Key = tuple[str, int]


@dataclass(frozen=True)
class Settled:
    """Settled charges in micro-USD; what nothing was charged for has no entry.

    Attributes:
        by_card: by the variant on whose card they count, with all that was tried, retaken or made of older prompts.
        by_take: by fingerprint and take number, every attempt at it.
        owners: by fingerprint and take number, the variant on whose card a take has its price.
    """

    by_card: Mapping[str, int]
    by_take: Mapping[Key, int]
    owners: Mapping[Key, str]


def settle(shown: Sequence[PlannedTake], candidates: Iterable[Candidate], snapshot: Snapshot, profile: str) -> Settled:
    """What was charged for the takes that are shown, and for further and older ones of their variants.

    An attempt counts where its take is shown with a price; one that is not shown, on the card that it was bought for.

    Args:
        shown: the takes of the plan, each request borne by one of them: see `bear_shared`.
        candidates: the takes that were made.
        snapshot: what was bought.
        profile: whose further and older takes count.
    """
    cards = {variant_of(each.address) for each in shown}
    owners = _owners(shown, candidates, cards)
    by_card: dict[str, int] = {}
    by_take: dict[Key, int] = {}
    for attempt in snapshot.attempts:
        settled, key = attempt.settled_micro_usd, (attempt.fingerprint, attempt.take)
        if settled is None:
            continue
        by_take[key] = by_take.get(key, 0) + settled
        card = owners.get(key) or _bought_for(attempt, profile)
        if card in cards:
            by_card[card] = by_card.get(card, 0) + settled
    return Settled(by_card, by_take, owners)


def _owners(shown: Iterable[PlannedTake], candidates: Iterable[Candidate], cards: Collection[str]) -> dict[Key, str]:
    """On which card a take has its price: the one that it was bought for, else the first that has it."""
    owners: dict[Key, str] = {}
    for each in sorted(candidates, key=lambda each: bool(each.shared_with)):
        if each.variant in cards:
            owners.setdefault((each.attempt.fingerprint, each.attempt.take), each.variant)
    return owners | {each.key: variant_of(each.address) for each in shown if not each.is_shared}


def bear_shared(shown: Iterable[PlannedTake], plan: Iterable[PlannedTake]) -> tuple[PlannedTake, ...]:
    """Of takes that share a request, the first that is shown bears its state and price.

    Args:
        shown: what a selection left of the plan.
        plan: all of it.
    """
    states = {each.key: each.state for each in plan if not each.is_shared}
    firsts: dict[Key, PlannedTake] = {}
    return tuple(
        replace(each, state=states[each.key]) if firsts.setdefault(each.key, each) is each else each for each in shown
    )


def _bought_for(attempt: Attempt, profile: str) -> str:
    return variant_of(attempt.address) if attempt.profile == profile else ""
