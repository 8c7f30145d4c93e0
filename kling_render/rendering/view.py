"""The ledger as seen from this disk: with what `takes.lock` knows more, and what is lost for good."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kling_render.ledger import Attempt, LockedTake, Snapshot, State
from kling_render.rendering.paths import is_there

if TYPE_CHECKING:
    from kling_render.ledger.store import Ledger, Run


def seen_from_here(snapshot: Snapshot, locked: Iterable[LockedTake], folder: Path, now: datetime) -> Snapshot:
    """The snapshot with the takes of the lock that the ledger does not know, each clip looked for on this disk.

    A take of the lock whose clip lies here unchanged is downloaded, and so is one that was lost and that somebody put
    back; a clip that is not here and can no longer be fetched is expired. Nothing is written.

    Args:
        snapshot: what the ledger knows.
        locked: what `takes.lock` knows, of whatever project, origin and account.
        folder: the project's folder.
        now: the time.
    """
    whole = snapshot.with_locked(locked)
    return replace(whole, attempts=tuple(_looked_for(each, folder, now) for each in whole.attempts))


def write_view(
    ledger: Ledger, run: Run, known: Snapshot, view: Snapshot, locked: Iterable[LockedTake], now: datetime
) -> int:
    """Write to the ledger what a view knows more; returns how many takes were taken over from the lock.

    Args:
        ledger: what is written.
        run: the run that found it out.
        known: what the ledger knows, as the view was made from it.
        view: the ledger as seen from this disk.
        locked: what `takes.lock` knows.
        now: the time.
    """
    rows = {(each.fingerprint, each.take, each.attempt): each for each in known.attempts}
    mine = (run.project_id, run.origin, run.account_id)
    lines = {each.key[3:]: each for each in locked if each.key[:3] == mine}
    adopted = 0
    for attempt in view.attempts:
        key = (attempt.fingerprint, attempt.take, attempt.attempt)
        row = rows.get(key)
        if row is None:
            row = ledger.adopt(run, lines[key], now)
            adopted += 1
        if row.state is not attempt.state:
            ledger.record(
                run, row, attempt.state, now, task_id=attempt.task_id, settled_micro_usd=attempt.settled_micro_usd,
                url_expires_at=attempt.url_expires_at, clip=attempt.clip,
            )  # fmt: skip
    return adopted


def _looked_for(attempt: Attempt, folder: Path, now: datetime) -> Attempt:
    clip, expires = attempt.clip, attempt.url_expires_at
    if attempt.state is State.DOWNLOADED:
        if clip is not None and is_there(folder, clip.path):
            return attempt
    elif attempt.state in (State.ELSEWHERE, State.EXPIRED):
        if clip is not None and is_unchanged(folder / clip.path, clip.sha256):
            return replace(attempt, state=State.DOWNLOADED)
    else:
        return attempt
    is_lost = expires is not None and expires <= now
    return replace(attempt, state=State.EXPIRED) if is_lost else attempt


def is_unchanged(path: Path, sha256: str) -> bool:
    """Whether a file with this content lies at a path."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False
