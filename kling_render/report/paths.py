"""How paths read on a terminal."""

from __future__ import annotations

import os
from pathlib import Path


def shorten(path: Path) -> str:
    """A path relative to the current folder, unless that is longer."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        return str(path)
    return min(str(path), relative, key=len)
