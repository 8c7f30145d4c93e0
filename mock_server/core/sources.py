"""Files that are registered rather than put: by a URL elsewhere, or as base64."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from mock_server.core.inspection import facts_of
from mock_server.core.inspection import mime_type_of as mime_type_of_facts
from mock_server.core.messages import invalid_field
from mock_server.core.mime_types import UNKNOWN_TYPE, extension_of, mime_type_of
from mock_server.core.request_media import upload_fault
from mock_server.core.state import Call, State
from mock_server.core.uploads import Upload
from mock_server.core.urls import base_url

_MAX_NAME_CHARS = 255
_MIME_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)


def add_source(state: State, call: Call, source: Any, name: str | None) -> Upload:
    """The upload that a source becomes.

    A URL elsewhere is not fetched, the simulator does no I/O: the new URL leads there (302) for its hour, and its size
    is stated as 0. The URL of an upload of this simulator is copied, content and all.

    Raises:
        Refusal: 422 for a source that is no URL and no base64, or leads to an upload that is gone.
    """
    kind = source.get("type") if isinstance(source, Mapping) else None
    if kind == "url":
        return _add_url(state, call, source.get("url"), name)
    if kind == "base64":
        return _add_base64(state, source.get("data"), name)
    raise invalid_field("source", 'source must be {"type": "url", "url": …} or {"type": "base64", "data": …}')


def _add_url(state: State, call: Call, url: Any, name: str | None) -> Upload:
    if not isinstance(url, str) or not _is_http_url(url):
        raise invalid_field("source.url", "source.url must be an http(s) URL")
    if fault := upload_fault(state, base_url(state.config, call.request), url):
        raise invalid_field("source.url", f"source.url: {fault}")
    found = state.uploads.find(url)
    content = state.uploads.content(found)
    if found is not None and content is not None:
        return state.uploads.add_content(name or found.name, found.mime_type, content, state.now)
    name = name or unquote(PurePosixPath(urlsplit(url).path).name)[-_MAX_NAME_CHARS:]
    return state.uploads.add_reference(name, found.source_url if found else url, state.now)


def _add_base64(state: State, text: Any, name: str | None) -> Upload:
    if not isinstance(text, str):
        raise invalid_field("source.data", "source.data must be a text: base64, or a data: URL")
    head, comma, rest = text.partition(",")
    is_url = head[:5].lower() == "data:" and bool(comma)
    try:
        content = base64.b64decode("".join((rest if is_url else text).split()), validate=True)
    except ValueError:
        content = b""
    if not content or (is_url and not head.lower().endswith(";base64")):
        raise invalid_field("source.data", "source.data must be base64, or a data: URL with base64 in it")
    stated = _MIME_TYPE.match(head[5:].lower()) if is_url else None
    mime_type = stated[0] if stated else _guess_type(name, content)
    return state.uploads.add_content(name or f"upload{extension_of(mime_type)}", mime_type, content, state.now)


def _guess_type(name: str | None, content: bytes) -> str:
    if name and (promised := mime_type_of(name)) != UNKNOWN_TYPE:
        return promised
    facts = facts_of(content)
    return mime_type_of_facts(facts) if facts else UNKNOWN_TYPE


def _is_http_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and url.isprintable() and " " not in url
    except ValueError:
        return False
