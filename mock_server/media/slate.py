"""One shot's slate: everything that stands still while the timecode runs."""

from collections.abc import Sequence

from PIL import Image, ImageDraw

from mock_server.media import chrome, palette, pictures, typeface, typeset, wording
from mock_server.media.layout import Box, Layout
from mock_server.media.sheet import Sheet
from mock_server.media.spec import ClipSpec, Cut
from mock_server.media.typeface import Typeface


def draw(spec: ClipSpec) -> list[Image.Image]:
    """The slates of a clip, one for each cut, the places of timecode and progress left dark."""
    regular, bold = Typeface(typeface.REGULAR), Typeface(typeface.BOLD)
    return [_draw_cut(spec, cut, regular, bold) for cut in range(len(spec.cuts))]


def draw_still(spec: ClipSpec) -> Image.Image:
    """One slate for the whole clip, with the prompts of all its cuts; it never runs, so there is no timecode."""
    sheet = _sheet(spec, 0, Typeface(typeface.REGULAR), Typeface(typeface.BOLD))
    chrome.draw_disc(sheet, spec, 0)
    count = len(spec.cuts)
    chrome.draw_header(sheet, spec, f"{count} CUTS" if count > 1 else "")
    _draw_prompts(sheet, _numbered(spec.cuts), _draw_title(sheet, spec))
    chrome.draw_facts(sheet, spec)
    return sheet.image


def _draw_cut(spec: ClipSpec, cut: int, regular: Typeface, bold: Typeface) -> Image.Image:
    sheet, count = _sheet(spec, cut, regular, bold), len(spec.cuts)
    chrome.draw_disc(sheet, spec, cut)
    told = f"CUT {cut + 1}/{count}  \N{MIDDLE DOT}  {spec.cuts[cut].seconds} s" if count > 1 else ""
    chrome.draw_header(sheet, spec, told)
    room = _draw_frames(sheet, _frames(spec, cut), _draw_title(sheet, spec))
    _draw_prompts(sheet, [spec.cuts[cut].text], room)
    chrome.draw_facts(sheet, spec)
    chrome.draw_strip(sheet, spec)
    return sheet.image


def _sheet(spec: ClipSpec, cut: int, regular: Typeface, bold: Typeface) -> Sheet:
    scheme = palette.scheme(spec.title, spec.seed, cut)
    image = Image.new("RGB", (spec.width, spec.height), scheme.ground)
    return Sheet(image, ImageDraw.Draw(image), Layout(spec.width, spec.height), scheme, regular, bold)


def _numbered(cuts: Sequence[Cut]) -> list[str]:
    """The prompts, each with the cut's number and length where there are several."""
    if len(cuts) == 1:
        return [cuts[0].text]
    return [f"{at} \N{MIDDLE DOT} {cut.seconds} s \N{EM DASH} {cut.text}" for at, cut in enumerate(cuts, start=1)]


def _draw_title(sheet: Sheet, spec: ClipSpec) -> Box:
    """Draw title, take and a short rule; return what the body has left below them."""
    body, rtl = sheet.layout.body, wording.is_rtl(wording.clean(spec.title))
    tall = min(sheet.units(25), round(body.height * 0.36))
    box = Box(body.left, body.top, body.width, tall)
    title = typeset.fit(sheet.bold, spec.title, box, min(sheet.units(13), tall // 2), sheet.units(4.5), lines=2)
    typeset.draw(sheet.canvas, sheet.bold, title, box, palette.PAPER, rtl=rtl)
    below = Box(body.left, body.top + title.height, body.width, sheet.units(7))
    take = typeset.fit(sheet.regular, spec.take, below, sheet.units(5), sheet.units(3), lines=1)
    typeset.draw(sheet.canvas, sheet.regular, take, below, sheet.scheme.accent, rtl=rtl)
    wide = sheet.units(9)
    rule = Box(body.right - wide if rtl else body.left, below.top + take.height, wide, sheet.units(0.7))
    sheet.fill(rule.moved(down=sheet.units(1.4)), sheet.scheme.accent)
    return body.below(rule.bottom + sheet.units(4))


def _draw_prompts(sheet: Sheet, texts: Sequence[str], box: Box) -> None:
    """One below the other in equal parts of the box, all as large as the longest one can be."""
    height, smallest = box.height // len(texts), sheet.units(2.2)
    room = Box(box.left, box.top, box.width, height)
    size = min(typeset.fit(sheet.regular, text, room, sheet.units(6.4), smallest).size for text in texts)
    for row, text in enumerate(texts):
        place = room.moved(down=row * height)
        block = typeset.fit(sheet.regular, text, place, size, min(size, smallest))
        typeset.draw(sheet.canvas, sheet.regular, block, place, palette.PAPER)


def _frames(spec: ClipSpec, cut: int) -> list[tuple[str, bytes]]:
    """The frames given for one cut, with their captions."""
    first = spec.first_frame if cut == 0 else None
    last = spec.last_frame if cut == len(spec.cuts) - 1 else None
    return [(name, image) for name, image in (("FIRST FRAME", first), ("LAST FRAME", last)) if image is not None]


def _draw_frames(sheet: Sheet, frames: list[tuple[str, bytes]], body: Box) -> Box:
    """Draw frames above the text, or to its right where the slate is not tall; return what is left for the text."""
    if not frames or body.height < sheet.units(6):
        return body
    gap, tall = sheet.units(3), sheet.layout.tall
    share = body.height * 0.45 if tall else body.height
    room = Box(0, 0, _column(body.width if tall else round(body.width * 0.5), len(frames), gap), round(share))
    found = [(name, pictures.read(image, room.width, room.height - sheet.units(3.5))) for name, image in frames]
    used = sum(picture.width for _, picture in found) + gap * (len(found) - 1)
    left = body.left if tall else body.right - used
    lowest = max(picture.height for _, picture in found)
    for name, picture in found:
        _draw_frame(sheet, name, picture, left, body.top)
        left += picture.width + gap
    if tall:
        return body.below(body.top + lowest + sheet.units(3.5) + gap)
    return Box(body.left, body.top, max(1, body.width - used - 2 * gap), body.height)


def _column(width: int, count: int, gap: int) -> int:
    return (width - gap * (count - 1)) // count


def _draw_frame(sheet: Sheet, name: str, picture: Image.Image, left: int, top: int) -> None:
    sheet.image.paste(picture, (left, top))
    frame = Box(left, top, *picture.size)
    sheet.canvas.rectangle(frame.corners, outline=sheet.scheme.accent, width=sheet.units(0.4))
    caption = Box(left, frame.bottom + sheet.units(0.6), picture.width, sheet.units(3.5))
    sheet.line(sheet.bold, name, caption, 2, sheet.scheme.muted)
