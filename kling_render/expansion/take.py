"""A take before anything is known of price or purchase: what exactly would be asked of the API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kling_render.catalog import ClipLength
from kling_render.expansion.address import Address
from kling_render.expansion.media import LocalFile
from kling_render.expansion.references import Reference
from kling_render.expansion.stand_ins import StandIn, replace_stand_ins


@dataclass(frozen=True, slots=True)
class Take:
    """One paid render of one shot.

    Attributes:
        address: its name, `walk#2`.
        title: what names its files: the shot's label or name, with its variant and version where there are any.
        action: the API's endpoint, `text_to_video`.
        body: the request in the API's field order; local files stand as `LocalFile` where a URL will be.
        effective: the body with the defaults that count for fields it leaves out.
        length: how long its clip will be, and how that is known.
        stand_ins: the local files and references in the body.
        scene: the scene that its shot belongs to.
    """

    address: Address
    title: str
    action: str
    body: Mapping[str, Any]
    effective: Mapping[str, Any]
    length: ClipLength
    stand_ins: tuple[StandIn, ...] = ()
    scene: str | None = None
    tags: tuple[str, ...] = ()
    notes: str = ""

    @property
    def model(self) -> str:
        """The model's name."""
        return str(self.body["model"])

    @property
    def seconds(self) -> int | None:
        """The clip's length as requested or estimated, in whole seconds; None where nobody knows."""
        return self.length.seconds

    @property
    def text(self) -> str:
        """What the clip shows, in one line: the prompt, or the prompts of its cuts."""
        cuts = [cut["prompt"] for cut in self.body.get("multi_prompt", ())]
        return " | ".join(cuts) if cuts else str(self.body.get("prompt", ""))

    @property
    def local_files(self) -> list[LocalFile]:
        """The local files that must be uploaded for it."""
        return [each for each in self.stand_ins if isinstance(each, LocalFile)]

    @property
    def references(self) -> list[Reference]:
        """The other shots whose clips must be there before it can be asked for."""
        return [each for each in self.stand_ins if isinstance(each, Reference)]

    def shown_body(self) -> dict[str, Any]:
        """The body for people and plans: a local file is `file:` and its path, a reference names its shot."""
        shown: dict[str, Any] = replace_stand_ins(self.body, _shown)
        return shown

    def wire_body(self, values: Mapping[StandIn, str]) -> bytes:
        """The exact bytes to send, with the URLs and ids that files and references got.

        Raises:
            KeyError: one has none.
        """
        return json.dumps(replace_stand_ins(self.body, values.__getitem__), ensure_ascii=False).encode()


def _shown(stand_in: StandIn) -> str:
    return f"file:{stand_in.name}" if isinstance(stand_in, LocalFile) else stand_in.shown
