"""A studio for the tests of rendering: a project, a simulator and a connection that can break, on virtual time."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from pydantic import SecretStr
from trio.testing import MockClock

from kling_render.events import Event
from kling_render.ledger import Attempt, Snapshot
from kling_render.ledger.store import Ledger
from kling_render.planning import Wishes
from kling_render.project import load
from kling_render.rendering import LEDGER, Clock, Outcome, session
from kling_render.rendering.consent import Confirm, Demands
from kling_render.rendering.session import render_project
from kling_render.runapi import RunApi, access
from kling_render.settings import Settings
from mock_server import Config, Simulator, SimulatorTransport
from mock_server.media import ClipSpec, Cut, encode

KEY = "rk-live-of-the-tests"
OTHER_KEY = "rk-live-of-another-account"
ORIGIN = "https://runapi.ai"
SHOT_MICRO_USD = 420_000
"""What one shot of the film costs: 3 s, 720p, silent."""

_TRAVEL_SECONDS = 0.05

Answer = Callable[[httpx.Request], Awaitable[httpx.Response]]
Act = Callable[[httpx.Request, Answer], Awaitable[httpx.Response]]


class Killed(BaseException):
    """The process ends here, as far as the code under test can tell."""


@cache
def tiny_clip(seed: int) -> bytes:
    """A real clip of one second, 32x18 and different for every seed."""
    return encode(ClipSpec("", "", "", "", "", (Cut("", 1),), 32, 18, False, seed, fps=2))


async def _encode(spec: ClipSpec) -> bytes:
    return tiny_clip(spec.seed)


async def _inline(function: Callable[..., Any], *args: Any) -> Any:
    return function(*args)


@dataclass
class Rule:
    """What goes wrong with requests of one kind: `skip` of them pass, then it happens to so many."""

    kind: str
    act: Act
    skip: int = 0
    times: float = 1
    containing: bytes = b""


class Door(httpx.AsyncBaseTransport):
    """The simulator behind a connection that breaks as its rules say; keeps every request."""

    def __init__(self, simulator: Simulator, now: Callable[[], datetime]) -> None:
        self.inner = SimulatorTransport(simulator, now, _encode)
        self.rules: list[Rule] = []
        self.requests: list[httpx.Request] = []
        self.most_creates = 0
        self._creates = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.requests.append(request)
        creating = kind_of(request) == "create"
        self._creates += creating
        self.most_creates = max(self.most_creates, self._creates)
        try:
            await anyio.sleep(_TRAVEL_SECONDS)
            for rule in self.rules:
                if rule.kind == kind_of(request) and rule.containing in request.content and self._due(rule):
                    return await rule.act(request, self.inner.handle_async_request)
            return await self.inner.handle_async_request(request)
        finally:
            self._creates -= creating

    def of_kind(self, kind: str) -> list[httpx.Request]:
        return [request for request in self.requests if kind_of(request) == kind]

    def _due(self, rule: Rule) -> bool:
        if rule.skip:
            rule.skip -= 1
            return False
        rule.times -= 1
        return rule.times >= 0


def kind_of(request: httpx.Request) -> str:
    """create, poll, clip, me or balance."""
    path = request.url.path
    if path.startswith("/media/"):
        return "clip"
    if "/kling/" in path:
        return "create" if request.method == "POST" else "poll"
    return path.rpartition("/")[2]


def answer(status: int, payload: Any, **headers: str) -> Act:
    """Answer so, without asking the server."""

    async def act(_: httpx.Request, __: Answer) -> httpx.Response:
        return httpx.Response(status, content=json.dumps(payload), headers=headers)

    return act


def refuse(status: int, code: str = "refused") -> Act:
    """Answer with the server's error envelope."""
    return answer(status, {"error": {"code": code, "message": f"{code} by the test"}})


def raw(status: int, content: bytes, content_type: str) -> Act:
    """Answer with these bytes."""

    async def act(_: httpx.Request, __: Answer) -> httpx.Response:
        return httpx.Response(status, content=content, headers={"Content-Type": content_type})

    return act


def no_connection() -> Act:
    """The request never reaches the server."""

    async def act(_: httpx.Request, __: Answer) -> httpx.Response:
        raise httpx.ConnectError("refused by the test")

    return act


def lose_answer(then: BaseException | None = None) -> Act:
    """The server acts, its answer never arrives."""

    async def act(request: httpx.Request, forward: Answer) -> httpx.Response:
        await forward(request)
        raise then or httpx.ReadError("lost by the test")

    return act


def kill() -> Act:
    """The process ends before the request leaves."""

    async def act(_: httpx.Request, __: Answer) -> httpx.Response:
        raise Killed

    return act


def fail_task(message: str = "the model gave up") -> Act:
    """Answer a poll with a failed task."""

    async def act(request: httpx.Request, _: Answer) -> httpx.Response:
        task_id = request.url.path.rpartition("/")[2]
        return httpx.Response(200, json={"id": task_id, "status": "failed", "error": {"message": message}})

    return act


FILM = """\
schema = 1
[project]
name = "night-ferry"
id = "nf-7c1e"
client = "ACME"
[budget]
max_usd = 50
[defaults]
model = "kling-3.0"
duration_seconds = 3
output_resolution = "720p"
enable_sound = false
"""


@dataclass
class Studio:
    """A film, the account it is rendered with, and the time; runs follow each other on one simulator."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    config: Config = field(default_factory=lambda: Config(api_keys=(KEY, OTHER_KEY)))
    start: datetime = datetime(2026, 8, 1, 9, 0, tzinfo=UTC)
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.simulator = Simulator(self.config)
        self.door = Door(self.simulator, self.now)
        self.shoot("walk", "run")

    def now(self) -> datetime:
        """The virtual time."""
        try:
            return self.start + timedelta(seconds=anyio.current_time())
        except anyio.NoEventLoopError:
            return self.start

    def shoot(self, *names: str, film: str = FILM, **extra: str) -> None:
        """Write the project anew: one shot for each name, `extra` are more lines for a shot."""
        shots = [f'[shot.{name}]\nprompt = "Mira {name}s"\n{extra.get(name, "")}\n' for name in names]
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "project.toml").write_text(film + "\n".join(shots), "utf-8")

    def breaks(self, kind: str, act: Act, *, skip: int = 0, times: float = 1, containing: bytes = b"") -> None:
        """From now on this goes wrong."""
        self.door.rules.append(Rule(kind, act, skip, times, containing))

    def mended(self) -> Studio:
        """Nothing goes wrong any more."""
        self.door.rules.clear()
        return self

    def render(
        self,
        *,
        key: str | None = KEY,
        confirm: Confirm | None = None,
        catch: Callable[[Event], None] | None = None,
        base_url: str = ORIGIN,
        **known: Any,
    ) -> Outcome:
        """Run `render` on the project as it stands; names of settings and demands may be given."""
        demands = Demands(
            known.pop("max_micro_usd", None), known.pop("expect_plan", None),
            Wishes(known.pop("retry_failed", False), known.pop("again", False)),
            known.pop("partial", False), known.pop("selection", None), known.pop("retake", None),
            known.pop("wait_seconds", 0.0), confirm,
        )  # fmt: skip
        settings = Settings(
            api_key=SecretStr(key) if key else None, base_url=base_url, person="mira",
            **{"retries": 1, "rate_limit_patience_seconds": 0, **known},
        )  # fmt: skip
        self.monkeypatch.setattr(access, "RunApi", partial(RunApi, transport=self.door, download_transport=self.door))
        self.monkeypatch.setattr(session, "real_clock", lambda: Clock(self.now, _inline, self._run))
        listen = catch or self.events.append
        return render_project(load(self.folder), settings, demands, listen)

    def _run(self, function: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        """Enter an event loop on virtual time; what passed there has passed here."""

        async def work() -> Any:
            try:
                return await function(*args)
            finally:
                self.start += timedelta(seconds=anyio.current_time()) + timedelta(milliseconds=1)

        return anyio.run(work, backend="trio", backend_options={"clock": MockClock(autojump_threshold=0)})

    def render_until(self, kind: str, act: Act | None = None, *, skip: int = 0, **known: Any) -> None:
        """Run `render` until the process ends at a request of this kind."""
        self.breaks(kind, act or kill(), skip=skip)
        with pytest.raises(BaseExceptionGroup) as caught:
            self.render(**known)
        assert caught.value.subgroup(Killed) is not None
        self.mended()

    def sleep(self, **span: float) -> None:
        """Let time pass between two runs."""
        self.start += timedelta(**span)

    def snapshot(self) -> Snapshot:
        """What the ledger knows of the account that rendered last."""
        with Ledger(self.folder / LEDGER) as ledger:
            return ledger.snapshot("nf-7c1e", ledger.last_identity("nf-7c1e", ORIGIN))

    def attempt(self, address: str) -> Attempt:
        """The newest attempt at an address."""
        return [each for each in self.snapshot().attempts if each.address == address][-1]

    def clips(self) -> list[str]:
        """Paths of all clips, relative to the project."""
        return sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*.mp4"))

    def parts(self) -> list[str]:
        """Names of part files left behind."""
        return sorted(path.name for path in self.folder.rglob("*.part"))

    def settled(self, key: str = KEY) -> int:
        """What the server charged; everything that it accepted is done by then."""
        self.simulator.advance(self.start + timedelta(hours=1))
        books = self.simulator.books(key)
        assert books.reserved == 0
        return books.settled

    def manifest(self) -> dict[str, Any]:
        """The manifest of the last run."""
        found: dict[str, Any] = json.loads((self.folder / "renders/default/manifest.json").read_text("utf-8"))
        return found


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    """A film of two shots, `walk` and `run`."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no-config"))
    for name in ("RUNAPI_API_KEY", "RUNAPI_BASE_URL", "KLING_RENDER_CONCURRENCY"):
        monkeypatch.delenv(name, raising=False)
    return Studio(tmp_path / "film", monkeypatch)
