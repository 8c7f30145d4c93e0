"""Writes the description of the mocked API to a file: python -m mock_server.openapi_file docs/openapi.json."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from kling_render.catalog import bundled_catalog
from mock_server.core.openapi import document


def write(path: Path) -> None:
    """Write the description of the API with the bundled models, as it is published."""
    path.write_text(f"{json.dumps(document(bundled_catalog()), ensure_ascii=False, indent=1)}\n", "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
