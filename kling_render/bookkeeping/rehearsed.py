"""What is known of a project's last rehearsal, as if it had been a render."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from kling_render.bookkeeping.status import Status, identified_project
from kling_render.errors import InvalidProjectError, StorageError
from kling_render.inspection import inspect
from kling_render.ledger.store import Ledger
from kling_render.planning import plan as plan_against
from kling_render.pricing import known_catalog
from kling_render.project import DEFAULT_PROFILE
from kling_render.rendering.choices import read_choices
from kling_render.rendering.view import seen_from_here
from kling_render.settings import Settings, load_settings


def read_rehearsed(
    path: Path | str,
    *,
    folder: Path | None = None,
    profile: str = DEFAULT_PROFILE,
    settings: Settings | None = None,
) -> Status:
    """The clips of the last rehearsal of a project, and the plan against them.

    The paths of its clips are relative to the parent of the rehearsal's folder.

    Args:
        path: the project file, or its folder.
        folder: where it was rehearsed; by default `rehearsal` beside the project file.
        profile: which set of overrides lies over the shots.
        settings: of this machine; read from the environment by default.

    Raises:
        InvalidProjectError: the project has faults.
        StorageError: there was no rehearsal, or its ledger cannot be read.
    """
    from kling_render.rehearsal import FOLDER, LEDGER, ORIGIN  # late: it brings the mock server along

    settings, now = settings or load_settings(), datetime.now(UTC)
    project, faults = identified_project(path, settings, profile)
    if faults:
        raise InvalidProjectError(inspect(Path(path), known_catalog(settings)).errors)
    folder = folder or project.folder / FOLDER
    ledger_path = folder / LEDGER
    if not ledger_path.exists():
        raise StorageError(f"there is no rehearsal in {folder}", hint="See: kling-render rehearse")
    with Ledger.reading(ledger_path) as ledger:
        snapshot = ledger.snapshot(project.table.id, ledger.last_identity(project.table.id, ORIGIN))
    snapshot = seen_from_here(snapshot, (), folder.parent, now)
    picks, drafts = read_choices(project, snapshot, now)
    planned = plan_against(project, snapshot=snapshot, now=now, picks=picks, drafts=drafts)
    return Status(project, ORIGIN, snapshot, planned, now)
