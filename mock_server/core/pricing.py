"""GET /api/v1/price_schedules and POST /api/v1/price_quotes: the catalog's rate card, no key needed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from kling_render.catalog import PriceSchedule, cents_from_micro
from mock_server.core import ids
from mock_server.core.billing import charge
from mock_server.core.bodies import read_object
from mock_server.core.messages import Response, invalid_field, json_response
from mock_server.core.request_media import media_lookup
from mock_server.core.state import Call, State
from mock_server.core.urls import base_url
from mock_server.core.verdicts import catalog_errors

_FILTERS = ("service", "action", "model")


def price_schedules(state: State, call: Call) -> Response:
    """Every schedule that passes the filters; 304 when the caller has it already."""
    wanted = {name: value for name, value in parse_qsl(call.request.query) if name in _FILTERS}
    rates = state.catalog.rates
    shown = [_show(each) for each in rates.price_schedules if _passes(each, wanted)]
    response = json_response(200, {"as_of": rates.as_of, "price_schedules": shown})
    etag = f'"{ids.digest(str(response.body))[:32]}"'
    if _has(call.request.headers.get("if-none-match", ""), etag):
        return Response(304, {"etag": etag}, b"")
    return response.with_headers({"etag": etag})


def price_quote(state: State, call: Call) -> Response:
    """What a request would reserve; the fields given must be valid, none but the model is required."""
    fields = read_object(call.request).fields
    action, model, params = _read_quote(state, call, fields)
    schedule = state.catalog.rates.schedule(action, model)
    cost = charge(state.catalog, state.config, action, {**params, "model": model}, media_lookup(state))
    quote = {
        "service": "kling",
        "action": action,
        "model": model,
        "pricing_status": schedule.pricing_status if schedule else "unpublished",
        "currency": "USD",
        "reservation_amount_cents": cents_from_micro(cost.micro_usd),
        "estimate_basis": cost.basis,
        "as_of": state.catalog.rates.as_of,
    }
    return json_response(200, {"price_quote": quote})


def _read_quote(state: State, call: Call, fields: Mapping[str, Any]) -> tuple[str, str, Mapping[str, Any]]:
    action, params = fields.get("action"), fields.get("params") or {}
    if fields.get("service") != "kling":
        raise invalid_field("service", 'service must be "kling"')
    if action not in state.catalog.actions:
        raise invalid_field("action", f"action must be one of {', '.join(state.catalog.actions)}")
    if not isinstance(params, dict):
        raise invalid_field("params", "params must be an object")
    model = fields.get("model") or params.get("model")
    base = base_url(state.config, call.request)
    for finding in catalog_errors(state, base, str(action), {**params, "model": model}):
        if finding.value is not None or finding.field == "model":
            raise invalid_field(finding.field, finding.message)
    return str(action), str(model), params


def _passes(schedule: PriceSchedule, wanted: Mapping[str, str]) -> bool:
    return all(getattr(schedule, name) == value for name, value in wanted.items())


def _show(schedule: PriceSchedule) -> Any:
    return _plain(schedule.model_dump())


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _has(if_none_match: str, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags
