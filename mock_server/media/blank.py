"""Clips of the right length, size and sound with nothing to see, encoded once for each shape."""

from __future__ import annotations

import functools
import struct

from mock_server import media
from mock_server.media.spec import ClipSpec, Cut

_KEPT_SHAPES = 64


def blank(spec: ClipSpec) -> bytes:
    """A clip as `encode` makes it, but at one frame a second, and its slate without words.

    Equal shapes cost one encode in a process. The seed is told in a box at the end that players skip, so that no two
    takes have the same bytes.
    """
    shape = ClipSpec("", "", "", "", "", (Cut("", spec.seconds),), spec.width, spec.height, spec.sound, seed=0, fps=1)
    told = f"PLACEHOLDER, seed {spec.seed}".encode("ascii")
    return _of_shape(shape) + struct.pack(">I4s", 8 + len(told), b"free") + told


@functools.lru_cache(maxsize=_KEPT_SHAPES)
def _of_shape(shape: ClipSpec) -> bytes:
    return media.encode(shape)
