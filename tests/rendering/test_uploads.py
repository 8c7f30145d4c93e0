"""Local files of a film: uploaded just in time, once while the upload lives, and never with the key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import anyio
import httpx
import pytest

from kling_render.errors import RequestRefusedError, ServerError
from kling_render.ledger import State
from kling_render.rendering.uploads import LocalFileError

from ..mock_server.samples import a_png
from .conftest import (
    FILM,
    KEY,
    OTHER_KEY,
    SHOT_MICRO_USD,
    Act,
    Answer,
    Door,
    Killed,
    kill,
    kind_of,
    lose_answer,
    refuse,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from kling_render.events import Event

    from .conftest import Studio

FRAME = 'first_frame_image_url = "frames/dusk.png"'


class Storage(Door):
    """A connection on which also the bytes of files can get lost: each act happens to one PUT."""

    acts: tuple[Act, ...] = ()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method != "PUT" or not self.acts:
            return await super().handle_async_request(request)
        await request.aread()
        self.requests.append(request)
        act, *left = self.acts
        self.acts = tuple(left)
        return await act(request, self.inner.handle_async_request)

    @property
    def puts(self) -> list[httpx.Request]:
        return [request for request in self.requests if request.method == "PUT"]

    @property
    def uploads(self) -> list[str]:
        """The steps of all uploads, in the order in which they were asked for."""
        asked = ["PUT" if each.method == "PUT" else kind_of(each) for each in self.requests]
        return [step for step in asked if step in WHOLE]


WHOLE = ["prepare", "PUT", "confirm"]


@pytest.fixture
def storage(studio: Studio) -> Storage:
    """The connection of a studio whose one shot begins on a local picture."""
    studio.door = storage = Storage(studio.simulator, studio.now)
    put(studio, "frames/dusk.png")
    studio.shoot("walk", walk=FRAME)
    return storage


def put(studio: Studio, name: str, content: bytes | None = None) -> None:
    """Put a picture into the project's folder."""
    file = studio.folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(a_png() if content is None else content)


def frame_urls(storage: Storage) -> list[str]:
    """The first frame of every request that was sent."""
    return [json.loads(request.content)["first_frame_image_url"] for request in creates(storage)]


def creates(storage: Storage) -> list[httpx.Request]:
    return storage.of_kind("create")


# Once


@pytest.mark.parametrize("concurrency", [1, 3])
def test_takes_of_one_shot_share_one_upload(studio: Studio, storage: Storage, concurrency: int) -> None:
    studio.shoot("walk", walk=f"{FRAME}\ntakes = 3")
    outcome = studio.render(concurrency=concurrency)
    assert (outcome.exit_code, len(studio.clips()), storage.uploads) == (0, 3, WHOLE)
    assert len(set(frame_urls(storage))) == 1


def test_same_picture_under_two_names_is_uploaded_once(studio: Studio, storage: Storage) -> None:
    put(studio, "other/name.png")
    studio.shoot("walk", "run", walk=FRAME, run='first_frame_image_url = "other/name.png"')
    assert studio.render().exit_code == 0
    assert storage.uploads == WHOLE


def test_two_pictures_are_uploaded_both(studio: Studio, storage: Storage) -> None:
    put(studio, "dawn.png", a_png(400))
    studio.shoot("walk", walk=f'{FRAME}\nlast_frame_image_url = "dawn.png"')
    assert studio.render(concurrency=1).exit_code == 0
    assert storage.uploads == WHOLE * 2
    assert {request.content for request in storage.puts} == {a_png(), a_png(400)}


def test_picture_is_uploaded_before_the_intent_and_its_url_is_sent(studio: Studio, storage: Storage) -> None:
    studio.render()
    (request,) = creates(storage)
    (url,) = frame_urls(storage)
    assert url.startswith("https://runapi.ai/uploads/")
    assert studio.attempt("walk#1").body == request.content


def test_take_that_is_bought_uploads_nothing(studio: Studio, storage: Storage) -> None:
    studio.render()
    studio.sleep(hours=2)
    assert studio.render().submitted == ()
    assert storage.uploads == WHOLE


# While it lives


@pytest.mark.parametrize(
    ("minutes", "uploads"),
    [(0, 1), (48, 1), (50, 2), (55, 2), (61, 2)],
    ids=["at-once", "alive", "ten", "five", "dead"],
)
def test_upload_is_used_until_ten_minutes_before_its_end(
    studio: Studio, storage: Storage, minutes: int, uploads: int
) -> None:
    studio.render()
    studio.sleep(minutes=minutes)
    studio.shoot("walk", walk=f"{FRAME}\ntakes = 2")
    assert studio.render().exit_code == 0
    assert storage.uploads == WHOLE * uploads
    assert len(set(frame_urls(storage))) == uploads


def test_upload_that_dies_within_a_run_is_renewed_in_it(studio: Studio, storage: Storage) -> None:
    studio.shoot("walk", walk=f"{FRAME}\ntakes = 2")

    def linger(event: Event) -> None:
        if event.kind == "completed":
            studio.sleep(hours=1)

    assert studio.render(concurrency=1, catch=linger).exit_code == 0
    assert storage.uploads == WHOLE * 2


def test_projects_in_one_folder_share_an_upload(studio: Studio, storage: Storage) -> None:
    studio.render()
    studio.shoot("walk", film=FILM.replace("nf-7c1e", "nf-other"), walk=FRAME)
    assert studio.render().submitted == ("walk#1",)
    assert storage.uploads == WHOLE


def test_another_account_uploads_for_itself(studio: Studio, storage: Storage) -> None:
    studio.render()
    studio.render(key=OTHER_KEY)
    first, second = frame_urls(storage)
    assert (storage.uploads, first == second) == (WHOLE * 2, False)


def test_another_origin_gets_its_own_upload(studio: Studio, storage: Storage) -> None:
    studio.render()
    studio.render(base_url="https://proxy.example")
    assert storage.uploads == WHOLE * 2


# Without the key


def test_put_carries_nothing_of_the_key(studio: Studio, storage: Storage) -> None:
    studio.render()
    (request,) = storage.puts
    sent = f"{request.url} {request.headers.raw!r}".encode() + request.content
    assert "authorization" not in request.headers
    assert KEY.encode() not in sent


# When it fails


@pytest.mark.parametrize("act", [refuse(503), refuse(429), lose_answer()], ids=["503", "429", "lost"])
def test_upload_that_fails_in_passing_is_begun_anew_elsewhere(studio: Studio, storage: Storage, act: Act) -> None:
    storage.acts = (act,)
    assert studio.render(retries=3, rate_limit_patience_seconds=10).exit_code == 0
    assert storage.uploads == ["prepare", "PUT", *WHOLE]
    first, second = storage.puts
    assert first.url != second.url
    assert studio.settled() == SHOT_MICRO_USD


@pytest.mark.parametrize("kind", ["prepare", "confirm"])
def test_nothing_is_put_twice_when_the_api_fails_around_it(studio: Studio, storage: Storage, kind: str) -> None:
    studio.breaks(kind, refuse(503))
    assert studio.render(retries=3).exit_code == 0
    assert len({request.url for request in storage.puts}) == len(storage.puts)


@pytest.mark.parametrize("act", [refuse(403), refuse(413), refuse(404)])
def test_upload_that_is_refused_fails_its_takes_alone(studio: Studio, storage: Storage, act: Act) -> None:
    studio.shoot("walk", "run", walk=FRAME)
    storage.acts = (act,)
    outcome = studio.render(concurrency=1, retries=3)
    assert (outcome.exit_code, outcome.undelivered, len(storage.puts)) == (7, ("walk#1",), 1)
    assert isinstance(outcome.problems["walk#1"], RequestRefusedError)
    assert "dusk.png" in outcome.problems["walk#1"].message
    assert studio.settled() == SHOT_MICRO_USD


def test_take_whose_upload_was_refused_is_bought_by_the_next_run(studio: Studio, storage: Storage) -> None:
    storage.acts = (refuse(403),)
    assert studio.render().snapshot.attempts == ()
    assert studio.render().exit_code == 0
    assert studio.attempt("walk#1").attempt == 1


def test_storage_that_stays_away_stops_the_run_before_anything_is_bought(studio: Studio, storage: Storage) -> None:
    studio.shoot("walk", "run", walk=FRAME)
    storage.acts = (refuse(503), refuse(503))
    outcome = studio.render(concurrency=1, retries=2)
    assert (outcome.exit_code, outcome.submitted) == (11, ())
    assert isinstance(outcome.problems["walk#1"], ServerError)


def test_take_whose_upload_ends_after_the_run_was_stopped_is_not_bought(studio: Studio, storage: Storage) -> None:
    async def late(request: httpx.Request, forward: Answer) -> httpx.Response:
        await anyio.sleep(30)
        return await forward(request)

    studio.shoot("walk", "run", run=FRAME)
    studio.breaks("create", refuse(402))
    storage.acts = (late,)
    outcome = studio.render(concurrency=2)
    assert (outcome.exit_code, len(storage.puts), len(creates(storage))) == (3, 1, 1)


# When the file is another one


def change(studio: Studio) -> None:
    put(studio, "frames/dusk.png", a_png(400))


def remove(studio: Studio) -> None:
    (studio.folder / "frames/dusk.png").unlink()


@pytest.mark.parametrize(
    ("meddle", "reason"),
    [(change, "frames/dusk.png has changed since the plan was made"), (remove, "cannot read frames/dusk.png")],
)
def test_file_that_is_another_one_than_planned_is_not_bought(
    studio: Studio, storage: Storage, meddle: Callable[[Studio], None], reason: str
) -> None:
    studio.shoot("walk", "run", walk=FRAME)

    def act(event: Event) -> None:
        if event.kind == "started":
            meddle(studio)

    outcome = studio.render(catch=act)
    assert (outcome.exit_code, outcome.undelivered, storage.uploads) == (7, ("walk#1",), [])
    problem = outcome.problems["walk#1"]
    assert isinstance(problem, LocalFileError)
    assert problem.message.startswith(reason)
    assert (len(outcome.snapshot.attempts), studio.settled()) == (1, SHOT_MICRO_USD)


def test_changed_file_is_bought_as_it_is_by_the_next_run(studio: Studio, storage: Storage) -> None:
    studio.render()
    change(studio)
    assert studio.render().submitted == ("walk#1",)
    assert [request.content for request in storage.puts] == [a_png(), a_png(400)]


# After a crash


def test_crash_between_upload_and_intent_uploads_nothing_again(studio: Studio, storage: Storage) -> None:
    studio.render_until("create")
    studio.render()
    assert storage.uploads == WHOLE


@pytest.mark.parametrize("meddle", [change, lambda studio: None], ids=["changed", "same"])
def test_open_intent_keeps_its_bytes_and_url_although_the_upload_has_expired(
    studio: Studio, storage: Storage, meddle: Callable[[Studio], None]
) -> None:
    studio.render_until("create", lose_answer(Killed()))
    before = studio.attempt("walk#1")
    studio.sleep(hours=3)
    meddle(studio)
    outcome = studio.render(concurrency=1)
    sent, repeated, *_ = creates(storage)
    assert (repeated.content, repeated.headers["Idempotency-Key"]) == (before.body, before.key)
    assert sent.content == before.body
    first = next(each for each in outcome.snapshot.attempts if each.id == before.id)
    assert (first.state, first.body) == (State.DOWNLOADED, before.body)


def test_open_intent_of_an_expired_upload_is_paid_once(studio: Studio, storage: Storage) -> None:
    studio.render_until("create", lose_answer(Killed()))
    studio.sleep(hours=3)
    assert studio.render().exit_code == 0
    assert (storage.uploads, studio.settled()) == (WHOLE, SHOT_MICRO_USD)


def test_intent_that_never_arrived_is_not_rebuilt_when_its_upload_has_expired(studio: Studio, storage: Storage) -> None:
    studio.render_until("create", kill())
    before = studio.attempt("walk#1")
    studio.sleep(hours=3)
    outcome = studio.render()
    assert [request.content for request in creates(storage)] == [before.body, before.body]
    assert (outcome.exit_code, studio.attempt("walk#1").state) == (7, State.UNKNOWN)
    assert "has expired" in outcome.problems["walk#1"].message
    assert (storage.uploads, studio.settled()) == (WHOLE, 0)


def test_lost_ledger_finds_the_paid_take_although_its_file_moved(studio: Studio, storage: Storage) -> None:
    studio.render()
    for file in (studio.folder / ".kling-render").iterdir():
        file.unlink()
    (studio.folder / "takes.lock").unlink()
    outcome = studio.render()
    first, again = (request.headers["Idempotency-Key"] for request in creates(storage))
    assert first == again
    assert (outcome.exit_code, studio.attempt("walk#1").state) == (0, State.DOWNLOADED)
    assert studio.settled() == SHOT_MICRO_USD


def test_upload_that_a_request_was_refused_for_is_made_anew(studio: Studio, storage: Storage) -> None:
    studio.breaks("create", refuse(422, "expired"))
    assert studio.render().exit_code == 7
    assert studio.mended().render(retry_failed=True).exit_code == 0
    assert len(set(frame_urls(storage))) == 2
