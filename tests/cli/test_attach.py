"""`attach`: a task that is known from elsewhere becomes a take's."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from mock_server.doors.server import RunningServer

from .conftest import KEY, Cli, clips, edit, settled


def bought_elsewhere(server: RunningServer) -> str:
    """The id of a task that another tool bought."""
    body = {
        "model": "kling-3.0", "prompt": "She crosses the deck", "duration_seconds": 3, "output_resolution": "720p",
    }  # fmt: skip
    headers = {"Authorization": f"Bearer {KEY}"}
    answer = httpx.post(f"{server.url}/api/v1/kling/text_to_video", json=body, headers=headers)
    task_id: str = answer.json()["id"]
    return task_id


def test_attached_task_is_fetched_and_not_bought(cli: Cli, film: Path, at_server: RunningServer) -> None:
    edit(film, "takes = 2", "takes = 1")
    task_id = bought_elsewhere(at_server)
    ran = cli("attach", "walk", task_id, film)
    assert (ran.exit_code, ran.out) == (
        0,
        f"walk#1 has task {task_id} now; kling-render render fetches its clip.\n",
    )
    assert cli("render", film, "--yes").exit_code == 0
    assert (len(clips(film)), settled(at_server), len(at_server.simulator.tasks)) == (1, 420_000, 1)


def test_attached_task_counts_in_the_books(cli: Cli, film: Path, at_server: RunningServer) -> None:
    cli("attach", "walk#1", bought_elsewhere(at_server), film)
    plan = json.loads(cli("plan", film, "--format", "json").out)
    assert (plan["counted_usd"], plan["to_pay_usd"]) == ("0.42", "0.42")
    assert [take["state"] for take in plan["takes"]] == ["elsewhere", "new"]


def test_take_that_has_a_clip_is_refused(cli: Cli, film: Path, at_server: RunningServer) -> None:
    cli("render", film, "--yes")
    ran = cli("attach", "walk#1", "11111111-1111-1111-1111-111111111111", film)
    assert ran.exit_code == 2
    assert "walk#1 is downloaded" in ran.err


def test_task_of_another_take_is_refused(cli: Cli, film: Path, at_server: RunningServer) -> None:
    task_id = bought_elsewhere(at_server)
    cli("attach", "walk#1", task_id, film)
    ran = cli("attach", "walk#2", task_id, film)
    assert ran.exit_code == 2
    assert f"task {task_id} is that of walk#1 already" in ran.err


@pytest.mark.parametrize("task_id", ["", "a b", "a/b", "a?b", "a\nb"])
def test_what_cannot_be_an_id_is_refused(cli: Cli, film: Path, at_server: RunningServer, task_id: str) -> None:
    ran = cli("attach", "walk#1", task_id, film)
    assert ran.exit_code == 2
    assert "is not the id of a task" in ran.err


def test_address_that_means_several_takes_names_them(cli: Cli, film: Path, at_server: RunningServer) -> None:
    ran = cli("attach", "walk", "11111111-1111-1111-1111-111111111111", film)
    assert ran.exit_code == 2
    assert "walk#1, walk#2" in ran.err


def test_first_attach_without_a_key_says_so_and_writes_nothing(
    cli: Cli, film: Path, at_server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RUNAPI_API_KEY")
    ran = cli("attach", "walk#1", "11111111-1111-1111-1111-111111111111", film)
    assert ran.exit_code == 10
    assert not (film / ".kling-render" / "ledger.sqlite").exists()
