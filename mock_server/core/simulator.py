"""The simulator: requests and times in, responses out; no clock, socket, file or global state of its own."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from kling_render.catalog import Catalog, MediaFacts, bundled_catalog
from mock_server.core import control, creation, description, downloads, files, ids, lookups, pricing, routes
from mock_server.core.bodies import read_client_request_id
from mock_server.core.books import Books
from mock_server.core.callbacks import Attempt, Callback
from mock_server.core.changing import Changing
from mock_server.core.client_clock import client_time
from mock_server.core.config import Config
from mock_server.core.controls import Controls
from mock_server.core.faults import Arrival
from mock_server.core.journal import Answered, Entry
from mock_server.core.latency import bundled_latency
from mock_server.core.messages import MAX_BODY_BYTES, Refusal, Request, Response, refusal_response
from mock_server.core.postings import Bill, bills
from mock_server.core.scenario import Subject
from mock_server.core.state import Call, State
from mock_server.core.tasks import Task
from mock_server.core.verdict import Verdict

_ENDPOINTS: Mapping[str, Callable[[State, Call], Response]] = {
    "create": creation.create,
    "task_of_action": lookups.task_of_action,
    "task": lookups.task,
    "task_result": lookups.task_result,
    "me": lookups.me,
    "balance": lookups.balance,
    "price_schedules": pricing.price_schedules,
    "price_quote": pricing.price_quote,
    "register_file": files.register,
    "prepare_file": files.prepare,
    "put_file": files.receive,
    "confirm_file": files.confirm,
    "clip": downloads.clip,
    "upload": downloads.upload,
    "openapi": description.openapi,
}
_DEFAULT_CONFIG = Config()


class Simulator(Controls):
    """RunAPI's Kling endpoints as one object; safe to call from several threads."""

    def __init__(self, config: Config = _DEFAULT_CONFIG, catalog: Catalog | None = None) -> None:
        self._state = State.opened(config, catalog or bundled_catalog(), bundled_latency())
        self._lock = threading.Lock()
        self._changing = Changing(self._lock, self._state)

    @property
    def config(self) -> Config:
        """Its settings; a reset may have given them another seed."""
        return self._state.config

    def handle(self, request: Request, at: datetime) -> Response:
        """Answer a request that arrives at a time (aware); an earlier time counts as the latest one seen.

        Never raises, whatever the request says: what it does not understand it refuses.
        """
        with self._changing:
            self._state.advance(at + self._state.skew)
            if control.is_control(request.path):
                return control.answer(self._state, request)
            self._state.requests += 1
            headers = {"x-request-id": ids.request_id(self.config.seed, self._state.requests)}
            try:
                answered = self._answer(request, at, headers)
            except Refusal as refusal:
                answered = Answered("", refusal_response(refusal))
            response = answered.response.with_headers(headers)
            self._write(request, Answered(answered.endpoint, response, answered.task_id))
            return response

    def body_limit(self, method: str, path: str) -> int:
        """The most bytes that a request's body may have; a door need not read more."""
        return self.config.max_media_bytes if routes.takes_media(method, path) else MAX_BODY_BYTES

    def advance(self, at: datetime) -> None:
        """Let time pass without a request: due tasks end and are settled."""
        with self._changing:
            self._state.advance(at)

    def host_file(self, name: str, content: bytes) -> str:
        """Host a file under `base_url` without an end; the same name and content give the same URL.

        Raises:
            ValueError: when the simulator has no base URL of its own.
        """
        if self.config.base_url is None:
            raise ValueError("host_file needs Config.base_url: without a request there is no host to name")
        with self._lock:
            return self.config.base_url.rstrip("/") + self._state.uploads.host(name, content).path

    def note_media(self, url: str, facts: MediaFacts) -> None:
        """Tell what a file elsewhere is, so that requests naming its URL are judged and priced by it."""
        with self._lock:
            self._state.noted_media[url] = facts

    def note_task(self, task_id: str, model: str | None = None) -> None:
        """Tell of a completed task of another server, so that every account may extend and edit it here.

        Args:
            task_id: its id there.
            model: what made it; None where nobody knows, and then it counts as the right one for any extension.
        """
        with self._lock:
            self._state.noted_tasks[task_id] = model

    def due_callback(self, at: datetime) -> Callback | None:
        """Let time pass until `at`, and return the first callback that is to be tried by then."""
        with self._changing:
            self._state.advance(at + self._state.skew)
            callback = self._state.outbox.next_due()
            is_due = callback is not None and callback.due_at is not None and callback.due_at <= self._state.now
            return callback if is_due else None

    def record_attempt(self, task_id: str, attempt: Attempt) -> Callback:
        """Note how the delivery of a task's callback went; returns the callback as it stands then."""
        with self._changing:
            return self._state.outbox.record(task_id, attempt)

    @contextlib.contextmanager
    def watched(self, on_change: Callable[[], None]) -> Iterator[None]:
        """While the block runs, call `on_change` (from any thread) when `next_event` is due or has become another."""
        with self._changing.watched(on_change):
            yield

    @property
    def next_event(self) -> datetime | None:
        """When a task ends or a callback is due next, by the door's clock; None when nothing is under way."""
        with self._lock:
            event = self._state.next_event
            return event - self._state.skew if event else None

    @property
    def callbacks(self) -> tuple[Callback, ...]:
        """All callbacks of ended tasks, with every attempt; only the HTTP server delivers them."""
        with self._lock:
            return self._state.outbox.all

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All tasks in the order of their creation."""
        with self._lock:
            return tuple(self._state.tasks.values())

    @property
    def now(self) -> datetime:
        """The latest time seen."""
        return self._state.now

    def books(self, api_key: str) -> Books:
        """The books of a key's account."""
        with self._lock:
            return self._state.accounts.of_key(api_key).books

    @property
    def all_books(self) -> tuple[Books, ...]:
        """The books of every account, in the order in which their keys were first seen."""
        with self._lock:
            return tuple(account.books for account in self._state.accounts.opened)

    @property
    def journal(self) -> tuple[Entry, ...]:
        """The latest requests with their answers, in order."""
        with self._lock:
            return tuple(self._state.journal)

    def verdict(self) -> Verdict:
        """What the clients so far would have cost by carelessness."""
        with self._lock:
            return self._state.verdict()

    def bills(self, api_key: str) -> tuple[Bill, ...]:
        """What each task of a key's account has done to its books, in the order of creation."""
        with self._lock:
            account = self._state.accounts.of_key(api_key)
            own = [task for task in self._state.tasks.values() if task.account == account.digest]
            return bills(own, account.postings)

    def _write(self, request: Request, answered: Answered) -> None:
        state = self._state
        client_at = client_time(state.config, state.began or state.now, state.now)
        state.journal.add(state.requests, state.now, client_at, request, answered)

    def _answer(self, request: Request, at: datetime, headers: dict[str, str]) -> Answered:
        client_request_id = read_client_request_id(request)
        if client_request_id is not None:
            headers["x-client-request-id"] = client_request_id
        match = routes.match(request.method, request.path)
        limit = self._limit(match.route)
        if len(request.body) > limit:
            raise Refusal(413, "payload_too_large", f"the body is over {limit} bytes")
        state = self._state
        client_now = client_time(self.config, state.began or at, at)
        endpoint = match.route.name
        arrival = Arrival(endpoint, request, state.requests, client_now, self._subject(match, request))
        met = state.faults.meet(arrival)
        if refused := state.faults.before(arrival, met):
            return Answered(endpoint, state.faults.after(arrival, refused, met))
        response = self._serve(endpoint, Call(request, match.params, client_request_id, met))
        task_id = response.headers.get("x-runapi-task-id")
        return Answered(endpoint, state.faults.after(arrival, response, met), task_id)

    def _subject(self, match: routes.Match, request: Request) -> Subject | None:
        """What a request is about; None where no scenario asks."""
        state = self._state
        if state.faults.scenario is None:
            return None
        task_id = match.params.get("task_id") or match.params.get("file", "").removesuffix(".mp4")
        seconds = (state.now - (state.began or state.now)).total_seconds()
        return state.subjects.of(match.route.name, request, state.tasks.get(task_id), seconds)

    def _serve(self, endpoint: str, call: Call) -> Response:
        try:
            return _ENDPOINTS[endpoint](self._state, call)
        except Refusal as refusal:
            return refusal_response(refusal)

    def _limit(self, route: routes.Route) -> int:
        return self.config.max_media_bytes if route.takes_media else MAX_BODY_BYTES
