"""Where the pictures and clips of a board come from, and how the page names them."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from kling_render.expansion import variant_of
from kling_render.ledger import Clip, Snapshot
from kling_render.planning import PlannedTake
from kling_render.report.board.posters import Wanted


class Links(Protocol):
    """How a page names a clip."""

    def of(self, clip: Clip, path: Path) -> str:
        """The value of `src`; empty where the clip cannot be shown."""


@dataclass(frozen=True)
class RelativeLinks:
    """Links to files, relative to the folder of the page."""

    folder: Path

    def of(self, clip: Clip, path: Path) -> str:
        """The path from the page to the clip, escaped; the whole path where it lies on another drive."""
        try:
            return quote(Path(os.path.relpath(path, self.folder)).as_posix())
        except ValueError:
            return path.as_uri()


class EmbeddedClips:
    """The clips themselves, as data URIs."""

    def of(self, clip: Clip, path: Path) -> str:
        """The whole clip in base 64."""
        try:
            return f"data:video/mp4;base64,{b64encode(path.read_bytes()).decode()}"
        except OSError:
            return ""


@dataclass(frozen=True)
class Media:
    """The clips and first frames of a board.

    Args:
        folder: the project's; nothing outside of it is read or linked, whatever a ledger or lock says.
        links: how the page names clips.
        posters: data URIs by SHA-256.
    """

    folder: Path
    links: Links
    posters: Mapping[str, str]

    def link(self, clip: Clip) -> str:
        """The `src` of a clip; empty where it is not here."""
        path = clip_file(self.folder, clip)
        return self.links.of(clip, path) if path else ""

    def poster(self, clip: Clip) -> str:
        """The poster of a clip; empty where it is not here."""
        return self.posters.get(clip.sha256, "")

    def first_frame(self, planned: PlannedTake) -> str:
        """The picture that the request begins with, if it is a local file."""
        file = first_frame_file(planned)
        return self.posters.get(file.sha256, "") if file else ""


def clip_file(folder: Path, clip: Clip) -> Path | None:
    """Where a clip lies; None where it is not here, or outside of the project's folder."""
    path = (folder / clip.path).resolve()
    return path if path.is_relative_to(folder.resolve()) and path.is_file() else None


def first_frame_file(planned: PlannedTake) -> Wanted | None:
    """The local picture that a take begins with."""
    for file in planned.take.local_files:
        if file.facts.kind == "image" and file in (
            planned.take.body.get("first_frame_image_url"), planned.take.body.get("source_image_url"),
        ):  # fmt: skip
            return Wanted(file.path, file.sha256, is_clip=False)
    return None


def wanted_pictures(takes: Sequence[PlannedTake], snapshot: Snapshot, folder: Path) -> list[Wanted]:
    """Everything that a board of these takes needs a poster of: their clips, those of older requests, first frames."""
    keys, variants = {each.key for each in takes}, {variant_of(each.address) for each in takes}
    clips = {
        each.clip.sha256: each.clip
        for each in snapshot.attempts
        if each.clip and ((each.fingerprint, each.take) in keys or variant_of(each.address) in variants)
    }
    found = [(clip, clip_file(folder, clip)) for clip in clips.values()]
    posters = [Wanted(path, clip.sha256, is_clip=True) for clip, path in found if path]
    return [*posters, *(frame for each in takes if (frame := first_frame_file(each)))]
