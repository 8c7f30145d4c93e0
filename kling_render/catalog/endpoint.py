"""Which action a shot means when it does not say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kling_render.catalog.values import is_absent

ACTIONS = ("text_to_video", "image_to_video", "motion_control", "ai_avatar", "extend_video", "edit_video")


@dataclass(frozen=True)
class _Sign:
    """By which fields a request is known to be for an action.

    Attributes:
        all_of: fields that must all be given.
        one_of: fields of which at least one must be given, if there are any.
        model: what the model's name must contain.
    """

    action: str
    all_of: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    model: str = ""

    def fits(self, given: set[str], model: str) -> bool:
        return (
            given.issuperset(self.all_of)
            and (not self.one_of or not given.isdisjoint(self.one_of))
            and self.model in model
        )

    def __str__(self) -> str:
        return " and ".join(self.all_of) or " or ".join(self.one_of)


_SIGNS = (
    _Sign("text_to_video", ("multi_prompt",)),
    _Sign("motion_control", ("source_image_url", "reference_video_url")),
    _Sign("ai_avatar", ("source_image_url", "source_audio_url")),
    _Sign("extend_video", ("source_task_id",), model="v2.5-turbo"),
    _Sign("edit_video", one_of=("source_video_url", "source_task_id"), model="kling-v3-omni-"),
    _Sign("image_to_video", ("first_frame_image_url",)),
)
"""In the order in which they count; a request without any of them is text_to_video."""
_OTHERWISE = "text_to_video"


def infer_action(fields: Mapping[str, Any]) -> str:
    """The action that a request with these fields is for.

    A sequence (`multi_prompt`) is text_to_video; source image + reference video is motion_control; source image +
    source audio is ai_avatar; a source task with a v2.5-turbo model is extend_video; a source video or task with an
    omni edit or reference model is edit_video; a first frame is image_to_video; the rest is text_to_video. Fields
    that count as absent decide nothing.
    """
    model = str(fields.get("model", ""))
    given = {name for name, value in fields.items() if not is_absent(value)}
    return next((sign.action for sign in _SIGNS if sign.fits(given, model)), _OTHERWISE)


def with_needs(actions: Sequence[str]) -> str:
    """Actions with the fields that lead to each: `text_to_video, image_to_video (needs first_frame_image_url)`."""
    needs = {sign.action: str(sign) for sign in _SIGNS if sign.action != _OTHERWISE}
    return ", ".join(f"{each} (needs {needs[each]})" if each in needs else each for each in actions)
