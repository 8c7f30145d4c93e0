"""Ledgers of older and newer versions: what is migrated, copied, refused."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kling_render.errors import BudgetError, StorageError
from kling_render.ledger import Caps, State
from kling_render.ledger import migrations as steps
from kling_render.ledger.store import Ledger
from tests.ledger.conftest import FREE, HERE, NOW, a_ledger, a_run, an_intent, rows

VERSION_1 = """
CREATE TABLE meta (name VARCHAR NOT NULL, value VARCHAR NOT NULL, PRIMARY KEY (name));
CREATE TABLE runs (
    id VARCHAR NOT NULL, project_id VARCHAR NOT NULL, origin VARCHAR NOT NULL, account_id VARCHAR NOT NULL,
    account_name VARCHAR NOT NULL, profile VARCHAR NOT NULL, client VARCHAR NOT NULL, person VARCHAR NOT NULL,
    price_card VARCHAR NOT NULL, tool_version VARCHAR NOT NULL, plan_hash VARCHAR NOT NULL,
    started_at VARCHAR NOT NULL, PRIMARY KEY (id)
);
CREATE TABLE attempts (
    id INTEGER NOT NULL, run_id VARCHAR NOT NULL, project_id VARCHAR NOT NULL, origin VARCHAR NOT NULL,
    account_id VARCHAR NOT NULL, address VARCHAR NOT NULL, title VARCHAR NOT NULL, fingerprint VARCHAR NOT NULL,
    take INTEGER NOT NULL, attempt INTEGER NOT NULL, state VARCHAR NOT NULL, action VARCHAR NOT NULL,
    model VARCHAR NOT NULL, "key" VARCHAR NOT NULL, client_request_id VARCHAR NOT NULL, body BLOB NOT NULL,
    reserved_micro_usd INTEGER NOT NULL, settled_micro_usd INTEGER, task_id VARCHAR, error TEXT,
    created_at VARCHAR NOT NULL, url_expires_at VARCHAR, clip_path VARCHAR, clip_sha256 VARCHAR, clip_bytes INTEGER,
    clip_seconds FLOAT, clip_width INTEGER, clip_height INTEGER, clip_has_sound BOOLEAN,
    PRIMARY KEY (id), FOREIGN KEY(run_id) REFERENCES runs (id)
);
CREATE UNIQUE INDEX one_attempt ON attempts (project_id, origin, account_id, fingerprint, take, attempt);
CREATE TABLE history (
    id INTEGER NOT NULL, attempt_id INTEGER NOT NULL, run_id VARCHAR NOT NULL, state VARCHAR NOT NULL, detail TEXT,
    at VARCHAR NOT NULL, PRIMARY KEY (id), FOREIGN KEY(attempt_id) REFERENCES attempts (id),
    FOREIGN KEY(run_id) REFERENCES runs (id)
);
INSERT INTO meta VALUES ('schema', '1');
INSERT INTO runs VALUES (
    'run-1', 'nf-7c1e', 'https://runapi.ai', '7', 'Studio', 'default', 'ACME', 'mira', '2026-07-28', '0.1.0', 'hash',
    '2026-08-01T12:00:00+00:00'
);
"""
"""The tables as the first release wrote them (uploads came later, under the same number)."""


def an_old_ledger(folder: Path, *states: str) -> Path:
    """A ledger of schema 1 with an attempt of 40 micro-USD in each of these states."""
    path = folder / "ledger.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(VERSION_1)
        for take, state in enumerate(states, 1):
            connection.execute(
                "INSERT INTO attempts (run_id, project_id, origin, account_id, address, title, fingerprint, take, "
                "attempt, state, action, model, key, client_request_id, body, reserved_micro_usd, created_at) VALUES "
                "('run-1', 'nf-7c1e', 'https://runapi.ai', '7', ?, 'walk', ?, ?, 1, ?, 'text_to_video', 'kling-3.0', "
                "?, 'c', X'7B7D', 40, '2026-08-01T12:00:00+00:00')",
                (f"walk#{take}", "f" * 64, take, state, f"kr1-{take}"),
            )
    return path


def schema_of(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("SELECT value FROM meta").fetchone()[0])


def test_ledger_of_schema_1_is_read_as_it_was(tmp_path: Path) -> None:
    with Ledger(an_old_ledger(tmp_path, "downloaded", "failed")) as ledger:
        attempts = ledger.snapshot("nf-7c1e", HERE).attempts
        (run,) = ledger.runs("nf-7c1e", HERE.origin, HERE.account_id)
    assert [(each.address, each.state, each.key) for each in attempts] == [
        ("walk#1", State.DOWNLOADED, "kr1-1"),
        ("walk#2", State.FAILED, "kr1-2"),
    ]
    assert (run.person, run.plan_rows) == ("mira", "")


def test_caps_count_what_a_ledger_of_schema_1_had_spent(tmp_path: Path) -> None:
    with Ledger(an_old_ledger(tmp_path, "downloaded", "intent", "failed", "released")) as ledger:
        with pytest.raises(BudgetError, match="max_usd = "):
            ledger.reserve(a_run(), an_intent(9), Caps(project=119), NOW)
        assert ledger.reserve(a_run(), an_intent(9), Caps(project=120, run=120, day=120), NOW).id == 5


def test_migrated_ledger_has_the_tables_of_a_new_one(tmp_path: Path) -> None:
    listing = "SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY 1, 2"
    with Ledger(an_old_ledger(tmp_path)) as old, a_ledger(tmp_path / "new") as new:
        assert rows(old, listing) == rows(new, listing)
        for table in ("runs", "attempts", "history", "uploads", "spending", "meta"):
            columns = f"SELECT name FROM pragma_table_info('{table}')"  # noqa: S608 - names of our own tables
            assert rows(old, columns) == rows(new, columns)


def test_migrated_ledger_is_copied_before_as_it_was(tmp_path: Path) -> None:
    path = an_old_ledger(tmp_path, "downloaded")
    with Ledger(path):
        pass
    assert sorted(each.name for each in tmp_path.iterdir()) == ["ledger.sqlite", "ledger.sqlite.v1-backup"]
    assert (schema_of(path), schema_of(tmp_path / "ledger.sqlite.v1-backup")) == ("2", "1")
    with Ledger.reading(tmp_path / "ledger.sqlite.v1-backup") as copy:
        assert len(copy.snapshot("nf-7c1e", HERE).attempts) == 1


def test_copy_holds_what_a_killed_process_left_in_the_log(tmp_path: Path) -> None:
    path = an_old_ledger(tmp_path)
    with closing(sqlite3.connect(path)) as reader, closing(sqlite3.connect(path)) as writer:
        reader.execute("SELECT count(*) FROM runs").fetchone()
        with writer:
            writer.execute("UPDATE runs SET person = 'jo'")
        with Ledger(path):
            pass
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite.v1-backup")) as copy:
        assert copy.execute("SELECT person FROM runs").fetchone() == ("jo",)


def test_older_copy_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite.v1-backup").write_text("first")
    (tmp_path / "ledger.sqlite.v1-backup-2").write_text("second")
    with Ledger(an_old_ledger(tmp_path)):
        pass
    assert (tmp_path / "ledger.sqlite.v1-backup").read_text() == "first"
    assert (tmp_path / "ledger.sqlite.v1-backup-2").read_text() == "second"
    assert schema_of(tmp_path / "ledger.sqlite.v1-backup-3") == "1"


def test_current_ledger_is_not_copied(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        pass
    with Ledger(ledger.path):
        pass
    assert [each.name for each in ledger.path.parent.iterdir()] == ["ledger.sqlite"]


def test_step_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (first,) = steps.MIGRATIONS

    def broken(connection: object) -> None:
        first(connection)  # type: ignore[arg-type]
        raise OSError("no space left on device")

    path = an_old_ledger(tmp_path, "downloaded")
    monkeypatch.setattr(steps, "MIGRATIONS", (broken,))
    with pytest.raises(StorageError, match="no space left"):
        Ledger(path)
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    assert (schema_of(path), "spending" in tables) == ("1", False)


def test_migrating_twice_at_once_is_one_migration(tmp_path: Path) -> None:
    path = an_old_ledger(tmp_path, "downloaded")
    with Ledger(path) as first, Ledger(path) as second:
        assert first.snapshot("nf-7c1e", HERE) == second.snapshot("nf-7c1e", HERE)
    assert not (tmp_path / "ledger.sqlite.v1-backup-2").exists()


@pytest.mark.parametrize("open_ledger", [Ledger, Ledger.reading], ids=["writing", "reading"])
def test_ledger_of_a_newer_version_is_refused_and_left_as_it_is(tmp_path: Path, open_ledger: type[Ledger]) -> None:
    with a_ledger(tmp_path) as ledger:
        pass
    with closing(sqlite3.connect(ledger.path)) as connection, connection:
        connection.execute("UPDATE meta SET value = '3' WHERE name = 'schema'")
        connection.execute("DROP TABLE history")
    before = ledger.path.read_bytes()
    message = "it has schema 3, this version of kling-render reads up to 2"
    with pytest.raises(StorageError, match=message) as caught:
        open_ledger(ledger.path)
    assert "upgrade" in caught.value.hint
    assert ledger.path.read_bytes() == before


def test_database_of_another_program_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE songs (name)")
    with pytest.raises(StorageError, match="another program's database"):
        Ledger(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("songs",)]


def test_migrated_ledger_takes_new_attempts(tmp_path: Path) -> None:
    with Ledger(an_old_ledger(tmp_path, "released")) as ledger:
        again = ledger.reserve(a_run(), an_intent(), FREE, NOW)
    assert (again.id, again.state) == (1, State.INTENT)
