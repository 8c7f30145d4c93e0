"""`include`: shared vars, elements and defaults of other files, laid under the project's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kling_render.errors import Fault, InvalidProjectError, Place
from kling_render.project.reading import Document, read_document

SHARED_KEYS = ("schema", "include", "defaults", "vars", "element")


def read_with_includes(path: Path) -> list[Document]:
    """The file and everything it includes, in the order in which they lie over each other (the file itself last)."""
    return list(_read(path, ()))


def _read(path: Path, chain: tuple[Path, ...]) -> Iterator[Document]:
    document = read_document(path)
    for index, name in enumerate(_names(document)):
        place = Place(path, f"include[{index}]")
        target = _find(path.parent / name)
        if target is None:
            raise InvalidProjectError([Fault(place, f"there is no file {name}", f"Looked in {path.parent}.")])
        if target in (each.resolve() for each in (*chain, path)):
            raise InvalidProjectError([Fault(place, f"{name} includes itself", "Break the circle.")])
        yield from _read(path.parent / name, (*chain, path))
    if chain:
        _refuse_private_keys(document)
    yield document


def _find(path: Path) -> Path | None:
    try:
        target = path.resolve()
        return target if target.is_file() else None
    except (OSError, RuntimeError):  # a name that no file can have, links in a circle
        return None


def _names(document: Document) -> list[str]:
    names = document.tables.get("include", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        fault = Fault(Place(document.path, "include"), "include must be a list of file names")
        raise InvalidProjectError([fault])
    return names


def _refuse_private_keys(document: Document) -> None:
    private = [key for key in document.tables if key not in SHARED_KEYS]
    if private:
        hint = f"An included file may hold {', '.join(SHARED_KEYS[2:])}; the rest belongs to the project file."
        raise InvalidProjectError(
            [Fault(Place(document.path, key), f"{key} cannot be included", hint) for key in private]
        )
