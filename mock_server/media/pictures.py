"""The first and last frame of a request, as they appear on a slate."""

from io import BytesIO
from struct import error as StructError
from typing import Final
from zlib import error as ZlibError

from PIL import Image, ImageDraw, ImageOps

from mock_server.media.palette import NEUTRAL_DARK, PAPER

_FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
_LARGEST: Final = 64_000_000
# What Pillow's decoders are known to raise on truncated or invented files.
_UNREADABLE: Final = (
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,  # where warnings are errors
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    StructError,
    ZlibError,
)


def read(content: bytes, width: int, height: int) -> Image.Image:
    """The picture in `content`, scaled to fit `width` and `height`; a crossed-out one if it cannot be read.

    Files of more than 64 megapixels count as unreadable: a mock server does not spend memory on them.
    """
    room = max(2, width), max(2, height)
    try:
        picture = Image.open(BytesIO(content), formats=_FORMATS)
        if picture.width * picture.height > _LARGEST:
            return _crossed_out(*room)
        picture.thumbnail(room)
        return ImageOps.contain(picture.convert("RGB"), room)
    except _UNREADABLE:
        return _crossed_out(*room)


def _crossed_out(width: int, height: int) -> Image.Image:
    width, height = min(width, height * 16 // 9), min(height, max(2, width * 9 // 16))
    picture = Image.new("RGB", (max(2, width), height), NEUTRAL_DARK)
    canvas = ImageDraw.Draw(picture)
    for line in ((0, 0, width, height), (0, height, width, 0)):
        canvas.line(line, fill=PAPER, width=max(1, height // 60))
    return picture
