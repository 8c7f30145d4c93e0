"""The simulator: requests and times in, responses out; no clock, socket, file or global state of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime

from kling_render.catalog import Catalog, bundled_catalog
from mock_server.core import creation, downloads, ids, lookups, pricing, routes
from mock_server.core.accounts import Accounts
from mock_server.core.bodies import read_client_request_id
from mock_server.core.books import Books
from mock_server.core.config import Config
from mock_server.core.latency import bundled_latency
from mock_server.core.messages import MAX_BODY_BYTES, Refusal, Request, Response, refusal_response
from mock_server.core.state import Call, State
from mock_server.core.tasks import Task

_ENDPOINTS: Mapping[str, Callable[[State, Call], Response]] = {
    "create": creation.create,
    "task_of_action": lookups.task_of_action,
    "task": lookups.task,
    "task_result": lookups.task_result,
    "me": lookups.me,
    "balance": lookups.balance,
    "price_schedules": pricing.price_schedules,
    "price_quote": pricing.price_quote,
    "clip": downloads.clip,
    "upload": downloads.upload,
}
_DEFAULT_CONFIG = Config()


class Simulator:
    """RunAPI's Kling endpoints as one object; safe to call from several threads."""

    def __init__(self, config: Config = _DEFAULT_CONFIG, catalog: Catalog | None = None) -> None:
        self.config = config
        self._state = State(config, catalog or bundled_catalog(), bundled_latency(), Accounts(config))
        self._lock = threading.Lock()

    def handle(self, request: Request, at: datetime) -> Response:
        """Answer a request that arrives at a time (aware); an earlier time counts as the latest one seen.

        Never raises, whatever the request says: what it does not understand it refuses.
        """
        with self._lock:
            self._state.advance(at)
            self._state.requests += 1
            headers = {"x-request-id": ids.request_id(self.config.seed, self._state.requests)}
            try:
                response = self._answer(request, headers)
            except Refusal as refusal:
                response = refusal_response(refusal)
            return response.with_headers(headers)

    def advance(self, at: datetime) -> None:
        """Let time pass without a request: due tasks complete and are settled."""
        with self._lock:
            self._state.advance(at)

    def host_file(self, name: str, content: bytes) -> str:
        """Host a file under `base_url`, addressed by its content; a clip that names the URL as a frame shows it.

        Raises:
            ValueError: when the simulator has no base URL of its own.
        """
        if self.config.base_url is None:
            raise ValueError("host_file needs Config.base_url: without a request there is no host to name")
        with self._lock:
            return self.config.base_url.rstrip("/") + self._state.uploads.put(name, content)

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

    def _answer(self, request: Request, headers: dict[str, str]) -> Response:
        client_request_id = read_client_request_id(request)
        if client_request_id is not None:
            headers["x-client-request-id"] = client_request_id
        match = routes.match(request.method, request.path)
        if len(request.body) > MAX_BODY_BYTES:
            raise Refusal(413, "payload_too_large", f"the body is over {MAX_BODY_BYTES} bytes")
        return _ENDPOINTS[match.name](self._state, Call(request, match.params, client_request_id))
