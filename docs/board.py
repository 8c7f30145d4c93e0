"""Makes docs/board.png: the board of projects/night-ferry as rehearsed. Run by hand: python docs/board.py."""

from __future__ import annotations

import shutil
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from kling_render.api import rehearse
from kling_render.report.board import Source, write_board

_ROOT = Path(__file__).resolve().parents[1]
_SIZE = {"width": 1280, "height": 860}
_COLOURS = 128


def main() -> None:
    """Rehearse, write the board, take its picture."""
    with tempfile.TemporaryDirectory() as folder:
        film = Path(shutil.copytree(_ROOT / "projects" / "night-ferry", Path(folder, "night-ferry")))
        rehearse(film)
        board = write_board(Source.rehearsed(film))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = browser.new_page(viewport=_SIZE, color_scheme="light")  # type: ignore[arg-type]
            page.goto(board.as_uri())
            page.locator("mark", has_text="the harbour town").first.hover()
            picture = Image.open(BytesIO(page.screenshot()))
            browser.close()
    picture.convert("RGB").quantize(_COLOURS).save(_ROOT / "docs" / "board.png", optimize=True)


if __name__ == "__main__":
    main()
