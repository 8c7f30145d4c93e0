"""Makes docs/board.png and docs/animatic.png of projects/night-ferry as rehearsed: python docs/pictures.py."""

from __future__ import annotations

import shutil
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from kling_render.api import rehearse
from kling_render.film import rehearsal_films
from kling_render.media import still_of
from kling_render.report.board import Source, write_board

_ROOT = Path(__file__).resolve().parents[1]
_SIZE = {"width": 1280, "height": 860}
_ANIMATIC_SECONDS, _ANIMATIC_SIZE = 13.0, (960, 540)
_COLOURS = 128


def main() -> None:
    """Rehearse; write board and animatic, and take their pictures."""
    with tempfile.TemporaryDirectory() as folder:
        film = Path(shutil.copytree(_ROOT / "projects" / "night-ferry", Path(folder, "night-ferry")))
        (animatic,) = rehearsal_films(rehearse(film).outcome)
        _save(still_of(animatic.stitched.path, _ANIMATIC_SECONDS).resize(_ANIMATIC_SIZE), "animatic.png")
        board = write_board(Source.rehearsed(film))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = browser.new_page(viewport=_SIZE, color_scheme="light")  # type: ignore[arg-type]
            page.goto(board.as_uri())
            page.locator("mark", has_text="the harbour town").first.hover()
            _save(Image.open(BytesIO(page.screenshot())), "board.png")
            browser.close()


def _save(picture: Image.Image, name: str) -> None:
    picture.convert("RGB").quantize(_COLOURS).save(_ROOT / "docs" / name, optimize=True)


if __name__ == "__main__":
    main()
