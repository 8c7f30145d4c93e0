"""Line and column of every key, value and character of a TOML file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kling_render.errors import Fault, Place
from kling_render.project.positions import SourceText, locate, read_source

FILE = """\
# a comment
schema = 1
include = ["a.toml", "b.toml"]

[project] # the film
name = "film"
"odd key" = 1
budget.max = 5 # dotted

[shot.walk]
vars = { lens = "24mm", deep = { list = [1, [2, "three"]] } }
tags = [
  "a", # first
  # none
  "b",
]

[[shot.x.sequence]]
prompt = "one"

[shot.x.matrix]
axes = 1

[[shot.x.sequence]]
prompt = "two"
  duration_seconds = 4

[shot.x]
takes = 2

["shot"."it's"]
prompt = 'z'

[shot."2.5"]
prompt = "y"
"""


def placed(
    file: Path, text: str | bytes, key: str, *, offset: int | None = None, of: Literal["value", "key"] = "value"
) -> tuple[int | None, int | None]:
    """Line and column that a fault of this key gets."""
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    (fault,) = locate([Fault(Place(file, key, offset=offset, of=of), "it is wrong")])
    return fault.place.line, fault.place.column


@pytest.mark.parametrize(
    ("key", "value", "of_key"),
    [
        ("schema", (2, 10), (2, 1)),
        ("include[1]", (3, 22), (3, 22)),
        ("project", (5, 1), (5, 2)),
        ("project.name", (6, 8), (6, 1)),
        ('project."odd key"', (7, 13), (7, 1)),
        ("project.odd key", (7, 13), (7, 1)),
        ("project.budget", (8, 1), (8, 1)),
        ("project.budget.max", (8, 14), (8, 8)),
        ("shot.walk", (10, 1), (10, 7)),
        ("shot", (10, 2), (10, 2)),
        ("shot.walk.vars", (11, 8), (11, 1)),
        ("shot.walk.vars.lens", (11, 17), (11, 10)),
        ("shot.walk.vars.deep.list[1][1]", (11, 49), (11, 49)),
        ("shot.walk.tags[0]", (13, 3), (13, 3)),
        ("shot.walk.tags[1]", (15, 3), (15, 3)),
        ("shot.x.sequence[0]", (18, 1), (18, 10)),
        ("shot.x.sequence[0].prompt", (19, 10), (19, 1)),
        ("shot.x.sequence[1].prompt", (25, 10), (25, 1)),
        ("shot.x.sequence[1].duration_seconds", (26, 22), (26, 3)),
        ("shot.x", (28, 1), (28, 7)),
        ("shot.x.takes", (29, 9), (29, 1)),
        ("shot.it's.prompt", (32, 10), (32, 1)),
        ('shot."it\'s".prompt', (32, 10), (32, 1)),
        ("shot.2.5", (34, 1), (34, 7)),
        ("shot.2.5.prompt", (35, 10), (35, 1)),
    ],
)
def test_key_and_value_are_found(tmp_path: Path, key: str, value: tuple[int, int], of_key: tuple[int, int]) -> None:
    file = tmp_path / "project.toml"
    assert placed(file, FILE, key) == value
    assert placed(file, FILE, key, of="key") == of_key


@pytest.mark.parametrize(
    ("key", "position"),
    [
        ("render", (1, 1)),
        ("project.id", (5, 1)),
        ("project.name.deeper", (6, 8)),
        ("shot.walk.prompt", (10, 1)),
        ("shot.walk.vars.light", (11, 8)),
        ("shot.walk.tags[7]", (12, 8)),
        ("shot.x.sequence[1].elements[0]", (24, 1)),
        ("shot.x.sequence[5]", (18, 10)),
        ("shot.nowhere.prompt", (10, 2)),
    ],
)
def test_missing_key_is_placed_at_the_nearest_table_above(tmp_path: Path, key: str, position: tuple[int, int]) -> None:
    file = tmp_path / "project.toml"
    assert placed(file, FILE, key) == position
    assert placed(file, FILE, key, of="key") == position


def test_offset_of_a_missing_key_means_its_table(tmp_path: Path) -> None:
    assert placed(tmp_path / "a.toml", "a = 'text'\n", "a.b", offset=2) == (1, 5)


def test_offset_in_what_is_no_text_means_the_value(tmp_path: Path) -> None:
    assert placed(tmp_path / "a.toml", "a = 12345\n", "a", offset=2) == (1, 5)


@pytest.mark.parametrize("offset", [3, 4, 99])
def test_offset_beyond_the_end_points_at_the_closing_quotes(tmp_path: Path, offset: int) -> None:
    assert placed(tmp_path / "a.toml", 'a = """xyz""" # end\n', "a", offset=offset) == (1, 11)


def test_byte_order_mark_moves_no_column(tmp_path: Path) -> None:
    assert placed(tmp_path / "a.toml", b"\xef\xbb\xbfa = 'x'\n", "a", offset=0) == (1, 6)


def test_columns_count_characters_not_bytes(tmp_path: Path) -> None:
    assert placed(tmp_path / "a.toml", 'a = { b = "日本𝄞é", c = 1 }\n', "a.c") == (1, 23)


def test_windows_line_ends_keep_lines_and_columns(tmp_path: Path) -> None:
    content = b'a = """\r\none \\\r\n  two"""\r\nb = 2\r\n'
    file = tmp_path / "a.toml"
    assert [placed(file, content, "a", offset=at) for at in (0, 3, 4)] == [(2, 1), (2, 4), (3, 3)]
    assert placed(file, content, "b") == (4, 5)


def test_places_that_need_nothing_stay_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text("a = 1\n", "utf-8")
    faults = [
        Fault(Place(file, "a", 7, 3), "x"),
        Fault(Place(file), "x"),
        Fault(Place(tmp_path / "b.j2", "", 2, 1), "x"),
    ]
    assert locate(faults) == faults


@pytest.mark.parametrize("content", [None, b"a = = 1\n", b"\xff\xfe", b"a = " + b"[" * 9999])
def test_file_that_vanished_or_is_no_toml_any_more_gives_no_line(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "a.toml"
    if content is not None:
        file.write_bytes(content)
    faults = [Fault(Place(file, "a"), "it is wrong")]
    assert locate(faults) == faults


@pytest.mark.parametrize(
    ("name", "position"), [("sku", (2, 1)), ("text", (2, 5)), ("cfg", (3, 10)), ("last", (3, 14)), ("gone", (2, 1))]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_cell_behind_a_line_break_in_quotes_is_found(
    tmp_path: Path, name: str, position: tuple[int, int], encoding: str
) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes('sku;text;cfg;last\r\nA-1;"groß; ja\r\n""so"""; 0,5;9\r\nB;b;1;2\r\n'.encode(encoding))
    (fault,) = locate([Fault(Place(file, name, 2), "it is wrong")])
    assert (fault.place.line, fault.place.column) == position


def test_file_is_read_once_and_only_when_it_has_faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_text("x = 1\ny = 2\n", "utf-8")
    read: list[str] = []

    def noted(path: Path) -> SourceText | None:
        read.append(path.name)
        return read_source(path)

    monkeypatch.setattr("kling_render.project.positions.read_source", noted)
    locate([Fault(Place(tmp_path / "a.toml", key), "it is wrong") for key in ("x", "y", "z")])
    assert read == ["a.toml"]


def test_key_nested_beyond_reason_ends_somewhere(tmp_path: Path) -> None:
    key = ".".join("a" * 900)
    assert placed(tmp_path / "a.toml", f"{key} = 1\n", key) == (1, 127)


# ── every character of every text

SIGNS = st.characters(exclude_categories=["Cs"], exclude_characters="\r")
WHITE = st.text(" \t\n", max_size=4)


def escaped(sign: str, form: int) -> str:
    """One of the ways to write a character in double quotes."""
    short = {"\n": "\\n", "\t": "\\t", '"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f"}
    if form == 1 and ord(sign) < 0x10000:
        return f"\\u{ord(sign):04X}"
    if form == 2:
        return f"\\U{ord(sign):08x}"
    needs = sign in '"\\\n' or (ord(sign) < 32 and sign != "\t") or ord(sign) == 127
    return short.get(sign, f"\\u{ord(sign):04X}") if needs or (form == 3 and sign in short) else sign


PIECES = st.lists(st.tuples(SIGNS, st.integers(0, 3)), max_size=12)


def written_sign(kind: str, written: str, sign: str, form: int) -> str | None:
    """A character as a string of this kind may hold it, after what was written; None where it cannot."""
    ends = sign == kind[0] and (len(kind) == 1 or written.endswith(sign))
    control = ord(sign) == 127 or (ord(sign) < 32 and sign != "\t" and (len(kind) == 1 or sign != "\n"))
    if kind[0] == "'":
        return None if ends or control else sign
    plain = kind == '"""' and form == 0 and sign in '\n"' and not ends
    return sign if plain else escaped(sign, form)


@st.composite
def literals(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A TOML string and the source of each of its characters."""
    kind = draw(st.sampled_from(['"', "'", '"""', "'''"]))
    begin = draw(st.sampled_from(["", "\n"])) if len(kind) == 3 else ""
    sources: list[str] = []
    written, trims = kind + begin, False
    for sign, form in draw(PIECES):
        source = written_sign(kind, written, sign, form)
        if source is None or (source == "\n" and written == kind):  # the first newline is trimmed
            continue
        if trims and source.isspace():  # so is white space after a backslash at the end of a line
            continue
        trims = False
        written += source
        sources.append(source)
        if kind == '"""' and form == 2 and not source.isspace():
            written += "\\" + draw(st.text(" \t", max_size=2)) + "\n" + draw(WHITE)
            trims = True
    return written + kind, sources


@settings(deadline=None)
@given(
    literal=literals(),
    before=st.sampled_from(["", '"é𝄞" = 1\n', "x = { y = '日本' }\n"]),
    windows=st.booleans(),
    inline=st.booleans(),
)
def test_each_character_of_a_text_is_found_where_it_is_written(
    tmp_path_factory: pytest.TempPathFactory, literal: tuple[str, list[str]], before: str, windows: bool, inline: bool
) -> None:
    text, sources = literal
    document = before + (f'a = {{ "ü" = 1, b = [0, {text}] }}\n' if inline else f"a.b = [1, {text}]\n")
    value = tomllib.loads(document)["a"]["b"][1]
    content = document.replace("\n", "\r\n") if windows else document
    file = tmp_path_factory.getbasetemp() / "a.toml"
    file.write_bytes(content.encode())
    places = [Place(file, "a.b[1]", offset=at) for at in range(len(value))]
    found = [fault.place for fault in locate(Fault(place, "x") for place in places)]
    lines = content.split("\n")
    assert len(value) == len(sources)
    for place, sign, source in zip(found, value, sources, strict=True):
        assert place.line is not None
        assert place.column is not None
        rest = "\n".join(lines[place.line - 1 :])[place.column - 1 :].replace("\r\n", "\n")
        assert rest.startswith(source), (sign, source)
