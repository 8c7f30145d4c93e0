"""Films whose shots refer to each other, for the tests of chains."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx

from kling_render.ledger import Pick, Picks, read_picks, write_picks
from kling_render.planning import plan
from kling_render.project import load

from .conftest import Act, Answer, fail_task

if TYPE_CHECKING:
    from kling_render.planning import Plan

    from .conftest import Studio


def on_frame_of(shot: str, frame: str = "last") -> str:
    """The line that lets a shot begin on a frame of another."""
    return f'first_frame_image_url = {{ shot = "{shot}", frame = "{frame}" }}'


def creates(studio: Studio) -> list[dict[str, str]]:
    return [json.loads(request.content) for request in studio.door.of_kind("create")]


def create_of(studio: Studio, prompt: str) -> dict[str, str]:
    """The one request whose prompt has this in it."""
    (found,) = {json.dumps(body) for body in creates(studio) if prompt in body["prompt"]}
    body: dict[str, str] = json.loads(found)
    return body


def fetched(studio: Studio, url: str) -> bytes:
    """What lies under a URL on the server."""
    simulator = studio.simulator
    upload = simulator._state.uploads.find(url)
    assert upload is not None
    content = simulator._state.uploads.content(upload)
    assert content is not None
    return content


def clip_of(studio: Studio, address: str) -> str:
    clip = studio.attempt(address).clip
    assert clip is not None
    return clip.path


def planned(studio: Studio) -> Plan:
    """The plan of the project as it stands, against the ledger and the picks."""
    picks = read_picks(studio.folder / "picks.toml")
    return plan(load(studio.folder), snapshot=studio.snapshot(), now=studio.start, picks=picks)


def states(studio: Studio) -> dict[str, str]:
    return {str(each.address): each.state.value for each in planned(studio).takes}


def pick(studio: Studio, variant: str, number: int) -> None:
    """Choose a take of a variant for the film."""
    mark = studio.attempt(f"{variant}#{number}").fingerprint
    write_picks(studio.folder / "picks.toml", Picks({variant: Pick(number, mark)}))


def fail_tasks_of(studio: Studio, prompt: str) -> Act:
    """Answer polls of the tasks whose request has this in it with a failure; others pass."""

    async def act(request: httpx.Request, forward: Answer) -> httpx.Response:
        task_id = request.url.path.rpartition("/")[2]
        mine = [each for each in studio.snapshot().attempts if each.task_id == task_id and prompt.encode() in each.body]
        return await (fail_task()(request, forward) if mine else forward(request))

    return act


def slow_tasks(studio: Studio, seconds: Mapping[str, float]) -> Act:
    """Answer polls of the tasks of these takes as still processing, each for so long from now; others pass."""
    until = {address: studio.now() + timedelta(seconds=each) for address, each in seconds.items()}

    async def act(request: httpx.Request, forward: Answer) -> httpx.Response:
        task_id = request.url.path.rpartition("/")[2]
        slow = [
            each.task_id for each in studio.snapshot().attempts if studio.now() < until.get(each.address, studio.now())
        ]
        if task_id in slow:
            return httpx.Response(200, json={"id": task_id, "status": "processing"})
        return await forward(request)

    return act
