"""The live board's door: one page behind a secret path, its clips, its events, and three things that can be done."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from kling_render.errors import KlingRenderError
from kling_render.ledger import NoteChangedError
from kling_render.report.board.live import Edition, LiveBoard

_LOOK_SECONDS = 0.4
"""How often the files are looked at while somebody watches."""
_BEAT_SECONDS = 15.0
"""How often a silent stream of events says that it is alive."""
_LONGEST_BODY = 64 * 1024
_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass
class Door:
    """Who may come in, and what they get.

    Attributes:
        hosts: the names under which this server is reached: anything else is a page of somebody else's that had its
            own name point here.
        token: what the path begins with.
    """

    board: LiveBoard
    hosts: frozenset[str]
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def app(self) -> Starlette:
        """The ASGI application."""
        base = "/{token}"
        app = Starlette(
            routes=[
                Route(f"{base}/", self._guarded(self._page)),
                Route(f"{base}/events", self._guarded(self._events)),
                Route(f"{base}/clips/{{name}}", self._guarded(self._clip)),
                Route(f"{base}/{{act:str}}", self._guarded(self._act), methods=["POST"]),
            ]
        )
        app.router.redirect_slashes = False
        return app

    # ── who may come in

    def _guarded(self, endpoint: Endpoint) -> Endpoint:
        async def answer(request: Request) -> Response:
            refusal = self._refusal(request)
            response = PlainTextResponse(refusal, 403) if refusal else await endpoint(request)
            response.headers.update(_HEADERS)
            return response

        return answer

    def _refusal(self, request: Request) -> str:
        """Why a request is refused; empty where it is not."""
        host, origin = request.headers.get("host", ""), request.headers.get("origin")
        if host not in self.hosts:
            return "This server is not called that."
        if not secrets.compare_digest(request.path_params["token"].encode(), self.token.encode()):
            return "The link is not of this board: see where it was started."
        if origin is not None and origin != f"http://{host}":
            return "Requests of other pages are refused."
        if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return "Requests of other pages are refused."
        if request.method == "POST" and (origin is None or not _is_json(request)):
            return "Only the page itself may ask for this."
        return ""

    # ── what they get

    async def _page(self, request: Request) -> Response:
        edition = await self._newest()
        return HTMLResponse(edition.page)

    async def _clip(self, request: Request) -> Response:
        path = self.board.edition.clips.get(request.path_params["name"])
        if path is None or not path.is_file():
            return PlainTextResponse("There is no such clip.", 404)
        return FileResponse(path, media_type="video/mp4")

    async def _events(self, request: Request) -> Response:
        return StreamingResponse(self._stream(request), media_type="text/event-stream")

    async def _stream(self, request: Request) -> AsyncIterator[str]:
        """One event for each edition, the one at hand first, until the reader or the server goes."""
        told, silent = self.board.edition, 0.0
        yield f"retry: 1000\n\n{_event(told)}"  # it may have changed between the page and its events
        while not self.closing.is_set() and not await request.is_disconnected():
            edition = await self._newest()
            if edition is not told:
                told, silent = edition, 0.0
                yield _event(edition)
            elif silent >= _BEAT_SECONDS:
                silent = 0.0
                yield ": still here\n\n"
            silent += _LOOK_SECONDS
            try:
                await asyncio.wait_for(self.closing.wait(), _LOOK_SECONDS)
            except TimeoutError:
                continue

    async def _newest(self) -> Edition:
        return await to_thread.run_sync(self.board.refresh)

    # ── what they can do

    async def _act(self, request: Request) -> Response:
        acts: dict[str, Callable[..., str]] = {
            "pick": self.board.pick, "unpick": self.board.unpick, "note": self.board.note,
        }  # fmt: skip
        act = acts.get(request.path_params["act"])
        if act is None:
            return PlainTextResponse("There is no such thing to do.", 404)
        arguments = _ARGUMENTS[request.path_params["act"]]
        body = await _body(request)
        if body is None or set(body) != arguments or not all(isinstance(each, str) for each in body.values()):
            return JSONResponse({"message": f"This takes {' and '.join(sorted(arguments))}, as texts."}, 400)
        try:
            message = await to_thread.run_sync(lambda: act(**body))
        except KlingRenderError as error:
            told = {"message": f"{error.message}. {error.hint}".removesuffix(". ")}
            return JSONResponse({**told, "note": error.note} if isinstance(error, NoteChangedError) else told, 409)
        return JSONResponse({"message": message})


_ARGUMENTS = {"pick": {"address"}, "unpick": {"address"}, "note": {"variant", "text", "edited_from"}}


def _event(edition: Edition) -> str:
    if edition.trouble:
        return f"event: trouble\ndata: {json.dumps(edition.trouble)}\n\n"
    return f"event: change\ndata: {edition.number}\n\n"


def _is_json(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip() == "application/json"


async def _body(request: Request) -> dict[str, Any] | None:
    """The JSON object that was sent; None where it is none, or too long."""
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > _LONGEST_BODY:
            return None
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None
