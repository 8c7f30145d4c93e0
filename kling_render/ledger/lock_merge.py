"""What a ledger knows for `takes.lock`, and how it goes together with what stands there already."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from kling_render.ledger.attempts import Attempt, Identity
from kling_render.ledger.lock_file import knowledge
from kling_render.ledger.locked_take import LockedTake
from kling_render.ledger.snapshot import Snapshot
from kling_render.ledger.states import State

_PAID = frozenset({State.COMPLETED, State.DOWNLOADED, State.EXPIRED})
_LOCKED = _PAID | {State.SUBMITTED, State.PROCESSING, State.ELSEWHERE, State.UNKNOWN, State.ABANDONED}
_REFUSED = frozenset({State.FAILED, State.MODERATED, State.RELEASED})


def locked_takes(snapshot: Snapshot, project_id: str, persons: Mapping[str, str]) -> tuple[LockedTake, ...]:
    """The attempts of a snapshot that belong into the lock: those with a task that was not refused.

    What the snapshot itself has from the lock alone is left out; merging keeps it.

    Args:
        snapshot: what the ledger knows.
        project_id: whose attempts these are.
        persons: who started each run, by its id.
    """
    identity = snapshot.identity
    if identity is None:
        return ()
    return tuple(
        _locked(each, each.task_id, project_id, identity, persons.get(each.run_id, ""))
        for each in snapshot.attempts
        if each.id and each.task_id and each.state in _LOCKED
    )


def refused_tasks(snapshot: Snapshot) -> frozenset[tuple[str, str]]:
    """Origin and id of the tasks that came to nothing: their lines leave the lock."""
    origin = snapshot.identity.origin if snapshot.identity else ""
    return frozenset((origin, each.task_id) for each in snapshot.attempts if each.task_id and each.state in _REFUSED)


def merged_lock(
    existing: Iterable[LockedTake], own: Iterable[LockedTake], refused: Collection[tuple[str, str]] = ()
) -> tuple[LockedTake, ...]:
    """What the lock says after a ledger spoke: lines it knows nothing of stay as they are.

    Own lines win, but where both are about the same task the one that knows more does: a ledger that was lost and
    built anew takes nothing back.

    Args:
        existing: what stands in the file.
        own: what the ledger knows.
        refused: origin and id of tasks that came to nothing.
    """
    merged = {each.key: each for each in existing if (each.origin, each.task_id) not in refused}
    for each in own:
        other = merged.get(each.key)
        if other is None or other.task_id != each.task_id or knowledge(other) <= knowledge(each):
            merged[each.key] = each
    return tuple(merged.values())


def locked_identity(takes: Iterable[LockedTake], project_id: str, origin: str) -> Identity | None:
    """The account that bought last at an origin according to the lock, for a clone that has no ledger yet."""
    mine = [each for each in takes if (each.project_id, each.origin) == (project_id, origin)]
    newest = max(mine, key=lambda each: (each.created_at, each.account_id), default=None)
    return Identity(origin, newest.account_id) if newest else None


def _locked(attempt: Attempt, task_id: str, project_id: str, identity: Identity, person: str) -> LockedTake:
    is_paid = attempt.state in _PAID or attempt.settled_micro_usd is not None or attempt.clip is not None
    return LockedTake(
        address=attempt.address,
        title=attempt.title,
        profile=attempt.profile,
        fingerprint=attempt.fingerprint,
        take=attempt.take,
        attempt=attempt.attempt,
        project_id=project_id,
        origin=identity.origin,
        account_id=identity.account_id,
        action=attempt.action,
        model=attempt.model,
        task_id=task_id,
        is_paid=is_paid,
        settled_micro_usd=attempt.settled_micro_usd,
        reserved_micro_usd=attempt.reserved_micro_usd,
        clip=attempt.clip,
        person=person,
        created_at=attempt.created_at,
        url_expires_at=attempt.url_expires_at,
    )
