"""The starter project, with a name and an identity of its own."""

from __future__ import annotations

import re
import secrets
import shutil
from pathlib import Path

from kling_render.assets import starter_project
from kling_render.errors import StorageError, UsageError


def write_starter(directory: Path) -> list[Path]:
    """Copy the starter project into a folder; its name is the folder's, its id is new.

    Raises:
        UsageError: there is a project already.
        StorageError: the folder cannot be written.
    """
    target = directory / "project.toml"
    if target.exists():
        raise UsageError(f"there is a project already: {target}", hint="Choose another folder.")
    name = re.sub(r"[^a-z0-9]+", "-", directory.resolve().name.lower()).strip("-") or "film"
    try:
        shutil.copytree(starter_project(), directory, dirs_exist_ok=True)
        text = (starter_project() / "project.toml").read_text("utf-8")
        filled = text.replace("PROJECT-NAME", name).replace("PROJECT-ID", f"{name[:40]}-{secrets.token_hex(4)}")
        target.write_text(filled, "utf-8")
    except OSError as error:
        raise StorageError(f"cannot write {directory}: {error.strerror or error}") from error
    return sorted(directory / file.relative_to(starter_project()) for file in starter_project().rglob("*.*"))
