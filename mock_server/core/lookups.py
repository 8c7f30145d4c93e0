"""What an account may ask about itself: its tasks, its name, its balance."""

from __future__ import annotations

from collections.abc import Callable

from kling_render.catalog import cents_from_micro
from mock_server.core.client_clock import retry_after
from mock_server.core.messages import Refusal, Response, json_response
from mock_server.core.routes import not_allowed
from mock_server.core.state import Call, State
from mock_server.core.tasks import Task
from mock_server.core.views import task_response, task_result_response


def task(state: State, call: Call) -> Response:
    """GET /api/v1/kling/{task_id}; the address of an action takes POST only."""
    if call.params["task_id"] in state.catalog.actions:
        raise not_allowed(call.request.method, "POST")
    return _polled(state, call, _find(state, call), task_response)


def task_of_action(state: State, call: Call) -> Response:
    """GET /api/v1/kling/{action}/{task_id}: only under the action that made the task."""
    found = _find(state, call)
    if found.action != call.params["action"]:
        raise _no_task(call)
    return _polled(state, call, found, task_response)


def task_result(state: State, call: Call) -> Response:
    """GET /api/v1/tasks/{task_id}."""
    return _polled(state, call, _find(state, call), task_result_response)


def me(state: State, call: Call) -> Response:
    """GET /api/v1/me."""
    account = state.accounts.of_request(call.request)
    name = f"Mock account {account.number}"
    email = f"user-{account.user_number}@example.invalid"
    shown = {"id": account.user_number, "name": name, "email": email}
    return json_response(200, {**shown, "account": {"id": account.number, "name": name}})


def balance(state: State, call: Call) -> Response:
    """GET /api/v1/me/balance: what is available, reservations taken off."""
    books = state.accounts.of_request(call.request).books
    available = cents_from_micro(books.available)
    shown = {
        "balance_cents": available,
        "paid_balance_cents": available,
        "bonus_balance_cents": 0,
        "spent_cents_today": cents_from_micro(books.spent_on(state.now.date())),
        "spent_cents_total": cents_from_micro(books.settled),
    }
    return json_response(200, shown)


def _polled(state: State, call: Call, task: Task, view: Callable[[State, Call, Task], Response]) -> Response:
    state.polls[task.id] += 1
    pause = None if state.now >= task.completes_at else state.config.poll_retry_after_seconds
    return view(state, call, task).with_headers(retry_after(state.config, pause))


def _find(state: State, call: Call) -> Task:
    found = state.task_of(state.accounts.of_request(call.request), call.params["task_id"])
    if found is None:
        raise _no_task(call)
    return found


def _no_task(call: Call) -> Refusal:
    return Refusal(404, "not_found", f"no task {call.params['task_id'][:80]} in this account")
