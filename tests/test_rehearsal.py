"""Rehearsals: the whole film for nothing, the same each time, on a clock that waits for threads."""

from __future__ import annotations

import json
import shutil
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import anyio
import av
import pytest

from kling_render import rehearsal
from kling_render.errors import InvalidProjectError, StorageError
from kling_render.expansion import Take, expand
from kling_render.project import load
from kling_render.rehearsal import EPOCH, Rehearsal, VirtualTime, rehearse
from mock_server.media import ClipSpec, Cut, encode, frame_size
from mock_server.scenarios import open_scenario

PROJECTS = Path(__file__).parent.parent / "projects"
EXAMPLES = ("mountain-lake", "night-ferry", "low-tide")
FILM = """\
schema = 1
[project]
name = "film"
id = "film-1"
[defaults]
model = "kling-3.0"
duration_seconds = 3
output_resolution = "720p"
[shot.walk]
prompt = "She crosses the deck"
takes = 2
"""
LONG = FILM.replace("takes = 2", "takes = 8")
Result = TypeVar("Result")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clips of one second and 32x18 in place of the real ones."""

    def tiny(spec: ClipSpec) -> bytes:
        return encode(ClipSpec("", "", "", "", "", (Cut("", 1),), 32, 18, False, spec.seed, fps=2))

    monkeypatch.setattr(rehearsal, "encode", tiny)


def a_film(folder: Path, text: str = FILM) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "project.toml").write_text(text, "utf-8")
    return folder


def an_example(name: str, folder: Path) -> Path:
    """A copy of an example project, without what was rehearsed in it."""
    copied: Path = shutil.copytree(PROJECTS / name, folder, ignore=shutil.ignore_patterns("rehearsal", ".kling-render"))
    return copied


def files(folder: Path) -> dict[str, bytes]:
    """Clips and manifest of a rehearsal; the ledger's own bytes are SQLite's business."""
    found = (path for path in folder.rglob("*") if path.suffix in (".mp4", ".json"))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def on_virtual_time(scenario: Callable[[VirtualTime], Awaitable[Result]]) -> Result:
    time = VirtualTime()

    async def work() -> Result:
        return await scenario(time)

    return anyio.run(work, backend="trio", backend_options={"clock": time.trio_clock})


# The examples, with real clips


@pytest.fixture(scope="module", params=EXAMPLES)
def example(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Rehearsal]:
    """An example project that was rehearsed once."""
    folder = an_example(request.param, tmp_path_factory.mktemp("examples") / request.param)
    return folder, rehearse(load(folder))


def test_example_is_delivered_whole_at_its_published_price(example: tuple[Path, Rehearsal]) -> None:
    _, rehearsed = example
    outcome = rehearsed.outcome
    assert (outcome.exit_code, outcome.undelivered, rehearsed.real_refusals) == (0, (), ())
    assert rehearsed.charged_micro_usd == outcome.plan.total_micro_usd == outcome.run_micro_usd


def test_every_clip_of_an_example_decodes_to_what_was_asked(example: tuple[Path, Rehearsal]) -> None:
    folder, rehearsed = example
    asked = {str(take.address): take for take in expand(load(folder)).takes}
    for attempt in rehearsed.outcome.snapshot.attempts:
        assert attempt.clip is not None
        assert decoded(folder / attempt.clip.path) == wanted(asked[attempt.address]), attempt.address


def decoded(path: Path) -> tuple[float, int, int, bool]:
    """Seconds, width, height and sound of a clip, every frame and sample decoded."""
    with av.open(str(path)) as container:
        frames = samples = 0
        video = container.streams.video[0]
        size = (video.width, video.height)
        rate = float(video.average_rate or 0)
        for frame in container.decode(*container.streams):
            if isinstance(frame, av.VideoFrame):
                frames += 1
                assert (frame.width, frame.height) == size
            elif isinstance(frame, av.AudioFrame):
                samples += frame.samples
    return (round(frames / rate, 3), *size, samples > 0)


def wanted(take: Take) -> tuple[float, int, int, bool]:
    shown = take.effective
    ratio = shown.get("aspect_ratio")
    size = frame_size(shown.get("output_resolution"), ratio if ratio in ("16:9", "9:16", "1:1") else "16:9")
    return (float(take.seconds or 0), *size, shown.get("enable_sound") is True)


def test_recorded_length_of_a_clip_is_the_one_asked_for_within_a_frame(example: tuple[Path, Rehearsal]) -> None:
    _, rehearsed = example
    for planned in rehearsed.outcome.plan.takes:
        attempt = rehearsed.outcome.snapshot.latest(planned.fingerprint, planned.take.address.number)
        assert attempt is not None
        assert attempt.clip is not None
        assert attempt.clip.seconds == pytest.approx(planned.take.seconds, abs=1 / 12)


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_rehearsed_in_two_folders_gives_the_same_bytes(tmp_path: Path, name: str) -> None:
    one, other = an_example(name, tmp_path / "one"), an_example(name, tmp_path / "somewhere" / "else")
    for folder in (one, other):
        rehearse(load(folder))
    assert files(one / "rehearsal") == files(other / "rehearsal")
    assert "default/manifest.json" in files(one / "rehearsal")


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("scenario", [None, "bad-monday"])
def test_plan_books_and_journal_are_the_same_in_two_folders_and_runs(tmp_path: Path, scenario: str | None) -> None:
    bad_day = open_scenario(scenario) if scenario else None
    one, other = a_film(tmp_path / "one", LONG), a_film(tmp_path / "somewhere" / "else", LONG)
    told = [shown(rehearse(load(folder), scenario=bad_day)) for folder in (one, other, one)]
    assert told[0] == told[1] == told[2]
    assert len(json.loads(told[0])["journal"]) > 8 * 3
    assert files(one / "rehearsal") == files(other / "rehearsal")


def shown(rehearsed: Rehearsal) -> str:
    """Plan, bills and journal as JSON."""
    takes = [[str(each.take.address), each.take.body, each.fingerprint] for each in rehearsed.outcome.plan.takes]
    journal = [entry.shown() for entry in rehearsed.journal]
    return json.dumps({"plan": takes, "books": repr(rehearsed.books), "journal": journal}, default=str)


# What it needs


@pytest.mark.usefixtures("quick")
def test_rehearsal_opens_no_socket_and_needs_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was connected")

    for name in ("RUNAPI_API_KEY", "RUNAPI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("connect", "connect_ex", "bind", "listen", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("getaddrinfo", "create_connection"):
        monkeypatch.setattr(socket, name, refuse)
    assert rehearse(load(a_film(tmp_path))).outcome.exit_code == 0


@pytest.mark.usefixtures("quick")
def test_broken_environment_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNAPI_BASE_URL", "not a URL")
    monkeypatch.setenv("KLING_RENDER_RETRIES", "many")
    assert rehearse(load(a_film(tmp_path))).outcome.exit_code == 0


@pytest.mark.usefixtures("quick")
def test_minutes_pass_in_no_time(tmp_path: Path) -> None:
    film = FILM.replace("takes = 2", "takes = 12") + "[render]\nconcurrency = 1\n"
    began = time.monotonic()
    rehearsed = rehearse(load(a_film(tmp_path, film)))
    assert rehearsed.virtual_seconds > 12 * 25
    assert time.monotonic() - began < rehearsed.virtual_seconds / 10


@pytest.mark.usefixtures("quick")
def test_caps_are_told_of_and_do_not_stop_a_rehearsal(tmp_path: Path) -> None:
    film = FILM.replace("[defaults]", "[budget]\nmax_usd = 0.10\n[defaults]")
    rehearsed = rehearse(load(a_film(tmp_path, film)))
    assert rehearsed.real_refusals == ("$0.84 would break max_usd = $0.10",)
    assert rehearsed.outcome.exit_code == 0


@pytest.mark.usefixtures("quick")
def test_price_that_nobody_published_is_told_of_and_does_not_stop_a_rehearsal(tmp_path: Path) -> None:
    film = FILM + (
        '[shot.ref]\nmodel = "kling-v3-omni-reference"\naspect_ratio = "1:1"\nprompt = "Mira"\n'
        'reference_image_urls = ["https://media.example/mira.png"]\n'
    )
    rehearsed = rehearse(load(a_film(tmp_path, film)))
    assert rehearsed.outcome.exit_code == 0
    assert "no price is published for ref#1" in rehearsed.real_refusals[0]


def test_faults_of_the_project_come_before_anything_is_removed(tmp_path: Path) -> None:
    folder = a_film(tmp_path, FILM.replace("720p", "9k"))
    with pytest.raises(InvalidProjectError, match="1 fault"):
        rehearse(load(folder))
    assert [path.name for path in folder.iterdir()] == ["project.toml"]


# What it leaves


@pytest.mark.usefixtures("quick")
def test_rehearsal_counts_nothing_as_bought_in_the_real_ledger(tmp_path: Path) -> None:
    rehearse(load(a_film(tmp_path)))
    assert not (tmp_path / ".kling-render").exists()


@pytest.mark.usefixtures("quick")
def test_manifest_says_that_nothing_was_bought_anywhere(tmp_path: Path) -> None:
    rehearse(load(a_film(tmp_path)))
    manifest = json.loads((tmp_path / "rehearsal/default/manifest.json").read_text("utf-8"))
    assert (manifest["origin"], manifest["person"]) == ("http://rehearsal.invalid", "rehearsal")


@pytest.mark.usefixtures("quick")
def test_second_rehearsal_begins_from_nothing_and_gives_the_same_bytes(tmp_path: Path) -> None:
    folder = a_film(tmp_path)
    rehearse(load(folder))
    first = files(folder / "rehearsal")
    assert len(rehearse(load(folder)).outcome.submitted) == 2
    assert files(folder / "rehearsal") == first


@pytest.mark.usefixtures("quick")
def test_clips_of_shots_that_are_gone_are_removed(tmp_path: Path) -> None:
    rehearse(load(a_film(tmp_path, FILM + '[shot.run]\nprompt = "She runs"\n')))
    rehearse(load(a_film(tmp_path)))
    assert not list((tmp_path / "rehearsal").rglob("run*"))


@pytest.mark.usefixtures("quick")
def test_rehearsal_goes_to_the_folder_it_is_given(tmp_path: Path) -> None:
    folder = a_film(tmp_path / "film")
    rehearse(load(folder), out=tmp_path / "ci" / "out")
    assert len(list((tmp_path / "ci" / "out" / "default").rglob("*.mp4"))) == 2
    assert [path.name for path in folder.iterdir()] == ["project.toml"]


@pytest.mark.usefixtures("quick")
def test_frames_between_shots_stay_in_the_folder_too(tmp_path: Path) -> None:
    goes_on = '[shot.next]\nprompt = "On"\nfirst_frame_image_url = { shot = "walk", frame = "last" }\n'
    folder = a_film(tmp_path / "film", FILM + goes_on)
    assert rehearse(load(folder), out=tmp_path / "ci" / "out").outcome.exit_code == 0
    assert [path.name for path in (tmp_path / "ci").iterdir()] == ["out"]
    assert [path.name for path in folder.iterdir()] == ["project.toml"]


def test_clips_without_media_differ_in_their_pictures_alone(tmp_path: Path) -> None:
    real, blank = (
        rehearse(load(a_film(tmp_path / name)), media=name == "real").outcome.snapshot.attempts
        for name in ("real", "blank")
    )
    clips = [each.clip for each in [*real, *blank] if each.clip is not None]
    assert len({(each.seconds, each.width, each.height, each.has_sound) for each in clips}) == 1
    assert len({each.sha256 for each in clips}) == 4


@pytest.mark.usefixtures("quick")
def test_empty_folder_may_be_given(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert rehearse(load(a_film(tmp_path / "film")), out=tmp_path / "out").outcome.exit_code == 0


def untouched(folder: Path, keeps: dict[str, bytes]) -> bool:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == keeps


def test_folder_that_is_not_a_rehearsal_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "cut.mp4").write_bytes(b"the only copy")
    with pytest.raises(StorageError, match="holds something that is not a rehearsal"):
        rehearse(load(a_film(tmp_path / "film")), out=tmp_path / "precious")
    assert untouched(tmp_path / "precious", {"cut.mp4": b"the only copy"})


def test_project_that_was_rendered_is_never_taken_for_a_rehearsal(tmp_path: Path) -> None:
    folder = a_film(tmp_path / "film")
    (folder / ".kling-render").mkdir()
    (folder / ".kling-render" / "ledger.sqlite").write_bytes(b"what was paid")
    with pytest.raises(StorageError, match="holds something that is not a rehearsal"):
        rehearse(load(folder), out=folder)
    assert untouched(folder, {"project.toml": FILM.encode(), "ledger.sqlite": b"what was paid"})


def test_file_in_the_place_of_the_folder_is_a_storage_error(tmp_path: Path) -> None:
    folder = a_film(tmp_path)
    (folder / "rehearsal").write_text("notes")
    with pytest.raises(StorageError, match="cannot write"):
        rehearse(load(folder))
    assert (folder / "rehearsal").read_text() == "notes"


def test_encoder_that_breaks_is_a_bug_and_not_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: ClipSpec) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr(rehearsal, "encode", broken)
    with pytest.raises(BaseExceptionGroup) as caught:
        rehearse(load(a_film(tmp_path)))
    assert caught.value.subgroup(ZeroDivisionError) is not None


@pytest.mark.usefixtures("quick")
def test_rehearsal_that_broke_off_is_cleared_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = a_film(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(rehearsal, "encode", lambda spec: 1 / 0)
        with pytest.raises(BaseExceptionGroup):
            rehearse(load(folder))
    assert rehearse(load(folder)).outcome.exit_code == 0


# Virtual time


def test_clock_begins_at_the_same_moment_each_time() -> None:
    async def scenario(time: VirtualTime) -> Any:
        return time.now()

    assert on_virtual_time(scenario) == EPOCH


def test_clock_jumps_over_a_wait() -> None:
    async def scenario(time: VirtualTime) -> float:
        await anyio.sleep(3600)
        return (time.now() - EPOCH).total_seconds()

    assert on_virtual_time(scenario) == 3600


def test_clock_stands_still_while_a_thread_works() -> None:
    async def scenario(virtual: VirtualTime) -> float:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(anyio.sleep, 10_000)
            await virtual.run_blocking(time.sleep, 0.1)
            seen = anyio.current_time()
            tasks.cancel_scope.cancel()
        return seen

    assert on_virtual_time(scenario) == 0


def test_slow_encoder_moves_no_virtual_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = encode(ClipSpec("", "", "", "", "", (Cut("", 1),), 32, 18, False, 0, fps=2))

    def seconds_with(pause: float, folder: Path) -> float:
        def slow(spec: ClipSpec) -> bytes:
            time.sleep(pause)
            return tiny

        monkeypatch.setattr(rehearsal, "encode", slow)
        return rehearse(load(a_film(folder))).virtual_seconds

    assert seconds_with(0.3, tmp_path / "slow") == seconds_with(0, tmp_path / "quick")


def test_clock_stands_still_until_the_last_of_several_threads_is_done() -> None:
    async def scenario(virtual: VirtualTime) -> float:
        async with anyio.create_task_group() as waiting:
            waiting.start_soon(anyio.sleep, 10_000)
            async with anyio.create_task_group() as threads:
                for seconds in (0.02, 0.1):
                    threads.start_soon(virtual.run_blocking, time.sleep, seconds)
            seen = anyio.current_time()
            waiting.cancel_scope.cancel()
        return seen

    assert on_virtual_time(scenario) == 0


def test_clock_jumps_again_after_a_thread_that_failed() -> None:
    async def scenario(virtual: VirtualTime) -> float:
        with pytest.raises(ZeroDivisionError, match="division"):
            await virtual.run_blocking(lambda: 1 // 0)
        await anyio.sleep(60)
        return anyio.current_time()

    assert on_virtual_time(scenario) == 60
