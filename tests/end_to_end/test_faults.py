"""Twelve takes under every fault that a server, a network and a storage know: what is paid arrives, and is paid once.

`pytest -s tests/end_to_end/test_faults.py` prints the table of what became of them.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from mock_server import Config

from .fault_rows import ACCOUNT_KEY, HELD, PASSING, ROWS, TAKES, TOGETHER, Row
from .fault_run import FaultRun, Result
from .hurry import hurried_server
from .location import TAKE_MICRO_USD

COLUMNS = ("delivered", "billed", "retried", "unknown", "billed twice", "in the end")


@pytest.fixture(scope="module")
def table() -> Iterator[dict[str, Result]]:
    """Where results are kept to be printed."""
    results: dict[str, Result] = {}
    yield results
    rows = [
        (name, told.delivered, told.billed, told.retried, told.unknown, len(each.twice), told.in_the_end)
        for name, each in results.items()
        for told in [each.told]
    ]
    lines = [f"{name:34}" + "".join(f"{cell!s:>14}" for cell in cells) for name, *cells in [("fault", *COLUMNS), *rows]]
    sys.stdout.write("\n" + "\n".join(lines) + "\n")


@pytest.fixture
def run(tmp_path: Path, tiny_clips: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Row], FaultRun]]:
    with ExitStack() as servers:

        def begin(row: Row) -> FaultRun:
            config = Config(api_keys=(ACCOUNT_KEY,), task_seconds=row.task_seconds)
            server, hurry = servers.enter_context(hurried_server(config, monkeypatch))
            return FaultRun(row, tmp_path / "film", server, hurry)

        yield begin


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_takes_under_a_fault_are_delivered_and_billed_as_the_table_says(
    row: Row, run: Callable[[Row], FaultRun], table: dict[str, Result]
) -> None:
    result = table[row.name] = run(row).run()
    assert (result.told, result.twice) == (row.told, [])
    assert result.met == strikes_of(row)
    assert_books_agree(result)


def test_takes_under_all_faults_together_are_billed_once(
    run: Callable[[Row], FaultRun], table: dict[str, Result]
) -> None:
    result = table[TOGETHER.name] = run(TOGETHER).run(times=3)
    told = result.told
    assert result.twice == []
    assert told.in_the_end == TAKES - HELD - told.unknown
    assert told.billed >= told.in_the_end
    assert told.unknown >= 1
    assert told.retried > len(PASSING)
    assert len(result.met) > len(PASSING) // 2
    assert_books_agree(result)


def assert_books_agree(result: Result) -> None:
    """What the ledger counts is what the server has charged or holds; what nobody knows counts as charged."""
    unknown = result.ledger_micro_usd - result.books_micro_usd
    assert 0 <= unknown <= result.told.unknown * TAKE_MICRO_USD


def strikes_of(row: Row) -> Counter[str]:
    """How often each kind of fault is to strike."""
    planned: Counter[str] = Counter()
    for strike in row.strikes:
        planned[strike.fault.kind] += strike.times or 0
    return planned
