"""How long the clip of a request will be, and what counts for the fields it leaves out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from kling_render.catalog import Catalog, ClipLength
from kling_render.errors import Fault
from kling_render.expansion.request import Request
from kling_render.project import Shot

_VARYING = frozenset({"multi_prompt"})
"""Texts that a clip's length may follow."""


def effective_values(
    catalog: Catalog, request: Request, judged: Mapping[str, Any], shot: Shot, faults: list[Fault]
) -> tuple[ClipLength, dict[str, Any]]:
    """The clip's length, and the request with the defaults that count; worked out once for all with the same frame."""
    known = request.frame.known if _VARYING.isdisjoint(request.body) else {}
    if "length" not in known:
        length = _length(catalog, request, judged, shot, faults)
        effective = catalog.effective(request.action, request.body)
        known["length"] = length
        known["defaults"] = {name: value for name, value in effective.items() if name not in request.body}
        if length.seconds is not None:
            known["defaults"]["duration_seconds"] = length.seconds
    return known["length"], {**known["defaults"], **request.body}


def _length(
    catalog: Catalog, request: Request, judged: Mapping[str, Any], shot: Shot, faults: list[Fault]
) -> ClipLength:
    """How long the clip will be: what the shot states, but never less than what its file measures."""
    length = catalog.length(request.action, judged, request.media)
    stated = shot.table.estimate_seconds
    if stated is None:
        return length
    if length.basis == "requested":
        message = f"estimate_seconds changes nothing: the clip lasts {length.seconds} s by its request"
        faults.append(Fault(shot.at("estimate_seconds"), message, "Leave it out.", "warning"))
        return length
    if length.seconds is not None and length.basis == "measured" and stated < length.seconds:
        message = f"estimate_seconds = {stated:g} is less than the {length.seconds} s of the file, which count"
        faults.append(Fault(shot.at("estimate_seconds"), message, "Leave it out.", "warning"))
        return length
    return ClipLength(math.ceil(stated), "stated")
