"""The control API under `/__mock__/` and the dashboard at `/`: to look at a simulator and to steer it.

No key is needed, no fault strikes here, and nothing of it is in the journal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mock_server.core.bodies import read_object
from mock_server.core.control import actions, dashboard, views
from mock_server.core.messages import Refusal, Request, Response, json_response, refusal_response
from mock_server.core.state import State

PREFIX = "/__mock__/"
_Act = Callable[[State, Mapping[str, Any]], Mapping[str, Any]]

_VIEWS: Mapping[str, Callable[[State, Mapping[str, str]], Any]] = {
    "journal": views.journal,
    "tasks": lambda state, _: views.tasks(state),
    "books": lambda state, _: views.books(state),
    "clock": lambda state, _: views.clock(state),
    "faults": lambda state, _: views.faults(state),
    "scenarios": lambda state, _: views.scenarios(),
    "verdict": lambda state, _: state.verdict().shown(),
    "export": lambda state, _: views.export(state),
}
_ACTIONS: Mapping[str, _Act] = {
    "advance": actions.advance,
    "scenario": actions.use_scenario,
    "balance": actions.set_balance,
    "reset": actions.reset,
}
_PAGES: Mapping[str, Callable[[State], Response]] = {
    "/": dashboard.page,
    f"{PREFIX}dashboard.html": dashboard.fragment,
    f"{PREFIX}dashboard.css": lambda _: dashboard.asset("dashboard.css"),
    f"{PREFIX}dashboard.js": lambda _: dashboard.asset("dashboard.js"),
}


def is_control(path: str) -> bool:
    """Whether a path belongs to the control API."""
    return path == "/" or path.startswith(PREFIX)


def answer(state: State, request: Request) -> Response:
    """Answer a request to the control API; never raises."""
    try:
        return _answer(state, request)
    except Refusal as refusal:
        return refusal_response(refusal)


def _answer(state: State, request: Request) -> Response:
    name = request.path.removeprefix(PREFIX)
    if request.method in ("GET", "HEAD"):
        if page := _PAGES.get(request.path):
            return page(state)
        if view := _VIEWS.get(name):
            query = {key: values[-1] for key, values in parse_qs(request.query).items()}
            return json_response(200, view(state, query), {"cache-control": "no-store"})
    elif request.method == "POST" and name in _ACTIONS:
        return _act(state, request, _ACTIONS[name])
    known = ", ".join([*(f"GET {PREFIX}{each}" for each in _VIEWS), *(f"POST {PREFIX}{each}" for each in _ACTIONS)])
    raise Refusal(404, "not_found", f"no {request.method[:20]} {request.path[:200]} here; there are {known}")


def _act(state: State, request: Request, act: _Act) -> Response:
    """A form of the dashboard leads back to it; a JSON request gets JSON."""
    _refuse_strangers(request)
    is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    if not is_form:
        fields = read_object(request).fields if request.body else {}
        return json_response(200, act(state, fields))
    form = parse_qs(request.body.decode("utf-8", "replace"))
    act(state, {key: values[-1] for key, values in form.items()})
    return Response(303, {"location": "/"}, b"")


def _refuse_strangers(request: Request) -> None:
    """Refuse what a page of another site sends: browsers say where it comes from."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise Refusal(403, "forbidden", f"requests from {origin[:200]} are not taken here")
