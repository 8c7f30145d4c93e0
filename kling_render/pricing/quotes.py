"""Quotes for a plan: what the server would reserve, asked once per distinct price."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kling_render.catalog import Catalog, cents_from_micro
from kling_render.errors import RequestRefusedError
from kling_render.expansion import Take
from kling_render.planning import Plan, PlannedTake
from kling_render.runapi import Quote, RunApi


@dataclass(frozen=True)
class QuotedPrice:
    """One distinct price of a plan, and what the server says to it.

    Attributes:
        action: the endpoint.
        model: the model.
        params: what the server was asked about: the fields that the price depends on, no texts and no media.
        takes: the takes that have this price.
        estimate_micro_usd: ours, for one of them; None where it is unknown.
        quote: the server's; None where it refused to say.
        refusal: why it refused.
    """

    action: str
    model: str
    params: Mapping[str, Any]
    takes: tuple[PlannedTake, ...]
    estimate_micro_usd: int | None
    quote: Quote | None
    refusal: str = ""

    @property
    def quoted_micro_usd(self) -> int | None:
        """What the server would reserve for one take; it quotes whole cents."""
        return self.quote.reservation_micro_usd if self.quote else None

    @property
    def agrees(self) -> bool:
        """Whether the quote is our estimate, rounded half up to cents as quotes are."""
        if self.estimate_micro_usd is None or self.quoted_micro_usd is None:
            return False
        return cents_from_micro(self.estimate_micro_usd) == cents_from_micro(self.quoted_micro_usd)


async def quote_plan(plan: Plan, api: RunApi) -> tuple[QuotedPrice, ...]:
    """Ask for every distinct price of the takes that a render would buy; creates no task and needs no key.

    Raises:
        ApiError: the server could not be asked; a question that it refuses is noted and does not end the others.
    """
    groups: dict[str, list[PlannedTake]] = {}
    for planned in plan.due:
        params = _params(plan.project.catalog, planned.take)
        name = json.dumps([planned.take.action, planned.take.model, params], sort_keys=True)
        groups.setdefault(name, []).append(planned)
    return tuple([await _quote(plan.project.catalog, takes, api) for takes in groups.values()])


async def _quote(catalog: Catalog, takes: list[PlannedTake], api: RunApi) -> QuotedPrice:
    take = takes[0].take
    params = _params(catalog, take)
    price = takes[0].price
    asked = (take.action, take.model, params, tuple(takes), price.micro_usd if price else None)
    try:
        return QuotedPrice(*asked, await api.price_quote(take.action, take.model, params))
    except RequestRefusedError as error:
        return QuotedPrice(*asked, None, error.message)


def _params(catalog: Catalog, take: Take) -> dict[str, Any]:
    """The fields that the price of a take depends on, with the values that count."""
    schedule, model = catalog.rates.schedule(take.action, take.model), catalog.model(take.action, take.model)
    fields = model.fields if model else {}
    keys = [*(schedule.keys if schedule else ()), "duration_seconds"]
    return {name: take.effective[name] for name in keys if name in fields and name in take.effective}
