"""What can be done to a simulator: let time pass, change the scenario or a balance, begin anew."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from mock_server.core.control import views
from mock_server.core.messages import Refusal
from mock_server.core.scenario import ScenarioError, parse_scenario
from mock_server.core.state import State
from mock_server.scenarios import bundled_scenarios

_MOST_SECONDS = 10 * 365 * 24 * 3600
_MOST_USD = 1_000_000_000


def advance(state: State, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Let simulated time pass: `seconds`, or `to = "next"` for when the next thing happens."""
    if fields.get("to") == "next":
        event = state.next_event
        span = max(event - state.now, timedelta()) if event else timedelta()
    else:
        span = timedelta(seconds=_number(fields, "seconds", _MOST_SECONDS))
    state.skip(span)
    return views.clock(state)


def use_scenario(state: State, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Another scenario from now on: the `name` of a bundled one (empty for none), or `toml`, its text."""
    name, text = fields.get("name"), fields.get("toml")
    if isinstance(text, str) and text:
        try:
            state.faults.scenario = parse_scenario(text)
        except ScenarioError as error:
            raise Refusal(422, "invalid_scenario", str(error)) from None
    elif name in (None, ""):
        state.faults.scenario = None
    elif name in bundled_scenarios():
        state.faults.scenario = bundled_scenarios()[str(name)]
    else:
        raise Refusal(422, "invalid_scenario", f"no scenario {name!r}; there are {', '.join(bundled_scenarios())}")
    return views.faults(state)


def set_balance(state: State, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Another balance of an `account` (its number): `usd`."""
    micro_usd = int(_number(fields, "usd", _MOST_USD) * 1_000_000)
    for account in state.accounts.opened:
        if str(account.number) == str(fields.get("account")):
            account.books = account.books.with_available(micro_usd)
            return {"books": views.books(state)}
    raise Refusal(422, "invalid_account", f"no account {fields.get('account')!r}")


def reset(state: State, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Forget everything that happened; with `seed`, begin with another one. The scenario stays."""
    seed = state.config.seed
    if fields.get("seed") not in (None, ""):
        seed = int(_number(fields, "seed", 2**63))
    state.reset(seed)
    return {"clock": views.clock(state)}


def _number(fields: Mapping[str, Any], name: str, most: int) -> float:
    value = fields.get(name)
    try:
        number = Decimal(str(value)) if not isinstance(value, bool) else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or not 0 <= number <= most:
        raise Refusal(422, "validation_failed", f"{name} is a number from 0 to {most:,}, not {value!r}", field=name)
    return float(number)
