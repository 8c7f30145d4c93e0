"""Only an earlier export of the same form is written over: nothing else is lost, whatever `out` says."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from itertools import permutations
from pathlib import Path

import pytest
from PIL import Image

from kling_render.errors import StorageError
from kling_render.exports import FORMS, Form, export
from kling_render.exports.footage import Footage

NAMES: dict[Form, str] = {
    "otio": "timeline",
    "edl": "edit decision list",
    "csv": "shot list",
    "contact-sheet": "contact sheet",
}


def shorter(film: Footage) -> Footage:
    """The film with one shot left."""
    (reel,) = film.reels
    return replace(film, reels=(replace(reel, parts=reel.parts[:1]),))


def a_picture(size: tuple[int, int]) -> bytes:
    content = BytesIO()
    Image.new("RGB", size, "navy").save(content, "PNG")
    return content.getvalue()


@pytest.mark.parametrize("form", NAMES)
def test_earlier_export_is_written_over(unmade: Footage, tmp_path: Path, form: Form) -> None:
    (file,) = export(shorter(unmade), form, out=tmp_path / "out")
    before = file.path.read_bytes()
    (again,) = export(unmade, form, out=tmp_path / "out")
    assert again.path == file.path
    assert again.path.read_bytes() != before


@pytest.mark.parametrize(("form", "other"), list(permutations(NAMES, 2)))
def test_export_of_another_form_is_left_alone(unmade: Footage, tmp_path: Path, form: Form, other: Form) -> None:
    (file,) = export(unmade, other, out=tmp_path / "out")
    before, place = file.path.read_bytes(), tmp_path / f"film{FORMS[form]}"
    place.write_bytes(before)
    with pytest.raises(StorageError, match=f"is there, and is no {NAMES[form]} of kling-render"):
        export(unmade, form, out=place)
    assert place.read_bytes() == before


THEIRS: dict[Form, bytes] = {
    "otio": b'{\n    "OTIO_SCHEMA": "Timeline.1",\n    "metadata": {},\n    "name": "mine"\n}\n',
    "edl": b"TITLE: mine\n\n001  AX V     C        00:00:00:00 00:00:05:00 00:00:00:00 00:00:05:00\n* TAKE: 2\n",
    "csv": b"\xef\xbb\xbfnumber,name,role\n1,Mira,lead\n",
    "contact-sheet": a_picture((1280, 720)),
}


@pytest.mark.parametrize("form", NAMES)
def test_file_of_somebody_else_is_left_alone_in_the_default_place_too(unmade: Footage, form: Form) -> None:
    place = unmade.folder / "exports" / "default" / f"ferry{FORMS[form]}"
    place.parent.mkdir(parents=True)
    place.write_bytes(THEIRS[form])
    with pytest.raises(StorageError, match="is there, and is no"):
        export(unmade, form)
    assert place.read_bytes() == THEIRS[form]


def test_sheet_without_a_mark_is_known_by_its_size(unmade: Footage, tmp_path: Path) -> None:
    (file,) = export(unmade, "contact-sheet", out=tmp_path)
    with Image.open(file.path) as sheet:
        size = sheet.size
    file.path.write_bytes(a_picture(size))  # as sheets were before they had a mark
    export(unmade, "contact-sheet", out=tmp_path)
    with Image.open(file.path) as sheet:
        assert sheet.info["Software"] == "kling-render contact sheet"
