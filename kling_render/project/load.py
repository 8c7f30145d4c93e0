"""TOML files → one typed, frozen Project, with all faults at once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from kling_render._version import __version__
from kling_render.catalog import Catalog, bundled_catalog, did_you_mean
from kling_render.errors import Fault, InvalidProjectError, Place, UsageError
from kling_render.project.cells import MOST_CELLS
from kling_render.project.includes import read_with_includes
from kling_render.project.matrix import build_matrix
from kling_render.project.model import DEFAULT_PROFILE, Matrix, Project, Shot
from kling_render.project.own_catalog import read_own_catalog
from kling_render.project.positions import locate
from kling_render.project.profiles import Profile, read_profiles
from kling_render.project.reading import Document, files_beside, find_project_file, is_file
from kling_render.project.reports import Report, dotted
from kling_render.project.shared import read_base_layers, read_elements, read_scenes
from kling_render.project.shots import Surroundings, read_shots
from kling_render.project.tables import BudgetTable, FilmTable, MatrixTable, ProjectTable, RenderTable, ShotTable, Table

TOP_KEYS = (
    "schema", "include", "project", "budget", "render", "defaults", "profile", "versions", "vars", "element", "scene",
    "shot", "film",
)  # fmt: skip
SCHEMA = 1
UNNAMED = "?"
"""Name and id of a project that does not say them; no project can choose it."""

TableType = TypeVar("TableType", bound=Table)


class _BrokenCatalogError(InvalidProjectError):
    """The project's own catalog has faults, so that nothing else can be judged."""


@dataclass(frozen=True)
class Loading:
    """What came of reading a project: as much of it as is right, and everything that is wrong."""

    project: Project | None
    faults: tuple[Fault, ...]


def load(path: Path | str = ".", *, catalog: Catalog | None = None, profile: str = DEFAULT_PROFILE) -> Project:
    """The project in a file or folder.

    Args:
        path: the project file, or the folder with its `project.toml`.
        catalog: the API contract that names the request fields; the bundled one by default.
        profile: which set of overrides lies over the shots.

    Raises:
        InvalidProjectError: with every fault of the file and what it includes.
        UsageError: there is no such profile.
    """
    loading = load_leniently(Path(path), catalog or bundled_catalog(), profile)
    if loading.project is None or loading.faults:
        raise InvalidProjectError(locate(loading.faults))
    return loading.project


def load_leniently(path: Path, catalog: Catalog, profile: str = DEFAULT_PROFILE) -> Loading:
    """Everything that can be read of a project, so that one report can hold later faults too.

    Shots with faults are left out, other tables go on without what is wrong in them; the project is None when its
    file cannot be read at all.

    Raises:
        UsageError: there is no such profile.
    """
    report = Report(shot_keys=(*ShotTable.model_fields, *catalog.fields))
    try:
        documents = read_with_includes(find_project_file(path), report)
    except InvalidProjectError as error:
        return Loading(None, error.faults)
    try:
        project = _read_project(documents, catalog, profile, report)
    except _BrokenCatalogError as error:  # whatever follows from it would only confuse
        return Loading(None, (*report.faults, *error.faults))
    return Loading(project, tuple(report.faults))


def _read_project(documents: list[Document], catalog: Catalog, profile: str, report: Report) -> Project:
    main = documents[-1]
    _check_top(main, report)
    for document in documents:
        _check_schema(document, report, required=document is main)
    table = _read_own(main, "project", ProjectTable, report)
    budget = _read_own(main, "budget", BudgetTable, report)
    render = _read_own(main, "render", RenderTable, report)
    film = _read_own(main, "film", FilmTable, report)
    if table is not None:
        _check_version(main, table, report)
        catalog = _own_catalog(main, table, catalog, report)
    base = read_base_layers(documents, catalog, report)
    profiles = read_profiles(main, catalog, report)
    elements, scenes = read_elements(documents, report), read_scenes(documents, catalog, report)
    versions = _read_own(main, "versions", MatrixTable, report) if "versions" in main.tables else None
    around = Surroundings(base, scenes, elements, _chosen(profile, profiles), catalog)
    matrix = build_matrix(versions, {}, Place(main.path, "versions"), catalog, report)
    shots = _countable(read_shots(main, around, report), matrix, report)
    order = _read_order(main, film, report)
    table = table or ProjectTable.model_construct(
        name=UNNAMED, id=UNNAMED
    )  # there are faults: nobody will pay under this id
    return Project(
        path=main.path,
        catalog=catalog,
        schema=SCHEMA,
        profile=profile,
        profiles=tuple(profiles),
        table=table,
        budget=budget or BudgetTable(),
        render=render or RenderTable(),
        elements=elements,
        scenes=tuple(scenes),
        versions=matrix,
        shots=shots,
        order=order or tuple(shots),
        faulty=frozenset(_written_shots(main)) - set(shots),
        files=tuple(dict.fromkeys(report.files)),
    )


def _read_own(main: Document, key: str, kind: type[TableType], report: Report) -> TableType | None:
    if kind is ProjectTable and key not in main.tables:
        suggestion = hashlib.sha256(repr(main.tables).encode()).hexdigest()[:8]
        hint = f'It needs a name and an id that never changes, e.g. id = "film-{suggestion}".'
        report.add(Place(main.path, key), f"the table [{key}] is missing", hint, "missing-key")
        return None
    return report.read_table(kind, main.tables.get(key, {}), Place(main.path, key))


def _chosen(name: str, profiles: Mapping[str, Profile]) -> Profile:
    if name in profiles:
        return profiles[name]
    if name == DEFAULT_PROFILE:
        return Profile()
    known = f"Profiles of this project: {', '.join(profiles)}." if profiles else "The project has no profiles."
    raise UsageError(f'there is no profile "{name}"{did_you_mean(name, profiles)}', hint=known)


def _check_top(main: Document, report: Report) -> None:
    for key in main.tables:
        if key not in TOP_KEYS:
            report.unknown_key(Place(main.path, dotted(key)), key, main.tables[key], TOP_KEYS)


def _check_schema(document: Document, report: Report, *, required: bool) -> None:
    place = Place(document.path, "schema")
    schema = document.tables.get("schema")
    if schema is None:
        if required and not _lies_in_a_table("schema", document):
            report.add(place, "schema is missing", f"Begin the file with: schema = {SCHEMA}", "missing-key")
    elif schema != SCHEMA or isinstance(schema, bool):
        report.add(place, f"schema {schema} is not known to this version", f"It reads schema = {SCHEMA}.")


def _lies_in_a_table(key: str, document: Document) -> bool:
    """Whether a key of the top stands below some [table]; it is reported there as an unknown one."""
    pending = [each for each in document.tables.values() if isinstance(each, dict)]
    while pending:
        table = pending.pop()
        if key in table and not isinstance(table[key], dict):
            return True
        pending.extend(each for each in table.values() if isinstance(each, dict))
    return False


def _check_version(main: Document, table: ProjectTable, report: Report) -> None:
    place = Place(main.path, "project.requires")
    try:
        fits = SpecifierSet(table.requires).contains(__version__, prereleases=True)
    except InvalidSpecifier:
        report.add(place, f'"{table.requires}" is not a version range', 'Write e.g. ">=0.1,<1".')
    else:
        if not fits:
            text = f"the project asks for kling-render {table.requires}, this is {__version__}"
            report.add(place, text, f"Install it: pip install 'kling-render{table.requires}'")


def _own_catalog(main: Document, table: ProjectTable, catalog: Catalog, report: Report) -> Catalog:
    """The catalog with the project's own models laid over it, and the rate card that it is pinned to."""
    own = main.path.parent / table.catalog
    if table.catalog and not is_file(own):
        text = f"there is no file {table.catalog}{did_you_mean(own.name, files_beside(own))}"
        report.add(Place(main.path, "project.catalog"), text, f"Looked in {own.parent.resolve()}", "file")
    elif table.catalog:
        report.files.append(own)
        try:
            catalog = read_own_catalog(catalog, own)
        except InvalidProjectError as error:
            raise _BrokenCatalogError(error.faults) from error
    if not table.prices:
        return catalog
    pinned = catalog.pinned(table.prices)
    if pinned is None:
        text = f"there is no rate card of {table.prices}, only of {', '.join(card.name for card in catalog.cards)}"
        hint = f'Write prices = "{catalog.rates.name}", or fetch the newest card with: kling-render prices --refresh'
        report.add(Place(main.path, "project.prices"), text, hint)
    return pinned or catalog


def _countable(shots: Mapping[str, Shot], versions: Matrix, report: Report) -> Mapping[str, Shot]:
    """The shots without those that ask for more takes, in all versions, than anything could build."""
    countable = {}
    for name, shot in shots.items():
        count = versions.count * shot.matrix.count * shot.table.takes
        if count <= MOST_CELLS:
            countable[name] = shot
        else:
            text = f"{count:,} takes in all versions, at most {MOST_CELLS:,} are allowed"
            report.add(shot.place, text, "Take out some axes or values, or write fewer takes.")
    return MappingProxyType(countable)


def _written_shots(main: Document) -> Mapping[str, Any]:
    shots = main.tables.get("shot", {})
    return shots if isinstance(shots, dict) else {}


def _read_order(main: Document, film: FilmTable | None, report: Report) -> tuple[str, ...]:
    known = _written_shots(main)
    order = film.order if film else ()
    for index, name in enumerate(order):
        if name not in known:
            place = Place(main.path, f"film.order[{index}]")
            report.add(place, f'unknown shot "{name}"{did_you_mean(name, known)}')
    return order
