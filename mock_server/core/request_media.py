"""The files that a request names: what is known of them, and whether those of this simulator are still there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kling_render.catalog import FieldSpec, MediaFacts, MediaLookup, ModelSpec
from mock_server.core.client_clock import client_seconds
from mock_server.core.clips import facts_of_clip
from mock_server.core.config import DEFAULT_BASE_URL
from mock_server.core.state import State
from mock_server.core.urls import clip_task_id

_KINDS = {"image": "an image", "video": "a video", "audio": "an audio file"}
Fault = tuple[str, str]
"""A field's path, and what is wrong with it."""


def media_lookup(state: State) -> MediaLookup:
    """What this simulator knows of the file behind a URL: its own uploads and clips, and what it was told of others."""

    def look(url: str) -> MediaFacts | None:
        upload = state.uploads.find(url)
        if upload is None:
            return _facts_of_others(state, url)
        return state.uploads.facts(upload) or _facts_of_others(state, upload.source_url)

    return look


def _facts_of_others(state: State, url: str) -> MediaFacts | None:
    if url in state.noted_media:
        return state.noted_media[url]
    task = state.finished(clip_task_id(url))
    return facts_of_clip(task) if task else None


def media_faults(state: State, base: str, model: ModelSpec, body: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with the uploads that a request names: gone, never there, or no media at all."""
    for name, spec in model.fields.items():
        for path, kind, url in _media_urls(spec, name, body.get(name)):
            if fault := upload_fault(state, base, url):
                yield path, f"{path}: {fault}"
            elif (upload := state.uploads.find(url)) and upload.digest and not state.uploads.facts(upload):
                yield path, f"{path}: this uploaded file is not {_KINDS[kind]}"


def upload_fault(state: State, base: str, url: str) -> str:
    """Why an upload of this simulator cannot be used; empty when it can, or when the URL leads elsewhere."""
    upload = state.uploads.find(url)
    if upload is None:
        return "there is no such uploaded file" if url.startswith(f"{base}/uploads/") else ""
    if upload.has_expired(state.now):
        life = client_seconds(state.config, state.config.upload_url_seconds)
        return f"this uploaded file has expired: its URL lived {life / 60:g} minutes; upload it again"
    return ""


def as_public(state: State, base: str, value: Any) -> Any:
    """The value with this simulator's own addresses as RunAPI's.

    They are where anyone reaches RunAPI's, although a simulator mostly listens on loopback, which the catalog rightly
    refuses elsewhere.
    """
    if isinstance(value, Mapping):
        return {name: as_public(state, base, entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [as_public(state, base, entry) for entry in value]
    if not isinstance(value, str):
        return value
    if upload := state.uploads.find(value):
        return DEFAULT_BASE_URL + upload.path
    return DEFAULT_BASE_URL + value.removeprefix(base) if value.startswith(f"{base}/media/") else value


def _media_urls(spec: FieldSpec, path: str, value: Any) -> Iterator[tuple[str, str, str]]:
    if isinstance(value, str):
        if spec.media:
            yield path, spec.media, value
    elif isinstance(value, list) and spec.of is not None:
        for index, entry in enumerate(value):
            yield from _media_urls(spec.of, f"{path}[{index}]", entry)
    elif isinstance(value, Mapping):
        for name, own in spec.fields.items():
            yield from _media_urls(own, f"{path}.{name}", value.get(name))
