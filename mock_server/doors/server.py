"""The HTTP door: the simulator behind uvicorn, for people, other programs and tests."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import FrameType

import uvicorn

from kling_render.catalog import Catalog
from mock_server.core.config import DEFAULT_BASE_URL, Config
from mock_server.core.simulator import Simulator
from mock_server.core.spending import spent_usd
from mock_server.doors.app import create_app
from mock_server.doors.clock import ScaledClock, StandingClock
from mock_server.doors.courier import Courier
from mock_server.doors.hang_up import HangingUpProtocol

_LOOPBACK = "127.0.0.1"
_GRACE_SECONDS = 1.0
_DEFAULT_CONFIG = Config()


def serve(
    config: Config = _DEFAULT_CONFIG,
    *,
    host: str = _LOOPBACK,
    port: int = 0,
    speed: float = 1.0,
    manual: bool = False,
    catalog: Catalog | None = None,
    announce: Callable[[str], None] = lambda url: None,
) -> None:
    """Serve until SIGINT or SIGTERM, then return.

    Args:
        config: the simulator's settings; unless `base_url` was set, URLs name the host that a request was sent to.
        host: the address to listen on.
        port: the port; 0 takes a free one.
        speed: how many simulated seconds pass in a real one, whatever the settings say.
        manual: whether simulated time stands still until the control API lets it pass.
        catalog: the models and prices that it knows; None takes the bundled ones.
        announce: called with the server's URL once it listens.

    Raises:
        OSError: when the address cannot be listened on.
        ValueError: a speed outside 0.001 to 1,000,000.
    """
    config = replace(config, speed=speed)
    listener = _listen(host, port)
    simulator = Simulator(_with_base_url(config, None), catalog)
    _run(_server(simulator, lambda: announce(_url(listener)), manual=manual), listener)


@dataclass(frozen=True)
class RunningServer:
    """A server in a thread of this process."""

    url: str
    simulator: Simulator

    @property
    def spent_usd(self) -> float:
        """What its clients have spent, in US dollars: charged already, or reserved; see `spent_usd`."""
        return spent_usd(self.simulator.tasks, self.simulator.now)


@contextlib.contextmanager
def running_server(
    config: Config = _DEFAULT_CONFIG,
    *,
    speed: float = 1.0,
    manual: bool = False,
    start: datetime | None = None,
    catalog: Catalog | None = None,
) -> Iterator[RunningServer]:
    """A server on a free loopback port while the block runs, for tests; unless set, `base_url` is its own.

    With `manual`, and a `start` in place of the time of day, equal runs leave equal journals.
    """
    config = replace(config, speed=speed)
    listener = _listen(_LOOPBACK, 0)
    url = _url(listener)
    simulator = Simulator(_with_base_url(config, url), catalog)
    ready: Future[None] = Future()
    server = _server(simulator, lambda: ready.set_result(None), manual=manual, start=start)
    thread = threading.Thread(target=_run_reporting, args=(server, listener, ready), daemon=True)
    thread.start()
    ready.result()
    try:
        yield RunningServer(url, simulator)
    finally:
        server.stop()
        thread.join()


class _QuickServer(uvicorn.Server):
    """uvicorn without its waiting: it sleeps until it is stopped, and closes what is idle at once."""

    def __init__(self, config: uvicorn.Config, courier: Courier, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._courier = courier
        self._on_ready = on_ready
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped: asyncio.Event | None = None

    def stop(self) -> None:
        """Stop soon; may be called from any thread and from a signal's code."""
        self.should_exit = True
        if self._loop is not None and self._stopped is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: it has stopped already
                self._loop.call_soon_threadsafe(self._stopped.set)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take SIGINT and SIGTERM as the wish to stop, and nothing to be raised again afterwards."""
        self.stop()

    async def main_loop(self) -> None:
        """Wait for the stop without ticking, while the courier is at work."""
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        courier = asyncio.create_task(self._courier.run())
        self._on_ready()
        if not self.should_exit:
            await self._stopped.wait()
        courier.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await courier

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the listener and the idle connections; requests under way have a second to end."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            _, late = await asyncio.wait(set(self.server_state.tasks), timeout=_GRACE_SECONDS)
            for task in late:
                task.cancel()
        await asyncio.sleep(0)  # closed transports say goodbye in the loop's next round


def _server(
    simulator: Simulator, on_ready: Callable[[], None], *, manual: bool, start: datetime | None = None
) -> _QuickServer:
    start = start or datetime.now(UTC)
    clock = StandingClock(start) if manual else ScaledClock(simulator.config.speed, start)
    simulator.advance(clock())  # what a client's clock shows is reckoned from here
    app = create_app(simulator, clock=clock)
    quiet = uvicorn.Config(
        app,
        loop="asyncio",
        http=HangingUpProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        date_header=False,
    )
    return _QuickServer(quiet, Courier(simulator, clock), on_ready)


def _run(server: _QuickServer, listener: socket.socket) -> None:
    with listener:
        asyncio.run(server.serve(sockets=[listener]))


def _run_reporting(server: _QuickServer, listener: socket.socket, ready: Future[None]) -> None:
    try:
        _run(server, listener)
    except BaseException as error:
        if ready.done():
            raise
        ready.set_exception(error)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family)
    # Connections inherit it. asyncio would set it, but not on sockets whose protocol was left to the system, and
    # without it every answer waits 40 ms for the client's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _with_base_url(config: Config, base_url: str | None) -> Config:
    return replace(config, base_url=base_url) if config.base_url in (None, DEFAULT_BASE_URL) else config
