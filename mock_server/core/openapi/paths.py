"""Routes and their operations, put together as OpenAPI's paths."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kling_render.catalog import Catalog
from mock_server.core.openapi.answers import SERVER_ERROR, Schema, component
from mock_server.core.openapi.bodies import create_schema, quote_schema
from mock_server.core.openapi.operations import CLIENT_REQUEST_ID, OPERATIONS, Operation, Parameter
from mock_server.core.routes import ROUTES, Route

_EVERYWHERE = (400, 429)
_PATH_PARAMETERS: Mapping[str, Schema] = {
    "task_id": {"type": "string", "description": "Opaque; a UUID."},
    "file": {"type": "string", "description": "The task's id, and `.mp4`."},
    "upload_id": {"type": "string"},
    "name": {"type": "string", "description": "The file's name; it says nothing."},
}


def paths(catalog: Catalog) -> dict[str, Any]:
    """Every path with its methods; each action has a create of its own, because it takes another body."""
    found: dict[str, Any] = {}
    for route in ROUTES:
        for path, shown in _operations(route, catalog):
            found.setdefault(path, {})[route.method.lower()] = shown
    return found


def _operations(route: Route, catalog: Catalog) -> Iterator[tuple[str, dict[str, Any]]]:
    operation = OPERATIONS[route.name]
    if route.name != "create":
        yield route.pattern, _operation(route.name, route.pattern, operation, _body(route, operation, catalog), catalog)
        return
    for action in catalog.actions:
        path = route.pattern.replace("{action}", action)
        shown = _operation(f"create_{action}", path, operation, _json_body(create_schema(catalog, action)), catalog)
        shown["responses"]["200"]["links"] = _links(action)
        yield path, shown


def _links(action: str) -> dict[str, Any]:
    """Where to go from a task that was created."""
    told = {"task_id": "$response.body#/id"}
    parameters = {"task": told, "task_result": told, "task_of_action": {"action": action, **told}}
    return {name: {"operationId": name, "parameters": own} for name, own in parameters.items()}


def _operation(
    name: str, path: str, operation: Operation, body: dict[str, Any] | None, catalog: Catalog
) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "operationId": name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "parameters": list(_parameters(path, operation, catalog)),
        "responses": _responses(operation),
    }
    if body is not None:
        shown["requestBody"] = body
    if operation.is_public:
        shown["security"] = []
    return shown


def _parameters(path: str, operation: Operation, catalog: Catalog) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"{(\w+)}", path):
        schema = {"enum": list(catalog.actions)} if name == "action" else _PATH_PARAMETERS[name]
        yield {"name": name, "in": "path", "required": True, "schema": schema}
    for place, parameters in (
        ("query", operation.query),
        ("header", {**operation.headers, "X-Client-Request-Id": CLIENT_REQUEST_ID}),
    ):
        for name, parameter in parameters.items():
            yield _parameter(name, place, parameter)


def _parameter(name: str, place: str, parameter: Parameter) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": name, "in": place, "required": parameter.is_required, "schema": parameter.schema}
    return shown | {"description": parameter.about}


def _responses(operation: Operation) -> dict[str, Any]:
    refusals = {status: component("responses", f"Refused{status}") for status in (*_EVERYWHERE, *operation.refusals)}
    answers = {**operation.answers, **refusals}
    shown = {str(status): dict(answers[status]) for status in sorted(answers)}
    return {**shown, SERVER_ERROR: component("responses", "ServerError")}


def _body(route: Route, operation: Operation, catalog: Catalog) -> dict[str, Any] | None:
    if route.name == "price_quote":
        return _json_body(quote_schema(catalog))
    if route.method == "PUT":
        return {"required": True, "description": "The file, in the content type that was told.", "content": {"*/*": {}}}
    return None if operation.body is None else _json_body(operation.body)


def _json_body(schema: Schema) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}
