"""What a fault makes of an answer that was right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from mock_server.core.fault import Fault, Kind
from mock_server.core.messages import Request, Response, Wire
from mock_server.core.planned_refusals import html_page


def suits(fault: Fault, request: Request, response: Response, previous: Response | None) -> bool:
    """Whether an answer is one that the fault can spoil; one that is not leaves the fault for another.

    Args:
        fault: the fault that is due.
        request: what was asked.
        response: what would be answered.
        previous: the answer to the poll before; None where there was none.
    """
    if fault.kind in ("refusal", "drop_answer"):
        return True
    if request.method == "HEAD" or response.body == b"":
        return False
    if fault.kind in ("cut_answer", "slow_answer"):
        return True
    if fault.kind == "stale_answer":
        return previous is not None and previous.body != response.body
    if fault.kind == "ignored_range":
        return "range" in request.headers and "accept-ranges" in response.headers
    is_json = response.headers.get("content-type") == "application/json"
    return response.status == 200 and (is_json or fault.kind not in ("malformed_json", "doubled_answer"))


def damaged(fault: Fault, response: Response, previous: Response | None) -> Response:
    """The answer as the fault leaves it; the arguments are those of `suits`, which has agreed."""
    if fault.kind == "stale_answer":
        return previous or response
    if spoil := _SPOILED.get(fault.kind):
        return spoil(response)
    return replace(response, wire=_WIRES.get(fault.kind, Wire("slow", fault.pieces, fault.pause_seconds)))


def _halved(response: Response) -> Response:
    return replace(response, body=_bytes(response)[: len(_bytes(response)) // 2])


def _doubled(response: Response) -> Response:
    return replace(response, body=_bytes(response) * 2)


def _paged(response: Response) -> Response:
    return html_page(200, {})  # what answers in the server's place knows no task and no request


def _misnamed(response: Response) -> Response:
    return response.with_headers({"content-type": "text/plain; charset=utf-8"})


def _bytes(response: Response) -> bytes:
    return response.body if isinstance(response.body, bytes) else b""


_SPOILED: Mapping[Kind, Callable[[Response], Response]] = {
    "malformed_json": _halved,
    "doubled_answer": _doubled,
    "html_answer": _paged,
    "wrong_content_type": _misnamed,
}
_WIRES: Mapping[Kind, Wire] = {
    "drop_answer": Wire("lost"),
    "cut_answer": Wire("cut"),
    "short_answer": Wire("short"),
    "corrupt_answer": Wire("corrupt"),
    "ignored_range": Wire("whole"),
}
