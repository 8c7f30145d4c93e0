"""A project on disk, a server, and renders of the one on the other, each in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import IO

from kling_render.ledger.store import Ledger
from kling_render.media import probe
from kling_render.rendering import LEDGER
from mock_server import Simulator
from mock_server.core.messages import Request, Response
from mock_server.doors.server import RunningServer
from mock_server.media import ClipSpec, Cut

KEY, OTHER_KEY = "rk-live-of-the-tests", "rk-live-of-another-account"
SPEED = 1000.0
PROJECT_ID = "nf-7c1e"
TAKE_MICRO_USD = 420_000

FILM = f"""\
schema = 1
[project]
name = "night-ferry"
id = "{PROJECT_ID}"
[budget]
max_usd = 20
[render]
concurrency = 4
[defaults]
model = "kling-3.0"
duration_seconds = 3
output_resolution = "720p"
"""


@cache
def tiny_clip(seed: int) -> bytes:
    """A clip of 32 by 18 pixels."""
    from mock_server.media import clip

    return clip.encode(ClipSpec("", "", "", "", "", (Cut("", 1),), 32, 18, False, seed, fps=2))


def wait_until(condition: Callable[[], bool]) -> None:
    """Look again and again, for a minute at the most."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def bought_twice(simulator: Simulator, key: str) -> list[str]:
    """The takes that the server has charged more than once, or holds money for more than once."""
    charged = {bill.task_id for bill in simulator.bills(key) if "released" not in bill.movements}
    takes = Counter(
        ((task.client_request_id or "").partition(";")[0], task.body.get("prompt"))
        for task in simulator.tasks
        if task.id in charged
    )
    repeated = [name for (name, _), count in takes.items() if count > 1]
    return repeated + [bill.task_id for bill in simulator.bills(key) if not bill.is_sound]


def listen(server: RunningServer) -> list[Request]:
    """The requests that a server answers from now on."""
    handle = server.simulator.handle
    requests: list[Request] = []

    def heard(request: Request, at: datetime) -> Response:
        response = handle(request, at)
        requests.append(request)
        return response

    server.simulator.handle = heard  # type: ignore[method-assign]
    return requests


@dataclass
class Started:
    """A render in a process of its own."""

    folder: Path

    @property
    def has_ended(self) -> bool:
        """Whether it is over."""
        return (self.folder / "status").exists()

    def signal(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send it a signal, unless it has ended."""
        wait_until((self.folder / "pid").exists)
        with contextlib.suppress(ProcessLookupError):
            os.kill(int((self.folder / "pid").read_text()), number)

    def wait(self) -> tuple[int, str, str]:
        """Its exit code (minus the signal that ended it), and what it printed."""
        wait_until((self.folder / "status").exists)
        return int((self.folder / "status").read_text()), self.printed("out"), self.printed("err")

    def printed(self, name: str) -> str:
        """What it has printed by now to `out` or `err`."""
        path = self.folder / name
        return path.read_text("utf-8") if path.exists() else ""


@dataclass
class Location:
    """A project on disk, the server it is rendered on, and where renders are ordered.

    Attributes:
        heard: the requests that the server has answered, where somebody listens.
    """

    folder: Path
    server: RunningServer
    orders: IO[str]
    heard: list[Request] = field(default_factory=list)

    def write(self, *shots: str) -> None:
        """Write the project: one shot for each name."""
        written = (f'[shot.{name}]\nprompt = "Mira {name}s"\n' for name in shots)
        self.folder.mkdir(exist_ok=True)
        (self.folder / "project.toml").write_text(FILM + "".join(written), "utf-8")

    def start(
        self,
        deadly: str = "",
        *,
        key: str = KEY,
        arguments: tuple[str, ...] = (),
        verbose: bool = False,
        **options: object,
    ) -> Started:
        """Start a render, or another command with these arguments."""
        environment = {
            "RUNAPI_BASE_URL": self.server.url,
            "RUNAPI_API_KEY": key,
            "KLING_RENDER_POLL_INTERVAL_SECONDS": "0.02",
            "KLING_RENDER_POLLS_PER_SECOND": "1000",
            "NO_PROXY": "127.0.0.1,localhost",
        }
        folder = Path(tempfile.mkdtemp(dir=self.folder.parent))
        order: dict[str, object] = {
            "project": str(self.folder),
            "environment": environment,
            "deadly": deadly,
            "folder": str(folder),
        }
        order |= {"arguments": arguments, "verbose": verbose, "options": options}
        self.orders.write(json.dumps(order) + "\n")
        self.orders.flush()
        return Started(folder)

    def render(self, *, key: str = KEY) -> int:
        """Render to the end; returns how many attempts were submitted or repeated."""
        exit_code, out, err = self.start(key=key).wait()
        assert exit_code == 0, err
        return int(out)

    def render_killed(self, deadly: str) -> None:
        """Render until the function is called that the process does not survive."""
        exit_code, _, err = self.start(deadly).wait()
        assert exit_code == -signal.SIGKILL, f"{deadly} was never reached: {err}"

    def moved_to(self, folder: Path, *, with_ledger: bool) -> Location:
        """A copy of the project elsewhere: all of it, or as somebody would have it who was sent what was written."""
        if with_ledger:
            shutil.copytree(self.folder, folder)
        else:
            folder.mkdir()
            for file in (*self.folder.glob("*.toml"), *self.folder.glob("*.png")):
                shutil.copy(file, folder)
        return replace(self, folder=folder)

    def pass_time(self, until: Callable[[], bool]) -> None:
        """Let two minutes pass at the server, again and again, until something is so."""
        simulator = self.server.simulator

        def pass_some() -> bool:
            simulator.advance(simulator.now + timedelta(minutes=2))
            return until()

        wait_until(pass_some)

    @property
    def creates(self) -> int:
        """How many requests for a clip the server has answered."""
        return sum(each.method == "POST" and each.path.startswith("/api/v1/kling/") for each in self.heard)

    def clips(self) -> list[Path]:
        """All clips of the project."""
        return sorted(self.folder.rglob("*.mp4"))

    def assert_delivered_and_paid_once(self, *, clips: int, key: str = KEY) -> None:
        """Every clip is whole, nothing half done lies about, and ledger and server agree on the plan's price."""
        assert [probe(path).width for path in self.clips()] == [32] * clips
        assert not list(self.folder.rglob("*.part*"))
        manifest = json.loads(next(self.folder.glob("renders-*/default/manifest.json")).read_text("utf-8"))
        assert {take["state"] for take in manifest["takes"]} == {"downloaded"}
        self.assert_paid_once(clips * TAKE_MICRO_USD, key=key)
        assert self.ledger_micro_usd() == clips * TAKE_MICRO_USD

    def assert_paid_once(self, micro_usd: int, *, key: str = KEY) -> None:
        """The server's own books say that every take was charged once, and what all of them cost."""
        simulator = self.server.simulator
        assert {bill.movements for bill in simulator.bills(key)} == {("reserved", "settled")}
        assert not bought_twice(simulator, key)
        books = simulator.books(key)
        assert (books.settled, books.reserved) == (micro_usd, 0)

    def ledger_micro_usd(self) -> int:
        """What the ledger of the project says that everything cost."""
        with Ledger.reading(self.folder / LEDGER) as ledger:
            snapshot = ledger.snapshot(PROJECT_ID, ledger.last_identity(PROJECT_ID, self.server.url))
        return snapshot.counted_micro_usd()
