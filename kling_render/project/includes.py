"""`include`: shared vars, elements and defaults of other files, laid under the project's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kling_render.errors import InvalidProjectError, Place
from kling_render.project.reading import Document, read_document
from kling_render.project.reports import Report

SHARED_KEYS = ("schema", "include", "defaults", "vars", "element", "scene")


def read_with_includes(path: Path, report: Report) -> list[Document]:
    """The file and everything it includes, in the order in which they lie over each other (the file itself last).

    What is wrong with an included file goes into the report, and the file is left out.

    Raises:
        InvalidProjectError: the file itself cannot be read.
    """
    report.files.append(path)
    document = read_document(path)
    return [*_included(document, (path,), report), document]


def _included(document: Document, chain: tuple[Path, ...], report: Report) -> Iterator[Document]:
    for index, name in enumerate(_names(document, report)):
        place = Place(document.path, f"include[{index}]")
        path = document.path.parent / name
        target = _find(path)
        if target is None:
            report.add(place, f"there is no file {name}", f"Looked in {document.path.parent.resolve()}", "file")
        elif target in (each.resolve() for each in chain):
            way = " includes ".join(each.name for each in (*chain[_index(target, chain) :], path))
            report.add(place, f"{way}: a circle", "Take this include out.")
        else:
            report.files.append(path)
            try:
                included = read_document(path)
            except InvalidProjectError as error:
                report.faults.extend(error.faults)
                continue
            yield from _included(included, (*chain, path), report)
            _refuse_private_keys(included, report)
            yield included


def _index(target: Path, chain: tuple[Path, ...]) -> int:
    return [each.resolve() for each in chain].index(target)


def _find(path: Path) -> Path | None:
    try:
        target = path.resolve()
        return target if target.is_file() else None
    except (OSError, RuntimeError):  # a name that no file can have, links in a circle
        return None


def _names(document: Document, report: Report) -> list[str]:
    names = document.tables.get("include", [])
    if isinstance(names, list) and all(isinstance(name, str) for name in names):
        return names
    report.add(Place(document.path, "include"), "include must be a list of file names")
    return []


def _refuse_private_keys(document: Document, report: Report) -> None:
    hint = f"An included file may hold {', '.join(SHARED_KEYS[2:])}; the rest belongs to the project file."
    for key in document.tables:
        if key not in SHARED_KEYS:
            report.add(Place(document.path, key, of="key"), f"{key} cannot be included", hint)
