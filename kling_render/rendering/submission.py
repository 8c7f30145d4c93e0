"""From a planned take to a task on the server: reserve, write the intent, then POST those very bytes."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from kling_render.errors import (
    ApiError,
    AuthenticationError,
    BudgetError,
    ConflictError,
    InsufficientCreditsError,
    ModerationError,
    RateLimitError,
    RequestRefusedError,
    UnintelligibleAnswerError,
    UnreachableError,
)
from kling_render.expansion import StandIn
from kling_render.ledger import Attempt, State
from kling_render.ledger.store import Intent
from kling_render.planning import PlannedTake, client_request_id, idempotency_key, next_number
from kling_render.rendering.failures import PossiblyChargedError
from kling_render.rendering.work import Work

_REFUSED_FOR_NOW = (AuthenticationError, InsufficientCreditsError, RateLimitError)


def reserve(work: Work, planned: PlannedTake, last: Attempt | None, values: Mapping[StandIn, str]) -> Attempt:
    """Write the intent of a new attempt to the ledger.

    Args:
        work: the render.
        planned: the take, with the fingerprint that its sources give it.
        last: the newest attempt at it, if any.
        values: what stands for its references and local files.

    Raises:
        BudgetError: a cap would be broken; nothing was written.
    """
    take = planned.take
    if planned.reserve_micro_usd is None and work.caps.any:
        raise BudgetError(f"{take.address}: nobody knows its price any more", hint="See: kling-render plan")
    number = next_number(last)
    key = idempotency_key(work.run.project_id, planned.fingerprint, take.address.number, number)
    return work.reserve(
        Intent(
            address=str(take.address),
            title=take.title,
            fingerprint=planned.fingerprint,
            take=take.address.number,
            attempt=number,
            action=take.action,
            model=take.model,
            key=key,
            client_request_id=client_request_id(take.address, number, key, send_address=work.options.send_address),
            body=take.wire_body(values),
            reserved_micro_usd=planned.reserve_micro_usd or 0,
            estimated_micro_usd=planned.estimate_micro_usd,
        )
    )


async def submit(work: Work, attempt: Attempt, *, replay: bool = False) -> Attempt:
    """POST an intent's stored bytes with its stored key, once it is on disk; so is the task id when this returns.

    Nothing waits between the answer and the ledger, so that no interrupt can come between them.

    Args:
        work: the render.
        attempt: the intent.
        replay: whether it was perhaps sent before, by an earlier run.

    Raises:
        ApiError: the server refused (the attempt has failed), or no answer came (the intent stays open).
        PossiblyChargedError: the key was used with another request, or a repetition is refused: nobody knows whether
            the first one was charged.
    """
    task_id = await _posted(work, attempt, replay=replay)
    submitted = work.record(attempt, State.SUBMITTED, task_id=task_id)
    await work.on_disk()
    return submitted


async def _posted(work: Work, attempt: Attempt, *, replay: bool) -> str:
    try:
        with work.awaiting_answer():
            await work.on_disk()
            task = await work.api.create(
                attempt.action,
                attempt.body,
                idempotency_key=attempt.key,
                client_request_id=attempt.client_request_id,
            )
        return task.id
    except ConflictError as error:
        # The key is made from the identity of the take: its bytes differ only where an upload got another address.
        if error.task_id is None:
            reason = f"the server knows its key with another request: {error.message}"
            raise possibly_charged(work, attempt, reason) from error
        return error.task_id
    except (*_REFUSED_FOR_NOW, UnreachableError) as error:
        unsettled = isinstance(error, UnreachableError) and not error.never_sent
        if not unsettled and not _perhaps_sent_before(error, replay):
            work.record(attempt, State.RELEASED, error=error.message)
        raise
    except UnintelligibleAnswerError as error:
        if error.task_id is None:
            raise
        return error.task_id  # the server has it; the next poll judges what it makes of it
    except RequestRefusedError as error:
        work.forget_uploads(attempt)
        if _perhaps_sent_before(error, replay):
            raise possibly_charged(work, attempt, f"the server refuses the repetition: {error.message}") from error
        state = State.MODERATED if isinstance(error, ModerationError) else State.FAILED
        work.record(attempt, state, error=error.message)
        raise


def _perhaps_sent_before(error: ApiError, replay: bool) -> bool:
    """Whether an earlier try, of this run or another, may have reached the server."""
    return replay or error.after_unknown


def check_replay(work: Work, attempt: Attempt, newest: datetime) -> None:
    """Refuses to repeat an intent whose key the server may have forgotten.

    Raises:
        PossiblyChargedError: it is older than the replay window, or the clock stands before the newest entry.
    """
    now, window = work.clock.now(), timedelta(seconds=work.options.replay_window_seconds)
    if newest <= now <= attempt.created_at + window:
        return
    reason = "the clock stands before the ledger's newest entry" if now < newest else f"it is older than {window}"
    when = f"{attempt.created_at:%Y-%m-%d %H:%M}"
    raise possibly_charged(work, attempt, f"it was perhaps submitted at {when}, and {reason}")


def possibly_charged(work: Work, attempt: Attempt, reason: str) -> PossiblyChargedError:
    """Record that nobody knows whether an attempt was charged, and say what can be done."""
    work.record(attempt, State.UNKNOWN, error=reason)
    name = shlex.quote(attempt.address)
    hint = (
        f"Look for {attempt.client_request_id} on RunAPI. If there is a task: kling-render attach {name} TASK_ID; "
        f"if there is none: kling-render abandon {name}"
    )
    return PossiblyChargedError(reason, hint=hint)


def as_resolved(planned: PlannedTake, fingerprint: str) -> PlannedTake:
    """The take with the fingerprint that its sources have given it by now."""
    return planned if planned.fingerprint == fingerprint else replace(planned, fingerprint=fingerprint)
