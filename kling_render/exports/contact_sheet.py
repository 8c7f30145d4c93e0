"""The contact sheet: the whole film at a glance, a picture and three lines of facts for each shot, as a PNG."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from kling_render.catalog import format_usd
from kling_render.exports.entries import Counted, Entry
from kling_render.exports.footage import Footage
from kling_render.film import Choice, Reel
from kling_render.media import NotAClipError, still_of
from kling_render.slates import MISSING
from kling_render.whole_files import Kind
from mock_server.media import ClipSpec, Cut, frame_size
from mock_server.media.layout import Box
from mock_server.media.typeface import BOLD, REGULAR, Typeface

_PAPER, _INK, _MUTED, _ALARM, _MAT = (255, 255, 255), (24, 24, 28), (104, 104, 112), (176, 40, 32), (28, 28, 32)
_MARGIN, _GAP, _HEAD = 48, 32, 104
_CAPTION = 92
_AREA = 480 * 270
"""Pixels of one picture, whatever its shape."""
_MOST_COLUMNS = 10
_SOFTWARE = "kling-render contact sheet"
"""What stands in a sheet's own text, so that it is told from other pictures."""
_WIDEST_TO_TALL = 1.5
"""How much wider than tall a sheet should be, about: it is looked at on a screen and printed across."""

_WORDS = {
    Choice.PICKED: "picked",
    Choice.LOCKED: "picked, locked",
    Choice.STALE: "picked, of an older prompt",
    Choice.FIRST: "not picked yet",
    Choice.MISSING: "not made yet",
}


def contact_sheet(footage: Footage, reel: Reel, entries: Sequence[Entry]) -> bytes:
    """Draw the film of one version; a shot whose clip is not on this disk stands as a slate.

    Args:
        footage: whose project it is.
        reel: the version.
        entries: its shots.
    """
    from PIL import Image, ImageDraw
    from PIL.PngImagePlugin import PngInfo

    grid = _Grid.of(entries)
    image = Image.new("RGB", grid.size, _PAPER)
    pen = _Pen(ImageDraw.Draw(image), Typeface(REGULAR), Typeface(BOLD))
    _draw_head(pen, footage, reel, entries, image.width - 2 * _MARGIN)
    for entry in entries:
        box = grid.picture(entry.number - 1)
        pen.canvas.rectangle((box.left, box.top, box.right - 1, box.bottom - 1), fill=_MAT)
        still = _still(entry, box)
        still.thumbnail((box.width, box.height))
        image.paste(still, (box.left + (box.width - still.width) // 2, box.top + (box.height - still.height) // 2))
        _draw_caption(pen, entry, box)
    content, facts = BytesIO(), PngInfo()
    facts.add_text("Software", _SOFTWARE)
    image.save(content, "PNG", pnginfo=facts)
    return content.getvalue()


def sheet_kind(entries: Sequence[Entry]) -> Kind:
    """How an earlier sheet is known: by its mark; before it had one, by the size of these shots and no text."""
    size = re.escape(struct.pack(">II", *_Grid.of(entries).size))
    marked = rb".{17}.{4}tEXtSoftware\0%b" % _SOFTWARE.encode()
    unmarked = rb"%b\x08\x02.{7}.{4}IDAT" % size
    return Kind("contact sheet", re.compile(rb"\x89PNG\r\n\x1a\n.{4}IHDR(?:%b|%b)" % (marked, unmarked), re.DOTALL))


@dataclass(frozen=True)
class _Pen:
    canvas: Any
    regular: Typeface
    bold: Typeface

    def line(self, text: str, box: Box, size: int, colour: tuple[int, int, int], *, bold: bool = False) -> None:
        """One line that ends with an ellipsis where it does not fit."""
        from mock_server.media import typeset

        face = self.bold if bold else self.regular
        block = typeset.fit(face, text, box, size, size, lines=1)
        typeset.draw(self.canvas, face, block, box, colour)


@dataclass(frozen=True)
class _Grid:
    """Where the pictures stand: all of one shape, in rows.

    Attributes:
        width: pixels of one picture.
        height: the same.
        count: how many pictures there are.
    """

    width: int
    height: int
    count: int

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> _Grid:
        """A grid for these shots: the pictures have the shape of the first one."""
        shape = entries[0].part.planned.take.effective.get("aspect_ratio") if entries else None
        try:
            across, down = frame_size(None, shape)
        except ValueError:  # a model of one's own may have shapes that we do not know
            across, down = frame_size(None, None)
        scale = math.sqrt(_AREA / (across * down))
        return cls(round(across * scale), round(down * scale), len(entries))

    @property
    def columns(self) -> int:
        """As many as make the sheet somewhat wider than tall, and two at least, that the head has room."""
        cell = (self.height + _CAPTION + _GAP) / (self.width + _GAP)
        fitting = math.ceil(math.sqrt(self.count * cell * _WIDEST_TO_TALL))
        return max(2, min(fitting, _MOST_COLUMNS, max(self.count, 1)))

    @property
    def size(self) -> tuple[int, int]:
        """Pixels of the whole sheet."""
        rows = math.ceil(self.count / self.columns)
        across = self.columns * (self.width + _GAP) - _GAP
        return across + 2 * _MARGIN, _HEAD + rows * (self.height + _CAPTION + _GAP) + 2 * _MARGIN - _GAP

    def picture(self, index: int) -> Box:
        """Where the picture of a shot goes."""
        row, column = divmod(index, self.columns)
        left, top = column * (self.width + _GAP), row * (self.height + _CAPTION + _GAP)
        return Box(_MARGIN + left, _MARGIN + _HEAD + top, self.width, self.height)


def _draw_head(pen: _Pen, footage: Footage, reel: Reel, entries: Sequence[Entry], width: int) -> None:
    title = f"{footage.project.table.name} {reel.version}".strip()
    pen.line(title, Box(_MARGIN, _MARGIN - 8, width, 56), 40, _INK, bold=True)
    missing = sum(each.clip is None for each in entries)
    shared = sum(each.counted is Counted.SHARED for each in entries)
    words = [
        f"{len(entries)} shot{'' if len(entries) == 1 else 's'}",
        f"{reel.seconds:g} s",
        _total(entries),
        f"{shared} shared with other versions" if shared else "",
        f"profile {footage.project.profile}",
        "rehearsal: placeholders, nothing was bought" if footage.is_rehearsal else "",
        f"{missing} without a clip" if missing else "",
    ]
    pen.line(" · ".join(filter(None, words)), Box(_MARGIN, _MARGIN + 48, width, 36), 22, _MUTED)


def _draw_caption(pen: _Pen, entry: Entry, box: Box) -> None:
    top, width = box.bottom + 6, box.width
    pen.line(f"{entry.number} · {entry.name}", Box(box.left, top, width, 32), 22, _INK, bold=True)
    pen.line(entry.part.address, Box(box.left, top + 30, width, 26), 17, _INK)
    cuts = len(entry.part.cuts)
    words = [
        f"{entry.part.seconds:g} s",
        f"{cuts} cuts" if cuts > 1 else "",
        _price_shown(entry),
        "placeholder" if entry.is_rehearsed and entry.clip else _WORDS[entry.part.choice],
    ]
    alarming = entry.part.choice in (Choice.MISSING, Choice.STALE)
    text = " · ".join(filter(None, words))
    pen.line(text, Box(box.left, top + 56, width, 26), 17, _ALARM if alarming else _MUTED)


def _total(entries: Sequence[Entry]) -> str:
    """What is counted here."""
    prices = [_price(each) for each in entries if each.counted is Counted.HERE]
    total = format_usd(sum(price for price in prices if price is not None))
    return total if None not in prices else f"at least {total}"


def _price_shown(entry: Entry) -> str:
    if entry.counted is not Counted.HERE:
        return entry.counted.value
    return f"{'~' if _is_uncertain(entry) else ''}{format_usd(_price(entry))}"


def _price(entry: Entry) -> int | None:
    return entry.estimated_micro_usd if entry.charged_micro_usd is None else entry.charged_micro_usd


def _is_uncertain(entry: Entry) -> bool:
    return entry.charged_micro_usd is None and entry.part.planned.is_estimate


def _still(entry: Entry, box: Box) -> Any:
    """The middle of the clip, or the slate of one that is not here."""
    if entry.clip is not None:
        try:
            return still_of(entry.clip, entry.part.seconds / 2)
        except NotAClipError:
            pass
    return _slate(entry, box)


def _slate(entry: Entry, box: Box) -> Any:
    from mock_server.media.slate import draw_still

    spec = ClipSpec(
        entry.part.variant, f"take {entry.take_number}", entry.task_id or "", entry.part.planned.take.model,
        format_usd(_price(entry)), tuple(Cut(cut.prompt, max(1, round(cut.seconds))) for cut in entry.part.cuts),
        box.width // 2 * 4, box.height // 2 * 4, entry.has_sound, seed=entry.take_number,
        badge=MISSING if entry.clip is None else "UNREADABLE",
    )  # fmt: skip
    return draw_still(spec)
