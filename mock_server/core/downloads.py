"""GET /media/… and /uploads/…: clips behind signed URLs that expire, and hosted files; no key needed."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs

from mock_server.core.clips import clip_of
from mock_server.core.messages import Refusal, Response
from mock_server.core.state import Call, State
from mock_server.core.tasks import Task
from mock_server.core.uploads import media_type
from mock_server.core.urls import signature


def clip(state: State, call: Call) -> Response:
    """The clip of a completed task, as the description that the door encodes."""
    task = _finished(state, call.params["file"])
    if parse_qs(call.request.query).get("sig") != [signature(state.config.seed, task.id)]:
        raise Refusal(403, "forbidden", "the signature of this URL is missing or wrong")
    if state.now > task.completes_at + timedelta(days=state.config.url_days):
        raise Refusal(410, "expired", f"this URL lived {state.config.url_days:g} days and has expired")
    headers = {"content-type": "video/mp4", "accept-ranges": "bytes"}
    return Response(200, headers, clip_of(task, state.config.seed, state.uploads))


def upload(state: State, call: Call) -> Response:
    """A hosted file."""
    content = state.uploads.get(call.params["digest"])
    if content is None:
        raise Refusal(404, "not_found", f"no uploaded file {call.params['digest'][:80]}")
    return Response(200, {"content-type": media_type(call.params["name"]), "accept-ranges": "bytes"}, content)


def _finished(state: State, file: str) -> Task:
    task = state.tasks.get(file.removesuffix(".mp4")) if file.endswith(".mp4") else None
    if task is None or task.status_at(state.now) != "completed":
        raise Refusal(404, "not_found", f"no clip {file[:80]}")
    return task
