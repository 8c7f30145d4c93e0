"""Writes `takes.lock` from what a render knows, beside what stands there of others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kling_render.ledger import Snapshot, locked_takes, merged_lock, read_lock, refused_tasks, remove_parts, write_lock


def write_takes_lock(path: Path, snapshot: Snapshot, persons: Mapping[str, str]) -> None:
    """Bring the file up to date; lines of other machines and accounts stay. Only for whoever holds the project's lock.

    Args:
        path: the file.
        snapshot: what the ledger knows.
        persons: who started each run, by its id.

    Raises:
        StorageError: it cannot be read or written, or a merge was not finished in it.
    """
    remove_parts(path)
    own = locked_takes(snapshot, snapshot.project_id, persons)
    write_lock(path, merged_lock(read_lock(path), own, refused_tasks(snapshot)))
