"""Refusals that were planned: RunAPI's envelope, or the HTML page of something in front of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus

from mock_server.core.client_clock import retry_after
from mock_server.core.config import Config
from mock_server.core.fault import Fault
from mock_server.core.messages import Refusal, Response, refusal_response

_CODES: Mapping[int, str] = {
    400: "bad_request",
    401: "unauthorized",
    402: "insufficient_credits",
    403: "forbidden",
    404: "not_found",
    409: "idempotency_conflict",
    422: "validation_failed",
    429: "rate_limited",
    500: "internal_error",
    502: "bad_gateway",
    503: "service_unavailable",
    504: "gateway_timeout",
}
"""RunAPI publishes the statuses and no list of codes: these are invented, but for those that the mock uses itself."""
_PHRASES: Mapping[int, str] = {each.value: each.phrase for each in HTTPStatus}


_OWN: Mapping[str, tuple[int, str, str]] = {
    "no_credit": (402, "insufficient_credits", "insufficient credits"),
    "checksum_failure": (422, "checksum_mismatch", "the MD5 of what came is not the checksum that was announced"),
    "expired_media": (410, "expired", "this URL has expired"),
}
"""Kinds of faults that are one refusal and no other."""


def planned_refusal(fault: Fault, config: Config, client_now: datetime, task_id: str | None = None) -> Response:
    """The answer of a refusal that strikes at a time of the client's clock."""
    if own := _OWN.get(fault.kind):
        return refusal_response(Refusal(*own))
    headers = retry_after(config, fault.retry_after, client_now if fault.retry_after_as_date else None)
    if task_id is not None:
        headers["x-runapi-task-id"] = task_id
    if fault.html:
        return html_page(fault.status, headers)
    text = fault.text or f"the mock server was told to answer {fault.status}"
    code = fault.code or _CODES.get(fault.status, "refused")
    return refusal_response(Refusal(fault.status, code, text, headers=headers))


def html_page(status: int, headers: Mapping[str, str]) -> Response:
    """A page such as proxies and gateways show."""
    title = f"{status} {_PHRASES.get(status, 'Error')}"
    page = f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
    return Response(status, {"content-type": "text/html; charset=utf-8", **headers}, page.encode("ascii"))
