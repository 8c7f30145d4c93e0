"""What one slate is drawn on and with."""

from dataclasses import dataclass

from PIL import Image, ImageDraw

from mock_server.media import typeset
from mock_server.media.layout import Box, Layout
from mock_server.media.palette import Colour, Scheme
from mock_server.media.typeface import Typeface


@dataclass(frozen=True, slots=True)
class Sheet:
    """An image, its places, its colours and its type."""

    image: Image.Image
    canvas: ImageDraw.ImageDraw
    layout: Layout
    scheme: Scheme
    regular: Typeface
    bold: Typeface

    def units(self, count: float) -> int:
        """Hundredths of the frame's shorter side, in pixels."""
        return self.layout.units(count)

    def fill(self, box: Box, colour: Colour) -> None:
        """Paint a box."""
        self.canvas.rectangle(box.corners, fill=colour)

    def line(self, face: Typeface, text: str, box: Box, size: float, colour: Colour) -> None:
        """Write one line at `size` units, shrunk by up to a third and then shortened to stay in its box."""
        block = typeset.fit(face, text, box, self.units(size), self.units(size * 0.7), lines=1)
        typeset.draw(self.canvas, face, block, box, colour)
