"""Transactions that share one sync: not each by itself on the disk, but all of them after it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from kling_render.errors import StorageError
from kling_render.ledger import State, database
from kling_render.ledger.store import Ledger
from tests.ledger.conftest import FREE, HERE, NOW, a_ledger, a_run, an_intent


def synchronous(ledger: Ledger) -> int:
    """SQLite's own word: 1 is NORMAL, 2 is FULL."""
    raw: Any = ledger._connection.connection.dbapi_connection
    found: int = raw.execute("PRAGMA synchronous").fetchone()[0]
    return found


def test_commits_are_full_except_in_groups(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        before = synchronous(ledger)
        with ledger.in_groups():
            inside = synchronous(ledger)
        assert (before, inside, synchronous(ledger)) == (2, 1, 2)


def test_group_that_ends_in_an_error_is_synced_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(database, "_sync_content", synced.append)
    with a_ledger(tmp_path) as ledger:
        with pytest.raises(RuntimeError, match="of the block"), ledger.in_groups():
            raise RuntimeError("of the block")
        assert (len(synced), synchronous(ledger)) == (1, 2)


def test_what_is_written_in_a_group_is_seen_by_others_at_once(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger, ledger.in_groups():
        ledger.reserve(a_run(), an_intent(), FREE, NOW)
        with Ledger.reading(ledger.path) as reader:
            assert [each.state for each in reader.snapshot("nf-7c1e", HERE).attempts] == [State.INTENT]


def test_sync_that_the_disk_refuses_is_a_storage_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(handle: int) -> None:
        raise OSError(5, "Input/output error")

    with a_ledger(tmp_path) as ledger:
        ledger.start_run(a_run(id="run-2"))
        monkeypatch.setattr(database, "_sync_content", refuse)
        with pytest.raises(StorageError, match="Input/output error"):
            ledger.sync()


def test_log_that_is_gone_is_a_storage_error(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        ledger.path.with_name(f"{ledger.path.name}-wal").unlink()
        with pytest.raises(StorageError, match="No such file"):
            ledger.sync()


def test_log_is_held_open_so_that_no_error_of_the_disk_is_told_to_others_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    with a_ledger(tmp_path) as ledger, ledger.in_groups():
        ledger.reserve(a_run(), an_intent(), FREE, NOW)
        monkeypatch.setattr(database, "_sync_content", synced.append)
        monkeypatch.setattr(os, "open", _refuse_to_open)
        ledger.sync()
        ledger.sync()
        assert len(set(synced)) == 1
        assert os.path.samestat(os.fstat(synced[0]), Path(f"{ledger.path}-wal").stat())


def _refuse_to_open(*_: object, **__: object) -> int:
    raise AssertionError("a handle of its own for a sync")
