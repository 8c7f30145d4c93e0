"""A whole render, from its first request to its manifest: the API key leaves in one header, to one place, and no more.

The render takes a detour: refusals and failures that repeat the key, a download that breaks off, uploads, takes that
are bought anew. Everything is logged, as wordy as it comes, by every library, and every event is written down.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO
from urllib.parse import urlsplit

import pytest

from mock_server import Config, Fault, running_server
from mock_server.core.messages import Request

from ..mock_server.samples import a_png
from .location import SPEED, Location, Started, listen

KEY = "rk-live-4f0c9b1e7a2d53c8"
TOLD = f"the key {KEY} is not liked"
SHOTS = ("walk", "run", "rest", "wake")
SECRETS = {"as it is": KEY.encode(), "in base64": base64.b64encode(KEY.encode())}
INCOMPLETE = 7
OPTIONS = ("--yes", "--retry-failed", "-vv", "--events", "jsonl")


@dataclass(frozen=True)
class Scene:
    """What has happened.

    Attributes:
        location: a project that was rendered; its server is called by another name than the storage.
        processes: the renders, which are over.
    """

    location: Location
    processes: tuple[Started, ...]

    @property
    def printed(self) -> dict[str, bytes]:
        """What went to standard output and error: results, events, logs."""
        names = [path for each in self.processes for path in (each.folder / "out", each.folder / "err")]
        return {str(path): path.read_bytes() for path in names}

    @property
    def files(self) -> dict[str, bytes]:
        """Every file of the project."""
        return {str(path): path.read_bytes() for path in self.location.folder.rglob("*") if path.is_file()}

    @property
    def api_host(self) -> str:
        """The host that the key is meant for."""
        return urlsplit(self.location.server.url).netloc

    def is_for_api(self, request: Request) -> bool:
        """Whether a request went where the settings say that RunAPI is."""
        return request.headers["host"] == self.api_host and request.path.startswith("/api/v1/")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, orders: IO[str]) -> Iterator[Scene]:
    """Two renders of four takes, one by the library and one by the command line."""
    with running_server(Config(api_keys=(KEY,), clip_fps=1), speed=SPEED) as server:
        heard = listen(server)
        api = replace(server, url=server.url.replace("127.0.0.1", "localhost"))
        place = Location(tmp_path_factory.mktemp("scene") / "film", api, orders, heard)
        write(place)
        plan_detours(place)
        first = place.start(key=KEY, verbose=True)
        assert first.wait()[0] == INCOMPLETE, first.printed("err")
        second = place.start(key=KEY, verbose=True, arguments=("render", str(place.folder), *OPTIONS))
        assert second.wait()[0] == 0, second.printed("err")
        yield Scene(place, (first, second))


def write(place: Location) -> None:
    """A film whose takes begin with a local picture, and are bought anew when they fail."""
    place.write(*SHOTS)
    file = place.folder / "project.toml"
    text = file.read_text("utf-8").replace("[render]\n", "[render]\nretries = 1\n")
    file.write_text(text.replace('s"\n', 's"\nfirst_frame_image_url = "dusk.png"\n'), "utf-8")
    (place.folder / "dusk.png").write_bytes(a_png())


def plan_detours(place: Location) -> None:
    """Let each class of failure come once, and repeat the key where it has words."""
    simulator = place.server.simulator
    simulator.plan_fault(Fault("refusal", status=422, text=TOLD), endpoint="create")
    simulator.plan_fault(Fault("refusal", status=503, text=TOLD), endpoint="create")
    simulator.plan_fault(Fault("refusal", status=500, text=TOLD), endpoint="confirm_file")
    simulator.plan_fault(Fault("refusal", status=503, text=TOLD), endpoint="put_file")
    simulator.plan_fault("drop_answer", endpoint="create")
    simulator.plan_fault(Fault("task_failure", text=TOLD))
    simulator.plan_fault("cut_answer", endpoint="clip")
    simulator.plan_fault("corrupt_answer", endpoint="clip")
    simulator.plan_fault(Fault("refusal", status=410), endpoint="clip")


def found(secret: bytes, texts: dict[str, bytes]) -> list[str]:
    return [name for name, text in texts.items() if secret in text]


@pytest.mark.parametrize("form", SECRETS)
def test_key_is_in_no_file_log_event_or_output(scene: Scene, form: str) -> None:
    assert found(SECRETS[form], scene.files | scene.printed) == []


def test_everything_that_may_speak_has_spoken(scene: Scene) -> None:
    errors = b"".join(scene.printed.values()).decode()
    for said in ("kling_render.runapi", "httpx", "httpcore", "Event(kind='uploaded'", "Event(kind='retried'"):
        assert said in errors
    assert '"kind": "downloaded"' in errors
    assert "the key [API key] is not liked" in errors
    assert set(scene.location.server.simulator.faults_met) == {
        "refusal", "drop_answer", "task_failure", "cut_answer", "corrupt_answer"
    }  # fmt: skip


def test_key_goes_to_the_configured_origin_alone(scene: Scene) -> None:
    heard = scene.location.heard
    assert {request.method for request in heard if not scene.is_for_api(request)} == {"GET", "PUT"}
    for request in heard:
        expected = f"Bearer {KEY}" if scene.is_for_api(request) else None
        assert request.headers.get("authorization") == expected


def test_key_is_nowhere_else_in_a_request(scene: Scene) -> None:
    for request in scene.location.heard:
        others = {name: each for name, each in request.headers.items() if name != "authorization"}
        whole = f"{request.method} {request.path} {request.query} {others}".encode() + request.body
        assert not [form for form, secret in SECRETS.items() if secret in whole]


def test_no_query_of_a_signed_address_is_logged_or_printed(scene: Scene) -> None:
    queries = {each.query.encode() for each in scene.location.heard if not scene.is_for_api(each) and each.query}
    assert len(queries) >= len(SHOTS)
    assert [name for query in queries for name in found(query, scene.printed)] == []


def test_no_query_of_a_clips_address_is_kept(scene: Scene) -> None:
    queries = {each.query.encode() for each in scene.location.heard if each.path.startswith("/media/")}
    assert [name for query in queries for name in found(query, scene.files)] == []


def test_no_path_of_a_prepared_upload_is_logged_or_printed(scene: Scene) -> None:
    paths = {each.path.encode() for each in scene.location.heard if each.method == "PUT"}
    assert paths
    assert [name for path in paths for name in found(path, scene.printed)] == []
