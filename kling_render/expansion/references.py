"""References from one shot to another: a frame of its clip, its clip, or its task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kling_render.catalog import FieldSpec, did_you_mean
from kling_render.expansion.address import Address, variant_of

_KEYS = ("shot", "frame")
_FORM = 'Write { shot = "walk", frame = "last" }.'
Part = Literal["first", "last", "clip", "task"]
"""What of the other shot is meant: its first or last frame, its whole clip, or the task that made it."""


class WrongReferenceError(ValueError):
    """What is written is no reference: in words, what to write, and which of its keys is wrong (none: all of it)."""

    def __init__(self, message: str, hint: str = "", key: str = "") -> None:
        super().__init__(message)
        self.hint = hint
        self.key = key


@dataclass(frozen=True)
class WrittenReference:
    """`{ shot = "walk", frame = "last" }` as written: the shot, perhaps with some of its axes in brackets."""

    shot: str
    axes: Mapping[str, str]
    part: Part


@dataclass(frozen=True)
class Reference:
    """A place in a request where something of an upstream clip will stand.

    Attributes:
        upstream: the variant meant, as the address of its first take.
        part: what of it.
    """

    upstream: Address
    part: Part

    @property
    def shown(self) -> str:
        """For people: `last frame:walk[light=dusk]`."""
        name = variant_of(self.upstream)
        return f"{self.part}:{name}" if self.part in ("clip", "task") else f"{self.part} frame:{name}"

    @property
    def stand_in(self) -> str:
        """A value of the right shape for judging a request before the upstream clip is there."""
        return "pending" if self.part == "task" else f"https://upstream.invalid/{self.part}"


def read_reference(value: Mapping[str, Any], spec: FieldSpec, name: str) -> WrittenReference:
    """The reference in a table that stands for a field.

    Raises:
        WrongReferenceError: it is none, or the field cannot take one.
    """
    if spec.media not in ("image", "video") and name != "source_task_id":
        raise WrongReferenceError(f"{name} cannot refer to a shot", "Pictures, videos and source_task_id can.")
    for key in value:
        if key not in _KEYS:
            raise WrongReferenceError(f'unknown key "{key}"{did_you_mean(key, _KEYS)}', _FORM, key)
    if not isinstance(value.get("shot"), str):
        raise WrongReferenceError("the reference names no shot", _FORM)
    shot, axes = _split(value["shot"])
    return WrittenReference(shot, axes, _part(value, spec, name))


def _part(value: Mapping[str, Any], spec: FieldSpec, name: str) -> Part:
    frame = value.get("frame")
    if spec.media == "image":
        if frame not in ("first", "last"):
            text = f'{name} takes a picture: write frame = "first" or frame = "last"'
            raise WrongReferenceError(text, key="" if frame is None else "frame")
        return "first" if frame == "first" else "last"
    if frame is not None:
        raise WrongReferenceError(f"{name} takes no frame: leave frame out", key="frame")
    return "clip" if spec.media == "video" else "task"


def _split(text: str) -> tuple[str, dict[str, str]]:
    name, bracket, _ = text.partition("[")
    if not bracket:
        return name, {}
    try:
        address = Address.parse(f"{text}#1")
    except ValueError as error:
        message = f'"{text}" names no shot such as walk or walk[light=dusk]'
        raise WrongReferenceError(message, key="shot") from error
    return address.shot, dict(address.variant)
