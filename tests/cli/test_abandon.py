"""`abandon`: an attempt that is given up stays in the books, and its take is due anew."""

from __future__ import annotations

import json
from pathlib import Path

from mock_server.core.fault import Fault
from mock_server.doors.server import RunningServer

from .conftest import Cli, clips, edit, settled


def lose_a_task(cli: Cli, film: Path, server: RunningServer) -> None:
    """Render a take whose task never ends."""
    edit(film, "takes = 2", "takes = 1")
    server.simulator.plan_fault(Fault("stuck_task"))
    ran = cli("render", film, "--yes")
    assert ran.exit_code == 5


def test_abandoned_take_is_bought_anew_under_another_key(
    cli: Cli, film: Path, at_server: RunningServer, impatient: None
) -> None:
    lose_a_task(cli, film, at_server)
    ran = cli("abandon", "walk", film)
    assert (ran.exit_code, ran.out) == (
        0,
        "walk#1, attempt 1, is given up: $0.42 stay as possibly charged.\n"
        "The next render buys it anew, as attempt 2 under a new key.\n",
    )
    assert cli("render", film, "--yes").exit_code == 0
    assert (len(clips(film)), len(at_server.simulator.tasks), settled(at_server)) == (1, 2, 420_000)


def test_abandoned_attempt_stays_in_the_books_as_possibly_charged(
    cli: Cli, film: Path, at_server: RunningServer, impatient: None
) -> None:
    lose_a_task(cli, film, at_server)
    cli("abandon", "walk", film)
    cli("render", film, "--yes")
    total = json.loads(cli("spend", film, "--format", "json").out)["total"]
    assert (total["charged_usd"], total["possibly_charged_usd"], total["total_usd"]) == ("0.42", "0.42", "0.84")


def test_abandoned_attempt_can_be_attached_after_all(
    cli: Cli, film: Path, at_server: RunningServer, impatient: None
) -> None:
    lose_a_task(cli, film, at_server)
    cli("abandon", "walk", film)
    ran = cli("attach", "walk", "11111111-1111-1111-1111-111111111111", film)
    assert ran.exit_code == 0
    (attempt,) = json.loads(cli("status", film, "--format", "json").out)["attempts"]
    assert (attempt["state"], attempt["task_id"]) == ("submitted", "11111111-1111-1111-1111-111111111111")


def test_take_whose_shot_was_edited_away_can_be_abandoned(
    cli: Cli, film: Path, at_server: RunningServer, impatient: None
) -> None:
    lose_a_task(cli, film, at_server)
    edit(film, "[shot.walk]", "[shot.stroll]")
    assert cli("abandon", "walk#1", film).exit_code == 0


def test_delivered_take_has_nothing_to_give_up(cli: Cli, film: Path, at_server: RunningServer) -> None:
    cli("render", film, "--yes")
    ran = cli("abandon", "walk#1", film)
    assert ran.exit_code == 2
    assert "walk#1 is downloaded" in ran.err


def test_take_that_was_never_bought_has_nothing_to_give_up(cli: Cli, film: Path, at_server: RunningServer) -> None:
    ran = cli("abandon", "walk#1", film)
    assert ran.exit_code == 2
    assert "walk#1 has no attempt" in ran.err
