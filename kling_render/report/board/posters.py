"""Posters: a small picture of each clip and first frame, as data URIs, kept in a cache folder by content."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from kling_render.media import NotAClipError, NotMediaError, clip_thumbnail, picture_thumbnail

_EDGE, _SMALL_EDGE = 400, 224
"""Pixels of the longer side."""
_MANY = 150
"""From so many posters on they are small: 500 of them fit into 5 MB."""


@dataclass(frozen=True)
class Wanted:
    """A picture that is wanted: of a clip or picture file, known by the SHA-256 of its content."""

    path: Path
    sha256: str
    is_clip: bool


@dataclass
class Posters:
    """Makes posters once for each content.

    Args:
        cache: a folder in which they are kept from one board to the next; None keeps them in memory alone.
    """

    cache: Path | None = None
    _made: dict[tuple[str, int], str] = field(default_factory=dict)

    def make(self, wanted: Iterable[Wanted]) -> Mapping[str, str]:
        """The posters as data URIs, by SHA-256; what cannot be decoded has none."""
        distinct = {each.sha256: each for each in wanted}
        edge = _SMALL_EDGE if len(distinct) > _MANY else _EDGE
        missing = [each for each in distinct.values() if (each.sha256, edge) not in self._made]
        if missing:
            with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
                made = pool.map(lambda each: self._poster(each, edge), missing)
                self._made.update(zip(((each.sha256, edge) for each in missing), made, strict=True))
        return {sha256: uri for sha256 in distinct if (uri := self._made[sha256, edge])}

    def _poster(self, wanted: Wanted, edge: int) -> str:
        kept = self.cache / f"{wanted.sha256[:32]}-{edge}.jpg" if self.cache and wanted.sha256.isalnum() else None
        content = _read(kept)
        if not content:
            make: Callable[[Path, int], bytes] = clip_thumbnail if wanted.is_clip else picture_thumbnail
            try:
                content = make(wanted.path, edge)
            except (NotAClipError, NotMediaError):
                return ""
            _keep(kept, content)
        return f"data:image/jpeg;base64,{b64encode(content).decode()}"


def _read(path: Path | None) -> bytes:
    try:
        return path.read_bytes() if path else b""
    except OSError:
        return b""


def _keep(path: Path | None, content: bytes) -> None:
    """Put a poster into the cache; where that cannot be, it is made anew each time."""
    if path is None:
        return
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink()
