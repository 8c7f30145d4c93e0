"""The catalog: which requests the API takes, what they cost, which endpoint a shot means."""

from __future__ import annotations

import functools
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from kling_render.catalog.checks import sequence_seconds
from kling_render.catalog.endpoint import with_needs
from kling_render.catalog.judge import Finding, Judge
from kling_render.catalog.media import MediaLookup, nothing_known
from kling_render.catalog.models import CatalogFile, FieldSpec, ModelSpec
from kling_render.catalog.prices import Price, RateCard
from kling_render.catalog.reading import read_contract
from kling_render.catalog.schedules import read_schedules
from kling_render.catalog.values import is_absent, show
from kling_render.catalog.words import did_you_mean

LengthBasis = Literal["requested", "measured", "stated", "assumed", "unknown"]


@dataclass(frozen=True)
class ClipLength:
    """How long the clip of a request will be, and how that is known.

    Attributes:
        seconds: whole seconds, as billed; None where nobody knows.
        basis: `requested` by a field or its default, `measured` on the file that the clip follows, `stated` by who asks
            for it, `assumed` by the catalog where nothing is published, or `unknown`.
    """

    seconds: int | None
    basis: LengthBasis

    @property
    def is_estimate(self) -> bool:
        """Whether the clip may come back with another length, and be billed by that."""
        return self.basis not in ("requested", "unknown")


@dataclass(frozen=True)
class Catalog:
    """The contract of one API: its models and its rate card.

    Attributes:
        contract: fields, models, rules and their sources.
        rates: what the models cost.
        other_rates: rate cards of other dates, by which a project may be pinned.
        data: the contract as read, for what is laid over it; not to be changed.
    """

    contract: CatalogFile
    rates: RateCard
    data: Mapping[str, Any] = field(repr=False, compare=False)
    other_rates: tuple[RateCard, ...] = ()

    @functools.cached_property
    def fields(self) -> Mapping[str, FieldSpec]:
        """Every request field by name, in the order in which requests are written."""
        return self.contract.fields

    @functools.cached_property
    def actions(self) -> tuple[str, ...]:
        """The actions that have at least one model."""
        return tuple(dict.fromkeys(model.action for model in self.contract.models))

    @functools.cached_property
    def _models(self) -> Mapping[tuple[str, str], ModelSpec]:
        return {(model.action, model.name): model for model in self.contract.models}

    @functools.cached_property
    def _judges(self) -> Mapping[tuple[str, str], Judge]:
        return {key: Judge(model) for key, model in self._models.items()}

    def model(self, action: str, name: str) -> ModelSpec | None:
        """The model's rules on this action, or None when it is not offered there."""
        return self._models.get((action, name))

    def model_names(self, action: str | None = None) -> tuple[str, ...]:
        """Names (families included) that may stand in `model`, for one action or all."""
        names = [model.name for model in self.contract.models if action in (None, model.action)]
        families = [name for name, members in self.contract.families.items() if action is None or action in members]
        return tuple(dict.fromkeys([*families, *names]))

    def resolve_family(self, name: str, action: str) -> str:
        """The model that a family name means on this action; any other name stays as it is."""
        return self.contract.families.get(name, {}).get(action, name)

    def family_models(self, name: str, action: str) -> tuple[str, ...]:
        """The models of a family that are offered on an action, though the family name may mean none of them there."""
        members = self.contract.families.get(name, {})
        meant = members.get(action)
        known = (member for member in dict.fromkeys(members.values()) if (action, member) in self._models)
        return tuple(known) if meant is None else (meant,)

    def judge(self, action: str, body: Mapping[str, Any], media: MediaLookup = nothing_known) -> list[Finding]:
        """Everything wrong or doubtful in a rendered request; never raises for any JSON value.

        Args:
            action: the endpoint, such as `text_to_video`.
            body: the request.
            media: what is known of the files behind its URLs.
        """
        name = body.get("model")
        if is_absent(name):
            return [Finding("model", None, "model is required", "guide")]
        if not isinstance(name, str):
            return [Finding("model", name, f"model = {show(name)} must be a text", "guide")]
        judge = self._judges.get((action, name))
        if judge is None:
            return [Finding("model", name, self._unknown_model(action, name), "sdk")]
        return judge.judge(body, media)

    def length(self, action: str, body: Mapping[str, Any], media: MediaLookup = nothing_known) -> ClipLength:
        """How long the clip of a valid request will be; a fraction of a second counts as a whole one."""
        model = self._model_of(action, body)
        present = {name: value for name, value in body.items() if not is_absent(value)}
        stated = present.get("duration_seconds", (model.defaults() if model else {}).get("duration_seconds"))
        requested = sequence_seconds(present) or stated
        if isinstance(requested, int) and not isinstance(requested, bool):
            return ClipLength(requested, "requested")
        if model is None or model.length is None:
            return ClipLength(None, "unknown")
        if model.length.seconds is not None:
            return ClipLength(model.length.seconds, "assumed")
        url = present.get(model.length.follows)
        facts = media(url) if isinstance(url, str) else None
        if facts is None or facts.seconds is None:
            return ClipLength(None, "unknown")
        return ClipLength(max(1, math.ceil(round(facts.seconds, 3))), "measured")

    def effective(self, action: str, body: Mapping[str, Any], media: MediaLookup = nothing_known) -> dict[str, Any]:
        """The body with what counts for the fields it leaves out: the model's defaults, and the clip's length."""
        model = self._model_of(action, body)
        present = {name: value for name, value in body.items() if not is_absent(value)}
        seconds = self.length(action, body, media).seconds
        length = {} if seconds is None else {"duration_seconds": seconds}
        return {**(model.defaults() if model else {}), **length, **present}

    def price(self, action: str, body: Mapping[str, Any], media: MediaLookup = nothing_known) -> Price | None:
        """The price of a valid request, or None where no rate is published or the clip's length is not known."""
        return self.rates.price(action, self.effective(action, body, media))

    @property
    def cards(self) -> tuple[RateCard, ...]:
        """All rate cards, the one that counts first."""
        return (self.rates, *self.other_rates)

    def with_card(self, card: RateCard) -> Catalog:
        """The same contract with one more rate card: the newest counts, of two with the same date the added one.

        A card of the same date and with the same rates as a known one is no other card. One with other rates gets a
        name of its own, as the date would be ambiguous.
        """
        twins = [each for each in self.cards if each.as_of == card.as_of]
        if any(each.digest == card.digest for each in twins):
            return self
        added = card.beside(twins)
        newest, *others = sorted([added, *self.cards], key=lambda each: each.as_of, reverse=True)
        return replace(self, rates=newest, other_rates=tuple(others))

    def pinned(self, name: str) -> Catalog | None:
        """The same contract with the rate card of this name alone; None where there is none.

        A card that a server published is found by its date and edition as well, while its date alone is its name.
        """
        named = [each for each in self.cards if each.name == name]
        dated = [each for each in self.cards if each.edition and f"{each.as_of}+{each.edition}" == name]
        card = next(iter([*named, *dated]), None)
        return None if card is None else replace(self, rates=card, other_rates=())

    def _model_of(self, action: str, body: Mapping[str, Any]) -> ModelSpec | None:
        name = body.get("model")
        return self.model(action, name) if isinstance(name, str) else None

    def _unknown_model(self, action: str, name: str) -> str:
        if members := self.contract.families.get(name):
            if own := self.family_models(name, action):
                spec = self.model(action, own[0])
                maker = ", the one that made the source" if spec and "source_task_id" in spec.required else ""
                return f"the family {name} has several models on {action}: write {' or '.join(own)}{maker}"
            return f"the family {name} has no model of its own on {action}, only on {with_needs(list(members))}"
        if elsewhere := [model.action for model in self.contract.models if model.name == name]:
            return f'model "{name}" is not offered on {action}, only on {with_needs(elsewhere)}'
        return f'unknown model "{name}"{did_you_mean(name, self.model_names(action))}'


@functools.cache
def bundled_catalog() -> Catalog:
    """The catalog that ships with the package (read once; it is immutable)."""
    data = _shipped("models.toml")
    contract = read_contract(data)
    card = _shipped("prices.toml")
    schedules = read_schedules(card["price_schedules"], contract)
    return Catalog(contract, RateCard(as_of=card["as_of"], source=card["source"], price_schedules=schedules), data)


def _shipped(name: str) -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name(name).read_text("utf-8"))
