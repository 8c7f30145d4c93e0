"""`retake`: one more performance of one variant."""

from __future__ import annotations

import json
from pathlib import Path

from mock_server.doors.server import RunningServer

from .conftest import Cli, clips, edit, settled


def test_retake_buys_further_takes_of_that_variant_alone(cli: Cli, film: Path, at_server: RunningServer) -> None:
    cli("render", film, "--yes")
    ran = cli("retake", "walk", film, "--yes", "-n", "2")
    assert ran.exit_code == 0
    assert [name.partition("-t")[2][0] for name in clips(film)] == ["1", "2", "3", "4"]
    assert settled(at_server) == 4 * 420_000


def test_retake_leaves_the_takes_of_the_project_unbought(cli: Cli, film: Path, at_server: RunningServer) -> None:
    ran = cli("retake", "walk", film, "--yes")
    assert (ran.exit_code, settled(at_server)) == (0, 420_000)
    assert "walk#3" in ran.out


def test_retake_is_no_longer_due_and_never_bought_by_a_render(cli: Cli, film: Path, at_server: RunningServer) -> None:
    cli("retake", "walk", film, "--yes")
    cli("render", film, "--yes")
    assert settled(at_server) == 3 * 420_000
    assert "Nothing to submit" in cli("render", film, "--yes").out


def test_retake_is_no_run_that_plans_are_compared_with(cli: Cli, film: Path, at_server: RunningServer) -> None:
    cli("render", film, "--yes")
    edit(film, "takes = 2", 'takes = 2\n[shot.run]\nprompt = "She runs"')
    cli("retake", "walk", film, "--yes")
    changes = json.loads(cli("plan", film, "--since-last-run", "--format", "json").out)["changes"]
    assert [(each["address"], each["change"]) for each in changes] == [("run#1", "new")]


def test_retake_over_the_cap_is_refused_before_the_first_post(cli: Cli, film: Path, at_server: RunningServer) -> None:
    ran = cli("retake", "walk", film, "--yes", "--max-usd", "0.41")
    assert (ran.exit_code, at_server.simulator.tasks) == (3, ())


def test_retake_of_what_is_not_there_is_a_usage_error(cli: Cli, film: Path, at_server: RunningServer) -> None:
    ran = cli("retake", "wolk", film, "--yes")
    assert ran.exit_code == 2
    assert "walk" in ran.err
