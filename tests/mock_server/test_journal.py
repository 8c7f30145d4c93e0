"""The journal: everything that was asked and answered, without secrets, in bounded memory."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from mock_server import Config, Fault
from mock_server.core.journal import Answered, Journal, in_fixed_order
from mock_server.core.messages import Request, Response

from .conftest import Caller


def test_every_request_is_written_with_its_answer(caller: Caller) -> None:
    caller.create(headers={"idempotency-key": "take-1"})
    (entry,) = caller.simulator.journal
    shown = entry.shown()
    assert (shown["number"], shown["endpoint"], shown["at"]) == (1, "create", "2026-08-03T12:00:00+00:00")
    assert shown["request"]["body"] == {"model": "kling-3.0", "prompt": "A ferry at dawn"}
    assert shown["request"]["headers"]["idempotency-key"] == "take-1"
    assert (shown["response"]["status"], shown["response"]["body"]["status"]) == (200, "pending")


def test_request_to_nowhere_is_written(caller: Caller) -> None:
    caller.send("GET", "/api/v1/klinq")
    (entry,) = caller.simulator.journal
    assert (entry.endpoint, entry.status) == ("", 404)


def test_neither_key_nor_signature_is_shown(caller: Caller) -> None:
    url = caller.finish()["videos"][0]["url"]
    caller.send("GET", url, key="key-1")
    text = json.dumps([entry.shown() for entry in caller.simulator.journal])
    assert "key-1" not in text
    assert url.partition("sig=")[2] not in text


def test_fault_and_fate_of_an_answer_are_written(caller: Caller) -> None:
    caller.simulator.plan_fault(Fault("drop_answer"), endpoint="create")
    caller.create()
    (entry,) = caller.simulator.journal
    assert (entry.shown()["fault"], entry.shown()["fate"], entry.has_arrived) == ("drop_answer", "lost", False)


def test_large_bodies_are_measured_and_not_kept(caller: Caller) -> None:
    content = bytes(100_000)
    caller.upload("quay.bin", content)
    entry = next(each for each in caller.simulator.journal if each.endpoint == "put_file")
    assert (entry.body_bytes, entry.request.body) == (100_000, b"")


def test_oldest_entries_go_first() -> None:
    caller = Caller(Config(journal_entries=2))
    for _ in range(3):
        caller.send("GET", "/api/v1/me")
    assert [entry.number for entry in caller.simulator.journal] == [2, 3]


def test_oldest_entries_go_when_all_together_are_too_large() -> None:
    journal, at = Journal(size=1_000, most_bytes=10_000), datetime(2026, 8, 3, tzinfo=UTC)
    answered = Answered("me", Response(200, {}, b"{}"))
    for number in range(1, 11):
        journal.add(number, at, at, Request("POST", "/", "", {"x": "y" * 1_000}, bytes(2_000)), answered)
    assert [entry.number for entry in journal] == [8, 9, 10]
    assert journal.dropped == 7


@pytest.mark.parametrize("body", [b'{"model": NaN}', b'{"model": 1e999}', b"[" * 5_000, b"9" * 5_000])
def test_body_that_only_python_reads_is_shown_as_text(caller: Caller, body: bytes) -> None:
    caller.send("POST", "/api/v1/files", body)
    (entry,) = caller.simulator.journal
    assert entry.shown()["request"]["body"] == body.decode()
    assert caller.send("GET", "/__mock__/journal").status == 200


def test_entries_of_one_moment_have_a_fixed_order(a_caller: type[Caller]) -> None:
    one, other = a_caller(), a_caller()
    for caller, paths in ((one, ("/api/v1/me", "/a")), (other, ("/a", "/api/v1/me"))):
        for path in paths:
            caller.send("GET", path)
    shown = [[entry.shown() for entry in in_fixed_order(caller.simulator.journal)] for caller in (one, other)]
    assert shown[0] == shown[1]
    assert [entry["number"] for entry in shown[0]] == [1, 2]
