"""The bundled fonts behind one face: every run of text in the first font that has its characters."""

import functools
from dataclasses import dataclass, field
from importlib import resources
from io import BytesIO
from itertools import groupby
from typing import Final

from PIL import ImageDraw, ImageFont, features

from mock_server.media import wording
from mock_server.media.palette import Colour

REGULAR: Final = "DejaVuSansCondensed.ttf"
BOLD: Final = "DejaVuSansCondensed-Bold.ttf"
_WIDE: Final = ("unifont.otf", "unifont_upper.otf")
UNIFONT_GRID: Final = 16
_NONCHARACTER: Final = "\uffff"


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of one line in one font."""

    text: str
    font: str


@dataclass(slots=True)
class Typeface:
    """A main font, then GNU Unifont for the scripts it lacks.

    It remembers the fonts it opened and the glyphs it looked for; make one for each clip and let it go.
    """

    main: str = REGULAR
    _fonts: dict[tuple[str, int, bool], ImageFont.FreeTypeFont] = field(default_factory=dict, repr=False)
    _masks: dict[tuple[str, str], bytes] = field(default_factory=dict, repr=False)
    _choices: dict[str, str] = field(default_factory=dict, repr=False)
    _shaped: bool = field(default_factory=lambda: bool(features.check("raqm")), repr=False)

    def width(self, text: str, size: int) -> float:
        """Pixels that one line of `text` takes at `size` pixels to the em."""
        return sum(self._advance(run, size) for run in self.runs(text))

    def draw(self, canvas: ImageDraw.ImageDraw, at: tuple[float, float], text: str, size: int, fill: Colour) -> None:
        """Draw one line from its left end on the base line.

        In a line with right-to-left script each font's run is ordered by the bidirectional algorithm, and the runs
        among each other by the line's first strong character: exact for one font, near enough for a slate in several.
        """
        x, base = at
        runs = self.runs(text)
        for run in reversed(runs) if wording.is_rtl(text) else runs:
            font = self._font(run.font, size, self._shaped)
            canvas.text((x, base), run.text, fill=fill, font=font, anchor="ls", direction=self._direction(text))
            x += self._advance(run, size)

    def runs(self, text: str) -> list[Run]:
        """Split one line by the font that draws it."""
        return [Run("".join(run), font) for font, run in groupby(wording.clusters(text), key=self._choose)]

    def grid(self, text: str) -> int:
        """Sizes at which most of `text` is sharp are multiples of this: Unifont is drawn in sixteenths."""
        wide = sum(len(run.text) for run in self.runs(text) if run.font != self.main)
        return UNIFONT_GRID if wide * 3 > len(text) else 1

    def _choose(self, cluster: str) -> str:
        if cluster not in self._choices:
            self._choices[cluster] = next(
                (font for font in (self.main, *_WIDE) if self._draws(font, cluster)),
                _WIDE[0],
            )
        return self._choices[cluster]

    def _draws(self, font: str, cluster: str) -> bool:
        # Pillow does not show a font's character map: a glyph that looks like that of a noncharacter is missing.
        missing = self._mask(font, _NONCHARACTER)
        return all(self._mask(font, letter) != missing for letter in cluster.strip("\u200c\u200d"))

    def _mask(self, font: str, letter: str) -> bytes:
        key = (font, letter)
        if key not in self._masks:
            self._masks[key] = bytes(self._font(font, UNIFONT_GRID, shaped=False).getmask(letter))
        return self._masks[key]

    def _advance(self, run: Run, size: int) -> float:
        return self._font(run.font, size, self._shaped).getlength(run.text)

    def _direction(self, text: str) -> str | None:
        if not self._shaped:
            return None
        return "rtl" if wording.is_rtl(text) else "ltr"

    def _font(self, name: str, size: int, shaped: bool) -> ImageFont.FreeTypeFont:
        key = (name, size, shaped)
        if key not in self._fonts:
            engine = ImageFont.Layout.RAQM if shaped else ImageFont.Layout.BASIC
            self._fonts[key] = ImageFont.truetype(BytesIO(_font_file(name)), size, layout_engine=engine)
        return self._fonts[key]


@functools.cache
def _font_file(name: str) -> bytes:
    """A font's file (read once; it is immutable): reading it for each size took a fifth of the time of drawing."""
    return (resources.files("mock_server.media") / "fonts" / name).read_bytes()
