"""Reads one TOML file; says in words what is wrong with it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kling_render.errors import Fault, InvalidProjectError, Place
from kling_render.project.reports import dotted

_POSITION = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")
_SECRET = re.compile(
    r"(?<![\w-])(?:sk|rk)_(?:(?:live|test)_)?[A-Za-z0-9]{16,}"
    r"|(?<![\w-])(?:(?:sk|rk)-|runapi[-_])(?=[\w-]*\d)[A-Za-z0-9_-]{10,}"
    r"|Bearer\s+[A-Za-z0-9._~+/-]{16,}"
)
_SECRET_KEY = re.compile(
    r"(?:^|[\s.{,])[\"']?((?:runapi_)?api[-_]?key|authorization)[\"']?\s*=\s*[\"'][^\s\"'{]{8,}", re.IGNORECASE
)

_QUOTES = "Text that holds quotes goes between three single quotes: prompt = '''She says: \"It's late.\"'''"

PROJECT_FILE = "project.toml"
MAX_DEPTH = 32
"""How deep tables and lists of a project may be nested; nothing that anybody needs comes near."""
_MAX_BITS = 64


@dataclass(frozen=True)
class Document:
    """A TOML file as read: its path and its tables."""

    path: Path
    tables: dict[str, Any]


def find_project_file(path: Path) -> Path:
    """The project file that PROJECT on the command line means: the file itself, or the one in that folder."""
    file = path / PROJECT_FILE if path.is_dir() else path
    if file.is_file():
        return file
    hint = "Start one with: kling-render init DIR" if path.is_dir() else "Give the project's folder or its TOML file."
    raise InvalidProjectError([Fault(Place(file), "there is no such project file", hint)])


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


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidProjectError([_syntax_fault(path, str(error), text)]) from error
    except RecursionError as error:
        raise InvalidProjectError([Fault(Place(path), "the file is nested too deeply")]) from error
    except ValueError as error:  # Python's own limit for reading numbers
        raise InvalidProjectError([Fault(Place(path), "a number has thousands of digits")]) from error


def _read_text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        hint = "Save it as UTF-8."
        raise InvalidProjectError([Fault(Place(path), f"byte {error.start} is not UTF-8", hint)]) from error
    except OSError as error:
        raise InvalidProjectError([Fault(Place(path), f"cannot be read: {error.strerror or error}")]) from error


def _syntax_fault(path: Path, message: str, text: str) -> Fault:
    position = _POSITION.search(message)
    line, column = (int(position[1]), int(position[2])) if position and position[1] else (text.count("\n") + 1, None)
    quoted = text.split("\n")[line - 1].count('"') > 2 or "'" in text.split("\n")[line - 1]
    hint = _QUOTES if quoted else "See https://toml.io"
    return Fault(Place(path, "", line, column), f"not TOML: {_POSITION.sub('', message)}", hint)


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
                yield Fault(place, "an API key does not belong in a project file", hint)
                break
