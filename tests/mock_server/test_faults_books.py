"""The server's own books under every fault: each task is reserved once, and then settled or released once."""

from __future__ import annotations

import contextlib
import hashlib
from typing import TYPE_CHECKING, get_args

import httpx
import pytest

from mock_server import Config, Fault
from mock_server.core.fault import Kind

from .visitors import PRICE, Visitor

if TYPE_CHECKING:
    from tests.mock_server.conftest import Caller

TAKES = [f"take-{number}" for number in range(6)]
STAYS_OPEN = ("stuck_task", "unknown_status")


def rendered(visitor: Visitor) -> None:
    """Every take is asked for until it is answered, then polled and downloaded, however that goes."""
    for take in TAKES:
        for _ in range(4):
            with contextlib.suppress(httpx.HTTPError, ValueError):
                visitor.create(take).json()
    visitor.wait(121)
    for task in visitor.simulator.tasks:
        for _ in range(2):
            with contextlib.suppress(httpx.HTTPError, ValueError, KeyError):
                visitor.get(visitor.poll(task.id).json()["videos"][0]["url"])


@pytest.mark.parametrize("kind", get_args(Kind))
def test_each_task_is_billed_once_whatever_goes_wrong(visitor: Visitor, kind: Kind) -> None:
    visitor.simulator.plan_fault(kind, times=3)
    rendered(visitor)
    bills = visitor.simulator.bills("key-1")
    assert all(bill.is_sound for bill in bills)
    assert len({bill.key_digest for bill in bills}) == len(bills) == len(TAKES)
    books = visitor.simulator.books("key-1")
    assert sum(bill.settled_micro_usd for bill in bills) == books.settled
    assert books.reserved == (3 * PRICE if kind in STAYS_OPEN else 0)
    assert books.is_balanced()


def test_books_are_exact_under_all_faults_together(visitor: Visitor) -> None:
    for kind in get_args(Kind):
        visitor.simulator.plan_fault(kind, rate=0.06)
    visitor.simulator.plan_fault(Fault("refusal", status=504, commits=True, html=True), rate=0.1)
    rendered(visitor)
    bills = visitor.simulator.bills("key-1")
    books = visitor.simulator.books("key-1")
    assert all(bill.is_sound for bill in bills)
    assert sum(bill.settled_micro_usd for bill in bills) == books.settled
    assert books.is_balanced()
    assert sum(visitor.simulator.faults_met.values()) > 5


def test_bill_names_its_key_by_digest_and_its_request(caller: Caller) -> None:
    caller.create(headers={"idempotency-key": "take-1", "x-client-request-id": "walk%231;a=1;n=3f"})
    caller.wait(121)
    caller.simulator.advance(caller.now)
    (bill,) = caller.simulator.bills("key-1")
    assert bill.task_id == caller.simulator.tasks[0].id
    assert bill.key_digest == hashlib.sha256(b"take-1").hexdigest()
    assert (bill.client_request_id, bill.movements) == ("walk%231;a=1;n=3f", ("reserved", "settled"))
    assert bill.settled_micro_usd == PRICE


def test_bill_of_a_failed_task_is_released_and_of_no_amount(caller: Caller) -> None:
    caller.simulator.fail_next("moderated")
    caller.create()
    caller.wait(121)
    caller.simulator.advance(caller.now)
    (bill,) = caller.simulator.bills("key-1")
    assert (bill.key_digest, bill.movements, bill.settled_micro_usd) == ("", ("reserved", "released"), 0)


def test_bills_of_another_account_are_not_shown(caller: Caller) -> None:
    caller.create(key="key-2")
    assert caller.simulator.bills("key-1") == ()
    assert [bill.movements for bill in caller.simulator.bills("key-2")] == [("reserved",)]


def test_every_task_takes_the_configured_time(a_caller: type[Caller]) -> None:
    caller = a_caller(Config(task_seconds=0.2))
    ids = [caller.create(duration_seconds=seconds).json["id"] for seconds in (3, 15)]
    caller.wait(0.199)
    assert [caller.poll(task_id).json["status"] for task_id in ids] == ["pending"] * 2
    caller.wait(0.001)
    assert [caller.poll(task_id).json["status"] for task_id in ids] == ["completed"] * 2


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"task_seconds": 0}, "task_seconds must be more than 0, not 0"),
        ({"clip_fps": 0}, "clip_fps must be at least 1, not 0"),
    ],
)
def test_setting_out_of_range_is_a_value_error(wrong: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Config(**wrong)  # type: ignore[arg-type] # settings of several types
