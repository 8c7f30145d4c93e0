"""Where the files live that travel with the package: in a checkout at its top, in a wheel inside the package."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def template_library() -> Path:
    """The folder of the packaged prompt library."""
    return _shipped("templates")


def starter_project() -> Path:
    """The folder that `init` copies."""
    return template_library() / "starter"


def agent_skill() -> Path:
    """The file by which AI agents learn to use this tool."""
    return _shipped("skills") / "kling-render" / "SKILL.md"


def _shipped(name: str) -> Path:
    shipped = _PACKAGE / "_shipped" / name
    return shipped if shipped.is_dir() else _PACKAGE.parent / name
