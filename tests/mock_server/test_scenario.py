"""Scenarios: faults as data, the same for the same seed whoever comes first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mock_server import Config
from mock_server.core.scenario import ScenarioError, parse_scenario
from mock_server.scenarios import bundled_scenarios, open_scenario

from .conftest import Caller

LOST = 'schema = 1\n[[rule]]\nendpoint = "create"\n'


def a_caller(rule: str, **config: Any) -> Caller:
    return Caller(Config(scenario=parse_scenario(f"schema = 1\n[[rule]]\n{rule}"), **config))


def called(take: str, attempt: int = 1) -> dict[str, str]:
    return {
        "idempotency-key": f"{take} {attempt}",
        "x-client-request-id": f"{take.replace('#', '%23')};a={attempt};n=1",
    }


def statuses(caller: Caller, *names: str) -> list[int]:
    return [caller.create(headers=called(name)).status for name in names]


# Which requests are struck


def test_first_tries_of_each_request_are_struck_whatever_the_order(caller: Caller) -> None:
    caller = a_caller('endpoint = "create"\nfirst = 2\nfault = "refusal"')
    assert statuses(caller, "a#1", "b#1", "a#1", "a#1", "b#1", "b#1") == [503, 503, 503, 200, 503, 200]


def test_rate_strikes_the_same_requests_in_any_order() -> None:
    rule = 'endpoint = "create"\nrate = 0.4\nfault = "refusal"'
    names = [f"walk#{number}" for number in range(1, 31)]
    forwards = dict(zip(names, statuses(a_caller(rule), *names), strict=True))
    backwards = dict(zip(reversed(names), statuses(a_caller(rule), *reversed(names)), strict=True))
    assert forwards == backwards
    assert 4 < list(forwards.values()).count(503) < 22


def test_other_seed_strikes_others() -> None:
    rule = 'endpoint = "create"\nrate = 0.5\nfault = "refusal"'
    names = [f"walk#{number}" for number in range(1, 31)]
    assert statuses(a_caller(rule), *names) != statuses(a_caller(rule, seed=1), *names)


def test_take_and_attempt_come_from_the_client_request_id() -> None:
    caller = a_caller('take = "walk[[]x=?]*"\nattempt = 2\nfault = "no_credit"'.replace("[[]", "["))
    assert caller.create(headers=called("walk[x=1]#1", attempt=2)).status == 402
    assert caller.create(headers=called("walk[x=1]#1", attempt=1)).status == 200
    assert caller.create(headers=called("run#1", attempt=2)).status == 200
    assert caller.create().status == 200


def test_model_is_a_pattern() -> None:
    caller = a_caller('model = "kling-v3-*"\nendpoint = "create"\nfault = "no_credit"')
    assert caller.create(model="kling-v3-omni").status == 402
    assert caller.create(model="kling-3.0").status == 200


def test_rule_holds_from_one_time_to_another() -> None:
    caller = a_caller('endpoint = "me"\nafter = 10\nuntil = 20\nfault = "refusal"')
    seen = []
    for _ in range(5):
        seen.append(caller.send("GET", "/api/v1/me").status)
        caller.wait(5)
    assert seen == [200, 200, 503, 503, 200]


def test_poll_belongs_to_the_take_of_its_task() -> None:
    caller = a_caller('take = "walk*"\nendpoint = "poll"\nfault = "refusal"')
    walk, run = (caller.create(headers=called(name)).json["id"] for name in ("walk#1", "run#1"))
    assert (caller.poll(walk).status, caller.poll(run).status) == (503, 200)


# What happens to them


def test_faults_of_one_rule_meet_in_one_answer() -> None:
    rule = 'endpoint = "me"\nfaults = [{ kind = "refusal", status = 502, html = true }, { kind = "slow_answer" }]'
    answer = a_caller(rule).send("GET", "/api/v1/me").response
    assert (answer.status, answer.headers["content-type"]) == (502, "text/html; charset=utf-8")
    assert answer.wire is not None
    assert answer.wire.fate == "slow"


def test_account_can_be_empty_for_a_while() -> None:
    caller = a_caller('endpoint = "create"\nuntil = 5\nfault = "no_credit"')
    assert caller.create().error["code"] == "insufficient_credits"
    caller.wait(5)
    assert caller.create().status == 200


def test_task_can_cost_more_than_was_quoted() -> None:
    caller = a_caller('fault = { kind = "price_change", factor = 1.5 }')
    assert caller.finish()["usage"]["cost"] == 1.05
    assert caller.simulator.books("key-1").is_balanced()


def test_put_can_be_refused_for_its_checksum() -> None:
    caller = a_caller('first = 1\nfault = "checksum_failure"')
    prepared = caller.prepare("quay.png", b"bytes").json
    assert caller.put(prepared, b"bytes").error["code"] == "checksum_mismatch"


def test_address_of_a_clip_can_die_early() -> None:
    caller = a_caller('endpoint = "clip"\nfirst = 1\nfault = "expired_media"')
    url = caller.finish()["videos"][0]["url"]
    assert [caller.send("GET", url, key=None).status for _ in range(2)] == [410, 200]


def test_faults_that_struck_are_counted() -> None:
    caller = a_caller('endpoint = "create"\nfirst = 1\nfault = "drop_answer"')
    statuses(caller, "a#1", "b#1", "a#1")
    assert caller.simulator.faults_met == {"drop_answer": 2}


def test_scenario_can_be_changed_while_it_runs(caller: Caller) -> None:
    caller.simulator.use_scenario(parse_scenario('schema = 1\n[[rule]]\nendpoint = "me"\nfault = "refusal"'))
    assert caller.send("GET", "/api/v1/me").status == 503
    caller.simulator.use_scenario(None)
    assert caller.send("GET", "/api/v1/me").status == 200


# As data


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("schema = 2", "schema = 1 must stand at the top"),
        ("schema = 1", r"at least one \[\[rule\]\]"),
        ("schema = 1\nrules = 1", "unknown key rules.*rule"),
        (LOST, "rule 1: fault is missing"),
        (f'{LOST}fault = "drop_anser"', "rule 1: unknown fault drop_anser.*drop_answer"),
        (f'{LOST}fault = {{ kind = "refusal", stauts = 500 }}', "rule 1, refusal: unknown key stauts.*status"),
        (f'{LOST}fault = {{ kind = "refusal", status = "500" }}', "rule 1"),
        (f'{LOST}fault = "drop_answer"\nfaults = ["drop_answer"]', "fault or faults, not both"),
        (f'{LOST}fault = "drop_answer"\nfirst = 0', "rule 1: first is at least 1, not 0"),
        (f'{LOST}fault = "drop_answer"\nfirst = true', "rule 1: first is a whole number, not True"),
        (f'{LOST}fault = "drop_answer"\nrate = 1.5', "rule 1: rate is over 0 and at most 1, not 1.5"),
        (f'{LOST}fault = "drop_answer"\nafter = -1', "rule 1: after is a number of seconds, not -1"),
        (f'{LOST}fault = "drop_answer"\nafter = 9\nuntil = 9', "rule 1: until must be later than after"),
        (f'{LOST}fault = "expired_media"', "rule 1: its fault cannot strike create"),
        ('schema = 1\n[[rule]]\nendpoint = "crate"\nfault = "drop_answer"', "unknown endpoint crate.*create"),
        ('schema = 1\n[[rule]]\nfaults = ["expired_media", "moderation"]', "concern no endpoint in common"),
        ('schema = 1\n[[rule]]\nwhen = 1\nfault = "drop_answer"', "rule 1: unknown key when"),
        ("schema = ", "Invalid value"),
    ],
)
def test_scenario_at_fault_says_where(text: str, message: str) -> None:
    with pytest.raises(ScenarioError, match=message):
        parse_scenario(text)


def test_file_at_fault_is_named(tmp_path: Path) -> None:
    file = tmp_path / "monday.toml"
    file.write_text("schema = 1", "utf-8")
    with pytest.raises(ScenarioError, match=r"monday\.toml: a scenario has"):
        open_scenario(str(file))


def test_unknown_name_tells_the_nearest() -> None:
    with pytest.raises(ScenarioError, match=r"no scenario 'bad-munday'.*bad-monday"):
        open_scenario("bad-munday")


def test_name_may_be_written_with_spaces() -> None:
    assert open_scenario("Bad Monday").name == "bad Monday"


def test_a_dozen_scenarios_are_bundled_each_with_a_description() -> None:
    assert len(bundled_scenarios()) >= 12
    assert all(each.description for each in bundled_scenarios().values())
