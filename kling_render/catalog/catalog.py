"""The catalog: which requests the API takes, what they cost, which endpoint a shot means."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from typing import Any

from kling_render.catalog.checks import sequence_seconds
from kling_render.catalog.judge import Finding, judge_request
from kling_render.catalog.models import CatalogFile, FieldSpec, ModelSpec
from kling_render.catalog.prices import Price, RateCard
from kling_render.catalog.values import is_absent, show
from kling_render.catalog.words import did_you_mean


@dataclass(frozen=True)
class Catalog:
    """The contract of one API: its models and its rate card."""

    contract: CatalogFile
    rates: RateCard

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

    def judge(self, action: str, body: Mapping[str, Any]) -> list[Finding]:
        """Everything wrong or doubtful in a rendered request; never raises for any JSON value."""
        name = body.get("model")
        if is_absent(name):
            return [Finding("model", None, "model is required", "guide")]
        if not isinstance(name, str):
            return [Finding("model", name, f"model = {show(name)} must be a text", "guide")]
        model = self.model(action, name)
        if model is None:
            return [Finding("model", name, self._unknown_model(action, name), "sdk")]
        return list(judge_request(model, body))

    def effective(self, action: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The body with what counts for the fields it leaves out: the model's defaults, and a sequence's own length."""
        model = self.model(action, str(body.get("model")))
        present = {name: value for name, value in body.items() if not is_absent(value)}
        total = sequence_seconds(present)
        length = {} if total is None else {"duration_seconds": total}
        return {**(model.defaults() if model else {}), **length, **present}

    def price(self, action: str, body: Mapping[str, Any]) -> Price | None:
        """The published price of a valid request, or None where no rate is published."""
        return self.rates.price(action, self.effective(action, body))

    def _unknown_model(self, action: str, name: str) -> str:
        if elsewhere := [model.action for model in self.contract.models if model.name == name]:
            return f'model "{name}" is not offered on {action}, only on {", ".join(elsewhere)}'
        return f'unknown model "{name}"{did_you_mean(name, self.model_names(action))}'


@functools.cache
def bundled_catalog() -> Catalog:
    """The catalog that ships with the package (read once; it is immutable)."""
    folder = files("kling_render.catalog")
    contract = tomllib.loads((folder / "models.toml").read_text("utf-8"))
    rates = tomllib.loads((folder / "prices.toml").read_text("utf-8"), parse_float=Decimal)
    return Catalog(CatalogFile.model_validate(contract), RateCard.model_validate(rates))
