"""/api/v1/files: a local file in three steps (prepare, PUT, confirm), a remote URL or base64 in one."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from mock_server.core import ids
from mock_server.core.bodies import read_object
from mock_server.core.client_clock import client_seconds
from mock_server.core.messages import Refusal, Response, invalid_field, json_response
from mock_server.core.sources import add_source
from mock_server.core.state import Call, State
from mock_server.core.uploads import Prepared, Upload
from mock_server.core.urls import base_url

_MD5_BYTES = 16
_MAX_NAME_CHARS = 255


def prepare(state: State, call: Call) -> Response:
    """POST /api/v1/files/prepare: where one file may be put, with which headers, and how to confirm it."""
    account = state.accounts.of_request(call.request)
    fields = read_object(call.request).fields
    name = _read_name(fields, "filename")
    size, checksum = _read_size(state, fields), _read_checksum(fields)
    prepared = state.uploads.prepare(account.digest, name, size, checksum)
    target = f"{base_url(state.config, call.request)}/storage/{prepared.id}?sig={_seal(state, 'put', prepared.id)}"
    signed_id = f"{prepared.id}--{_seal(state, 'confirm', prepared.id)}"
    return json_response(200, {"upload_url": target, "headers": dict(prepared.headers), "signed_id": signed_id})


def receive(state: State, call: Call) -> Response:
    """PUT upload_url: the bytes, once, with the headers that were told, and never with the API key."""
    prepared = state.uploads.prepared(call.params["upload_id"])
    if prepared is None or call.request.query != f"sig={_seal(state, 'put', prepared.id)}":
        raise Refusal(403, "forbidden", "this upload_url is not one that was prepared here")
    _refuse_other_headers(prepared, call.request.headers)
    if state.uploads.has_received(prepared):
        raise Refusal(409, "already_uploaded", "this upload_url was used: it takes one file once")
    _refuse_other_content(prepared, call.request.body, call.request.headers)
    state.uploads.receive(prepared, call.request.body)
    return Response(200, {}, b"")


def confirm(state: State, call: Call) -> Response:
    """POST /api/v1/files/confirm: the URL of the file that was put; asked again, the same answer."""
    account = state.accounts.of_request(call.request)
    signed_id = _read_text(read_object(call.request).fields, "signed_id")
    upload_id, _, seal = signed_id.partition("--")
    prepared = state.uploads.prepared(upload_id)
    is_sealed = hmac.compare_digest(seal.encode(), _seal(state, "confirm", upload_id).encode())
    if prepared is None or prepared.account != account.digest or not is_sealed:
        raise Refusal(404, "not_found", "no file with this signed_id was prepared in this account")
    if not state.uploads.has_received(prepared):
        raise invalid_field("signed_id", "nothing was put at the upload_url of this signed_id yet")
    return _show(state, call, state.uploads.confirm(prepared, state.now))


def register(state: State, call: Call) -> Response:
    """POST /api/v1/files: a file by its URL elsewhere, or as base64."""
    state.accounts.of_request(call.request)
    fields = read_object(call.request).fields
    name = None if fields.get("file_name") is None else _read_name(fields, "file_name")
    return _show(state, call, add_source(state, call, fields.get("source"), name))


def _show(state: State, call: Call, upload: Upload) -> Response:
    content = state.uploads.content(upload)
    shown = {
        "file_name": upload.name,
        "url": base_url(state.config, call.request) + upload.path,
        "size_bytes": len(content or b""),
        "mime_type": upload.mime_type,
        "created_at": _timestamp(upload.created_at),
        "expires_at": _timestamp(_told_end(state, upload)),
    }
    return json_response(200, shown)


def _told_end(state: State, upload: Upload) -> datetime | None:
    """The end that leaves a client as much of its own time as the URL really has; at speed 1, the end itself."""
    if upload.created_at is None or upload.expires_at is None:
        return None
    life = (upload.expires_at - upload.created_at).total_seconds()
    return upload.created_at + timedelta(seconds=client_seconds(state.config, life))


def _timestamp(at: datetime | None) -> str | None:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None


def _seal(state: State, purpose: str, upload_id: str) -> str:
    """What makes an address or a name unguessable that is handed out."""
    return ids.digest(purpose, state.config.seed, upload_id)[:32]


def _refuse_other_headers(prepared: Prepared, headers: Mapping[str, str]) -> None:
    if "authorization" in headers:
        text = "the API key must not go to the upload_url: send the headers that were told, and no Authorization"
        raise Refusal(403, "forbidden", text)
    for name, told in prepared.headers.items():
        if (sent := headers.get(name.lower())) != told:
            found = "is missing" if sent is None else f"was {sent[:80]}"
            raise Refusal(403, "forbidden", f"{name} must be {told} as told, it {found}")


def _refuse_other_content(prepared: Prepared, content: bytes, headers: Mapping[str, str]) -> None:
    stated = headers.get("content-length", str(len(content)))
    if stated != str(prepared.byte_size) or len(content) != prepared.byte_size:
        text = f"{prepared.byte_size} bytes were announced, {len(content)} came (Content-Length {stated[:20]})"
        raise Refusal(422, "checksum_mismatch", text)
    if _checksum(content) != prepared.checksum:
        raise Refusal(422, "checksum_mismatch", "the MD5 of what came is not the checksum that was announced")


def _checksum(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode("ascii")


def _read_text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value.strip():
        raise invalid_field(name, f"{name} must be a text")
    return value.strip()


def _read_name(fields: Mapping[str, Any], name: str) -> str:
    text = _read_text(fields, name)
    if len(text) > _MAX_NAME_CHARS or not text.isprintable():
        raise invalid_field(name, f"{name} must be printable, at most {_MAX_NAME_CHARS} characters")
    return text


def _read_size(state: State, fields: Mapping[str, Any]) -> int:
    size, most = fields.get("byte_size"), state.config.max_media_bytes
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise invalid_field("byte_size", "byte_size must be a whole number of bytes, at least 1")
    if size > most:
        raise Refusal(413, "payload_too_large", f"the file is over {most} bytes", field="byte_size")
    return size


def _read_checksum(fields: Mapping[str, Any]) -> str:
    text = _read_text(fields, "checksum")
    try:
        digest = base64.b64decode(text, validate=True)
    except ValueError:
        digest = b""
    if len(digest) != _MD5_BYTES:
        raise invalid_field("checksum", "checksum must be the base64 of the file's MD5 digest (16 bytes)")
    return text
