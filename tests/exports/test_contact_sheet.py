"""The contact sheet, read back with Pillow."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from kling_render.exports import export
from kling_render.exports.contact_sheet import _Grid, contact_sheet
from kling_render.exports.entries import entries_of
from kling_render.exports.footage import Footage, read_footage
from kling_render.film.cut import Cut

from .conftest import VERSIONS, a_project


def sheet(film: Footage, out: Path) -> Image.Image:
    (file,) = export(film, "contact-sheet", out=out)
    image = Image.open(file.path)
    image.load()
    return image.convert("RGB")


def picture(film: Footage, image: Image.Image, number: int) -> Image.Image:
    box = _Grid.of(entries_of(film, film.reels[0])).picture(number - 1)
    return image.crop(box.corners)


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_every_shot_has_a_picture(rehearsed: Footage, tmp_path: Path, number: int) -> None:
    cell = picture(rehearsed, sheet(rehearsed, tmp_path), number)
    colours = cell.getcolors(maxcolors=1 << 20) or []
    assert len(colours) > 20
    assert max(colours)[1] != (255, 255, 255)


def test_shot_without_a_clip_stands_as_a_slate(unmade: Footage, tmp_path: Path) -> None:
    cell = picture(unmade, sheet(unmade, tmp_path), 1)
    assert len(cell.getcolors(maxcolors=1 << 20) or []) > 100


def test_clip_that_cannot_be_decoded_stands_as_a_slate(unmade: Footage, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no clip")
    entries = [replace(each, clip=broken) for each in entries_of(unmade, unmade.reels[0])]
    image = Image.open(BytesIO(contact_sheet(unmade, unmade.reels[0], entries)))
    assert len(picture(unmade, image.convert("RGB"), 1).getcolors(maxcolors=1 << 20) or []) > 100


def test_slate_of_a_sequence_names_each_cut(unmade: Footage, tmp_path: Path) -> None:
    entries = entries_of(unmade, unmade.reels[0])
    other = replace(entries[2].part, cuts=(entries[2].part.cuts[0], Cut("She runs", 4)))
    sheets = [
        Image.open(BytesIO(contact_sheet(unmade, unmade.reels[0], each))).convert("RGB")
        for each in (entries, (*entries[:2], replace(entries[2], part=other), *entries[3:]))
    ]
    one, changed = (picture(unmade, image, 3) for image in sheets)
    assert ImageChops.difference(one, changed).getbbox() is not None


@pytest.mark.parametrize(("version", "is_upright"), [("16:9,en", False), ("9:16,en", True)])
def test_pictures_have_the_shape_of_the_version(tmp_path: Path, version: str, is_upright: bool) -> None:
    film = read_footage(a_project(tmp_path / "ferry", VERSIONS))
    (reel,) = film.of_versions((version,))
    grid = _Grid.of(entries_of(film, reel))
    assert (grid.height > grid.width) is is_upright


@pytest.mark.parametrize("count", [1, 2, 7, 60, 500])
def test_no_two_pictures_overlap_and_all_are_on_the_sheet(count: int) -> None:
    grid = _Grid(480, 270, count)
    boxes = [grid.picture(index) for index in range(count)]
    assert len({(box.left // 480, box.top // 270) for box in boxes}) == count
    assert all(box.right <= grid.size[0] and box.bottom <= grid.size[1] for box in boxes)
