"""What one test asks of its mock server, as its marker says it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, InstanceOf, ValidationError

from kling_render.catalog import did_you_mean, micro_from_usd
from mock_server.core.config import Config
from mock_server.core.scenario import Scenario
from mock_server.core.verdict import CODES, Code
from mock_server.scenarios import open_scenario

_SPEED = 100.0
_MOST_USD = 1_000_000_000


class TermsError(ValueError):
    """Terms that cannot be met; the message names the keyword."""


def _named(value: object) -> object:
    return open_scenario(str(value)) if isinstance(value, str | Path) else value


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


_Usd = Annotated[Decimal, Field(ge=0, le=_MOST_USD, allow_inf_nan=False)]


class Terms(BaseModel):
    """The keywords of the marker `runapi`.

    Attributes:
        seed: what ids, latencies and clips derive from.
        scenario: what goes wrong: the name of a bundled scenario, a file, or a scenario.
        balance_usd: what each account starts with.
        latency: how long every task takes, in simulated seconds; None takes each model's own.
        speed: simulated seconds in a real one; of the HTTP server alone.
        allow: findings of the verdict that are no failure.
        verdict: whether the test fails on the verdict at all.
        max_spend_usd: what the test may spend; None for no limit.
        hosts: other machines that it may talk to.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 0
    scenario: Annotated[InstanceOf[Scenario] | None, BeforeValidator(_named)] = None
    balance_usd: _Usd = Decimal(100)
    latency: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    speed: float = Field(default=_SPEED, ge=0.001, le=1_000_000)
    allow: Annotated[tuple[Code, ...], BeforeValidator(_several)] = ()
    verdict: bool = True
    max_spend_usd: _Usd | None = None
    hosts: Annotated[tuple[str, ...], BeforeValidator(_several)] = ()

    @property
    def max_spend_micro_usd(self) -> int | None:
        """The limit of what is spent, in micro-USD."""
        return None if self.max_spend_usd is None else micro_from_usd(self.max_spend_usd)

    def config(self) -> Config:
        """The settings of a simulator on these terms."""
        return Config(
            seed=self.seed,
            scenario=self.scenario,
            balance_micro_usd=micro_from_usd(self.balance_usd),
            task_seconds=self.latency,
        )


def read_terms(keywords: Mapping[str, Any]) -> Terms:
    """The terms that keywords mean.

    Raises:
        TermsError: with everything that is wrong with them.
    """
    try:
        return Terms.model_validate(dict(keywords))
    except ValidationError as error:
        raise TermsError("; ".join(map(_told, error.errors(include_url=False)))) from None


def check_code(code: str) -> None:
    """Pass a code of the verdict.

    Raises:
        TermsError: there is no such one.
    """
    if code not in CODES:
        raise TermsError(f"no finding is called {code!r}{did_you_mean(code, CODES)}; there are {', '.join(CODES)}")


def _told(fault: Any) -> str:
    keyword, value = str(fault["loc"][0]), fault["input"]
    if fault["type"] == "extra_forbidden":
        known = list(Terms.model_fields)
        return f"unknown keyword {keyword}{did_you_mean(keyword, known)}; there are {', '.join(known)}"
    if fault["type"] == "literal_error":
        return f"{keyword}: {value!r} is no finding{did_you_mean(str(value), CODES)}; there are {', '.join(CODES)}"
    if fault["type"] == "value_error":
        return f"{keyword}: {fault['ctx']['error']}"
    return f"{keyword}: {str(fault['msg'])[:1].lower()}{str(fault['msg'])[1:]}, not {value!r}"
