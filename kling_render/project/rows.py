"""Rows of a matrix from a file of their own: CSV as spreadsheets write it, or TOML."""

from __future__ import annotations

import csv
import io
import math
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kling_render.catalog import FieldSpec
from kling_render.errors import Fault, InvalidProjectError, Place
from kling_render.project.names import RESERVED, VARIABLE
from kling_render.project.reading import holds_secret, read_document
from kling_render.project.syntax.csv_cells import cell_columns, delimiter_of, encoding_of

MAX_BYTES = 10_000_000
MAX_ROWS = 100_000
_TAKE_OUT = "Take it out, and out of your history too; keys belong in RUNAPI_API_KEY or RunAPI's own config file."
_SAVE = 'Save it as UTF-8; spreadsheets call that "CSV UTF-8".'
_FIRST_LINE = re.compile(r'(?:[^\S\r\n]*+[\r\n])*+((?:"(?:[^"]|"")*+"|[^"\r\n])*)')
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_RAGGED = {
    True: "A cell that holds {} goes in quotes.",
    False: "Empty cells need their {} too.",
}
_ODD = {"unexpected end of data": "a quote is opened and never closed"}


@dataclass(frozen=True)
class Row:
    """Values that go together, by column; `line` (from 1) is where they begin, None in TOML."""

    values: Mapping[str, Any]
    line: int | None


def read_rows(path: Path) -> list[Row]:
    """The rows of a `.toml` file, values typed, or of a CSV file, values as text and empty cells left out.

    Raises:
        InvalidProjectError: with every fault of the file.
    """
    content = _read_bytes(path)
    rows, faults = _toml_rows(path) if path.suffix.lower() == ".toml" else _read_csv(path, content)
    if len(rows) > MAX_ROWS:
        faults.append(Fault(Place(path), f"more than {MAX_ROWS:,} rows", "Split it into several shots."))
    if not rows and not faults:
        hint = "The first line names the columns, the rows follow."
        faults.append(Fault(Place(path, "", 1, 1), "the file has no rows", hint))
    if faults:
        raise InvalidProjectError(faults)
    return rows


def typed(value: str, spec: FieldSpec) -> Any:
    """A cell as its API field wants it; unchanged where it is nothing of the kind, for the catalog to say so."""
    if spec.type == "boolean":
        return {"true": True, "false": False}.get(value.lower(), value)
    if spec.type in ("integer", "number") and _INTEGER.fullmatch(value):
        return int(value)
    number = value.replace(",", ".")  # as spreadsheets of half the world write it
    if spec.type == "number" and _NUMBER.fullmatch(number) and math.isfinite(float(number)):
        return float(number)
    return value


def _read_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InvalidProjectError([Fault(Place(path), f"cannot be read: {error.strerror or error}")]) from error
    if len(content) > MAX_BYTES:
        raise InvalidProjectError([Fault(Place(path), f"larger than {MAX_BYTES // 1_000_000} MB")])
    return content


def _decode(path: Path, content: bytes) -> str:
    mark, encoding = encoding_of(content)
    try:
        text = content[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        before = content[len(mark) : len(mark) + error.start].decode(encoding, "replace")
        message = f"byte {len(mark) + error.start} is not {encoding[:6].upper()}"
        raise InvalidProjectError([_at_end_of(path, before, message)]) from error
    if "\0" in text:
        raise InvalidProjectError([_at_end_of(path, text.partition("\0")[0], "a NUL character: this is no CSV text")])
    return text


def _at_end_of(path: Path, before: str, message: str) -> Fault:
    lines = io.StringIO(before, newline=None).read().split("\n")
    return Fault(Place(path, "", len(lines), len(lines[-1]) + 1), message, _SAVE)


def _toml_rows(path: Path) -> tuple[list[Row], list[Fault]]:
    tables = read_document(path).tables
    faults = [Fault(Place(path, key), f'unknown key "{key}"', "Only rows may stand here.") for key in tables]
    faults = [fault for fault in faults if fault.place.key != "rows"]
    raw = tables.get("rows", [])
    if not isinstance(raw, list):
        return [], [*faults, Fault(Place(path, "rows"), "rows must be a list of tables", "Write [[rows]].")]
    rows = []
    for index, row in enumerate(raw):
        place = Place(path, f"rows[{index}]")
        if isinstance(row, dict):
            faults += [Fault(place, *wrong) for name in row if (wrong := _wrong_name(name))]
            rows.append(Row(row, None))
        else:
            faults.append(Fault(place, "a row must be a table", "Write [[rows]]."))
    return rows, faults


def _read_csv(path: Path, content: bytes) -> tuple[list[Row], list[Fault]]:
    text = _decode(path, content)
    secrets = list(_secrets(path, text, shows_lines=encoding_of(content)[1] == "utf-8"))
    return ([], secrets) if secrets else _csv_rows(path, text)


def _secrets(path: Path, text: str, *, shows_lines: bool) -> Iterator[Fault]:
    """A fault for each line that holds an API key; a report could not tell and hide a line of UTF-16."""
    if not holds_secret(text):
        return
    for number, line in enumerate(io.StringIO(text, newline=None).read().split("\n"), start=1):
        if not holds_secret(line):
            continue
        end = bisect_left(range(len(line)), True, key=lambda at: holds_secret(line[:at]))
        start = bisect_left(range(end), True, key=lambda at: not holds_secret(line[at:end])) - 1
        message = "an API key does not belong in a file of rows"
        if shows_lines:
            yield Fault(Place(path, "", number, start + 1), message, _TAKE_OUT, rule="api-key")
        else:
            yield Fault(Place(path), f"{message}: line {number}, column {start + 1}", _TAKE_OUT, rule="api-key")


def _csv_rows(path: Path, text: str) -> tuple[list[Row], list[Fault]]:
    faults: list[Fault] = []
    first_line = _FIRST_LINE.match(text)
    first = first_line[1] if first_line else ""
    delimiter = delimiter_of(first)
    lines = io.StringIO(text, newline=None).read().split("\n")
    header: list[str] = []
    rows: list[Row] = []
    for line, record in _records(path, _without_margins(text, delimiter), lines, delimiter, faults):
        if not header and faults:
            break
        if not any(record):
            continue
        if not header:
            header = record
            faults += _judge_header(path, line, header, cell_columns(first, delimiter))
        elif len(record) != len(header):
            message = f"{_count(len(record), 'cell')}, the header has {_count(len(header), 'column')}"
            starts = cell_columns(lines[line - 1], delimiter)
            column = starts[len(header)] if len(starts) > len(header) and len(record) > len(header) else None
            place = Place(path, "", line, column if column else len(lines[line - 1]) + 1)
            faults.append(Fault(place, message, _RAGGED[len(record) > len(header)].format(delimiter)))
        elif len(rows) > MAX_ROWS:
            break
        else:
            rows.append(Row({name: cell for name, cell in zip(header, record, strict=True) if cell}, line))
    return rows, faults


def _without_margins(text: str, delimiter: str) -> str:
    """The text without white space around its cells; what stands in quotes is kept."""
    ends, blanks, word = f"[{delimiter}\r\n]", rf"[^\S{delimiter}\r\n]*+", rf"[^\s{delimiter}]"
    quoted = r'("(?:[^"]|"")*+")'
    bare = rf"((?:{word}++(?:{blanks}(?={word}))?)*+)"
    cell = re.compile(rf"(\A|{ends}){blanks}(?:{quoted}{blanks}(?={ends}|\Z)|{bare}{blanks})")
    return cell.sub(lambda match: match[1] + (match[2] or match[3] or ""), text)


def _records(
    path: Path, text: str, lines: list[str], delimiter: str, faults: list[Fault]
) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            hint = "Inside a quoted cell, a quote is written twice."
            place = Place(path, "", line, _column_of_quote(lines[line - 1], delimiter))
            faults.append(Fault(place, _ODD.get(str(error), f"not CSV: {error}"), hint))
        else:
            yield line, record


def _column_of_quote(line: str, delimiter: str) -> int:
    """Where the last cell in quotes begins that does not end in its line; the line's begin where there is none."""
    quoted = [start for start in cell_columns(line, delimiter) if line[start - 1 : start] == '"']
    return next((start for start in reversed(quoted) if line[start - 1 :].count('"') % 2), quoted[-1] if quoted else 1)


def _judge_header(path: Path, line: int, header: list[str], columns: list[int]) -> Iterator[Fault]:
    for index, name in enumerate(header):
        place = Place(path, "", line, columns[index] if index < len(columns) else None)
        if not name:
            yield Fault(place, "a column has no name", "The first line names the columns.")
        elif wrong := _wrong_name(name):
            yield Fault(place, *wrong)
        elif name in header[:index]:
            yield Fault(place, f'two columns are called "{name}"', "Rename one of them.")


def _wrong_name(name: str) -> tuple[str, str] | None:
    if name in RESERVED:
        return f'"{name}" is a name of the template language', "Choose another name."
    if not VARIABLE.fullmatch(name):
        return f'"{name}" cannot name a column', "Use letters, digits and _, a letter first."
    return None


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("s" if count != 1 else "")
