"""Local files: found beside the TOML they stand in, known by their content, never sent as paths."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kling_render.catalog import MediaFacts
from kling_render.expansion import Expansion, LocalFile, expand
from kling_render.expansion.media import is_remote
from kling_render.expansion.stand_ins import replace_stand_ins, stand_ins_in
from kling_render.project import load

from .conftest import a_picture

if TYPE_CHECKING:
    from tests.expansion.conftest import AProject

Expanded = Callable[..., Expansion]
Faults = Callable[..., list[str]]
SHOT = '[shot.walk]\nprompt = "She walks"\n'
BARE = 'schema = 1\n[project]\nname = "ferry"\nid = "nf-7c1e"\n[defaults]\nmodel = "kling-3.0"\n'


def a_file(**changes: object) -> LocalFile:
    """A local file."""
    values = {"path": Path("/p/a.png"), "name": "a.png", "sha256": "ab", "facts": MediaFacts("image", "png", 1)}
    return LocalFile(**{**values, **changes})  # type: ignore[arg-type]


def frame(expanded: Expanded, name: str, content: bytes = b"png") -> LocalFile:
    """The first frame of a shot as it was found."""
    (found,) = expanded(f'{SHOT}first_frame_image_url = "{name}"\n', files={name: content}).takes[0].local_files
    return found


def test_local_file_is_known_by_its_content(expanded: Expanded, tmp_path: Path) -> None:
    file = frame(expanded, "frames/quay.png", b"picture")
    content = a_picture(b"picture")
    assert file == LocalFile(
        (tmp_path / "frames/quay.png").resolve(), "frames/quay.png", hashlib.sha256(content).hexdigest(),
        MediaFacts("image", "png", len(content), 400, 300),
    )  # fmt: skip


def test_equal_content_has_an_equal_hash_wherever_it_lies(expanded: Expanded) -> None:
    assert frame(expanded, "a.png").sha256 == frame(expanded, "b/c.png").sha256


def test_other_content_has_another_hash(expanded: Expanded) -> None:
    assert frame(expanded, "a.png", b"1").sha256 != frame(expanded, "a.png", b"2").sha256


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "it is empty"), (b"<!doctype html><html>", "it is an HTML page")]
)
def test_file_that_is_no_media_is_a_fault_that_says_what_it_is(faults: Faults, content: bytes, reason: str) -> None:
    (found,) = faults(f'{SHOT}first_frame_image_url = "a.jpg"\n', files={"a.jpg": content})
    assert found == f"error shot.walk.first_frame_image_url: a.jpg cannot be used: {reason}"


def test_file_of_another_kind_than_the_field_wants_is_a_fault(faults: Faults) -> None:
    text = f'{SHOT}source_image_url = "a.png"\nreference_video_url = "a.png"\noutput_resolution = "720p"\n'
    (found,) = faults(text, files={"a.png": b"x"})
    assert "reference_video_url needs a video, and the file is an image" in found


@pytest.mark.parametrize("name", ["a b.png", "a\u00a0b.png", "ü#?%.png", "走.png"])
def test_file_name_of_any_signs_is_no_fault(expanded: Expanded, name: str) -> None:
    assert frame(expanded, name).name == name


def test_shot_with_a_local_frame_goes_to_image_to_video(expanded: Expanded) -> None:
    take = expanded(f'{SHOT}first_frame_image_url = "a.png"\n', files={"a.png": b"x"}).takes[0]
    assert take.action == "image_to_video"


def test_path_may_be_a_template(expanded: Expanded) -> None:
    text = f'{SHOT}vars = {{ light = "dusk" }}\nfirst_frame_image_url = "walk-{{{{ light }}}}.png"\n'
    assert expanded(text, files={"walk-dusk.png": b"x"}).takes[0].local_files[0].name == "walk-dusk.png"


def test_missing_file_is_a_fault_that_says_where_it_was_looked_for(faults: Faults) -> None:
    found = faults(f'{SHOT}first_frame_image_url = "frames/quay.png"\n')
    assert found == ["error shot.walk.first_frame_image_url: there is no file frames/quay.png"]


@pytest.mark.parametrize("name", ["frames", "x" * 300, "project.toml/x.png", "loop.png"])
def test_path_that_cannot_be_read_is_a_fault(faults: Faults, tmp_path: Path, name: str) -> None:
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    (found,) = faults(f'{SHOT}first_frame_image_url = "{name}"\n', files={"frames/a.png": b"x"})
    reason = "frames cannot be used: it is a folder" if name == "frames" else f"cannot read the file {name}"
    assert found == f"error shot.walk.first_frame_image_url: {reason}"


def test_default_of_an_included_file_is_relative_to_that_file(a_project: AProject) -> None:
    files = {"brand/b.toml": '[defaults]\nlast_frame_image_url = "logo.png"\n', "brand/logo.png": "x"}
    project = a_project(SHOT, head='include = ["brand/b.toml"]\n' + BARE, files=files)
    assert expand(project).takes[0].local_files[0].name == "brand/logo.png"


def test_picture_of_an_included_element_is_relative_to_that_file(a_project: AProject) -> None:
    cast = '[element.mira]\ndescription = "Mira"\nimages = ["a.png", "../b.png"]\n'
    shot = '[shot.walk]\nprompt = "{{ element.mira }}"\nelements = ["mira"]\n'
    files = {"cast/c.toml": cast, "cast/a.png": "x", "b.png": "y"}
    project = a_project(shot, head='include = ["cast/c.toml"]\n' + BARE, files=files)
    assert [file.name for file in expand(project).takes[0].local_files] == ["cast/a.png", "b.png"]


def test_missing_picture_of_an_element_is_a_fault_of_the_element(faults: Faults) -> None:
    text = '[element.mira]\ndescription = "x"\nimages = ["a.png"]\n[shot.a]\nprompt = "x"\nelements = ["mira"]\n'
    assert faults(text) == ["error element.mira.images[0]: there is no file a.png"]


def test_picture_of_an_element_that_no_shot_sends_is_not_read(faults: Faults) -> None:
    found = faults(f'[element.mira]\ndescription = "x"\nimages = ["a.png"]\n{SHOT}')
    assert found == ["warning element.mira: no shot uses the element mira"]


def test_file_outside_the_project_is_named_without_its_folder(tmp_path: Path) -> None:
    (tmp_path / "outside.png").write_bytes(a_picture(b"x"))
    folder = tmp_path / "film"
    folder.mkdir()
    (folder / "project.toml").write_text(f'{BARE}{SHOT}first_frame_image_url = "../outside.png"\n')
    assert expand(load(folder)).takes[0].local_files[0].name == "outside.png"


@pytest.mark.parametrize("text", ["https://a.example/x.png", "http://a", "data:image/png;base64,AA", "ftp://a/x.png"])
def test_url_is_remote(text: str) -> None:
    assert is_remote(text)


@pytest.mark.parametrize("text", ["a.png", "./a.png", "/a.png", "C:/a.png", "https.png", ""])
def test_path_is_not_remote(text: str) -> None:
    assert not is_remote(text)


@pytest.mark.parametrize("url", ["ftp://a.example/x.png", "data:image/png;base64,AA"])
def test_url_of_another_scheme_is_a_fault_of_the_contract(faults: Faults, url: str) -> None:
    (found,) = faults(f'{SHOT}first_frame_image_url = "{url}"\n')
    assert "must be an http(s) URL" in found


def test_stand_in_url_tells_files_apart_by_content_and_name() -> None:
    files = [a_file(), a_file(sha256="cd"), a_file(path=Path("/p/b.png"))]
    assert len({file.stand_in_url for file in files}) == 3


def test_files_in_a_value_are_found_in_its_order() -> None:
    first, second = a_file(name="1"), a_file(name="2")
    assert stand_ins_in({"a": [first, {"b": (second,)}], "c": "x"}) == [first, second]


def test_replacing_files_leaves_the_value_as_it_was() -> None:
    value = {"a": [a_file()], "b": 1}
    assert replace_stand_ins(value, lambda file: getattr(file, "name", None)) == {"a": ["a.png"], "b": 1}
    assert value == {"a": [a_file()], "b": 1}
