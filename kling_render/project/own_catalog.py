"""A user's own catalog file: models and prices laid over the bundled ones."""

from __future__ import annotations

from pathlib import Path

from kling_render.catalog import Catalog, CatalogDataError, lay_over
from kling_render.errors import Fault, InvalidProjectError, Place
from kling_render.project.reading import read_document

_HINT = "Its form is described in docs/catalog.md."


def read_own_catalog(base: Catalog, path: Path) -> Catalog:
    """The base with the models and prices of a file laid over it.

    Raises:
        InvalidProjectError: the file cannot be read, or contradicts itself; with every fault found.
    """
    tables = read_document(path).tables
    try:
        return lay_over(base, tables, f"your own catalog, {path.name}")
    except CatalogDataError as error:
        faults = [Fault(Place(path, key), text, _HINT) for key, text in error.troubles]
        raise InvalidProjectError(faults) from error
