"""Quotes for a plan: what the server would reserve, asked once per distinct price."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from kling_render.catalog import Catalog, cents_from_micro
from kling_render.errors import RequestRefusedError
from kling_render.expansion import Take
from kling_render.planning import Plan, PlannedTake

if TYPE_CHECKING:
    from kling_render.runapi import Quote, RunApi

Answer: TypeAlias = "tuple[Quote | None, str]"
"""The server's quote, or why it refused to give one."""


@dataclass(frozen=True)
class QuotedPrice:
    """One distinct price of a plan, and what the server says to it.

    Attributes:
        action: the endpoint.
        model: the model.
        params: what the server was asked about: the fields that the price depends on, no texts and no media.
        takes: the takes that have this price.
        estimate_micro_usd: the plan's, for one of them; None where it is unknown.
        is_assumed: whether that estimate is what the project assumes, as no price is known.
        follows_file: whether the clip is as long as a file, which the server is not told of: its quote says nothing
            about the estimate.
        quote: the server's; None where it refused to say.
        refusal: why it refused.
    """

    action: str
    model: str
    params: Mapping[str, Any]
    takes: tuple[PlannedTake, ...]
    estimate_micro_usd: int | None
    is_assumed: bool
    follows_file: bool
    quote: Quote | None
    refusal: str = ""

    @property
    def quoted_micro_usd(self) -> int | None:
        """What the server would reserve for one take; it quotes whole cents."""
        return self.quote.reservation_micro_usd if self.quote else None

    @property
    def agrees(self) -> bool:
        """Whether the quote is our estimate, rounded half up to cents as quotes are."""
        if self.estimate_micro_usd is None or self.quoted_micro_usd is None or self.follows_file:
            return False
        return cents_from_micro(self.estimate_micro_usd) == cents_from_micro(self.quoted_micro_usd)

    @property
    def exceeds(self) -> bool:
        """Whether the server would reserve more than our estimate, but for the rounding of quotes to cents."""
        if self.estimate_micro_usd is None or self.quoted_micro_usd is None or self.follows_file:
            return False
        return cents_from_micro(self.quoted_micro_usd) > cents_from_micro(self.estimate_micro_usd)


async def quote_plan(plan: Plan, api: RunApi) -> tuple[QuotedPrice, ...]:
    """Ask for every distinct price of the takes that a render would buy; creates no task and needs no key.

    Takes that differ in nothing that the server is told, but in the length of a file, are different prices and one
    question.

    Raises:
        ApiError: the server could not be asked; a question that it refuses is noted and does not end the others.
    """
    groups: dict[tuple[str, int | None, int | None], list[PlannedTake]] = {}
    for planned in plan.due:
        price = (_question(plan, planned.take), planned.take.seconds, planned.estimate_micro_usd)
        groups.setdefault(price, []).append(planned)
    answers: dict[str, Answer] = {}
    for (question, *_), takes in groups.items():
        if question not in answers:
            answers[question] = await _ask(plan, takes[0].take, api)
    return tuple(_quoted(plan, takes, answers[question]) for (question, *_), takes in groups.items())


async def _ask(plan: Plan, take: Take, api: RunApi) -> Answer:
    try:
        return await api.price_quote(take.action, take.model, _params(plan.project.catalog, take)), ""
    except RequestRefusedError as error:
        return None, error.message


def _quoted(plan: Plan, takes: list[PlannedTake], answer: Answer) -> QuotedPrice:
    catalog, first = plan.project.catalog, takes[0]
    model = catalog.model(first.take.action, first.take.model)
    return QuotedPrice(
        first.take.action,
        first.take.model,
        _params(catalog, first.take),
        tuple(takes),
        first.estimate_micro_usd,
        first.price is None and first.estimate_micro_usd is not None,
        bool(model and model.length_follows),
        *answer,
    )


def _question(plan: Plan, take: Take) -> str:
    return json.dumps([take.action, take.model, _params(plan.project.catalog, take)], sort_keys=True)


def _params(catalog: Catalog, take: Take) -> dict[str, Any]:
    """The fields that the price of a take depends on, with the values that count."""
    schedule, model = catalog.rates.schedule(take.action, take.model), catalog.model(take.action, take.model)
    fields = model.fields if model else {}
    keys = [*(schedule.keys if schedule else ()), "duration_seconds"]
    return {name: take.effective[name] for name in keys if name in fields and name in take.effective}
