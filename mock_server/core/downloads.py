"""GET /media/… and /uploads/…: clips and uploaded files behind URLs that expire; no key needed."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, quote

from mock_server.core import ids
from mock_server.core.client_clock import client_seconds
from mock_server.core.clips import clip_of
from mock_server.core.messages import Refusal, Response
from mock_server.core.state import Call, State
from mock_server.core.tasks import Task
from mock_server.core.urls import signature

_URL_SIGNS = ":/?#[]@!$&'()*+,;=%"


def clip(state: State, call: Call) -> Response:
    """The clip of a completed task, as the description that the door encodes."""
    task = _finished(state, call.params["file"])
    _refuse_other_signatures(state, task, parse_qs(call.request.query).get("sig", []))
    if task.id in state.removed_clips:
        raise Refusal(410, "expired", "this clip was removed for good")
    if state.now > task.completes_at + timedelta(days=state.result_url_days):
        raise Refusal(410, "expired", f"this URL lived {state.result_url_days:g} days and has expired")
    etag = _etag("clip", state.config.seed, task.id)
    headers = {"content-type": "video/mp4", "accept-ranges": "bytes", "etag": etag}
    return Response(200, headers, clip_of(task, state.config, state.uploads))


def upload(state: State, call: Call) -> Response:
    """An uploaded file while its URL lives; one that stands for a URL elsewhere leads there."""
    found = state.uploads.get(call.params["upload_id"])
    if found is None:
        raise Refusal(404, "not_found", f"no uploaded file {call.params['upload_id'][:80]}")
    if found.has_expired(state.now):
        life = client_seconds(state.config, state.config.upload_url_seconds)
        raise Refusal(410, "expired", f"this URL lived {life / 60:g} minutes and has expired")
    content = state.uploads.content(found)
    if content is None:
        return Response(302, {"location": quote(found.source_url, safe=_URL_SIGNS)}, b"")
    headers = {"content-type": found.mime_type, "accept-ranges": "bytes", "etag": _etag("upload", found.digest)}
    return Response(200, headers, content)


def _refuse_other_signatures(state: State, task: Task, sent: list[str]) -> None:
    signatures = [[signature(state.config.seed, task.id, signing)] for signing in range(state.signing + 1)]
    if sent not in signatures:
        raise Refusal(403, "forbidden", "the signature of this URL is missing or wrong")
    if sent != signatures[-1]:
        raise Refusal(410, "expired", "this URL has expired; the task tells a fresh one")


def _etag(*parts: str | int) -> str:
    return f'"{ids.digest(*parts)[:32]}"'


def _finished(state: State, file: str) -> Task:
    task = state.finished(file.removesuffix(".mp4")) if file.endswith(".mp4") else None
    if task is None:
        raise Refusal(404, "not_found", f"no clip {file[:80]}")
    return task
