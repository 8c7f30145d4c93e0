"""What is known of a project, read at one moment from its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from kling_render.errors import Fault, InvalidProjectError
from kling_render.inspection import inspect
from kling_render.ledger import Snapshot
from kling_render.planning import Plan, Selection
from kling_render.planning import plan as plan_against
from kling_render.pricing import known_catalog
from kling_render.project import DEFAULT_PROFILE, UNNAMED, Project, load_leniently, locate
from kling_render.rendering.choices import read_choices
from kling_render.rendering.snapshots import read_snapshot
from kling_render.settings import Settings, load_settings


@dataclass(frozen=True)
class Status:
    """What is known of a project, and the plan where the project has no faults.

    Attributes:
        now: the moment at which it was read.
    """

    project: Project
    origin: str
    snapshot: Snapshot
    plan: Plan | None
    now: datetime

    @property
    def folder(self) -> Path:
        """The project's folder."""
        return self.project.folder


def read_status(
    path: Path | str,
    *,
    profile: str = DEFAULT_PROFILE,
    selection: Selection | None = None,
    settings: Settings | None = None,
) -> Status:
    """What was bought, also for a project that has faults at the moment.

    Args:
        path: the project file, or its folder.
        profile: which set of overrides lies over the shots.
        selection: which takes are asked about; all that were ever bought by default.
        settings: whose base URL says which books count; read from the environment by default.

    Raises:
        InvalidProjectError: the file cannot be read, has no [project] with an id, or has faults although a selection
            asks for some of its takes.
        UsageError: the selection matches nothing.
        StorageError: the ledger cannot be read.
    """
    settings, now = settings or load_settings(), datetime.now(UTC)
    project, faults = identified_project(path, settings, profile)
    snapshot = read_snapshot(project, settings, now)
    picks, drafts = read_choices(project, snapshot, now)
    try:
        planned = (
            None
            if faults
            else plan_against(project, snapshot=snapshot, selection=selection, now=now, picks=picks, drafts=drafts)
        )
    except InvalidProjectError:  # in its templates or requests; `check` tells them
        planned = None
    if selection is None:
        return Status(project, settings.origin, snapshot, planned, now)
    if planned is None:
        raise InvalidProjectError(inspect(Path(path), known_catalog(settings)).errors)
    chosen = {str(each.take.address) for each in planned.chosen}
    asked = {each.key for each in planned.chosen}  # a renamed shot has its takes under the old name
    attempts = tuple(
        each for each in snapshot.attempts if each.address in chosen or (each.fingerprint, each.take) in asked
    )
    return Status(project, settings.origin, replace(snapshot, attempts=attempts), planned, now)


def identified_project(
    path: Path | str, settings: Settings, profile: str = DEFAULT_PROFILE
) -> tuple[Project, Sequence[Fault]]:
    """A project with its faults: as long as it has an id, its books can be read.

    Raises:
        InvalidProjectError: the file cannot be read, or has no [project] with an id.
    """
    loading = load_leniently(Path(path), known_catalog(settings), profile)
    if loading.project is None or loading.project.table.id == UNNAMED:
        raise InvalidProjectError(locate(loading.faults))
    return loading.project, loading.faults
