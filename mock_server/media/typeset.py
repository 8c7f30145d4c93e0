"""Text in a box: wrapped in any script, as large as fits, with an ellipsis where even the smallest does not."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from PIL import ImageDraw

from mock_server.media import wording
from mock_server.media.layout import Box
from mock_server.media.palette import Colour
from mock_server.media.typeface import Typeface

_MEASURED_AT: Final = 32
_LEADING: Final = 1.32
_ELLIPSIS: Final = "\N{HORIZONTAL ELLIPSIS}"


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of text at the size that fits their box."""

    lines: tuple[str, ...]
    size: int

    @property
    def leading(self) -> int:
        """Pixels from base line to base line."""
        return round(self.size * _LEADING)

    @property
    def height(self) -> int:
        """Pixels of all lines."""
        return self.leading * len(self.lines)


def fit(face: Typeface, text: str, box: Box, largest: int, smallest: int, lines: int | None = None) -> Block:
    """Wrap `text` at the largest size, of `largest` down to `smallest`, at which it fits the box whole.

    Args:
        face: The fonts to measure with.
        text: Any Unicode.
        box: Where it has to fit.
        largest: Pixels to the em.
        smallest: Pixels to the em, at which the text is shortened rather than shrunk further.
        lines: At most this many lines, where the box is not the only limit.
    """
    cleaned = wording.clean(text)
    words = _measured(face, cleaned)
    sizes = _sizes(largest, smallest, face.grid(cleaned))
    for size in sizes:
        wrapped = _wrap(words, box.width * _MEASURED_AT / size)
        if len(wrapped) <= _room(box, size, lines):
            return Block(tuple(wrapped), size)
    return Block(_shortened(face, wrapped, box.width, sizes[-1], _room(box, sizes[-1], lines)), sizes[-1])


def draw(
    canvas: ImageDraw.ImageDraw, face: Typeface, block: Block, box: Box, fill: Colour, *, rtl: bool | None = None
) -> None:
    """Draw a block from the top of its box.

    Lines end at its right edge when `rtl` says so or, unless it says otherwise, when they begin right to left.
    """
    for row, line in enumerate(block.lines):
        base = box.top + round(row * block.leading + block.size * 1.02)
        to_the_right = wording.is_rtl(line) if rtl is None else rtl
        left = box.right - face.width(line, block.size) if to_the_right else box.left
        face.draw(canvas, (left, base), line, block.size, fill)


def _sizes(largest: int, smallest: int, grid: int) -> list[int]:
    """Sizes to try, largest first; on the grid, which may be exceeded by a tenth, unless it has none of them."""
    on_grid = range(grid * int(largest * 1.1 / grid), smallest - 1, -grid)
    if grid > 1 and on_grid:
        return list(on_grid)
    sizes = [max(largest, smallest, 1)]
    while sizes[-1] > max(smallest, 1):
        sizes.append(max(smallest, 1, min(sizes[-1] - 1, round(sizes[-1] * 0.9))))
    return sizes


def _room(box: Box, size: int, lines: int | None) -> int:
    rows = int(box.height / (size * _LEADING))
    return rows if lines is None else min(rows, lines)


def _measured(face: Typeface, text: str) -> list[tuple[str, float]]:
    # Widths grow with the size, so each piece is measured once for all sizes, with 2 % to spare for rounding.
    pieces = wording.pieces(text)
    widths = {piece: face.width(piece, _MEASURED_AT) * 1.02 for piece in set(pieces)}
    return [(piece, widths[piece]) for piece in pieces]


def _wrap(words: list[tuple[str, float]], width: float) -> list[str]:
    lines: list[str] = []
    line, used = "", 0.0
    for word, length in (part for whole in words for part in _broken(whole, width)):
        if line and used + length > width:
            lines.append(line.rstrip())
            line, used = "", 0.0
        line, used = line + word, used + length
    return [*lines, line.rstrip()] if line else lines


def _broken(word: tuple[str, float], width: float) -> Iterator[tuple[str, float]]:
    """A word that is longer than a line, in parts that are not; its characters are taken as equally wide."""
    text, length = word
    if length <= width or width <= 0:
        yield word
        return
    letters = wording.clusters(text)
    share = max(1, int(len(letters) * width / length))
    for start in range(0, len(letters), share):
        part = letters[start : start + share]
        yield "".join(part), length * len(part) / len(letters)


def _shortened(face: Typeface, lines: list[str], width: int, size: int, room: int) -> tuple[str, ...]:
    if room < 1:
        return ()
    kept, last = lines[: room - 1], lines[room - 1]
    beginnings = list(accumulate(wording.clusters(last)))
    fitting = (start for start in reversed(beginnings) if face.width(start.rstrip() + _ELLIPSIS, size) <= width)
    return (*kept, next(fitting, "").rstrip() + _ELLIPSIS)
