"""Rows from files: what spreadsheets write is read, and what cannot be read is said with its line."""

from __future__ import annotations

import csv
import io
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kling_render.catalog import FieldSpec
from kling_render.errors import InvalidProjectError
from kling_render.project import rows as rows_module
from kling_render.project.rows import MAX_BYTES, read_rows, typed

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


def a_file(folder: Path, content: str | bytes, name: str = "cast.csv") -> Path:
    """A file with this content, byte for byte."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(folder: Path, content: str | bytes, name: str = "cast.csv") -> list[dict[str, Any]]:
    """The values of the rows of a file."""
    return [dict(row.values) for row in read_rows(a_file(folder, content, name))]


def faults(folder: Path, content: str | bytes, name: str = "cast.csv") -> list[str]:
    """The faults of a file: position or key, and message."""
    with pytest.raises(InvalidProjectError, match="in the project") as raised:
        read(folder, content, name)
    return [f"{fault.place.position}{fault.place.key}: {fault.message}" for fault in raised.value.faults]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=4),
    st.sampled_from(",;\t"),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_quoted_cells_come_back_as_they_were_written(
    tmp_path: Path, table: list[tuple[str, str]], delimiter: str, end: str, encoding: str
) -> None:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([("sku", "move"), ("first", "row"), *table])
    expected = [{name: cell for name, cell in zip(("sku", "move"), row, strict=True) if cell} for row in table]
    found = read(tmp_path, file.getvalue().encode(encoding))
    assert found == [{"sku": "first", "move": "row"}, *(row for row in expected if row)]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=40), st.text('ab,;\t"\r\n ', max_size=40).map(str.encode)))
def test_any_file_is_read_or_refused(tmp_path: Path, content: bytes) -> None:
    try:
        assert read(tmp_path, content)
    except InvalidProjectError as error:
        assert error.faults  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiter_is_taken_from_the_header(tmp_path: Path, delimiter: str) -> None:
    text = f'sku{delimiter}"move"\nA7{delimiter}"dolly, slow; then\tfast"\n'
    assert read(tmp_path, text) == [{"sku": "A7", "move": "dolly, slow; then\tfast"}]


def test_one_column_needs_no_delimiter(tmp_path: Path) -> None:
    assert read(tmp_path, "sku\nA7\nB2") == [{"sku": "A7"}, {"sku": "B2"}]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_of_spreadsheets_are_read(tmp_path: Path, encoding: str) -> None:
    assert read(tmp_path, "ort\r\nKöln\r\n東京\r\n".encode(encoding)) == [{"ort": "Köln"}, {"ort": "東京"}]


def test_big_endian_utf_16_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xfe\xff" + "ort\nKöln\n".encode("utf-16-be")) == [{"ort": "Köln"}]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_read(tmp_path: Path, encoding: str) -> None:
    assert read(tmp_path, "ort;sku\nKöln;A7\n".encode(encoding)) == [{"ort": "Köln", "sku": "A7"}]


def test_white_space_goes_except_in_quotes(tmp_path: Path) -> None:
    text = 'sku , move\n A7 ,  " slow "  \n  B2\t,"said ""no"" , ok "\n5" lens , 6" lens\n'
    assert read(tmp_path, text) == [
        {"sku": "A7", "move": " slow "},
        {"sku": "B2", "move": 'said "no" , ok '},
        {"sku": '5" lens', "move": '6" lens'},
    ]


def test_empty_cells_are_absent_and_blank_lines_no_rows(tmp_path: Path) -> None:
    assert read(tmp_path, '\n \nsku,move\n\nA7,\n , \n,""\n,crane\n') == [{"sku": "A7"}, {"move": "crane"}]


def test_row_knows_the_line_it_begins_on(tmp_path: Path) -> None:
    rows = read_rows(a_file(tmp_path, 'sku,say\r\nA7,"one\r\ntwo"\r\n\r\nB2,three\r\n'))
    assert [(row.values["say"], row.line) for row in rows] == [("one\r\ntwo", 2), ("three", 5)]


def test_all_faults_of_a_file_are_found_at_once(tmp_path: Path) -> None:
    text = 'sku, sku,,größe,loop\nA7,1,2,3,4\nB2,1\nC3,1,2,3,4,5\n"D"x,1,2,3,4\n"E5'
    assert faults(tmp_path, text) == [
        ':1:6: two columns are called "sku"',
        ":1:10: a column has no name",
        ':1:11: "größe" cannot name a column',
        ':1:17: "loop" is a name of the template language',
        ":3:5: 2 cells, the header has 5 columns",
        ":4:12: 6 cells, the header has 5 columns",
        ":5:1: not CSV: ',' expected after '\"'",
        ":6:1: a quote is opened and never closed",
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"sku\nK\xf6ln\n", ":2:2: byte 5 is not UTF-8"),
        (b"\xff\xfes\x00k", ": byte 4 is not UTF-16"),
        (b"sku\nA\x007\n", ":2:2: a NUL character: this is no CSV text"),
        (b"", ":1:1: the file has no rows"),
        (b"sku,move\n\n", ":1:1: the file has no rows"),
        (b'"sku\nA7\n', ":1:1: a quote is opened and never closed"),
        (b'"sku"x,move\nA7,slow\n', ":1:1: not CSV: ',' expected after '\"'"),
        (b"sku\n" + b"A" * MAX_BYTES, ": larger than 10 MB"),
    ],
)
def test_file_that_cannot_be_read_says_why(tmp_path: Path, content: bytes, expected: str) -> None:
    found = faults(tmp_path, content)
    assert len(found) == 1
    assert found[0].endswith(expected)


def test_wrong_encoding_says_how_to_save(tmp_path: Path) -> None:
    with pytest.raises(InvalidProjectError, match='spreadsheets call that "CSV UTF-8"'):
        read(tmp_path, b"sku\nK\xf6ln\n")


def test_missing_file_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(InvalidProjectError, match="cannot be read: No such file"):
        read_rows(tmp_path / "cast.csv")


def test_too_many_rows_are_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_module, "MAX_ROWS", 2)
    assert len(read(tmp_path, "sku\n1\n2\n")) == 2
    assert faults(tmp_path, "sku\n1\n2\n3\n4\n") == [": more than 2 rows"]


def test_toml_rows_keep_their_types(tmp_path: Path) -> None:
    text = '[[rows]]\nsku = "A7"\nduration_seconds = 5\n[[rows]]\nsku = "B2"\nenable_sound = true\n'
    assert read(tmp_path, text, "cast.toml") == [
        {"sku": "A7", "duration_seconds": 5},
        {"sku": "B2", "enable_sound": True},
    ]


def test_toml_that_holds_other_things_is_refused(tmp_path: Path) -> None:
    assert faults(tmp_path, 'row = 1\nrows = [{ sku = "A7", "a b" = 1 }, 2]', "cast.toml") == [
        'row: unknown key "row"',
        'rows[0]: "a b" cannot name a column',
        "rows[1]: a row must be a table",
    ]
    assert faults(tmp_path, "rows = 1", "cast.toml") == ["rows: rows must be a list of tables"]
    assert faults(tmp_path, "rows = [", "cast.toml")[0].startswith(":1")


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("integer", "5", 5), ("integer", "-3", -3), ("integer", "5.0", "5.0"), ("integer", "five", "five"),
        ("integer", "9" * 30, "9" * 30), ("integer", "\u0665", "\u0665"), ("number", "5", 5), ("number", "0.5", 0.5),
        ("number", "1e3", 1000.0), ("number", "0,5", 0.5), ("number", "1.0,5", "1.0,5"), ("number", "nan", "nan"),
        ("number", "1e999", "1e999"),
        ("boolean", "TRUE", True), ("boolean", "false", False), ("boolean", "yes", "yes"), ("boolean", "1", "1"),
        ("string", "5", "5"), ("text", "true", "true"), ("url", "a.png", "a.png"), ("list", "[]", "[]"),
    ],
)  # fmt: skip
def test_cell_becomes_what_its_field_wants_or_stays(kind: Any, cell: str, value: Any) -> None:
    found = typed(cell, FieldSpec(type=kind))
    assert (found, type(found)) == (value, type(value))


@pytest.mark.soak
@pytest.mark.parametrize("cell", ["A7 , B2 ", '"" , "', '"""""', "a" + " " * 1_000_000 + "b"])
def test_large_file_is_judged_in_seconds(tmp_path: Path, cell: str) -> None:
    path = a_file(tmp_path, "a,b\n" + (cell + "\n") * (5_000_000 // len(cell)))
    start = time.process_time()
    with pytest.raises(InvalidProjectError, match="in the project"):
        read_rows(path)
    assert time.process_time() - start < 30


def test_surplus_cell_behind_an_open_quote_is_a_fault_and_no_traceback(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b'\x01\r"\r",')
    with pytest.raises(InvalidProjectError, match="fault"):
        read_rows(file)
