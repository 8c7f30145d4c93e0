"""The live board over HTTP, on this machine alone."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from types import FrameType

import uvicorn

from kling_render.errors import StorageError
from kling_render.report.board.app import Door
from kling_render.report.board.board import Source
from kling_render.report.board.live import LiveBoard
from kling_render.settings import Settings

_LOOPBACK = "127.0.0.1"


def serve_board(
    source: Source,
    *,
    port: int = 0,
    announce: Callable[[str], None] = lambda url: None,
    settings: Settings | None = None,
) -> None:
    """Serve a board until SIGINT or SIGTERM, then return.

    Args:
        source: which board.
        port: the port on 127.0.0.1; 0 takes a free one.
        announce: called with the link once the server listens.
        settings: whose base URL says which books count.

    Raises:
        KlingRenderError: the board cannot be made, or the port cannot be had.
    """
    server, listener, url = _prepared(source, port, settings)
    server.on_ready = lambda: announce(url)
    with listener:
        asyncio.run(server.serve(sockets=[listener]))


@contextlib.contextmanager
def running_board(source: Source, *, settings: Settings | None = None) -> Iterator[str]:
    """A board served in a thread of this process while the block runs; gives its link. For tests."""
    server, listener, url = _prepared(source, 0, settings)
    ready: Future[None] = Future()
    server.on_ready = lambda: ready.set_result(None)

    def run() -> None:
        with listener:
            asyncio.run(server.serve(sockets=[listener]))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.result(timeout=10)
    try:
        yield url
    finally:
        server.stop()
        thread.join()


class _Server(uvicorn.Server):
    """uvicorn that ends its streams of events when it is told to stop, and stops at once."""

    def __init__(self, config: uvicorn.Config, door: Door) -> None:
        super().__init__(config)
        self._door = door
        self._loop: asyncio.AbstractEventLoop | None = None
        self.on_ready: Callable[[], None] = lambda: None

    def stop(self) -> None:
        """Stop soon; may be called from any thread and from a signal's code."""
        self.should_exit = True
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: it has stopped already
                self._loop.call_soon_threadsafe(self._door.closing.set)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take SIGINT and SIGTERM as the wish to stop, and nothing to be raised again afterwards."""
        self.stop()

    async def main_loop(self) -> None:
        """Wait for the stop."""
        self._loop = asyncio.get_running_loop()
        self.on_ready()
        if not self.should_exit:
            await self._door.closing.wait()


def _prepared(source: Source, port: int, settings: Settings | None) -> tuple[_Server, socket.socket, str]:
    board = LiveBoard(source, settings)
    try:
        listener = socket.create_server((_LOOPBACK, port))
    except OSError as error:
        hint = "Take another port, or none: any free one."
        raise StorageError(f"port {port} cannot be had: {error.strerror}", hint=hint) from error
    port = listener.getsockname()[1]
    door = Door(board, frozenset({f"{_LOOPBACK}:{port}", f"localhost:{port}"}))
    config = uvicorn.Config(
        door.app(), loop="asyncio", ws="none", lifespan="off", log_config=None, access_log=False,
        server_header=False, timeout_graceful_shutdown=1,
    )  # fmt: skip
    return _Server(config, door), listener, f"http://{_LOOPBACK}:{port}/{door.token}/"
