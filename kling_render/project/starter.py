"""The starter project, with a name and an identity of its own, the schema for its editor, the skill for its agent."""

from __future__ import annotations

import json
import re
import secrets
from pathlib import Path

from kling_render.assets import agent_skill, starter_project
from kling_render.catalog import bundled_catalog
from kling_render.errors import StorageError, UsageError
from kling_render.project.schema import project_schema

SKILL = Path(".agents", "skills", "kling-render", "SKILL.md")
"""In a project's folder: where OpenClaw and agents of other makers look (docs.openclaw.ai/tools/skills)."""


def write_starter(directory: Path) -> list[Path]:
    """Write the starter project into a folder; its name is the folder's, its id is new. Returns what was written.

    Other files that are there already are left alone.

    Raises:
        UsageError: there is a project already.
        StorageError: the folder cannot be written.
    """
    if (directory / "project.toml").exists():
        raise UsageError(f"there is a project already: {directory / 'project.toml'}", hint="Choose another folder.")
    texts = {
        directory / "project.toml": _named_after(directory),
        directory / "project.schema.json": _schema(),
        directory / ".gitignore": (starter_project() / "gitignore").read_text("utf-8"),
    }
    return _write_missing(directory, texts)


def write_skill(directory: Path) -> list[Path]:
    """Write the agent skill into a folder, where agents look for it; one that is there already is left alone.

    Returns:
        What was written.

    Raises:
        StorageError: the folder cannot be written.
    """
    return _write_missing(directory, {directory / SKILL: agent_skill().read_text("utf-8")})


def _write_missing(directory: Path, texts: dict[Path, str]) -> list[Path]:
    try:
        missing = [path for path in texts if not path.exists()]
        for path in missing:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(texts[path], "utf-8")
    except OSError as error:
        raise StorageError(f"cannot write {directory}: {error.strerror or error}") from error
    return missing


def _named_after(directory: Path) -> str:
    name = re.sub(r"[^a-z0-9]+", "-", directory.resolve().name.lower()).strip("-") or "film"
    text = (starter_project() / "project.toml").read_text("utf-8")
    return text.replace("PROJECT-NAME", name).replace("PROJECT-ID", f"{name[:40]}-{secrets.token_hex(4)}")


def _schema() -> str:
    """The same bytes that `kling-render schema` writes, so that writing it anew after an upgrade shows what changed."""
    return json.dumps(project_schema(bundled_catalog()), ensure_ascii=False, indent=2) + "\n"
