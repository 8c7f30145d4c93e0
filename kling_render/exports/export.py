"""Writes the film into files: one for each version."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kling_render.errors import UsageError
from kling_render.exports.contact_sheet import contact_sheet, sheet_kind
from kling_render.exports.edl import EDL, edl_text
from kling_render.exports.entries import Entry, entries_of
from kling_render.exports.footage import Footage
from kling_render.exports.shot_list import SHOT_LIST, shot_list
from kling_render.exports.timeline import TIMELINE, build_timeline, rate_of
from kling_render.film import Reel
from kling_render.rendering.paths import slug
from kling_render.whole_files import Kind, write_over

FOLDER = "exports"

Form = Literal["otio", "edl", "csv", "contact-sheet"]


@dataclass(frozen=True)
class Exported:
    """One file that was written.

    Attributes:
        missing: the names of the shots in it whose clip is not on this disk.
    """

    path: Path
    version: str
    shots: int
    missing: tuple[str, ...]


@dataclass(frozen=True)
class _Sheet:
    """What is exported: one version of a film, and the file that it goes to."""

    footage: Footage
    reel: Reel
    entries: tuple[Entry, ...]
    path: Path
    rate: int


FORMS: dict[Form, str] = {"otio": ".otio", "edl": ".edl", "csv": ".csv", "contact-sheet": ".png"}
"""How the names of their files end."""


def export(
    footage: Footage, form: Form, *, versions: tuple[str, ...] = (), out: Path | None = None, rate: int | None = None
) -> tuple[Exported, ...]:
    """Write the film in one form, each version into a file of its own, each whole or not at all.

    What stands in its place is written over only if it is an earlier export of the same form.

    Args:
        footage: as it is cut now.
        form: which form.
        versions: which versions; all without any.
        out: a folder, or the file where there is one version; by default `exports/<profile>` beside the project file,
            for a rehearsal the folder of its clips.
        rate: frames a second of timelines; by default those of the first clip.

    Raises:
        UsageError: there is no such version, or one file for several.
        StorageError: a file cannot be written, or something else stands in its place.
    """
    reels = footage.of_versions(versions)
    paths = _paths(footage, reels, FORMS[form], out)
    return tuple(_write(footage, reel, form, path, rate) for reel, path in zip(reels, paths, strict=True))


def _write(footage: Footage, reel: Reel, form: Form, path: Path, rate: int | None) -> Exported:
    entries = entries_of(footage, reel)
    sheet = _Sheet(footage, reel, entries, path, rate or (rate_of(entries) if form in ("otio", "edl") else 0))
    write_over(path, *_WRITERS[form](sheet))
    missing = tuple(dict.fromkeys(each.name for each in entries if each.clip is None))
    return Exported(path, reel.version, len(entries), missing)


def _otio(sheet: _Sheet) -> tuple[bytes, Kind]:
    import opentimelineio as otio

    timeline = build_timeline(sheet.footage, sheet.reel, sheet.entries, sheet.rate, sheet.path.parent)
    text: str = otio.adapters.write_to_string(timeline, "otio_json")
    return text.encode() + b"\n", TIMELINE


def _edl(sheet: _Sheet) -> tuple[bytes, Kind]:
    timeline = build_timeline(sheet.footage, sheet.reel, sheet.entries, sheet.rate, sheet.path.parent)
    return edl_text(timeline, sheet.entries, sheet.rate).encode(), EDL


def _csv(sheet: _Sheet) -> tuple[bytes, Kind]:
    return shot_list(sheet.entries, sheet.reel.version).encode(), SHOT_LIST


def _contact_sheet(sheet: _Sheet) -> tuple[bytes, Kind]:
    return contact_sheet(sheet.footage, sheet.reel, sheet.entries), sheet_kind(sheet.entries)


_WRITERS: dict[Form, Callable[[_Sheet], tuple[bytes, Kind]]] = {
    "otio": _otio,
    "edl": _edl,
    "csv": _csv,
    "contact-sheet": _contact_sheet,
}


def _paths(footage: Footage, reels: Sequence[Reel], suffix: str, out: Path | None) -> list[Path]:
    """A name for each version, no two alike."""
    if out is not None and out.suffix.lower() == suffix and not out.is_dir():
        if len(reels) > 1:
            raise UsageError(f"{len(reels)} versions do not go into one file", hint="Give a folder, or one --version.")
        return [out]
    if out is not None and out.suffix.lower() in FORMS.values() and not out.is_dir():
        raise UsageError(f"{out} is no name for this: it ends in {suffix}", hint="Give a folder.")
    top = footage.folder / (footage.output if footage.is_rehearsal else FOLDER) / slug(footage.project.profile)
    names: list[str] = []
    for reel in reels:
        name = slug(" ".join(filter(None, (footage.project.table.name, reel.version))))
        while name.casefold() in map(str.casefold, names):  # `a:b` and `a,b` are one word in a file's name
            name += "-"
        names.append(name)
    return [(out or top) / f"{name}{suffix}" for name in names]
