"""The ledger's file: reading it without a trace, damage, a full disk."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from kling_render.errors import StorageError
from kling_render.ledger import database
from kling_render.ledger.store import DamagedLedgerError, Ledger
from tests.ledger.conftest import FREE, HERE, NOW, a_ledger, a_run, an_intent, rows
from tests.ledger.test_migrations import an_old_ledger


def listing(folder: Path) -> dict[str, tuple[bytes, int]]:
    """All files of a folder with content and time of change."""
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def a_finished_ledger(folder: Path) -> Path:
    with a_ledger(folder) as ledger:
        ledger.reserve(a_run(), an_intent(), FREE, NOW)
    return ledger.path


def a_killed_ledger(folder: Path) -> Path:
    """A ledger as a killed process leaves it: what was written stands in the log."""
    (folder / "left").mkdir()
    with a_ledger(folder) as ledger:
        ledger.reserve(a_run(), an_intent(), FREE, NOW)
        for name in ("ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"):
            (folder / "left" / name).write_bytes(ledger.path.with_name(name).read_bytes())
    return folder / "left" / "ledger.sqlite"


def takes(ledger: Ledger) -> list[int]:
    return [each.take for each in ledger.snapshot("nf-7c1e", HERE).attempts]


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        yield
    finally:
        folder.chmod(stat.S_IRWXU)


# Reading


def test_reading_sees_what_was_written_and_leaves_no_trace(tmp_path: Path) -> None:
    path = a_finished_ledger(tmp_path)
    before = listing(path.parent)
    with Ledger.reading(path) as ledger:
        assert takes(ledger) == [1]
        assert listing(path.parent) == before
    assert listing(path.parent) == before


def test_reading_sees_what_a_render_at_work_has_written(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as writing:
        writing.reserve(a_run(), an_intent(1), FREE, NOW)
        with Ledger.reading(writing.path) as ledger:
            writing.reserve(a_run(), an_intent(2), FREE, NOW)
            assert takes(ledger) == [1]
        with Ledger.reading(writing.path) as ledger:
            assert takes(ledger) == [1, 2]


def test_reading_sees_what_a_killed_process_left_in_the_log(tmp_path: Path) -> None:
    path = a_killed_ledger(tmp_path)
    names, content = sorted(listing(path.parent)), path.read_bytes()
    with Ledger.reading(path) as ledger:
        assert takes(ledger) == [1]
    assert (sorted(listing(path.parent)), path.read_bytes()) == (names, content)


def test_reading_sees_the_log_where_its_index_is_missing(tmp_path: Path) -> None:
    path = a_killed_ledger(tmp_path)
    path.with_name("ledger.sqlite-shm").unlink()
    before = listing(path.parent)
    with Ledger.reading(path) as ledger:
        assert takes(ledger) == [1]
    assert listing(path.parent) == before


def test_reading_sees_the_log_where_its_index_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = a_killed_ledger(tmp_path)
    honest = database._backup

    def refuse(asked: Path) -> sqlite3.Connection:
        if asked == path:
            error = sqlite3.OperationalError("attempt to write a readonly database")
            error.sqlite_errorcode = sqlite3.SQLITE_READONLY_DIRECTORY
            raise error
        return honest(asked)

    monkeypatch.setattr(database, "_backup", refuse)
    before = listing(path.parent)
    with Ledger.reading(path) as ledger:
        assert takes(ledger) == [1]
    assert listing(path.parent) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes into every folder")
@pytest.mark.parametrize("build", [a_finished_ledger, a_killed_ledger])
def test_ledger_in_a_folder_that_cannot_be_written_is_read(tmp_path: Path, build: object) -> None:
    path = build(tmp_path)  # type: ignore[operator]
    with read_only(path.parent), Ledger.reading(path) as ledger:
        assert takes(ledger) == [1]


def test_reading_an_older_ledger_leaves_it_as_it_is(tmp_path: Path) -> None:
    path = an_old_ledger(tmp_path, "downloaded")
    before = listing(tmp_path)
    with Ledger.reading(path) as ledger:
        assert takes(ledger) == [1]
    assert listing(tmp_path) == before


def test_ledger_that_is_read_cannot_be_written(tmp_path: Path) -> None:
    path = a_finished_ledger(tmp_path)
    with Ledger.reading(path) as ledger, pytest.raises(StorageError, match="readonly database"):
        ledger.start_run(a_run(id="run-2"))


def test_reading_a_ledger_that_is_not_there_is_a_storage_error_and_makes_none(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"the ledger .*ledger\.sqlite cannot be used: .*No such file"):
        Ledger.reading(tmp_path / "ledger.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_ledger_that_is_being_made_at_this_moment_is_empty(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").touch()
    with Ledger.reading(tmp_path / "ledger.sqlite") as ledger:
        assert ledger.snapshot("nf-7c1e", HERE).attempts == ()


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to be read as one" * 20, b"\0" * 8192])
def test_reading_what_is_no_database_is_a_damaged_ledger(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(content)
    with pytest.raises(DamagedLedgerError, match="file is not a database"):
        Ledger.reading(tmp_path / "ledger.sqlite")


# Damage


def test_page_that_was_overwritten_is_found_on_opening_and_nothing_is_changed(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        for take in range(1, 200):
            ledger.reserve(a_run(), an_intent(take), FREE, NOW)
    content = bytearray(ledger.path.read_bytes())
    with closing(sqlite3.connect(ledger.path)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'one_attempt'").fetchone()
    content[(root - 1) * 4096 : root * 4096] = b"\xaa" * 4096
    ledger.path.write_bytes(bytes(content))
    with pytest.raises(DamagedLedgerError, match=r"cannot be used: .*(damaged|malformed)") as caught:
        Ledger(ledger.path)
    assert "nothing is paid twice" in caught.value.hint
    assert ledger.path.read_bytes() == bytes(content)


def test_value_that_no_ledger_holds_is_damage(tmp_path: Path) -> None:
    path = a_finished_ledger(tmp_path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE attempts SET state = 'sold'")
    with Ledger(path) as ledger, pytest.raises(DamagedLedgerError, match="'sold' is not a valid State"):
        ledger.snapshot("nf-7c1e", HERE)


def test_schema_that_is_no_number_is_damage(tmp_path: Path) -> None:
    path = a_finished_ledger(tmp_path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE meta SET value = 'two'")
    with pytest.raises(DamagedLedgerError, match="invalid literal"):
        Ledger(path)


# A full disk


@pytest.mark.parametrize("room", range(12, 40, 3))
def test_full_disk_is_named_and_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    monkeypatch.setattr(database, "PRAGMAS", (*database.PRAGMAS, f"max_page_count = {room}"))
    written: list[int] = []
    with pytest.raises(StorageError, match="database or disk is full") as caught:
        fill(tmp_path, written)
    assert caught.value.hint.startswith("Make room on the disk")
    monkeypatch.undo()
    with Ledger(tmp_path / ".kling-render" / "ledger.sqlite") as ledger:
        assert takes(ledger) == written
        assert len(rows(ledger, "SELECT * FROM history")) == len(written)
        assert rows(ledger, "SELECT coalesce(sum(micro_usd), 0) FROM spending") == [(40 * len(written),)]


def fill(folder: Path, written: list[int]) -> None:
    with a_ledger(folder) as ledger:
        for take in range(1, 1000):
            ledger.reserve(a_run(), an_intent(take), FREE, NOW)
            written.append(take)


def test_ledger_goes_on_when_there_is_room_again(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        raw = ledger._connection.connection.dbapi_connection
        assert raw is not None
        raw.execute("PRAGMA max_page_count = 1")
        with pytest.raises(StorageError, match="disk is full"):
            ledger.reserve(a_run(), an_intent(1, body=b"x" * 500_000), FREE, NOW)
        raw.execute("PRAGMA max_page_count = 100000")
        assert ledger.reserve(a_run(), an_intent(500), FREE, NOW).take == 500
