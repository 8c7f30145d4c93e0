"""Local files of a film over real HTTP: prepared, put without the key, confirmed, and used while they live."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from kling_render import Outcome, render
from kling_render.cli import run
from kling_render.events import Event
from kling_render.rendering import real_clock, session
from kling_render.settings import Settings
from mock_server import Config, running_server
from mock_server.core.messages import Refusal, Request, Response, refusal_response
from mock_server.doors.server import RunningServer

from ..mock_server.samples import a_png, a_wav

KEY = "mock-key-of-the-tests"
OTHER_KEY = "other-key-of-the-tests"
FRAME = 'first_frame_image_url = "dusk.png"'
WHOLE = ["prepare", "put", "confirm"]


@dataclass
class Set:
    """A film beside a server: keeps what arrived there; time passes at both together, and only when told."""

    folder: Path
    server: RunningServer
    monkeypatch: pytest.MonkeyPatch
    requests: list[Request] = field(default_factory=list)
    refusals: list[tuple[str, Refusal]] = field(default_factory=list)
    ahead: timedelta = timedelta()

    def __post_init__(self) -> None:
        handle = self.server.simulator.handle

        def record(request: Request, at: datetime) -> Response:
            self.requests.append(request)
            if self.refusals and self.refusals[0][0] == step_of(request):
                return refusal_response(self.refusals.pop(0)[1])
            return handle(request, at)

        self.monkeypatch.setattr(self.server.simulator, "handle", record)
        self.monkeypatch.setattr(session, "real_clock", lambda: replace(real_clock(), now=self.now))
        self.write()
        (self.folder / "dusk.png").write_bytes(a_png())

    def now(self) -> datetime:
        """The time of the film's machine."""
        return datetime.now(UTC) + self.ahead

    def wait(self, **span: float) -> None:
        """Let time pass for everybody."""
        self.ahead += timedelta(**span)
        self.server.simulator.advance(self.now())

    def write(self, shots: str = f'[shot.walk]\nprompt = "She walks"\n{FRAME}\n') -> None:
        """Write the project anew."""
        head = 'schema = 1\n[project]\nname = "ferry"\nid = "nf-7c1e"\n[budget]\nmax_usd = 50\n'
        defaults = '[defaults]\nmodel = "kling-3.0"\nduration_seconds = 3\n'
        (self.folder / "project.toml").write_text(head + defaults + shots, "utf-8")

    def render(self, *, key: str = KEY, attempts: int = 1) -> Outcome:
        """Render the film; what was submitted is done at once."""
        settings = Settings(
            api_key=SecretStr(key), base_url=self.server.url, poll_interval_seconds=0.01, retries=attempts
        )
        return render(self.folder, settings=settings, on_event=self.hurry)

    def hurry(self, event: Event) -> None:
        """Clips are made within ten minutes of the server's time."""
        if event.kind == "submitted":
            self.server.simulator.advance(self.server.simulator.now + timedelta(minutes=10))

    @property
    def uploads(self) -> list[str]:
        """The steps of all uploads, as they arrived."""
        return [step for step in map(step_of, self.requests) if step]

    def of_step(self, step: str) -> list[Request]:
        return [request for request in self.requests if step_of(request) == step]

    @property
    def frames(self) -> list[str]:
        """The first frames that were asked for."""
        created = [each for each in self.requests if each.method == "POST" and "/kling/" in each.path]
        return [json.loads(each.body)["first_frame_image_url"] for each in created]


def step_of(request: Request) -> str:
    """prepare, put or confirm; empty for what is no upload."""
    if request.method == "PUT":
        return "put"
    return request.path.rpartition("/")[2] if request.path.startswith("/api/v1/files/") else ""


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Set]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no-config"))
    monkeypatch.delenv("KLING_RENDER_CATALOG", raising=False)
    config = Config(api_keys=(KEY, OTHER_KEY))
    (tmp_path / "film").mkdir()
    with running_server(config) as server:
        yield Set(tmp_path / "film", server, monkeypatch)


def test_three_takes_share_one_upload(film: Set) -> None:
    film.write(f'[shot.walk]\nprompt = "She walks"\n{FRAME}\ntakes = 3\n')
    assert film.render().exit_code == 0
    assert film.uploads == WHOLE
    assert len(film.frames) == 3
    assert len(set(film.frames)) == 1


def test_same_picture_under_two_names_is_uploaded_once(film: Set) -> None:
    (film.folder / "twin.png").write_bytes(a_png())
    film.write(f'[shot.walk]\nprompt = "a"\n{FRAME}\n[shot.run]\nprompt = "b"\n{FRAME.replace("dusk", "twin")}\n')
    assert film.render().exit_code == 0
    assert film.uploads == WHOLE


def test_bytes_arrive_whole_with_the_told_headers_and_nothing_of_the_key(film: Set) -> None:
    film.render()
    (put,) = film.of_step("put")
    assert put.body == a_png()
    assert "authorization" not in put.headers
    assert KEY not in f"{put.path} {put.query} {dict(put.headers)}"
    assert KEY.encode() not in put.body
    assert (put.headers["content-length"], put.headers["content-type"]) == (str(len(a_png())), "image/png")
    assert all(step.headers["authorization"] == f"Bearer {KEY}" for step in film.of_step("prepare"))


@pytest.mark.parametrize(("passed", "uploads"), [({"minutes": 30}, 1), ({"minutes": 51}, 2), ({"hours": 2}, 2)])
def test_upload_is_used_while_it_lives_and_renewed_afterwards(
    film: Set, passed: dict[str, float], uploads: int
) -> None:
    film.render()
    film.wait(**passed)
    film.write(f'[shot.run]\nprompt = "She runs"\n{FRAME}\n')
    assert film.render().exit_code == 0
    assert film.uploads == WHOLE * uploads
    assert len(set(film.frames)) == uploads


def test_run_with_nothing_to_buy_uploads_nothing(film: Set) -> None:
    film.render()
    film.wait(hours=2)
    assert film.render().submitted == ()
    assert film.uploads == WHOLE


def test_another_account_uploads_for_itself(film: Set) -> None:
    film.render()
    film.render(key=OTHER_KEY)
    assert film.uploads == WHOLE * 2
    assert len(set(film.frames)) == 2


def busy() -> Refusal:
    return Refusal(503, "unavailable", "later", headers={"retry-after": "0"})


@pytest.mark.parametrize("step", ["prepare", "put", "confirm"])
def test_upload_that_fails_in_passing_is_begun_anew_and_never_put_twice(film: Set, step: str) -> None:
    film.refusals = [(step, busy())]
    assert film.render(attempts=2).exit_code == 0
    assert len({put.path for put in film.of_step("put")}) == len(film.of_step("put"))
    assert film.uploads[-3:] == WHOLE
    assert film.uploads[:-3] == WHOLE[: WHOLE.index(step) + 1]


def test_upload_that_is_refused_fails_its_take_alone(film: Set) -> None:
    film.write(f'[shot.walk]\nprompt = "a"\n{FRAME}\n[shot.run]\nprompt = "b"\n')
    film.refusals = [("put", Refusal(403, "forbidden", "no"))]
    outcome = film.render(attempts=3)
    assert (outcome.exit_code, outcome.undelivered) == (7, ("walk#1",))
    assert len(film.of_step("put")) == 1


def test_avatar_of_local_files_is_charged_as_it_was_planned(film: Set) -> None:
    (film.folder / "voice.wav").write_bytes(a_wav(1.2))
    film.write(
        '[shot.song]\nmodel = "kling-ai-avatar-standard"\nunset = ["duration_seconds"]\nprompt = "She sings"\n'
        'source_image_url = "dusk.png"\nsource_audio_url = "voice.wav"\n'
    )
    outcome = film.render()
    assert (outcome.exit_code, film.uploads) == (0, WHOLE * 2)
    (attempt,) = outcome.snapshot.attempts
    assert (attempt.reserved_micro_usd, attempt.settled_micro_usd) == (160_000, 160_000)


def test_command_line_uploads_and_renders(film: Set, capfd: pytest.CaptureFixture[str]) -> None:
    for name, value in {
        "RUNAPI_BASE_URL": film.server.url,
        "RUNAPI_API_KEY": KEY,
        "KLING_RENDER_POLL_INTERVAL_SECONDS": "0.01",
    }.items():
        film.monkeypatch.setenv(name, value)
    hurry_on_create(film)
    exit_code = run(["render", str(film.folder), "--yes", "--format", "json"])
    printed = capfd.readouterr()
    assert (exit_code, json.loads(printed.out)["undelivered"], film.uploads) == (0, [], WHOLE)
    assert KEY not in printed.out + printed.err


def hurry_on_create(film: Set) -> None:
    """Let ten minutes pass at the server after each task that it accepts."""
    handle: Callable[[Request, datetime], Response] = film.server.simulator.handle

    def answer(request: Request, at: datetime) -> Response:
        response = handle(request, at)
        if request.method == "POST" and "/kling/" in request.path:
            film.server.simulator.advance(film.server.simulator.now + timedelta(minutes=10))
        return response

    film.monkeypatch.setattr(film.server.simulator, "handle", answer)
