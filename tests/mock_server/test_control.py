"""The control API: what a simulator tells of itself, and what can be done to it, at every door."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mock_server import Config

from .conftest import Answer, Caller


def look(caller: Caller, name: str) -> Any:
    answer = caller.send("GET", f"/__mock__/{name}", key=None)
    assert answer.status == 200
    return answer.json


def act(caller: Caller, action: str, headers: dict[str, str] | None = None, **fields: Any) -> Answer:
    return caller.send("POST", f"/__mock__/{action}", fields, key=None, headers=headers)


# Looking


def test_tasks_books_and_clock_are_told(caller: Caller) -> None:
    caller.create(headers={"x-client-request-id": "walk%231;a=1;n=abc"})
    caller.wait(10)
    (task,) = look(caller, "tasks")
    assert (task["take"], task["status"], task["usd"], task["polls"]) == ("walk take 1", "processing", "0.7", 0)
    (books,) = look(caller, "books")
    assert (books["reserved_usd"], books["settled_usd"], books["balanced"]) == ("0.7", "0", True)
    assert look(caller, "clock")["elapsed_seconds"] == 10


def test_journal_holds_requests_to_the_api_alone(caller: Caller) -> None:
    caller.create()
    look(caller, "tasks")
    assert [each["endpoint"] for each in look(caller, "journal")["entries"]] == ["create"]


def test_journal_can_be_cut(caller: Caller) -> None:
    for _ in range(3):
        caller.send("GET", "/api/v1/me")
    journal = look(caller, "journal?limit=2")
    assert ([each["number"] for each in journal["entries"]], journal["seen"]) == ([2, 3], 3)


def test_export_has_everything_and_no_key() -> None:
    caller = Caller(Config(api_keys=("a-secret-key",)))
    caller.create(key="a-secret-key")
    export = look(caller, "export")
    assert set(export) == {"schema", "clock", "books", "tasks", "faults", "verdict", "journal"}
    assert "a-secret-key" not in json.dumps(export)


def test_verdict_is_told(caller: Caller) -> None:
    caller.finish()
    assert [each["code"] for each in look(caller, "verdict")["findings"]] == ["never_downloaded"]


def test_nothing_here_lives_at_other_paths(caller: Caller) -> None:
    answer = caller.send("GET", "/__mock__/jurnal", key=None)
    assert answer.status == 404
    assert "GET /__mock__/journal" in answer.error["message"]


# Near misses


def explained(caller: Caller) -> str:
    explanation: str = look(caller, "journal")["entries"][-1]["explanation"]
    return explanation


def test_conflict_tells_what_differs_from_the_first_use_of_the_key(caller: Caller) -> None:
    key = {"idempotency-key": "take-1"}
    caller.create(headers=key)
    assert caller.create(headers=key, duration_seconds=7).status == 409
    assert explained(caller) == "against request #1: duration_seconds was null, is 7"


def test_missing_and_wrong_keys_are_told_apart() -> None:
    caller = Caller(Config(api_keys=("right",)))
    caller.create(key=None)  # type: ignore[arg-type]
    assert "carried no key" in explained(caller)
    caller.create(key="wrong")
    assert explained(caller) == "its key is none of the 1 that this server accepts"


def test_task_under_another_action_is_told(caller: Caller) -> None:
    task_id = caller.create().json["id"]
    caller.send("GET", f"/api/v1/kling/image_to_video/{task_id}")
    assert "made by text_to_video" in explained(caller)


def test_planned_fault_is_told(caller: Caller) -> None:
    caller.simulator.refuse_next(503)
    caller.create()
    assert explained(caller) == "the mock server was told to: refusal"


# Acting


def test_time_can_be_advanced(caller: Caller) -> None:
    caller.create()
    assert act(caller, "advance", seconds=120).json["elapsed_seconds"] == 120
    assert [each["status"] for each in look(caller, "tasks")] == ["completed"]


def test_time_goes_on_from_where_it_was_advanced_to(caller: Caller) -> None:
    look(caller, "clock")
    act(caller, "advance", seconds=100)
    caller.wait(5)
    assert look(caller, "clock")["elapsed_seconds"] == 105


def test_time_can_be_advanced_to_the_next_event(caller: Caller) -> None:
    caller.create()
    act(caller, "advance", to="next")
    (task,) = look(caller, "tasks")
    assert (task["status"], task["completes_at"]) == ("completed", look(caller, "clock")["now"])


def test_without_an_event_nothing_is_advanced_to(caller: Caller) -> None:
    assert act(caller, "advance", to="next").json["elapsed_seconds"] == 0


def test_scenario_is_switched_by_name_and_by_text(caller: Caller) -> None:
    assert act(caller, "scenario", name="bad-monday").json["scenario"]["name"] == "bad Monday"
    text = 'schema = 1\nname = "shut"\n[[rule]]\nendpoint = "me"\nfault = "refusal"'
    assert act(caller, "scenario", toml=text).json["scenario"]["name"] == "shut"
    assert caller.send("GET", "/api/v1/me").status == 503
    assert act(caller, "scenario", name="").json["scenario"] is None
    assert caller.send("GET", "/api/v1/me").status == 200


def test_faults_never_strike_the_control_api(caller: Caller) -> None:
    act(caller, "scenario", toml='schema = 1\n[[rule]]\nfault = "drop_request"')
    assert caller.send("GET", "/api/v1/me").response.wire is not None
    assert look(caller, "faults")["met"] == {"drop_request": 1}


def test_balance_is_set(caller: Caller) -> None:
    caller.create()
    (books,) = look(caller, "books")
    act(caller, "balance", account=books["account"], usd="3.5")
    assert look(caller, "books")[0]["available_usd"] == "3.5"


def test_reset_forgets_everything_but_the_scenario(caller: Caller) -> None:
    first = caller.create().json["id"]
    act(caller, "scenario", name="slow-answers")
    assert act(caller, "reset", seed=7).json["clock"]["seed"] == 7
    assert (look(caller, "tasks"), look(caller, "books"), look(caller, "journal")["seen"]) == ([], [], 0)
    assert look(caller, "faults")["scenario"]["name"] == "slow answers"
    assert caller.create().json["id"] != first


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("advance", {"seconds": -1}, "seconds is a number from 0"),
        ("advance", {"seconds": "soon"}, "seconds is a number from 0"),
        ("advance", {}, "seconds is a number from 0"),
        ("advance", {"seconds": True}, "seconds is a number from 0"),
        ("scenario", {"name": "bad-sunday"}, "no scenario 'bad-sunday'"),
        ("scenario", {"toml": "schema = 1"}, "at least one"),
        ("balance", {"account": 1, "usd": 1}, "no account 1"),
        ("reset", {"seed": "x"}, "seed is a number from 0"),
    ],
)
def test_what_makes_no_sense_is_refused(caller: Caller, name: str, fields: dict[str, Any], message: str) -> None:
    answer = act(caller, name, **fields)
    assert answer.status == 422
    assert message in answer.error["message"]


def test_page_of_another_site_may_not_act(caller: Caller) -> None:
    answer = act(caller, "reset", {"origin": "https://evil.example", "host": "127.0.0.1:8787"})
    assert answer.status == 403
    assert act(caller, "reset", {"origin": "http://127.0.0.1:8787", "host": "127.0.0.1:8787"}).status == 200


# The page


def test_page_shows_tasks_books_and_verdict_escaped(caller: Caller) -> None:
    caller.create(prompt="<script>alert(1)</script> at dawn")
    page = caller.send("GET", "/", key=None).response
    assert isinstance(page.body, bytes)
    text = page.body.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; at dawn" in text
    assert "<script>alert" not in text
    assert "verdict: clean" in text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_form_without_a_script_acts_and_leads_back(caller: Caller) -> None:
    caller.create()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = caller.send("POST", "/__mock__/advance", b"seconds=120", key=None, headers=headers)
    assert (answer.status, answer.headers["location"]) == (303, "/")
    assert [each["status"] for each in look(caller, "tasks")] == ["completed"]


@pytest.mark.parametrize(("name", "kind"), [("dashboard.css", "text/css"), ("dashboard.js", "text/javascript")])
def test_page_brings_its_own_style_and_script(caller: Caller, name: str, kind: str) -> None:
    assert caller.send("GET", f"/__mock__/{name}", key=None).headers["content-type"].startswith(kind)
