"""Reads one TOML file; says in words what is wrong with it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kling_render.errors import Fault, InvalidProjectError, Place

_POSITION = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")
_SECRET = re.compile(r"(?<![\w-])(?:sk|rk|runapi)[-_][A-Za-z0-9_-]{16,}|Bearer\s+[A-Za-z0-9._~+/-]{16,}")
_SECRET_KEY = re.compile(r"(?:^|[\s.{,])[\"']?((?:runapi_)?api[-_]?key|authorization)[\"']?\s*=", re.IGNORECASE)

PROJECT_FILE = "project.toml"


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
        InvalidProjectError: the file cannot be read, is not UTF-8, is not TOML, or holds an API key.
    """
    text = _read_text(path)
    if secrets := list(_find_secrets(path, text)):
        raise InvalidProjectError(secrets)
    try:
        return Document(path, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InvalidProjectError([_syntax_fault(path, str(error), text)]) from error
    except RecursionError as error:
        raise InvalidProjectError([Fault(Place(path), "the file is nested too deeply")]) from error


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
    return Fault(Place(path, "", line, column), f"not TOML: {_POSITION.sub('', message)}", "See https://toml.io")


def _find_secrets(path: Path, text: str) -> Iterator[Fault]:
    hint = "Take it out, and out of your history too; keys belong in RUNAPI_API_KEY or RunAPI's own config file."
    for number, line in enumerate(text.split("\n"), start=1):
        for pattern in (_SECRET, _SECRET_KEY):
            if found := pattern.search(line):
                place = Place(path, "", number, found.start() + 1)
                yield Fault(place, "an API key does not belong in a project file", hint)
                break
