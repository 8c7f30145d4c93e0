"""What is known of a project before anything is asked of a server: from the ledger and `takes.lock`."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from kling_render.ledger import Snapshot, locked_identity, read_lock
from kling_render.project import Project
from kling_render.rendering.paths import LEDGER, lock_path
from kling_render.rendering.view import seen_from_here
from kling_render.settings import Settings


def read_snapshot(project: Project, settings: Settings, now: datetime) -> Snapshot:
    """What is known of a project at an origin, by ledger and `takes.lock`, for the account that bought there last.

    Raises:
        StorageError: the ledger or the lock cannot be read.
    """
    locked = read_lock(takes_lock(project, settings))
    path, project_id = project.folder / LEDGER, project.table.id
    snapshot = Snapshot(project_id=project_id)
    if path.exists():
        from kling_render.ledger.store import Ledger  # late: it brings SQLAlchemy along

        with Ledger.reading(path) as ledger:
            snapshot = ledger.snapshot(project_id, ledger.last_identity(project_id, settings.origin))
    if snapshot.identity is None:
        snapshot = replace(snapshot, identity=locked_identity(locked, project_id, settings.origin))
    return seen_from_here(snapshot, locked, project.folder, now)


def takes_lock(project: Project, settings: Settings) -> Path:
    """The project's `takes.lock` for the origin of the settings."""
    return project.folder / lock_path(settings.origin, is_default_origin=settings.is_default_origin)
