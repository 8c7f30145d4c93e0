"""A take before anything is known of price or purchase: what exactly would be asked of the API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kling_render.catalog import ClipLength
from kling_render.expansion.address import Address
from kling_render.expansion.media import LocalFile, files_in, replace_files


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
        scene: the scene that its shot belongs to.
    """

    address: Address
    title: str
    action: str
    body: Mapping[str, Any]
    effective: Mapping[str, Any]
    length: ClipLength
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
        return files_in(self.body)

    def shown_body(self) -> dict[str, Any]:
        """The body for people and plans: a local file is `file:` and its path."""
        shown: dict[str, Any] = replace_files(self.body, lambda file: f"file:{file.name}")
        return shown

    def wire_body(self, urls: Mapping[LocalFile, str]) -> bytes:
        """The exact bytes to send, with the URLs that the local files got.

        Raises:
            KeyError: a local file has no URL.
        """
        return json.dumps(replace_files(self.body, urls.__getitem__), ensure_ascii=False).encode()
