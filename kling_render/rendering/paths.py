"""Where clips go: beside the project, by profile and shot, the fingerprint in the name."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from kling_render.ledger import Attempt

RENDERS = "renders"
MANIFEST = "manifest.json"
_LONGEST_TITLE = 180
PICKS = "picks.toml"
NOTES = "notes.toml"
_LOCK = "takes.lock"
LEDGER = PurePosixPath(".kling-render/ledger.sqlite")


def output_folder(origin: str, *, is_default_origin: bool) -> str:
    """`renders`, or a folder of its own for clips that are not from RunAPI itself."""
    return RENDERS if is_default_origin else f"{RENDERS}-{slug(urlsplit(origin).netloc)}"


def lock_path(origin: str, *, is_default_origin: bool) -> PurePosixPath:
    """`takes.lock` beside the project file; what was bought elsewhere than at RunAPI is locked beside its clips."""
    if is_default_origin:
        return PurePosixPath(_LOCK)
    return PurePosixPath(output_folder(origin, is_default_origin=False), _LOCK)


def clip_path(output: str, attempt: Attempt) -> PurePosixPath:
    """Where the clip of an attempt goes, relative to the project's folder."""
    return named_clip(output, attempt.profile, attempt.title, attempt.take, attempt.fingerprint)


def named_clip(output: str, profile: str, title: str, take: int, fingerprint: str) -> PurePosixPath:
    """Relative to the project's folder: `renders/<profile>/[<version>/]<shot>/<variant>-t<take>-<fingerprint 8>.mp4`.

    A label takes the shot's place; a shot without variants has its own name in the variant's. Another request gets
    another name, so no paid clip is overwritten.
    """
    *folders, name = [_shortened(slug(part)) for part in title.split("/")]
    folders = folders or [name]
    if folders[0].casefold() == MANIFEST:
        folders[0] += "-"
    return PurePosixPath(output, slug(profile), *folders, f"{name}-t{take}-{fingerprint[:8]}.mp4")


def film_paths(output: str, profile: str, versions: Sequence[str]) -> list[PurePosixPath]:
    """Relative to the project's folder: `renders/<profile>/film[-<version>].mp4` for each version, all different."""
    names: list[str] = []
    for version in versions:
        name = _shortened(f"film-{slug(version)}" if version else "film")
        while name.casefold() in map(str.casefold, names):  # `a:b` and `a,b` are one word in a file's name
            name += "-"
        names.append(name)
    return [PurePosixPath(output, slug(profile), f"{name}.mp4") for name in names]


def is_there(folder: Path, path: str) -> bool:
    """Whether something lies at a path relative to a folder; quick, because it is asked of every take that is done."""
    return os.path.exists(f"{folder}/{path}")  # noqa: PTH110 - a Path for each costs more than the look


def places(path: Path, task_id: str) -> Iterator[Path]:
    """Where a clip may go, best first: its path, then names of its own beside it for when another clip lies there."""
    yield path
    beside = f"{path.stem}-{slug(task_id)[:8]}"
    yield path.with_name(f"{beside}{path.suffix}")
    for number in itertools.count(2):
        yield path.with_name(f"{beside}-{number}{path.suffix}")


def _shortened(title: str) -> str:
    """The title in at most so many bytes that the name made with it fits every file system (255)."""
    return title.encode()[:_LONGEST_TITLE].decode(errors="ignore")


def slug(text: str) -> str:
    """The text as it stands in names of files."""
    return re.sub(r"[^\w.-]+", "-", text).strip("-.") or "untitled"
