"""Where clips go: beside the project, by profile and shot, the fingerprint in the name."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from kling_render.ledger import Attempt

RENDERS = "renders"
LEDGER = PurePosixPath(".kling-render/ledger.sqlite")


def output_folder(origin: str, *, is_default_origin: bool) -> str:
    """`renders`, or a folder of its own for clips that are not from RunAPI itself."""
    return RENDERS if is_default_origin else f"{RENDERS}-{_slug(urlsplit(origin).netloc)}"


def clip_path(output: str, attempt: Attempt) -> PurePosixPath:
    """Relative to the project's folder: `renders/<profile>/<shot>/<shot>-t<take>-<fingerprint 8>.mp4`.

    A label takes the shot's place. Another request gets another name, so no paid clip is overwritten.
    """
    title = _slug(attempt.title)
    name = f"{title}-t{attempt.take}-{attempt.fingerprint[:8]}.mp4"
    return PurePosixPath(output, _slug(attempt.profile), title, name)


def other_path(path: Path, task_id: str) -> Path:
    """The path for a second, different clip where one lies already."""
    return path.with_name(f"{path.stem}-{_slug(task_id)[:8]}{path.suffix}")


def _slug(text: str) -> str:
    return re.sub(r"[^\w.-]+", "-", text).strip("-.") or "untitled"
