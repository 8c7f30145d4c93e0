"""The judgement on clients: their books, their spending, their verdict; and the requests that show it."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from mock_server.core.books import Books
from mock_server.core.verdict import Finding, Verdict
from mock_server.doors.respx_router import RunapiMock
from mock_server.testing.judgement import Evidence, evidence_of, judge
from mock_server.testing.last_requests import last_request_lines

BODY = {"model": "kling-3.0", "prompt": "A ferry at dawn"}
CREATE = "https://runapi.ai/api/v1/kling/text_to_video"
NOTHING = Evidence((), Verdict(), 0, ())
LOST = Finding("never_downloaded", "a clip was never fetched", 700_000)


def create(key: str = "secret-key", **fields: object) -> httpx.Response:
    return httpx.post(CREATE, json={**BODY, **fields}, headers={"Authorization": f"Bearer {key}"})


@pytest.fixture
def mock() -> RunapiMock:
    return RunapiMock()


def test_clean_evidence_has_nothing_to_say() -> None:
    judgement = judge(NOTHING, max_spend_micro_usd=0)
    assert (judgement.is_clean, judgement.words, judgement.lines()) == (True, (), [])


def test_books_that_do_not_add_up_are_told() -> None:
    judgement = judge(replace(NOTHING, books=(Books.opened(5), Books(start=5, available=4))))
    assert judgement.words == ("unbalanced books",)
    assert judgement.lines() == [
        "books do not balance: available 4 + reserved 0 + settled 0 is not the start, 5 micro-USD"
    ]


def test_limit_may_be_reached_and_not_passed() -> None:
    spent = replace(NOTHING, spent_micro_usd=700_000)
    assert judge(spent, max_spend_micro_usd=700_000).is_clean
    over = judge(spent, max_spend_micro_usd=699_999)
    assert (over.words, over.lines()) == (("overspent",), ["spent $0.70, the limit is $0.70"])


def test_allowed_findings_are_not_told() -> None:
    evidence = replace(NOTHING, verdict=Verdict((LOST,)))
    assert judge(evidence).words == ("never_downloaded",)
    assert judge(evidence, allow=["never_downloaded"]).is_clean


def test_spent_is_what_was_charged_or_is_reserved_by_every_account(mock: RunapiMock) -> None:
    with mock.router:
        create()
        mock.advance(120)
        create("another-key")
    assert (mock.spent_usd, evidence_of(mock.simulator).spent_micro_usd) == (1.4, 1_400_000)
    assert [(books.settled, books.reserved) for books in evidence_of(mock.simulator).books] == [
        (700_000, 0),
        (0, 700_000),
    ]


def test_failed_task_has_cost_nothing(mock: RunapiMock) -> None:
    mock.simulator.fail_next("moderated")
    with mock.router:
        create()
    assert evidence_of(mock.simulator).spent_micro_usd == 700_000
    mock.advance(120)
    assert evidence_of(mock.simulator).spent_micro_usd == 0


def test_books_are_those_of_keys_that_were_accepted(mock: RunapiMock) -> None:
    with mock.router:
        httpx.post(CREATE, json=BODY)
        create(model="kling-9")
    assert len(evidence_of(mock.simulator).books) == 1


def test_last_requests_are_told_without_the_key(mock: RunapiMock) -> None:
    with mock.router:
        for number in range(12):
            create(prompt=f"Ferry {number} " + "at dawn " * 40)
            mock.advance(1)
    lines = last_request_lines(evidence_of(mock.simulator).journal, 2)
    assert lines[0] == "requests (the last 2 of 12), by the client's clock:"
    assert lines[1] == "  #11 10.0 s  POST /api/v1/kling/text_to_video → 200"
    assert lines[2].startswith('      > {"model": "kling-3.0", "prompt": "Ferry 10 at dawn')
    assert lines[2].endswith("…")
    assert lines[3].startswith('      < {"id": ')
    assert "secret-key" not in "\n".join(lines)


def test_requests_that_repeat_each_other_are_told_as_one(mock: RunapiMock) -> None:
    key = {"Authorization": "Bearer secret-key"}
    with mock.router:
        task = create().json()
        for _ in range(20):
            mock.advance(0.5)
            httpx.get(f"https://runapi.ai/api/v1/kling/{task['id']}", headers=key)
    lines = [line for line in last_request_lines(evidence_of(mock.simulator).journal, 2) if line.startswith("  #")]
    assert lines == [
        f"  #2-8 0.5-3.5 s  7 times  GET /api/v1/kling/{task['id']} → 200",
        f"  #9-21 4.0-10.0 s  13 times  GET /api/v1/kling/{task['id']} → 200",
    ]


def test_lost_answer_and_its_fault_are_told(mock: RunapiMock) -> None:
    mock.simulator.plan_fault("drop_answer", endpoint="create")
    with mock.router, pytest.raises(httpx.RemoteProtocolError, match="disconnected"):
        create()
    assert "POST /api/v1/kling/text_to_video → 200, answer lost, by the fault drop_answer" in "\n".join(
        last_request_lines(evidence_of(mock.simulator).journal)
    )


def test_signature_of_an_address_is_not_told(mock: RunapiMock) -> None:
    with mock.router:
        task = create().json()
        mock.advance(120)
        key = {"Authorization": "Bearer secret-key"}
        url = httpx.get(f"https://runapi.ai/api/v1/kling/{task['id']}", headers=key).json()["videos"][0]["url"]
        httpx.get(url)
    told = "\n".join(last_request_lines(evidence_of(mock.simulator).journal))
    assert httpx.URL(url).params["sig"] not in told
    assert "/kling/" in told


def test_empty_journal_has_no_lines() -> None:
    assert last_request_lines(()) == []
