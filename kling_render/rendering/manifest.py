"""`manifest.json` beside the clips: what each take of the plan is, costs and where it lies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kling_render.catalog import exact_usd
from kling_render.errors import StorageError
from kling_render.ledger import Attempt, Snapshot
from kling_render.planning import Plan, PlannedTake
from kling_render.rendering.paths import MANIFEST
from kling_render.rendering.work import Work


def write_manifest(plan: Plan, snapshot: Snapshot, work: Work) -> Path:
    """Write the manifest of a plan after a run, in one stroke; returns its path.

    Raises:
        StorageError: it cannot be written.
    """
    path = work.folder / work.options.output / plan.profile / MANIFEST
    text = json.dumps(manifest(plan, snapshot, work), ensure_ascii=False, indent=2) + "\n"
    part = path.with_name(f"{MANIFEST}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, "utf-8")
        part.replace(path)
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror or error}") from error
    return path


def manifest(plan: Plan, snapshot: Snapshot, work: Work) -> dict[str, Any]:
    """The manifest as JSON: `takes` in the order of the plan; amounts in USD as decimal texts."""
    project = plan.project
    return {
        "schema": 1,
        "project": {"name": project.table.name, "id": project.table.id, "client": project.table.client},
        "origin": work.run.origin,
        "account": {"id": work.run.account_id, "name": work.run.account_name},
        "profile": plan.profile,
        "run": work.run.id,
        "person": work.run.person,
        "tool_version": work.run.tool_version,
        "price_card": plan.price_card,
        "plan_hash": plan.hash,
        "takes": [_take(planned, snapshot) for planned in plan.takes],
    }


def _take(planned: PlannedTake, snapshot: Snapshot) -> dict[str, Any]:
    take = planned.take
    attempt = snapshot.latest(planned.fingerprint, take.address.number)
    return {
        "address": str(take.address),
        "fingerprint": planned.fingerprint,
        "state": attempt.state.value if attempt else "new",
        "action": take.action,
        "request": take.shown_body(),
        "estimated_usd": exact_usd(planned.estimate_micro_usd),
        **(_bought(attempt) if attempt else {}),
    }


def _bought(attempt: Attempt) -> dict[str, Any]:
    clip = attempt.clip
    return {
        "attempt": attempt.attempt,
        "task_id": attempt.task_id,
        "settled_usd": exact_usd(attempt.settled_micro_usd),
        "drift": None if attempt.drift is None else round(attempt.drift, 4),
        "url_expires_at": attempt.url_expires_at.isoformat() if attempt.url_expires_at else None,
        "error": attempt.error,
        "clip": None
        if clip is None
        else {
            "path": clip.path,
            "sha256": clip.sha256,
            "bytes": clip.byte_count,
            "seconds": clip.seconds,
            "width": clip.width,
            "height": clip.height,
            "sound": clip.has_sound,
        },
    }
