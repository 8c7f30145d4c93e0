"""One line of `takes.lock` as JSON, and back: every field named, typed and in its place."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from kling_render.catalog import exact_usd
from kling_render.ledger.attempts import Clip
from kling_render.ledger.locked_take import LockedTake

_NONE = type(None)
_CLIP: dict[str, tuple[type, ...]] = {
    "clip": (str, _NONE),
    "sha256": (str, _NONE),
    "bytes": (int, _NONE),
    "seconds": (float, int, _NONE),
    "width": (int, _NONE),
    "height": (int, _NONE),
    "sound": (bool, _NONE),
}
_FIELDS: dict[str, tuple[type, ...]] = {
    "address": (str,),
    "title": (str,),
    "profile": (str,),
    "fingerprint": (str,),
    "take": (int,),
    "attempt": (int,),
    "project": (str,),
    "origin": (str,),
    "account": (str,),
    "action": (str,),
    "model": (str,),
    "task": (str,),
    "state": (str,),
    "usd": (str, _NONE),
    "reserved": (str,),
    **_CLIP,
    "who": (str,),
    "when": (str,),
    "expires": (str, _NONE),
}
"""The fields of a line, in the order in which they stand, with the types of their values."""

_NAMES = tuple(_FIELDS)
_WORDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false", _NONE: "null"}
_MOST = 2**53
"""More than any of these numbers can mean; SQLite could not hold much more."""
_USD = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,6}))?")
_DECODER = json.JSONDecoder()
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


def line_of(take: LockedTake) -> str:
    """The line of a take, without its end."""
    clip = take.clip
    values = (
        take.address, take.title, take.profile, take.fingerprint, take.take, take.attempt,
        take.project_id, take.origin, take.account_id, take.action, take.model, take.task_id,
        "paid" if take.is_paid else "open", exact_usd(take.settled_micro_usd), exact_usd(take.reserved_micro_usd),
        *((None,) * len(_CLIP) if clip is None else vars(clip).values()),
        take.person, _text(take.created_at), _text(take.url_expires_at) if take.url_expires_at else None,
    )  # fmt: skip
    return _ENCODER.encode(dict(zip(_NAMES, values, strict=True)))


def take_of(line: str) -> LockedTake:
    """The take of a line.

    Raises:
        ValueError: it is no such line; the message says why.
    """
    try:
        row = _DECODER.decode(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"this is not JSON: {getattr(error, 'msg', error)}") from error
    if type(row) is not dict:
        raise ValueError("this is not an object in braces")
    if tuple(row) != _NAMES or not _is_known(tuple(map(type, row.values()))):
        _check_fields(row)
    state = row["state"]
    if state not in ("open", "paid"):
        raise ValueError(f'state is "open" or "paid", not {json.dumps(state)}')
    for name in ("take", "attempt"):
        if not 1 <= row[name] <= _MOST:
            raise ValueError(f"{name} is a number from 1, not {row[name]}")
    return LockedTake(
        address=row["address"],
        title=row["title"],
        profile=row["profile"],
        fingerprint=row["fingerprint"],
        take=row["take"],
        attempt=row["attempt"],
        project_id=row["project"],
        origin=row["origin"],
        account_id=row["account"],
        action=row["action"],
        model=row["model"],
        task_id=row["task"],
        is_paid=state == "paid",
        settled_micro_usd=None if row["usd"] is None else _micro("usd", row["usd"]),
        reserved_micro_usd=_micro("reserved", row["reserved"]),
        clip=_clip(row),
        person=row["who"],
        created_at=_moment("when", row["when"]),
        url_expires_at=None if row["expires"] is None else _moment("expires", row["expires"]),
    )


def _clip(row: Mapping[str, Any]) -> Clip | None:
    path = row["clip"]
    if path is None:
        return None
    path, digest, size, seconds, width, height, sound = [row[name] for name in _CLIP]
    if None in (digest, size, seconds, width, height, sound):
        missing = next(name for name in _CLIP if row[name] is None)
        raise ValueError(f"{missing} is null although there is a clip")
    if not math.isfinite(seconds) or max(size, width, height) > _MOST:
        raise ValueError("a measure of the clip is out of bounds")
    if not path or path[0] == "/" or path[1:2] == ":" or "\\" in path or ".." in path.split("/"):
        raise ValueError(f"clip is a path inside the project's folder, not {json.dumps(path)}")
    return Clip(path, digest, size, float(seconds), width, height, sound)


@lru_cache(maxsize=256)
def _is_known(types: tuple[type, ...]) -> bool:
    """Whether values of these types, in the order of the fields, are all as they should be; lines are alike."""
    return all(found in allowed for found, allowed in zip(types, _FIELDS.values(), strict=True))


def _check_fields(row: Mapping[str, Any]) -> None:
    for name, allowed in _FIELDS.items():
        if name not in row:
            raise ValueError(f"{name} is missing")
        if type(row[name]) not in allowed:
            raise ValueError(f"{name} is {_or(allowed)}, not {json.dumps(row[name])[:40]}")
    for name in row:
        if name not in _FIELDS:
            raise ValueError(f"{json.dumps(name)} is unknown here; did a newer kling-render write it?")


def _or(types: tuple[type, ...]) -> str:
    return " or ".join(_WORDS[each] for each in types if not (each is int and float in types))


@lru_cache(maxsize=4096)
def _micro(name: str, usd: str) -> int:
    found = _USD.fullmatch(usd)
    if found is None:
        raise ValueError(f"{name} is an amount in US dollars such as 0.42, not {json.dumps(usd)}")
    return int(found[1]) * 1_000_000 + int((found[2] or "").ljust(6, "0"))


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


@lru_cache(maxsize=4096)
def _moment(name: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError(f"{name} is a time with its zone such as 2026-08-01T12:00:00+00:00, not {json.dumps(text)}")
