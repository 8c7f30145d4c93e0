"""The tables of a project file that are the tool's own (not the API's), typed and frozen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from kling_render.catalog import micro_from_usd
from kling_render.project.frozen import freeze

_MAX_USD = 1_000_000_000
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _read_usd(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("must be an amount in US dollars, such as 60.00")
    amount = Decimal(str(value))
    if not amount.is_finite() or amount < 0:
        raise ValueError("must be an amount in US dollars, not negative")
    if amount > _MAX_USD:
        raise ValueError(f"must be an amount in US dollars, at most {_MAX_USD:,}")
    return micro_from_usd(amount)


def read_span(value: Any) -> timedelta:
    """A span such as "24h" or "90 m".

    Raises:
        ValueError: it is anything else.
    """
    match = re.fullmatch(r"([0-9]{1,6})\s*([smhd])", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('must be a span of time such as "24h", "90m" or "2d"')
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


MicroUsd = Annotated[int, BeforeValidator(_read_usd)]
"""An amount written in US dollars, kept as integer micro-USD."""

Values = Annotated[Mapping[str, Any], AfterValidator(freeze)]
"""A table of whatever values, frozen all the way down."""

Span = Annotated[timedelta, BeforeValidator(read_span)]
Text = Annotated[str, StringConstraints(strict=True)]
Identity = Annotated[str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{2,63}$")]
Label = Annotated[str, StringConstraints(strict=True, pattern=r"^[^/\\\x00-\x1f]{1,80}$")]


class Table(BaseModel):
    """A table that knows all its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ProjectTable(Table):
    """`[project]`: what the project is called, and the identity under which it pays."""

    name: Text
    id: Identity
    client: Text = ""
    requires: Text = ""
    prices: Text = ""
    catalog: Text = ""
    templates: tuple[Text, ...] = ()
    prompt_whitespace: Literal["collapse", "keep"] = "collapse"


class AssumedPrice(Table):
    """`unknown_price = { assume_usd_per_take = 1.50 }`: what to reckon where no rate is published."""

    assume_usd_per_take: Annotated[MicroUsd, Field(gt=0)]


def _read_unknown_price(value: Any) -> AssumedPrice | None:
    if value == "deny":
        return None
    if isinstance(value, dict) and set(value) == {"assume_usd_per_take"}:
        return AssumedPrice(**value)
    raise ValueError('must be "deny" or { assume_usd_per_take = 1.50 }')


class BudgetTable(Table):
    """`[budget]`: caps in micro-USD (None: no cap) and what an unknown price means (None: it denies the render)."""

    max_usd: MicroUsd | None = None
    max_usd_per_run: MicroUsd | None = None
    max_usd_per_day: MicroUsd | None = None
    max_usd_per_take: MicroUsd | None = None
    unknown_price: Annotated[AssumedPrice | None, BeforeValidator(_read_unknown_price)] = None


class RenderTable(Table):
    """`[render]`: how a render goes about it; `retries` is how often a take whose task failed is bought anew."""

    concurrency: Annotated[int, Field(strict=True, ge=1, le=64)] = 4
    replay_window: Span = timedelta(hours=24)
    retries: Annotated[int, Field(strict=True, ge=0, le=5)] = 0
    send_address: Annotated[bool, Field(strict=True)] = True


class ElementTable(Table):
    """`[element.NAME]`: a recurring character or prop; images and videos are paths or URLs."""

    description: Text
    images: tuple[Text, ...] = ()
    videos: tuple[Text, ...] = ()


class FilmTable(Table):
    """`[film]`: the order of the film; empty means the order of the file."""

    order: tuple[Text, ...] = ()


class CutTable(Table):
    """One entry of `[[shot.NAME.sequence]]`; the API judges the duration."""

    prompt: Text | None = None
    prompt_file: Text | None = None
    duration_seconds: Any = None


class MatrixTable(Table):
    """`[shot.NAME.matrix]` and `[versions]`: axes and rows whose combinations are built, without the excluded ones.

    `rows` are tables, or the name of a CSV or TOML file; `key` names the columns that enter an address.
    """

    axes: Annotated[Mapping[str, tuple[Any, ...]], AfterValidator(freeze)] = Field(
        default_factory=lambda: MappingProxyType({})
    )
    rows: tuple[Values, ...] | Text = ()
    key: tuple[Text, ...] = ()
    exclude: tuple[Values, ...] = ()
    max: Annotated[int, Field(strict=True, ge=1, le=1_000_000)] = 1000


class SceneTable(Table):
    """`[scene.NAME]`: a shared place, look and cast; `defaults` are API fields."""

    vars: Values = Field(default_factory=lambda: MappingProxyType({}))
    elements: tuple[Text, ...] = ()
    defaults: Values = Field(default_factory=lambda: MappingProxyType({}))
    notes: Text = ""


class ProfileTable(Table):
    """The tool's own keys of `[profile.NAME]`; all others are API fields, and `shot` holds overrides for one shot."""

    takes: Annotated[int, Field(strict=True, ge=1, le=1000)] | None = None
    vars: Values = Field(default_factory=lambda: MappingProxyType({}))
    unset: tuple[Text, ...] = ()
    shot: Mapping[str, Mapping[str, Any]] = {}


class ShotTable(Table):
    """The tool's own keys of `[shot.NAME]`; all others are API fields."""

    scene: Text | None = None
    extends: Text | None = None
    matrix: MatrixTable | None = None
    prompts: Annotated[Mapping[str, Text], AfterValidator(freeze)] = Field(default_factory=lambda: MappingProxyType({}))
    prompt: Text | None = None
    prompt_file: Text | None = None
    sequence: tuple[CutTable, ...] = ()
    takes: Annotated[int, Field(strict=True, ge=1, le=1000)] = 1
    vars: Values = Field(default_factory=lambda: MappingProxyType({}))
    elements: tuple[Text, ...] = ()
    label: Label | None = None
    tags: tuple[Text, ...] = ()
    notes: Text = ""
    endpoint: Text | None = None
    estimate_seconds: Annotated[float, Field(strict=True, gt=0, le=3600, allow_inf_nan=False)] | None = None
    unset: tuple[Text, ...] = ()
