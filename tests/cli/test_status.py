"""`status --verify` and `--reconcile`: what is known, held against server, disk and account."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import httpx

from mock_server.core.fault import Fault
from mock_server.doors.server import RunningServer

from .conftest import KEY, Cli, clips


def test_whole_clips_are_verified(cli: Cli, film: Path, at_server: RunningServer) -> None:
    cli("render", film, "--yes")
    ran = cli("status", film, "--verify")
    assert ran.exit_code == 0
    assert "verified: 2 of 2 clips are whole, 0 open tasks asked about" in ran.out


def test_missing_and_changed_clips_are_named(cli: Cli, film: Path, at_server: RunningServer) -> None:
    cli("render", film, "--yes")
    first, second = clips(film)
    (film / first).unlink()
    (film / second).write_bytes(b"another clip")
    ran = cli("status", film, "--verify", "--format", "json")
    found = json.loads(ran.out)["verification"]
    assert (ran.exit_code, found["clean"]) == (7, False)
    assert [(each["clip"], each["state"]) for each in found["files"]] == [(first, "missing"), (second, "changed")]


def test_server_is_asked_about_open_tasks(cli: Cli, film: Path, at_server: RunningServer, impatient: None) -> None:
    at_server.simulator.plan_fault(Fault("stuck_task"), times=2)
    cli("render", film, "--yes")
    ran = cli("status", film, "--verify", "--format", "json")
    tasks = json.loads(ran.out)["verification"]["tasks"]
    assert ran.exit_code == 0
    assert [(each["address"], each["answer"], each["known"]) for each in tasks] == [
        ("walk#1", "processing", True),
        ("walk#2", "processing", True),
    ]


def test_task_that_the_server_does_not_know_is_named(cli: Cli, film: Path, at_server: RunningServer) -> None:
    cli("attach", "walk#1", "11111111-1111-1111-1111-111111111111", film)
    ran = cli("status", film, "--verify")
    assert ran.exit_code == 7
    assert "task 11111111-1111-1111-1111-111111111111: lost" in ran.out


def test_verifying_writes_nothing(cli: Cli, film: Path, at_server: RunningServer) -> None:
    cli("render", film, "--yes")
    before = {path: path.read_bytes() for path in film.rglob("*") if path.is_file()}
    cli("status", film, "--verify", "--reconcile")
    assert {path: path.read_bytes() for path in film.rglob("*") if path.is_file()} == before


def test_books_that_agree_leave_nothing_unexplained(cli: Cli, film: Path, at_server: RunningServer) -> None:
    cli("render", film, "--yes")
    found = json.loads(cli("status", film, "--reconcile", "--format", "json").out)["reconciliation"]
    assert (found["account_spent_usd"], found["charged_usd"], found["unexplained_usd"]) == ("0.84", "0.84", "0")


def test_what_another_tool_spent_is_the_unexplained_rest(cli: Cli, film: Path, at_server: RunningServer) -> None:
    cli("render", film, "--yes")
    body = {"model": "kling-3.0", "prompt": "A quay", "duration_seconds": 3}
    headers = {"Authorization": f"Bearer {KEY}"}
    httpx.post(f"{at_server.url}/api/v1/kling/text_to_video", json=body, headers=headers)
    at_server.simulator.advance(at_server.simulator.now + timedelta(hours=1))
    ran = cli("status", film, "--reconcile")
    assert "unexplained   $0.42: spent by other projects, machines or tools" in ran.out
