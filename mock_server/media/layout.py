"""Where things stand on a slate, for any frame size and shape."""

from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """First pixel column after it."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """First pixel row after it."""
        return self.top + self.height

    def below(self, top: int) -> "Box":
        """What is left of the box from row `top` on; possibly nothing."""
        return Box(self.left, top, self.width, max(0, self.bottom - top))

    def moved(self, down: int) -> "Box":
        """The same box further down."""
        return Box(self.left, self.top + down, self.width, self.height)

    @property
    def corners(self) -> tuple[int, int, int, int]:
        """Left, top and the last column and row in it, as Pillow draws rectangles; an empty box keeps one pixel."""
        return self.left, self.top, max(self.left, self.right - 1), max(self.top, self.bottom - 1)


@dataclass(frozen=True, slots=True)
class Layout:
    """The rows of one slate, from the top: header, body, facts, and the strip with the timecode.

    Every length is a share of the frame's shorter side, so a slate looks the same at any resolution.
    """

    width: int
    height: int

    def units(self, count: float) -> int:
        """Hundredths of the shorter side, in whole pixels, at least one."""
        return max(1, round(min(self.width, self.height) * count / 100))

    @property
    def tall(self) -> bool:
        """Whether there is room above the text rather than beside it."""
        return self.height > 1.4 * self.width

    @property
    def header(self) -> Box:
        """What kind of clip it is, the cut and the pattern."""
        margin = self.units(6.5)
        return Box(margin, margin, self.width - 2 * margin, self.units(5.4))

    @property
    def body(self) -> Box:
        """Title, take, pictures and prompt."""
        top = self.header.bottom + self.units(4.5)
        return Box(self.header.left, top, self.header.width, self.facts.top - self.units(3.5) - top)

    @property
    def facts(self) -> Box:
        """Model, length, price and task: four columns, or two by two."""
        height = self.units(17 if self.tall else 8)
        return Box(self.header.left, self.timecode.top - self.units(4) - height, self.header.width, height)

    @property
    def fact_cells(self) -> list[Box]:
        """The places of model, length, price and task; names get more room than numbers."""
        box = self.facts
        if self.tall:
            half, row = round(box.width * 0.62), box.height // 2
            rows, rest = (box.top, box.top + row), box.width - half
            (model, length), (task, price) = (
                (Box(box.left, top, half, row), Box(box.left + half, top, rest, row)) for top in rows
            )
            return [model, length, price, task]
        edges = [box.left + round(box.width * share) for share in (0, 0.36, 0.5, 0.66, 1)]
        return [Box(left, box.top, right - left, box.height) for left, right in pairwise(edges)]

    @property
    def timecode(self) -> Box:
        """The running timecode, on even pixels: chroma has half the resolution and must not change inside."""
        width, height = _even(self.units(27)), _even(self.units(5.6))
        return Box(_even(self.header.left), _even(self.height - self.units(5.5) - height), width, height)

    @property
    def progress(self) -> Box:
        """The bar that fills over the clip, on even pixels, level with the timecode."""
        left = _even(self.timecode.right + self.units(3))
        height = _even(self.units(1))
        top = _even(self.timecode.top + (self.timecode.height - height) // 2)
        return Box(left, top, _even(max(2, self.header.right - left)), height)


def _even(pixels: int) -> int:
    return pixels + pixels % 2
