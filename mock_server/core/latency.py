"""How long a task takes: reads latency.toml and reckons with it."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from importlib.resources import files
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Pace(BaseModel):
    """How fast one model works; see latency.toml for the formula."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    queue_seconds: float
    base_seconds: float
    seconds_per_clip_second: float
    jitter: float = Field(ge=0, lt=1)
    resolution: Mapping[str, float]


class Latency(BaseModel):
    """latency.toml after reading: the default pace laid under each model's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = Field(alias="schema")
    min_seconds: float
    max_seconds: float
    default: Pace
    model: Mapping[str, Pace] = {}

    @model_validator(mode="before")
    @classmethod
    def _lay_default_under(cls, raw: dict[str, Any]) -> dict[str, Any]:
        models = {name: {**raw["default"], **own} for name, own in raw.get("model", {}).items()}
        return {**raw, "model": models}

    def queue(self, model: str) -> timedelta:
        """How long a task of this model stays pending."""
        return timedelta(seconds=self._pace(model).queue_seconds)

    def whole(self, model: str, clip_seconds: int, resolution: str, fraction: float) -> timedelta:
        """From creation to completion; `fraction` (0 to 1) places the task inside the jitter."""
        pace = self._pace(model)
        seconds = pace.base_seconds + clip_seconds * pace.seconds_per_clip_second
        seconds *= pace.resolution.get(resolution, 1.0) * (1 + pace.jitter * (2 * fraction - 1))
        return timedelta(milliseconds=round(1000 * min(max(seconds, self.min_seconds), self.max_seconds)))

    def _pace(self, model: str) -> Pace:
        return self.model.get(model, self.default)


@functools.cache
def bundled_latency() -> Latency:
    """The table that ships with the package (read once; it is immutable)."""
    return Latency.model_validate(tomllib.loads((files("mock_server.core") / "latency.toml").read_text("utf-8")))
