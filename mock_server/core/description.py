"""GET /openapi.json: the description of this very API; no key needed."""

from __future__ import annotations

from mock_server.core.messages import Response, json_response
from mock_server.core.openapi import document
from mock_server.core.state import Call, State


def openapi(state: State, call: Call) -> Response:
    """The document for the catalog that the simulator knows."""
    return json_response(200, document(state.catalog))
