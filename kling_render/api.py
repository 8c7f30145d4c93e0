"""The five verbs of the Python API: load, expand, plan, render, rehearse."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from kling_render.catalog import Catalog, bundled_catalog, micro_from_usd
from kling_render.errors import InvalidProjectError
from kling_render.events import Emit, ignore
from kling_render.expansion import Expansion
from kling_render.expansion import expand as expand_project
from kling_render.inspection import inspect
from kling_render.ledger import Snapshot
from kling_render.planning import Plan
from kling_render.planning import plan as plan_against
from kling_render.project import UNNAMED, Project, load_leniently
from kling_render.rehearsal import Rehearsal
from kling_render.rehearsal import rehearse as rehearse_project
from kling_render.rendering import Outcome
from kling_render.rendering.session import Confirm, Demands, read_snapshot, render_project
from kling_render.settings import Settings, load_settings

__all__ = ["Expansion", "Outcome", "Plan", "Project", "Rehearsal", "expand", "load", "plan", "rehearse", "render"]


def load(path: Path | str = ".", *, catalog: Catalog | None = None) -> Project:
    """The project in a file or folder (the one with its `project.toml`).

    Args:
        path: the project file, or its folder.
        catalog: the API contract that names the request fields; the bundled one by default.

    Raises:
        InvalidProjectError: with every fault of the project, those of its templates and requests included.
    """
    loading = load_leniently(Path(path), catalog or bundled_catalog())
    if loading.project is None or loading.faults:
        raise InvalidProjectError(inspect(Path(path), catalog=catalog).errors)
    return loading.project


def expand(project: Project | Path | str, *, catalog: Catalog | None = None) -> Expansion:
    """All takes of a project with their exact requests.

    Args:
        project: a loaded project, or its file or folder.
        catalog: the API contract; the bundled one by default.

    Raises:
        InvalidProjectError: with every fault of the project.
    """
    return expand_project(_loaded(project), catalog=catalog)


def rehearse(
    project: Project | Path | str,
    *,
    out: Path | None = None,
    catalog: Catalog | None = None,
    on_event: Emit = ignore,
) -> Rehearsal:
    """Render a whole project on the mock server: no key, no socket, no credit, no waiting.

    Args:
        project: a loaded project, or its file or folder.
        out: where its clips, ledger and manifest go; by default `rehearsal` beside the project file. What an earlier
            rehearsal left there is removed.
        catalog: the API contract and rate card; the bundled one by default.
        on_event: told what happens.

    Raises:
        InvalidProjectError: with every fault of the project.
        StorageError: the folder cannot be written, or holds something that is not a rehearsal.
    """
    return rehearse_project(_loaded(project), out=out, catalog=catalog, on_event=on_event)


def plan(
    project: Project | Path | str,
    *,
    settings: Settings | None = None,
    max_usd: Decimal | None = None,
    retry_failed: bool = False,
    catalog: Catalog | None = None,
) -> Plan:
    """What a render would buy, what it costs, and whether the budget allows it. No network.

    Args:
        project: a loaded project, or its file or folder.
        settings: whose base URL says which books count; read from the environment by default.
        max_usd: a cap for the next run, in US dollars.
        retry_failed: whether failed takes would be bought anew.
        catalog: the API contract and rate card; the bundled one by default.

    Raises:
        InvalidProjectError: with every fault of the project.
        StorageError: the ledger cannot be read.
    """
    project = _loaded(project)
    snapshot = read_snapshot(project, (settings or load_settings()).origin)
    micro = None if max_usd is None else micro_from_usd(max_usd)
    return plan_against(project, snapshot=snapshot, catalog=catalog, max_micro_usd=micro, retry_failed=retry_failed)


@dataclass(frozen=True)
class Status:
    """What the ledger knows of a project, and the plan where the project has no faults."""

    folder: Path
    origin: str
    snapshot: Snapshot
    plan: Plan | None


def read_status(path: Path | str, *, settings: Settings | None = None) -> Status:
    """What was bought, also for a project that has faults at the moment.

    Raises:
        InvalidProjectError: the file cannot be read, or has no [project] with an id.
        StorageError: the ledger cannot be read.
    """
    settings = settings or load_settings()
    loading = load_leniently(Path(path), bundled_catalog())
    if loading.project is None or loading.project.table.id == UNNAMED:
        raise InvalidProjectError(loading.faults)
    project = loading.project
    snapshot = read_snapshot(project, settings.origin)
    try:
        planned = None if loading.faults else plan_against(project, snapshot=snapshot)
    except InvalidProjectError:  # in its templates or requests; `check` tells them
        planned = None
    return Status(project.folder, settings.origin, snapshot, planned)


def render(
    project: Project | Path | str,
    *,
    settings: Settings | None = None,
    max_usd: Decimal | None = None,
    expect_plan: str | None = None,
    retry_failed: bool = False,
    confirm: Confirm | None = None,
    on_event: Emit = ignore,
    catalog: Catalog | None = None,
) -> Outcome:
    """Buy what is due, go on with what is open, download what is finished. Costs money.

    Args:
        project: a loaded project, or its file or folder.
        settings: key and base URL; read from the environment by default.
        max_usd: a cap for this run, in US dollars.
        expect_plan: the hash of the plan that was agreed.
        retry_failed: whether failed takes are bought anew.
        confirm: asked before anything is spent; without it the project or `max_usd` must set a cap.
        on_event: told what happens.
        catalog: the API contract and rate card; the bundled one by default.

    Returns:
        The outcome; takes that were not delivered stand in its `problems`.

    Raises:
        KlingRenderError: before anything was submitted: see `kling_render.errors`.
    """
    micro = None if max_usd is None else micro_from_usd(max_usd)
    demands = Demands(micro, expect_plan, retry_failed, confirm)
    settings = settings or load_settings()
    return render_project(_loaded(project), settings, catalog or bundled_catalog(), demands, on_event)


def _loaded(project: Project | Path | str) -> Project:
    return project if isinstance(project, Project) else load(project)
