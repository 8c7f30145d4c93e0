"""From a planned take to a task on the server: reserve, write the intent, then POST those very bytes."""

from __future__ import annotations

from datetime import datetime, timedelta

from kling_render.errors import (
    ApiError,
    AuthenticationError,
    ConflictError,
    InsufficientCreditsError,
    KlingRenderError,
    RateLimitError,
    RequestRefusedError,
    UnintelligibleAnswerError,
    UnreachableError,
)
from kling_render.events import Event
from kling_render.expansion import StandIn
from kling_render.ledger import Attempt, State
from kling_render.ledger.store import Intent
from kling_render.planning import PlannedTake, client_request_id, idempotency_key
from kling_render.rendering.work import Work

_REFUSED_FOR_NOW = (AuthenticationError, InsufficientCreditsError, RateLimitError)


class PossiblyChargedError(KlingRenderError):
    """An attempt whose answer never came, and that can no longer be asked for: never resubmitted by itself."""

    exit_code = 7


async def reserve(work: Work, planned: PlannedTake, last: Attempt | None) -> Attempt:
    """Upload what the take needs, and write the intent of a new attempt to the ledger.

    Args:
        work: the render.
        planned: the take.
        last: the newest attempt at it, if any.

    Raises:
        LocalFileError: a local file is not what it was; nothing was written.
        BudgetError: a cap would be broken; nothing was written.
    """
    take = planned.take
    number = _next_attempt(last)
    key = idempotency_key(work.run.project_id, planned.fingerprint, take.address.number, number)
    urls: dict[StandIn, str] = {file: await work.host_file(file) for file in take.local_files}
    intent = Intent(
        address=str(take.address),
        title=take.title,
        fingerprint=planned.fingerprint,
        take=take.address.number,
        attempt=number,
        action=take.action,
        model=take.model,
        key=key,
        client_request_id=client_request_id(take.address, number, key, send_address=work.options.send_address),
        body=take.wire_body(urls),
        reserved_micro_usd=planned.estimate_micro_usd or 0,
    )
    return work.ledger.reserve(work.run, intent, work.caps, work.clock.now())


def _next_attempt(last: Attempt | None) -> int:
    if last is None:
        return 1
    return last.attempt if last.state is State.RELEASED else last.attempt + 1


async def submit(work: Work, attempt: Attempt, *, replay: bool = False) -> Attempt:
    """POST an intent's stored bytes with its stored key; the answer's task id goes to the ledger at once.

    Args:
        work: the render.
        attempt: the intent.
        replay: whether it was perhaps sent before, by an earlier run.

    Raises:
        ApiError: the server refused (the attempt has failed), or no answer came (the intent stays open).
        PossiblyChargedError: the key was used with another request, or a repetition is refused: nobody knows whether
            the first one was charged.
    """
    try:
        task = await work.api.create(
            attempt.action,
            attempt.body,
            idempotency_key=attempt.key,
            client_request_id=attempt.client_request_id,
        )
        task_id = task.id
    except ConflictError as error:
        # The key is made from the identity of the take: its bytes differ only where an upload got another address.
        if error.task_id is None:
            reason = f"the server knows its key with another request: {error.message}"
            raise _possibly_charged(work, attempt, reason) from error
        task_id = error.task_id
    except (*_REFUSED_FOR_NOW, UnreachableError) as error:
        unsettled = isinstance(error, UnreachableError) and not error.never_sent
        if not unsettled and not _perhaps_sent_before(error, replay):
            work.record(attempt, State.RELEASED, error=error.message)
        raise
    except UnintelligibleAnswerError as error:
        if error.task_id is None:
            raise
        task_id = error.task_id  # the server has it; the next poll judges what it makes of it
    except RequestRefusedError as error:
        work.forget_uploads(attempt)
        if _perhaps_sent_before(error, replay):
            raise _possibly_charged(work, attempt, f"the server refuses the repetition: {error.message}") from error
        work.record(attempt, State.FAILED, error=error.message)
        raise
    submitted = work.record(attempt, State.SUBMITTED, task_id=task_id)
    work.emit(Event("submitted", attempt.address, "", task_id, attempt.reserved_micro_usd))
    return submitted


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
    raise _possibly_charged(work, attempt, f"it was perhaps submitted at {when}, and {reason}")


def _possibly_charged(work: Work, attempt: Attempt, reason: str) -> PossiblyChargedError:
    work.record(attempt, State.UNKNOWN, error=reason)
    hint = f"Look for {attempt.client_request_id} on RunAPI; this take is not bought again by itself."
    return PossiblyChargedError(reason, hint=hint)
