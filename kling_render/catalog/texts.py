"""Takes the words out of a request: what remains is its shape, which the takes of a project mostly share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kling_render.catalog.models import FieldSpec
from kling_render.catalog.values import is_absent

Text = tuple[FieldSpec, str, str]
"""The spec of a text, its path, and the text."""

_STAND_IN = "…"


def take_texts(fields: Mapping[str, FieldSpec], body: Mapping[str, Any]) -> tuple[dict[str, Any], list[Text]]:
    """A body with a stand-in for each text in these fields, and the texts themselves in the order of the fields."""
    texts: list[Text] = []
    shape = dict(body)
    for name, spec in fields.items():
        if name in shape:
            shape[name] = _without_texts(spec, name, shape[name], texts)
    return shape, texts


def _without_texts(spec: FieldSpec, path: str, value: Any, texts: list[Text]) -> Any:
    if isinstance(value, str):
        if spec.type != "text" or is_absent(value):
            return value
        texts.append((spec, path, value))
        return _STAND_IN
    if isinstance(value, list) and spec.of is not None and spec.of.holds_text:
        return [_without_texts(spec.of, f"{path}[{at}]", each, texts) for at, each in enumerate(value)]
    if isinstance(value, Mapping) and spec.fields:
        shape = dict(value)
        for name, own in spec.fields.items():
            if own.holds_text and name in shape:
                shape[name] = _without_texts(own, f"{path}.{name}", shape[name], texts)
        return shape
    return value
