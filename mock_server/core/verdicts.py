"""Whether a request is taken: the catalog's verdict, and what only the server can know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kling_render.catalog import Finding
from mock_server.core.accounts import Account
from mock_server.core.messages import Refusal
from mock_server.core.request_media import as_public, media_faults, media_lookup
from mock_server.core.source_task import source_task_faults
from mock_server.core.state import State


def catalog_errors(state: State, base: str, action: str, body: Mapping[str, Any]) -> list[Finding]:
    """What the catalog refuses in a request, with what is known of its files."""
    found = state.catalog.judge(action, as_public(state, base, body), media=media_lookup(state))
    return [finding for finding in found if finding.severity == "error"]


def refuse_faults(state: State, base: str, account: Account, action: str, body: Mapping[str, Any]) -> None:
    """Pass a request that is right.

    Raises:
        Refusal: 422 with every fault of it: of its fields, its uploads and its source task.
    """
    faults = [(each.field, each.message) for each in catalog_errors(state, base, action, body)]
    if model := state.catalog.model(action, str(body.get("model"))):
        faults += media_faults(state, base, model, body)
        faults += source_task_faults(state, account, action, body) if "source_task_id" in model.fields else ()
    if faults:
        details = [{"field": field, "message": message} for field, message in faults]
        raise Refusal(422, "validation_failed", faults[0][1], field=faults[0][0], details=details)
