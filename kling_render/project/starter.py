"""The starter project, with a name and an identity of its own."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

from kling_render.assets import starter_project
from kling_render.errors import StorageError, UsageError


def write_starter(directory: Path) -> list[Path]:
    """Write the starter project into a folder; its name is the folder's, its id is new. Returns what was written.

    Raises:
        UsageError: there is a project already.
        StorageError: the folder cannot be written.
    """
    target = directory / "project.toml"
    if target.exists():
        raise UsageError(f"there is a project already: {target}", hint="Choose another folder.")
    name = re.sub(r"[^a-z0-9]+", "-", directory.resolve().name.lower()).strip("-") or "film"
    text = (starter_project() / "project.toml").read_text("utf-8")
    filled = text.replace("PROJECT-NAME", name).replace("PROJECT-ID", f"{name[:40]}-{secrets.token_hex(4)}")
    ignore = directory / ".gitignore"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        target.write_text(filled, "utf-8")
        if ignore.exists():
            return [target]
        ignore.write_text((starter_project() / "gitignore").read_text("utf-8"), "utf-8")
    except OSError as error:
        raise StorageError(f"cannot write {directory}: {error.strerror or error}") from error
    return [target, ignore]
