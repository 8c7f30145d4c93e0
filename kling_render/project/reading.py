"""Reads one TOML file; says in words what is wrong with it."""

from __future__ import annotations

import re
import tomllib
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kling_render.errors import Fault, InvalidProjectError, Place
from kling_render.project.reports import dotted
from kling_render.project.syntax.mending import mended
from kling_render.project.syntax.mistakes import Mistake
from kling_render.project.syntax.traps import deepest, explain

_POSITION = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")
_SECRET = re.compile(
    r"(?<![\w-])(?:sk|rk)_(?:(?:live|test)_)?[A-Za-z0-9]{16,}"
    r"|(?<![\w-])(?:(?:sk|rk)-|runapi[-_])(?=[\w-]*\d)[A-Za-z0-9_-]{10,}"
    r"|Bearer\s+[A-Za-z0-9._~+/-]{16,}"
)
_SECRET_KEY = re.compile(
    r"(?:^|[\s.{,])[\"']?((?:runapi_)?api[-_]?key|authorization)[\"']?\s*=\s*[\"'][^\s\"'{]{8,}", re.IGNORECASE
)

_LONG_NUMBER = re.compile(r"[0-9A-Fa-f_]{4000,}")

_START = "Start one with: kling-render init DIR"

PROJECT_FILE = "project.toml"
MAX_DEPTH = 32
"""How deep tables and lists of a project may be nested; nothing that anybody needs comes near."""
_MAX_BITS = 64
_MOST_MISTAKES = 20
"""Of the syntax, that one report tells."""


@dataclass(frozen=True)
class Document:
    """A TOML file as read: its path and its tables."""

    path: Path
    tables: dict[str, Any]


def find_project_file(path: Path) -> Path:
    """The project file that PROJECT on the command line means: the file itself, or the one in that folder."""
    file = path / PROJECT_FILE if path.is_dir() else path
    if file.is_file():
        if file.stat().st_size == 0:
            raise InvalidProjectError([Fault(Place(file, "", 1, 1), "the project file is empty", _START)])
        return file
    hint = _START if path.is_dir() else "Give the project's folder or its TOML file."
    raise InvalidProjectError([Fault(Place(file), "there is no such project file", hint, rule="file")])


def is_file(path: Path) -> bool:
    """Whether there is such a file; False for a name that no file can have."""
    try:
        return path.resolve().is_file()
    except (OSError, RuntimeError, ValueError):  # a name too long, links in a circle, a NUL
        return False


def files_beside(path: Path) -> list[str]:
    """The names of the files in the folder where a file was looked for."""
    try:
        return sorted(each.name for each in path.parent.iterdir() if each.is_file())
    except (OSError, ValueError):
        return []


def read_document(path: Path) -> Document:
    """The document in a file.

    Raises:
        InvalidProjectError: the file cannot be read, is not UTF-8, is not TOML, holds an API key, or values that
            nothing can use.
    """
    text = _read_text(path)
    if secrets := list(_find_secrets(path, text)):
        raise InvalidProjectError(secrets)
    tables = _parse(path, text)
    if unusable := list(_find_unusable(path, tables)):
        raise InvalidProjectError(unusable)
    return Document(path, tables)


def holds_secret(line: str) -> bool:
    """Whether a line holds what is taken for an API key; such a line is never shown."""
    return any(pattern.search(line) for pattern in (_SECRET, _SECRET_KEY))


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidProjectError(list(_syntax_faults(path, text))) from error
    except RecursionError as error:
        place = _place(path, text, deepest(text, MAX_DEPTH))
        message = f"nested more than {MAX_DEPTH} levels deep"
        raise InvalidProjectError([Fault(place, message, rule="toml")]) from error
    except ValueError as error:  # Python's own limit for reading numbers
        number = _LONG_NUMBER.search(text)
        place = _place(path, text, number.start() if number else 0)
        raise InvalidProjectError([Fault(place, "a number has thousands of digits", rule="toml")]) from error


def _read_text(path: Path) -> str:
    try:
        content = path.read_bytes().removeprefix(BOM_UTF8)
    except OSError as error:
        fault = Fault(Place(path), f"cannot be read: {error.strerror or error}", rule="file")
        raise InvalidProjectError([fault]) from error
    if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) or content[:64].count(0) * 3 > len(content[:64]):
        hint = "Save it as UTF-8; some editors call what it is now just Unicode."
        raise InvalidProjectError([Fault(Place(path, "", 1, 1), "the file is UTF-16, not UTF-8", hint, rule="toml")])
    try:
        return content.decode().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode()
        fault = Fault(_place(path, before, len(before)), "this is not UTF-8", "Save the file as UTF-8.", rule="toml")
        raise InvalidProjectError([fault]) from error


def _syntax_faults(path: Path, text: str) -> Iterator[Fault]:
    """What is wrong with the syntax of a file: line by line, as long as the mistakes keep to their lines."""
    rest: str | None = text
    for _ in range(_MOST_MISTAKES):
        mistake = _mistake(rest) if rest is not None else None
        if mistake is None:
            return
        trap = explain(mistake)
        yield Fault(_place(path, mistake.text, trap.at), trap.message, trap.hint, rule="toml")
        rest = mended(mistake, trap.at)


def _mistake(text: str) -> Mistake | None:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _POSITION.search(str(error))
        at = _index(text, int(found[1]), int(found[2])) if found and found[1] else len(text)
        return Mistake(text, at, _POSITION.sub("", str(error)))
    except (RecursionError, ValueError):  # told when the others are mended
        return None
    return None


def _index(text: str, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = text.index("\n", start) + 1
    return start + column - 1


def _place(path: Path, text: str, at: int) -> Place:
    start = text.rfind("\n", 0, at) + 1
    return Place(path, line=text.count("\n", 0, at) + 1, column=at - start + 1)


def _find_unusable(path: Path, tables: dict[str, Any]) -> Iterator[Fault]:
    """What TOML allows and later steps could not digest; walks without recursion, as the depth is not known yet."""
    pending: list[tuple[int, str, Any]] = [(0, "", tables)]
    while pending:
        depth, key, value = pending.pop()
        if depth > MAX_DEPTH:
            yield Fault(Place(path, key), f"nested more than {MAX_DEPTH} levels deep")
        elif isinstance(value, dict):
            pending.extend((depth + 1, dotted(key, name), each) for name, each in value.items())
        elif isinstance(value, list):
            pending.extend((depth + 1, dotted(key, index), each) for index, each in enumerate(value))
        elif isinstance(value, int) and value.bit_length() > _MAX_BITS:
            yield Fault(Place(path, key), f"a number of more than {_MAX_BITS} bits")
        elif isinstance(value, str) and "\0" in value:
            yield Fault(Place(path, key), "a text with a NUL character")


def _find_secrets(path: Path, text: str) -> Iterator[Fault]:
    hint = "Take it out, and out of your history too; keys belong in RUNAPI_API_KEY or RunAPI's own config file."
    for number, line in enumerate(text.split("\n"), start=1):
        for pattern in (_SECRET, _SECRET_KEY):
            if found := pattern.search(line):
                place = Place(path, "", number, found.start() + 1)
                yield Fault(place, "an API key does not belong in a project file", hint, rule="api-key")
                break
