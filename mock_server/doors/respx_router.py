"""The respx door: every httpx client in the process, sync or async, meets the simulator at https://runapi.ai."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta

import httpx
import respx

from mock_server import media
from mock_server.core.config import DEFAULT_BASE_URL, Config
from mock_server.core.routes import POLLS, ROUTES
from mock_server.core.simulator import Simulator
from mock_server.core.spending import spent_usd
from mock_server.doors.delivery import deliver
from mock_server.doors.transport import read_request, write_response

START = datetime(2026, 8, 3, 12, 0, tzinfo=UTC)
_DEFAULT_CONFIG = Config()


class RunapiMock:
    """A simulator behind a respx router, with a clock that only moves when told.

    Attributes:
        simulator: what answers; its books and tasks can be looked at, and faults planned (`plan_fault`).
        router: the respx router, one named route per endpoint (`router["create"]`), which a test may override.
        now: the simulated time.
    """

    def __init__(self, config: Config = _DEFAULT_CONFIG) -> None:
        self.simulator = Simulator(config)
        self.now = START
        self.router = respx.MockRouter(base_url=config.base_url or DEFAULT_BASE_URL, assert_all_called=False)
        self._step = timedelta()
        self._encode = functools.lru_cache(maxsize=16)(lambda spec: media.encode(spec))
        for route in ROUTES:
            side_effect = self._answer_poll if route.name in POLLS else self._answer
            methods = ["GET", "HEAD"] if route.method == "GET" else [route.method]
            mocked = self.router.route(method__in=methods, path__regex=f"^{route.regex.pattern}$", name=route.name)
            mocked.mock(side_effect=side_effect)
        self.router.route(name="anything_else").mock(side_effect=self._answer)

    @property
    def spent_usd(self) -> float:
        """What its clients have spent, in US dollars: charged already, or reserved; see `spent_usd`."""
        return spent_usd(self.simulator.tasks, self.simulator.now)

    def advance(self, seconds: float) -> None:
        """Let simulated time pass: tasks complete and are settled."""
        self.now += timedelta(seconds=seconds)
        self.simulator.advance(self.now)

    def advance_on_poll(self, step_seconds: float = 5.0) -> None:
        """From now on let time pass by this much before each poll, so that a client's polling loop ends."""
        self._step = timedelta(seconds=step_seconds)

    def _answer_poll(self, request: httpx.Request, **_: str) -> httpx.Response:
        self.now += self._step
        return self._answer(request)

    def _answer(self, request: httpx.Request, **_: str) -> httpx.Response:
        asked = read_request(request)
        response = self.simulator.handle(asked, self.now)
        content = response.body if isinstance(response.body, bytes) else self._encode(response.body)
        return write_response(deliver(asked, response, content))
