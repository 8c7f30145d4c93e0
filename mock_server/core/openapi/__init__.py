"""The mocked API described in OpenAPI 3.1, made from the routes and a catalog; pure."""

from __future__ import annotations

from typing import Any

from kling_render.catalog import Catalog
from mock_server.core.openapi.answers import SCHEMAS, header_components, response_components
from mock_server.core.openapi.bodies import request_schemas
from mock_server.core.openapi.paths import paths

__all__ = ["document"]

_ABOUT = """\
RunAPI's endpoints for Kling video as kling-render's mock server answers them.

Every path that takes GET takes HEAD too. Of a request's fields, null, an empty or blank string and an empty list \
count as not given, at the top of a create and of each table in it; this description knows only requests that leave \
such fields out. What depends on a file, on a task or on the words of a prompt is not described here, and refused with \
422. 429 and 5XX come where faults were planned or a scenario strikes; such faults may also break a connection, or put \
an HTML page in the place of any answer.
"""


def document(catalog: Catalog) -> dict[str, Any]:
    """The description of the API whose models are those of a catalog."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "RunAPI for Kling, as mocked by kling-render",
            "version": _version(catalog),
            "description": _ABOUT,
        },
        "servers": [{"url": "/", "description": "Wherever this document is served."}],
        "security": [{"api_key": []}],
        "tags": [{"name": name, "description": about} for name, about in _TAGS.items()],
        "paths": paths(catalog),
        "components": {
            "schemas": {**SCHEMAS, **request_schemas(catalog)},
            "headers": header_components(),
            "responses": response_components(),
            "securitySchemes": {
                "api_key": {"type": "http", "scheme": "bearer", "description": "The API key; each has its own account."}
            },
        },
    }


_TAGS = {
    "tasks": "Create tasks, and ask for them.",
    "account": "Whose key it is, and its balance.",
    "prices": "What a task costs; no key is needed.",
    "files": "Files for the URL fields of a task.",
    "media": "Clips and uploaded files behind URLs that expire; no key is needed.",
    "description": "This document.",
}


def _version(catalog: Catalog) -> str:
    """The date of the newest source of its facts."""
    return max(source.date for source in catalog.contract.sources.values())
