"""The parts every slate has in the same places: header, pattern, facts and the strip below."""

from typing import Final

from mock_server.media import palette
from mock_server.media.layout import Box
from mock_server.media.sheet import Sheet
from mock_server.media.spec import ClipSpec

_BARS: Final = 18
_TILES: Final = 9


def draw_disc(sheet: Sheet, spec: ClipSpec, cut: int) -> None:
    """A large pale disc, elsewhere on every cut."""
    across, down = palette.digest("disc", spec.title, spec.seed, cut)[:2]
    radius = sheet.units(46)
    x = spec.width * (0.55 + across / 640)
    y = spec.height * (0.25 + down / 512)
    fill = palette.blend(sheet.scheme.ground, sheet.scheme.accent, 0.07)
    sheet.canvas.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)


def draw_header(sheet: Sheet, spec: ClipSpec, cut: str) -> None:
    """What kind of clip it is, which cut, and the pattern."""
    header, size = sheet.layout.header, sheet.units(3.2)
    inset = sheet.units(1.8)
    badge = Box(header.left, header.top, round(sheet.bold.width(spec.badge, size)) + 2 * inset, header.height)
    sheet.canvas.rounded_rectangle(badge.corners, radius=header.height / 2, fill=sheet.scheme.accent)
    base = header.top + round(header.height / 2 + size * 0.36)
    sheet.bold.draw(sheet.canvas, (badge.left + inset, base), spec.badge, size, sheet.scheme.ground)
    pattern = _draw_pattern(sheet, spec)
    left = pattern.left - sheet.units(3) - sheet.bold.width(cut, size)
    sheet.bold.draw(sheet.canvas, (left, base), cut, size, palette.PAPER)


def _draw_pattern(sheet: Sheet, spec: ClipSpec) -> Box:
    """A pattern of the seed, so that two takes differ at a glance: waves where there is sound, else tiles."""
    header, step = sheet.layout.header, sheet.units(1)
    box = Box(header.right - _BARS * step, header.top, _BARS * step, header.height)
    draw = _draw_waves if spec.sound else _draw_tiles
    draw(sheet, box, palette.digest("pattern", spec.title, spec.seed)[:_BARS])
    return box


def _draw_waves(sheet: Sheet, box: Box, levels: bytes) -> None:
    step = box.width // len(levels)
    for bar, byte in enumerate(levels):
        height = max(1, box.height * (1 + byte % 8) // 8)
        top = box.top + (box.height - height) // 2
        sheet.fill(Box(box.left + bar * step, top, max(1, step // 2), height), sheet.scheme.accent)


def _draw_tiles(sheet: Sheet, box: Box, levels: bytes) -> None:
    """Two rows of tiles, lit or dim."""
    across, down = box.width // _TILES, box.height // 2
    gap = across // 3
    dim = palette.blend(sheet.scheme.ground, sheet.scheme.accent, 0.25)
    for tile, byte in enumerate(levels):
        row, column = divmod(tile, _TILES)
        place = Box(box.left + column * across + gap, box.top + row * down, across - gap, down - gap)
        sheet.fill(place, sheet.scheme.accent if byte % 2 else dim)


def draw_facts(sheet: Sheet, spec: ClipSpec) -> None:
    """Model, length, price and task under a thin line, as far as they are known."""
    facts, scheme = sheet.layout.facts, sheet.scheme
    rule = Box(facts.left, facts.top - sheet.units(2), facts.width, sheet.units(0.2))
    sheet.fill(rule, palette.blend(scheme.ground, palette.PAPER, 0.3))
    words = (("MODEL", spec.model), ("LENGTH", f"{spec.seconds} s"), ("PRICE", spec.price), ("TASK", spec.task_id))
    for place, (label, value) in zip(sheet.layout.fact_cells, words, strict=True):
        if not value:
            continue
        heading = Box(place.left, place.top, place.width - sheet.units(2), sheet.units(3))
        sheet.line(sheet.bold, label, heading, 2, scheme.muted)
        below = Box(place.left, heading.bottom, heading.width, sheet.units(5))
        sheet.line(sheet.regular, value, below, 3.3, palette.PAPER)


def draw_strip(sheet: Sheet, spec: ClipSpec) -> None:
    """The dark places where timecode and progress will run, with a mark at every cut."""
    progress, reach = sheet.layout.progress, sheet.units(1)
    sheet.fill(sheet.layout.timecode, palette.NEUTRAL_DARK)
    sheet.fill(progress, palette.NEUTRAL_DARK)
    for start in spec.starts[1:]:
        x = progress.left + progress.width * start // spec.seconds
        mark = Box(x, progress.top - reach, sheet.units(0.4), progress.height + 2 * reach)
        sheet.fill(mark, sheet.scheme.accent)
