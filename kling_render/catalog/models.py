"""The shape of models.toml: fields, models, rules and sources, typed and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Severity = Literal["error", "warning"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Frozen):
    """Where a fact comes from, and its date."""

    title: str
    date: str


class FieldSpec(_Frozen):
    """A request field: its type and limits. `advised_*` limits warn, all others refuse."""

    type: Literal["string", "text", "integer", "number", "boolean", "url", "list", "table"]
    source: str = "project"
    about: str = ""
    unit: str = ""
    media: Literal["", "image", "video", "audio"] = ""
    values: tuple[Any, ...] = ()
    min: float | None = None
    max: float | None = None
    min_chars: int | None = None
    max_chars: int | None = None
    advised_max_chars: int | None = None
    min_items: int | None = None
    max_items: int | None = None
    advised_min_items: int | None = None
    advised_max_items: int | None = None
    advised_source: str = ""
    default: Any = None
    default_source: str = ""
    of: FieldSpec | None = None
    fields: Mapping[str, FieldSpec] = {}
    required: tuple[str, ...] = ()

    def sources(self) -> set[str]:
        """The names of all sources that it and what it consists of refer to."""
        inner = [*self.fields.values(), *([self.of] if self.of else [])]
        own = {self.source, self.advised_source, self.default_source} - {""}
        return own.union(*(spec.sources() for spec in inner))


class Condition(_Frozen):
    """What a rule asks of one field: written as a plain value, `{ not = value }` or `{ present = true }`."""

    present: bool | None = None
    equals: Any = None
    differs: Any = Field(default=None, alias="not")

    @model_validator(mode="before")
    @classmethod
    def _read_plain_value(cls, raw: Any) -> Any:
        return raw if isinstance(raw, dict) else {"equals": raw}

    def holds(self, value: Any, is_present: bool) -> bool:
        """Whether a field with this effective value (its default where it is left out) meets the condition."""
        if self.present is not None:
            return is_present == self.present
        return bool(value != self.differs if self.differs is not None else value == self.equals)


class Rule(_Frozen):
    """When all of `when` holds (and not all of `unless`), the rule's demands are judged; `advise` only warns."""

    when: Mapping[str, Condition] = {}
    unless: Mapping[str, Condition] = {}
    require: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    values: Mapping[str, tuple[Any, ...]] = {}
    advise: tuple[str, ...] = ()
    why: str
    source: str


class ModelSpec(_Frozen):
    """One model on one action: what it takes, what it refuses, and under which conditions."""

    action: str
    name: str
    source: str
    fields: Mapping[str, FieldSpec]
    required: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    checks: tuple[str, ...] = ()

    def defaults(self) -> dict[str, Any]:
        """The value that counts for each field that has one and is left out."""
        return {name: spec.default for name, spec in self.fields.items() if spec.default is not None}


class Service(_Frozen):
    """Facts about the service as a whole."""

    result_url_days: int
    source: str


class CatalogFile(_Frozen):
    """models.toml after reading: shared fields laid under each model's own."""

    schema_version: int = Field(alias="schema")
    sources: Mapping[str, Source]
    service: Service
    families: Mapping[str, Mapping[str, str]] = {}
    fields: Mapping[str, FieldSpec]
    models: tuple[ModelSpec, ...]

    @model_validator(mode="before")
    @classmethod
    def _lay_shared_fields_under(cls, raw: dict[str, Any]) -> dict[str, Any]:
        shared = raw["fields"]
        models = []
        for model in raw["models"]:
            fields = {"model": shared["model"], "callback_url": shared["callback_url"]}
            for name, own in model["fields"].items():
                if name not in shared:
                    raise ValueError(f"{model['name']}: field {name} is not described under [fields]")
                fields[name] = {**shared[name], "source": model["source"], **own}
            models.append({**model, "fields": fields})
        return {**raw, "models": models}

    @model_validator(mode="after")
    def _sources_exist(self) -> CatalogFile:
        specs = [*self.fields.values(), *(spec for model in self.models for spec in model.fields.values())]
        named = {rule.source for model in self.models for rule in model.rules} | {self.service.source}
        named |= {model.source for model in self.models} | {name for spec in specs for name in spec.sources()}
        if unknown := named - set(self.sources):
            raise ValueError(f"sources without an entry: {', '.join(sorted(unknown))}")
        return self
