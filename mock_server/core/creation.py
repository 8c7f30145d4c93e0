"""POST /api/v1/kling/{action}: key, body, replay, validation, price, credit, in this order."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from kling_render.catalog import did_you_mean, format_usd
from mock_server.core import ids
from mock_server.core.accounts import Account
from mock_server.core.billing import Charge, charge
from mock_server.core.bodies import read_idempotency_key, read_object
from mock_server.core.messages import Refusal, Response
from mock_server.core.request_media import media_lookup
from mock_server.core.state import Call, State
from mock_server.core.tasks import Task
from mock_server.core.urls import base_url
from mock_server.core.verdicts import refuse_faults
from mock_server.core.views import task_response


def create(state: State, call: Call) -> Response:
    """Accept a request as a new task, or answer with the task that its Idempotency-Key stands for."""
    action = _known_action(state, call.params["action"])
    account = state.accounts.of_request(call.request)
    key = read_idempotency_key(call.request)
    body = read_object(call.request)
    input_digest = ids.digest("input", action, body.canonical.decode("utf-8"))
    task_id = account.replays.find(key, input_digest, state.now)
    if task_id is None:
        refuse_faults(state, base_url(state.config, call.request), account, action, body.fields)
        task = _new_task(state, call, account, key, body.fields)
        _refuse_overdraft(account, task)  # what is refused anyway uses no planned fate up
        task = state.faults.fate(task, len(state.tasks) + 1, call.faults)
        _refuse_overdraft(account, task)  # its price may be part of its fate
        state.add(task)
        account.replays.remember(key, input_digest, task.id, state.now)
        task_id = task.id
    return task_response(state, call, state.tasks[task_id])


def _known_action(state: State, action: str) -> str:
    actions = state.catalog.actions
    if action in actions:
        return action
    text = f"unknown action {action[:80]}{did_you_mean(action[:80], actions)}; there are {', '.join(actions)}"
    raise Refusal(404, "not_found", text)


def _new_task(state: State, call: Call, account: Account, key: str | None, body: Mapping[str, Any]) -> Task:
    action, model, task_id = call.params["action"], str(body["model"]), _next_id(state, account, key)
    cost = charge(state.catalog, state.config, action, body, media_lookup(state))
    whole = _duration(state, task_id, model, cost)
    return Task(
        id=task_id,
        account=account.digest,
        action=action,
        model=model,
        seconds=cost.seconds,
        micro_usd=cost.micro_usd,
        created_at=state.now,
        starts_at=state.now + state.latency.queue(model),
        completes_at=state.now + whole,
        base_url=base_url(state.config, call.request),
        client_request_id=call.client_request_id,
        key_digest=hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest() if key is not None else "",
        body=body,
        values=cost.values,
    )


def _duration(state: State, task_id: str, model: str, cost: Charge) -> timedelta:
    if state.config.task_seconds is not None:
        return timedelta(seconds=state.config.task_seconds)
    jitter = ids.fraction("latency", state.config.seed, task_id)
    return state.latency.whole(model, cost.seconds, str(cost.values.get("output_resolution")), jitter)


def _next_id(state: State, account: Account, key: str | None) -> str:
    if key is None:
        return ids.counted_task_id(state.config.seed, len(state.tasks))
    uses = (ids.keyed_task_id(state.config.seed, account.digest, key, use) for use in itertools.count())
    return next(task_id for task_id in uses if task_id not in state.tasks)


def _refuse_overdraft(account: Account, task: Task) -> None:
    if task.micro_usd > account.books.available:
        cost, available = format_usd(task.micro_usd), format_usd(account.books.available)
        text = f"insufficient credits: this task costs {cost}, {available} is available"
        raise Refusal(402, "insufficient_credits", text)
