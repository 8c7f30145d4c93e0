"""The shape of models.toml: fields, models, rules and sources, typed and frozen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints, model_validator

Severity = Literal["error", "warning"]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Count = Annotated[int, Field(strict=True, ge=0)]


class Frozen(BaseModel):
    """Data that knows all its keys and does not change."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(Frozen):
    """Where a fact comes from, and its date."""

    title: str
    date: str

    def __str__(self) -> str:
        return f"{self.title}, {self.date}" if self.date else self.title


class FieldSpec(Frozen):
    """A request field: its type and limits. `advised_*` limits warn, all others refuse.

    Limits on media hold for the file behind a URL: `formats` by content, `extensions` by the URL's path where the
    file itself is not known, `public` for hosts that anyone can reach. Of a table's own fields all of `required` must
    be there, and exactly one of `require_one`.
    """

    type: Literal["string", "text", "integer", "number", "boolean", "url", "list", "table"]
    source: str = "project"
    about: str = ""
    unit: str = ""
    values: tuple[Any, ...] = ()
    min: Number | None = None
    max: Number | None = None
    min_chars: Count | None = None
    max_chars: Count | None = None
    advised_max_chars: Count | None = None
    min_items: Count | None = None
    max_items: Count | None = None
    advised_min_items: Count | None = None
    advised_max_items: Count | None = None
    advised_source: str = ""
    default: Any = None
    default_source: str = ""
    media: Literal["", "image", "video", "audio"] = ""
    public: StrictBool = False
    formats: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    advised_formats: tuple[str, ...] = ()
    advised_min_pixels: Count | None = None
    advised_max_bytes: Count | None = None
    of: FieldSpec | None = None
    fields: Mapping[str, FieldSpec] = {}
    required: tuple[str, ...] = ()
    require_one: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _limits_make_sense(self) -> FieldSpec:
        for low, high in (("min", "max"), ("min_chars", "max_chars"), ("min_items", "max_items")):
            least, most = getattr(self, low), getattr(self, high)
            if least is not None and most is not None and least > most:
                raise ValueError(f"{low} = {least:g} is more than {high} = {most:g}")
        for name in ("required", "require_one"):
            if unknown := set(getattr(self, name)) - set(self.fields):
                raise ValueError(f"{name} names no field of it: {', '.join(sorted(unknown))}")
        return self

    @property
    def inner(self) -> Iterator[FieldSpec]:
        """The specs of what it consists of."""
        yield from self.fields.values()
        if self.of is not None:
            yield self.of

    @cached_property
    def holds_text(self) -> bool:
        """Whether there are texts in its values: words that no limit but their length judges."""
        return self.type == "text" or any(spec.holds_text for spec in self.inner)

    @cached_property
    def holds_media(self) -> bool:
        """Whether there are URLs of media in its values."""
        return bool(self.media) or any(spec.holds_media for spec in self.inner)

    def sources(self) -> set[str]:
        """The names of all sources that it and what it consists of refer to."""
        own = {self.source, self.advised_source, self.default_source} - {""}
        return own.union(*(spec.sources() for spec in self.inner))


class Condition(Frozen):
    """What a rule asks of one field: written as a plain value, `{ not = value }` or `{ present = true }`."""

    present: StrictBool | None = None
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
        return not same(value, self.differs) if self.differs is not None else same(value, self.equals)


class Rule(Frozen):
    """When all of `when` holds (and not all of `unless`), its demands are judged.

    Attributes:
        require: fields that must be present.
        require_one: of these exactly one must be present.
        forbid: fields that must not be present.
        values: what a field's effective value (its default where it is left out) may be.
        max_items: the most entries of a list.
        media_seconds: least and most seconds of the file behind a URL, where it is known.
        advise: fields to warn about.
        why: the rule in words.
    """

    when: Mapping[str, Condition] = {}
    unless: Mapping[str, Condition] = {}
    require: tuple[str, ...] = ()
    require_one: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    values: Mapping[str, tuple[Any, ...]] = {}
    max_items: Mapping[str, Count] = {}
    media_seconds: Mapping[str, tuple[Number, Number]] = {}
    advise: tuple[str, ...] = ()
    why: Name
    source: str

    def holds(self, body: Mapping[str, Any], fields: Mapping[str, FieldSpec]) -> bool:
        """Whether the rule is to be judged for a body without absent values."""
        return _hold(self.when, body, fields) and not (self.unless and _hold(self.unless, body, fields))

    def names(self) -> set[str]:
        """All fields that it speaks of."""
        mappings = (self.when, self.unless, self.values, self.max_items, self.media_seconds)
        return {*self.require, *self.require_one, *self.forbid, *self.advise}.union(*mappings)


class Length(Frozen):
    """How long a clip is where no field of the request says so.

    Attributes:
        follows: the media field whose file is as long as the clip.
        seconds: what is assumed where nothing is published.
    """

    follows: str = ""
    seconds: Annotated[int, Field(strict=True, gt=0)] | None = None
    source: str


class ModelSpec(Frozen):
    """One model on one action: what it takes, what it refuses, and under which conditions."""

    action: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    name: Name
    source: str
    fields: Mapping[str, FieldSpec]
    required: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    checks: tuple[str, ...] = ()
    length: Length | None = None

    @property
    def length_follows(self) -> str:
        """The media field whose file is as long as the clip; empty where a field or the catalog says the length."""
        return self.length.follows if self.length else ""

    def defaults(self) -> dict[str, Any]:
        """The value that counts for each field that has one and is left out."""
        return {name: spec.default for name, spec in self.fields.items() if spec.default is not None}

    def sources(self) -> set[str]:
        """The names of all sources that it refers to."""
        own = {self.source, *(rule.source for rule in self.rules), *([self.length.source] if self.length else [])}
        return own.union(*(spec.sources() for spec in self.fields.values()))


class Service(Frozen):
    """Facts about the service as a whole."""

    result_url_days: Count
    source: str


class CatalogFile(Frozen):
    """models.toml after reading: shared fields laid under each model's own."""

    schema_version: Literal[1] = Field(alias="schema")
    sources: Mapping[str, Source]
    service: Service
    families: Mapping[str, Mapping[str, str]] = {}
    fields: Mapping[str, FieldSpec]
    models: tuple[ModelSpec, ...]


def effective(name: str, body: Mapping[str, Any], fields: Mapping[str, FieldSpec]) -> Any:
    """What counts for a field: its value, or its default where it is left out."""
    spec = fields.get(name)
    return body.get(name, spec.default if spec else None)


def _hold(conditions: Mapping[str, Condition], body: Mapping[str, Any], fields: Mapping[str, FieldSpec]) -> bool:
    return all(each.holds(effective(name, body, fields), name in body) for name, each in conditions.items())


def same(value: Any, other: Any) -> bool:
    """Whether two values are the same for the API: `true` is not 1."""
    return isinstance(value, bool) == isinstance(other, bool) and bool(value == other)
