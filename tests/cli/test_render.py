from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from mock_server import Config, running_server
from mock_server.doors.server import RunningServer

from .conftest import KEY, Cli, Ran, clips, edit, settled


def test_clips_arrive_and_are_charged_once(cli: Cli, film: Path, at_server: RunningServer) -> None:
    ran = cli("render", film, "--yes")
    assert ran.exit_code == 0
    assert len(clips(film)) == 2
    assert settled(at_server) == 840_000
    assert "this run: $0.84 for 2 submissions" in ran.out
    assert f"server: {at_server.url} (not RunAPI itself)" in ran.out


def test_second_run_submits_nothing_and_says_so(cli: Cli, film: Path, at_server: RunningServer) -> None:
    cli("render", film, "--yes")
    ran = cli("render", film, "--yes")
    assert (ran.exit_code, ran.err) == (0, "")
    assert ran.out.startswith("Nothing to submit: every take of the plan is bought.\n")
    assert settled(at_server) == 840_000


def test_changed_prompt_renders_that_shot_alone_and_keeps_the_old_clip(
    cli: Cli, film: Path, at_server: RunningServer
) -> None:
    edit(film, "takes = 2", 'takes = 1\n[shot.run]\nprompt = "She runs"')
    cli("render", film, "--yes")
    before = {name: (film / name).read_bytes() for name in clips(film)}
    edit(film, "She runs", "She runs faster")
    ran = cli("render", film, "--yes")
    assert "for 1 submission" in ran.out
    assert len(clips(film)) == 3
    assert {name: (film / name).read_bytes() for name in before} == before


def test_another_account_finds_nothing_bought(
    cli: Cli, film: Path, at_server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli("render", film, "--yes")
    monkeypatch.setenv("RUNAPI_API_KEY", "second-key-of-the-tests")
    ran = cli("render", film, "--yes")
    assert "for 2 submissions" in ran.out
    assert settled(at_server, "second-key-of-the-tests") == 840_000


def test_another_origin_finds_nothing_bought(
    cli: Cli, film: Path, at_server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli("render", film, "--yes")
    with running_server(Config(), speed=2000) as other:
        monkeypatch.setenv("RUNAPI_BASE_URL", other.url)
        assert "2 of 2 takes to buy" in cli("plan", film).out


def test_nobody_to_ask_and_no_yes_is_a_usage_error(cli: Cli, film: Path, at_server: RunningServer) -> None:
    ran = cli("render", film)
    assert ran.exit_code == 2
    assert "give --yes" in ran.err
    assert settled(at_server) == 0


class _Terminal:
    @staticmethod
    def isatty() -> bool:
        return True


@pytest.mark.parametrize(("answer", "charged"), [(True, 840_000), (False, 0)])
def test_terminal_is_asked_before_money_is_spent(
    cli: Cli, film: Path, at_server: RunningServer, monkeypatch: pytest.MonkeyPatch, answer: bool, charged: int
) -> None:
    asked: list[str] = []

    def confirm(text: str, **_: object) -> bool:
        asked.append(text)
        return answer

    monkeypatch.setattr("sys.stdin", _Terminal)
    monkeypatch.setattr("click.confirm", confirm)
    ran = cli("render", film)
    assert ran.exit_code == 0
    assert asked == ["Buy 2 takes for $0.84?"]
    assert "balance $2.00" in ran.err
    assert settled(at_server) == charged


def test_over_budget_is_refused_before_the_first_post(cli: Cli, film: Path, at_server: RunningServer) -> None:
    edit(film, "max_usd = 5", "max_usd = 0.50")
    ran = cli("render", film, "--yes")
    assert ran.exit_code == 3
    assert "error: $0.84 would break max_usd = $0.50" in ran.err
    assert at_server.simulator.tasks == ()


def test_cap_of_the_command_line_holds(cli: Cli, film: Path, at_server: RunningServer) -> None:
    ran = cli("render", film, "--yes", "--max-usd", "0.83")
    assert (ran.exit_code, at_server.simulator.tasks) == (3, ())
    assert "$0.84 would break --max-usd $0.83" in ran.err


def test_no_cap_and_nobody_to_ask_is_refused(cli: Cli, film: Path, at_server: RunningServer) -> None:
    edit(film, "[budget]\nmax_usd = 5\n", "")
    ran = cli("render", film, "--yes")
    assert (ran.exit_code, at_server.simulator.tasks) == (3, ())
    assert "--max-usd" in ran.err


def test_unknown_price_is_refused_before_the_first_post(cli: Cli, film: Path, at_server: RunningServer) -> None:
    shot = (
        '[shot.ref]\nmodel = "kling-v3-omni-reference"\nprompt = "x"\naspect_ratio = "1:1"\n'
        'reference_image_urls = ["https://example.com/a.png"]\n'
    )
    edit(film, "takes = 2\n", "takes = 2\n" + shot)
    ran = cli("render", film, "--yes")
    assert (ran.exit_code, at_server.simulator.tasks) == (3, ())
    assert "no price is published for ref#1" in ran.err


def test_plan_that_is_not_the_agreed_one_exits_with_9(cli: Cli, film: Path, at_server: RunningServer) -> None:
    agreed = json.loads(cli("plan", film, "--format", "json").out)["hash"]
    edit(film, "crosses", "leaves")
    ran = cli("render", film, "--yes", "--expect-plan", agreed)
    assert (ran.exit_code, at_server.simulator.tasks) == (9, ())


def test_agreed_plan_is_rendered(cli: Cli, film: Path, at_server: RunningServer) -> None:
    agreed = json.loads(cli("plan", film, "--format", "json").out)["hash"]
    assert cli("render", film, "--yes", "--expect-plan", agreed[:16]).exit_code == 0


def test_no_key_exits_with_10(cli: Cli, film: Path, at_server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNAPI_API_KEY")
    ran = cli("render", film, "--yes")
    assert ran.exit_code == 10
    assert "there is no API key" in ran.err


def test_refused_key_exits_with_10_and_is_not_printed(
    cli: Cli, film: Path, at_server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNAPI_API_KEY", "wrong-key-of-the-tests")
    ran = cli("render", film, "--yes")
    assert ran.exit_code == 10
    assert "wrong-key-of-the-tests" not in ran.out + ran.err


def test_server_that_is_not_there_exits_with_11(
    cli: Cli, film: Path, at_server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNAPI_BASE_URL", "http://127.0.0.1:9")
    ran = cli("render", film, "--yes")
    assert ran.exit_code == 11
    assert "No connection to http://127.0.0.1:9" in ran.err


def test_credit_that_ends_midway_keeps_what_is_in_flight(cli: Cli, film: Path, at_server: RunningServer) -> None:
    edit(film, "takes = 2", "takes = 6")
    ran = cli("render", film, "--yes", "--partial")
    assert ran.exit_code == 3
    assert len(clips(film)) == 4
    assert settled(at_server) == 1_680_000


def test_plan_that_the_account_cannot_pay_for_is_refused_before_the_first_post(
    cli: Cli, film: Path, at_server: RunningServer
) -> None:
    edit(film, "takes = 2", "takes = 6")
    ran = cli("render", film, "--yes")
    assert (ran.exit_code, at_server.simulator.tasks) == (3, ())
    assert "the account has $2.00, the plan needs $2.52" in ran.err


def test_local_frame_is_uploaded_once_for_all_takes(cli: Cli, film: Path, at_server: RunningServer) -> None:
    Image.new("RGB", (400, 300), "navy").save(film / "quay.png")
    edit(film, "takes = 2", 'takes = 3\nfirst_frame_image_url = "quay.png"')
    ran = cli("render", film, "--yes")
    assert ran.exit_code == 0
    assert ran.err.count("uploaded quay.png") == 1
    frames = {task.body["first_frame_image_url"] for task in at_server.simulator.tasks}
    assert (len(at_server.simulator.tasks), len(frames)) == (3, 1)


def test_status_tells_what_was_bought(cli: Cli, film: Path, at_server: RunningServer) -> None:
    assert "Nothing was bought yet" in cli("status", film).out
    cli("render", film, "--yes")
    ran = cli("status", film)
    assert "spent or reserved: $0.84" in ran.out
    status = json.loads(cli("status", film, "--format", "json").out)
    assert [each["state"] for each in status["attempts"]] == ["downloaded", "downloaded"]
    assert status["counted_usd"] == "0.84"


def test_status_of_a_project_with_faults_still_tells_what_was_spent(
    cli: Cli, film: Path, at_server: RunningServer
) -> None:
    cli("render", film, "--yes")
    edit(film, "prompt =", "promt =")
    ran = cli("status", film)
    assert ran.exit_code == 0
    assert "spent or reserved: $0.84   to buy: unknown" in ran.out


def test_json_outcome_is_all_of_standard_output(cli: Cli, film: Path, at_server: RunningServer) -> None:
    ran: Ran = cli("render", film, "--yes", "--format", "json")
    outcome = json.loads(ran.out)
    assert (outcome["exit_code"], outcome["run_usd"], outcome["undelivered"]) == (0, "0.84", [])


def test_key_is_in_no_file_and_on_no_screen(cli: Cli, film: Path, at_server: RunningServer) -> None:
    ran = cli("render", film, "--yes")
    assert KEY not in ran.out + ran.err
    assert not [path for path in film.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]


def test_status_of_a_selection_tells_of_its_takes_alone(cli: Cli, film: Path, at_server: RunningServer) -> None:
    cli("render", film, "--yes")
    status = json.loads(cli("status", film, "--only", "walk#2", "--format", "json").out)
    assert [each["address"] for each in status["attempts"]] == ["walk#2"]


def test_selected_takes_alone_are_bought(cli: Cli, film: Path, at_server: RunningServer) -> None:
    ran = cli("render", film, "--yes", "--only", "walk#2")
    assert (ran.exit_code, len(clips(film)), settled(at_server)) == (0, 1, 420_000)
    assert "1 submission" in ran.out
    rest = cli("render", film, "--yes")
    assert (rest.exit_code, len(clips(film)), settled(at_server)) == (0, 2, 840_000)


def test_what_is_bought_and_why_is_shown_before_it_is(cli: Cli, film: Path, at_server: RunningServer) -> None:
    cli("render", film, "--yes", "--only", "walk#1")
    edit(film, "She crosses", "She limps across")
    ran = cli("render", film, "--yes")
    assert "  1 new: $0.42\n" in ran.err
    assert "  1 changed since they were bought: $0.42\n" in ran.err
    assert f"at {at_server.url}, balance $1.58" in ran.err


def test_events_are_lines_of_json_in_the_bills_place(cli: Cli, film: Path, at_server: RunningServer) -> None:
    ran = cli("render", film, "--yes", "--only", "walk#1", "--events", "jsonl")
    events = [json.loads(line) for line in ran.out.splitlines()]
    kinds = [each["kind"] for each in events if each["kind"] not in ("processing", "differs")]
    assert kinds == ["started", "reserved", "submitted", "completed", "downloaded", "finished"]
    assert {each["usd"] for each in events if each["kind"] in ("reserved", "submitted", "downloaded")} == {"0.42"}
    assert {each["address"] for each in events[1:-1]} == {"walk#1"}


def test_events_and_json_cannot_share_standard_output(cli: Cli, film: Path, at_server: RunningServer) -> None:
    ran = cli("render", film, "--yes", "--events", "jsonl", "--format", "json")
    assert (ran.exit_code, at_server.simulator.tasks) == (2, ())


def test_every_request_is_logged_without_the_key(cli: Cli, film: Path, at_server: RunningServer) -> None:
    ran = cli("render", film, "--yes", "--only", "walk#1", "-vv")
    (create,) = [line for line in ran.err.splitlines() if "POST /api/v1/kling/text_to_video" in line]
    assert "client request id walk%231;a=1;n=" in create
    assert f"task {at_server.simulator.tasks[0].id}" in create
    assert KEY not in ran.err


def test_lost_ledger_is_explained_and_rebuilt_without_a_purchase(
    cli: Cli, film: Path, at_server: RunningServer
) -> None:
    cli("render", film, "--yes")
    shutil.rmtree(film / ".kling-render")
    ran = cli("render", film, "--yes")
    assert (ran.exit_code, settled(at_server), len(at_server.simulator.tasks)) == (0, 840_000, 2)
    assert "there is no ledger here; takes.lock knows 2 takes: they are fetched, not bought again" in ran.err


def test_lost_ledger_and_lock_are_rebuilt_from_the_server(cli: Cli, film: Path, at_server: RunningServer) -> None:
    cli("render", film, "--yes")
    shutil.rmtree(film / ".kling-render")
    next(film.rglob("takes.lock")).unlink()
    ran = cli("render", film, "--yes")
    assert (ran.exit_code, settled(at_server), len(at_server.simulator.tasks)) == (0, 840_000, 2)
    assert "a manifest tells of takes" in ran.err


def test_clip_that_cannot_be_fetched_is_not_bought_anew(cli: Cli, film: Path, at_server: RunningServer) -> None:
    cli("render", film, "--yes", "--only", "walk#1")
    (film / clips(film)[0]).unlink()
    at_server.simulator.remove_results()
    assert cli("render", film, "--yes", "--only", "walk#1").exit_code == 7
    assert settled(at_server) == 420_000


def test_plan_tells_what_has_changed_since_the_last_run(cli: Cli, film: Path, at_server: RunningServer) -> None:
    assert "There was no run yet" in cli("plan", film, "--since-last-run").out
    cli("render", film, "--yes")
    assert "Nothing has changed since the last run." in cli("plan", film, "--since-last-run").out
    edit(film, "takes = 2", 'takes = 1\n[shot.run]\nprompt = "She runs"')
    edit(film, "She crosses", "She limps across")
    changes = json.loads(cli("plan", film, "--since-last-run", "--format", "json").out)["changes"]
    assert [(each["address"], each["change"]) for each in changes] == [
        ("walk#1", "changed"),
        ("run#1", "new"),
        ("walk#2", "removed"),
    ]


def test_bill_of_many_takes_names_those_alone_that_the_run_bought(
    cli: Cli, film: Path, at_server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kling_render.report.bill._MANY", 1)
    cli("render", film, "--yes", "--only", "walk#1")
    ran = cli("render", film, "--yes")
    assert "walk#2" in ran.out
    assert "walk#1" not in ran.out
    assert "1 more takes were here before" in ran.out
