"""The search path: the project's folder first, the packaged library last, and no way out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from kling_render.assets import template_library
from kling_render.expansion import expand
from kling_render.expansion.templating.limits import MAX_SOURCE
from kling_render.expansion.templating.renderer import Renderer, TemplateFailure
from kling_render.expansion.templating.sources import SearchPath, search_path
from kling_render.project import load

HEAD = 'schema = 1\n[project]\nname = "ferry"\nid = "nf-7c1e"\n'
SHOT = '[defaults]\nmodel = "kling-3.0"\n[shot.a]\nprompt_file = "x/a.j2"\n'


def written(folder: Path, **files: str) -> Path:
    """The folder with these files; `__` in a name stands for `/`, and every name ends in .j2."""
    for name, content in files.items():
        path = folder / f"{name.replace('__', '/')}.j2"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    return folder


def included(name: str, *folders: Path) -> str:
    """What a template that includes this name writes."""
    return Renderer(SearchPath(folders)).render("{% include name %}", {"name": name})


def test_first_folder_wins(tmp_path: Path) -> None:
    folders = [written(tmp_path / "1", a="one"), written(tmp_path / "2", a="two", b="other")]
    assert (included("a.j2", *folders), included("b.j2", *folders)) == ("one", "other")


def test_search_path_is_project_then_named_folders_then_library(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "project.toml").write_text(f'{HEAD}templates = ["own"]\n{SHOT}')
    assert search_path(load(tmp_path)).folders == (tmp_path, tmp_path / "own", template_library())


@pytest.mark.parametrize(
    ("files", "text"), [({"x__a": "project", "own__x__a": "own"}, "project"), ({"own__x__a": "own"}, "own")]
)
def test_project_folder_wins_over_named_folders(tmp_path: Path, files: Mapping[str, str], text: str) -> None:
    written(tmp_path, **files)
    (tmp_path / "project.toml").write_text(f'{HEAD}templates = ["own"]\n{SHOT}')
    assert expand(load(tmp_path)).takes[0].text == text


def test_own_fragment_replaces_that_of_the_library(tmp_path: Path) -> None:
    (tmp_path / "project.toml").write_text(HEAD + SHOT.replace("x/a", "lens/50mm"))
    assert expand(load(tmp_path)).takes[0].text != "mine"
    written(tmp_path, lens__50mm="mine")
    assert expand(load(tmp_path)).takes[0].text == "mine"


@pytest.mark.parametrize(
    "name",
    [
        "../secret.j2", "sub/../../secret.j2", "sub/../a.j2", "./a.j2", "sub//b.j2", ".hidden.j2", ".git/c.j2",
        "sub/.d.j2",
        "", "/", "sub", "sub/", "..", "a.j2/", "a.j2\0", "sub\\b.j2", "x" * 300, "out.j2", "outside/secret.j2",
        "loop.j2",
    ],
)  # fmt: skip
def test_name_that_leads_out_or_to_hidden_files_does_not_exist(tmp_path: Path, name: str) -> None:
    written(tmp_path, secret="x")
    folder = written(tmp_path / "in", a="x", sub__b="x", **{".hidden": "x", ".git__c": "x", "sub__.d": "x"})
    (folder / "out.j2").symlink_to(tmp_path / "secret.j2")
    (folder / "outside").symlink_to(tmp_path)
    (folder / "loop.j2").symlink_to(folder / "loop.j2")
    with pytest.raises(TemplateFailure, match="there is no template"):
        included(name, folder)


def test_absolute_path_does_not_exist(tmp_path: Path) -> None:
    file = written(tmp_path, a="x") / "a.j2"
    with pytest.raises(TemplateFailure, match="there is no template"):
        included(str(file), tmp_path)


def test_link_inside_the_folder_is_followed(tmp_path: Path) -> None:
    written(tmp_path, a="x")
    (tmp_path / "b.j2").symlink_to(tmp_path / "a.j2")
    assert included("b.j2", tmp_path) == "x"


def test_folder_that_is_itself_a_link_is_searched(tmp_path: Path) -> None:
    written(tmp_path / "real", a="x")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert included("a.j2", tmp_path / "link") == "x"


def test_byte_order_mark_and_windows_line_ends_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "a.j2").write_bytes(b"\xef\xbb\xbfone\r\ntwo")
    assert included("a.j2", tmp_path) == "one\ntwo"


def test_template_that_is_no_utf8_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "a.j2").write_bytes(b"caf\xe9")
    with pytest.raises(TemplateFailure, match=r"a\.j2 is not UTF-8 text"):
        included("a.j2", tmp_path)


def test_template_that_cannot_be_read_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> str:
        raise PermissionError(13, "Permission denied")

    written(tmp_path, a="x")
    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(TemplateFailure, match=r"a\.j2 cannot be read: Permission denied"):
        included("a.j2", tmp_path)


def test_template_of_the_largest_size_is_read(tmp_path: Path) -> None:
    source = "{#" + "x" * (MAX_SOURCE - 4) + "#}"
    assert included("a.j2", written(tmp_path, a=source)) == ""


def test_larger_template_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(TemplateFailure, match=r"a\.j2 has more than 65,536 characters"):
        included("a.j2", written(tmp_path, a="x" * (MAX_SOURCE + 1)))


def test_listed_templates_are_the_visible_ones(tmp_path: Path) -> None:
    folder = written(tmp_path, b="x", a="x", sub__c="x", **{".hidden": "x", ".git__d": "x"})
    (folder / "notes.txt").write_text("x")
    assert SearchPath([folder, tmp_path / "nowhere"]).list_templates() == ["a.j2", "b.j2", "sub/c.j2"]


def test_missing_template_is_a_failure_with_a_suggestion_and_a_hint(tmp_path: Path) -> None:
    with pytest.raises(
        TemplateFailure, match=r'there is no template "lens/50m\.j2"; did you mean "lens/50mm\.j2"'
    ) as caught:
        included("lens/50m.j2", written(tmp_path, lens__50mm="x"))
    assert "kling-render templates" in caught.value.hint


def test_missing_template_may_be_ignored_where_the_template_says_so(tmp_path: Path) -> None:
    assert Renderer(SearchPath([tmp_path])).render("a{% include 'b.j2' ignore missing %}", {}) == "a"
