"""The ledger on disk: what survives, what caps hold, what damage does."""

from __future__ import annotations

import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kling_render.errors import BudgetError, StorageError
from kling_render.ledger import Attempt, Caps, Identity, State
from kling_render.ledger.store import DamagedLedgerError, Ledger, Run
from tests.ledger.conftest import A_CLIP, FREE, HERE, NOW, a_ledger, a_run, an_intent, rows

# Durability


def test_reserved_intent_is_on_disk_with_key_and_exact_bytes_when_reserve_returns(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        ledger.reserve(a_run(), an_intent(), FREE, NOW)
        seen = rows(ledger, "SELECT state, key, body, reserved_micro_usd, task_id FROM attempts")
    assert seen == [("intent", "kr1-1", b'{"prompt": "She walks \xc3\xa9"}', 40, None)]


def test_reserved_intent_survives_a_kill_of_its_process(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path; from datetime import datetime, UTC\n"
        "from kling_render.ledger import Caps; from kling_render.ledger.store import Intent, Ledger, Run\n"
        "now = datetime(2026, 8, 1, tzinfo=UTC)\n"
        "ledger = Ledger(Path(sys.argv[1]))\n"
        "run = Run('r', 'nf-7c1e', 'https://runapi.ai', '7', 'S', 'default', '', 'me', 'card', '0', 'h', now)\n"
        "ledger.start_run(run)\n"
        "intent = Intent('walk#1', 'walk', 'f' * 64, 1, 1, 'text_to_video', 'm', 'kr1-1', 'c', b'{}', 40)\n"
        "ledger.reserve(run, intent, Caps(), now)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    path = tmp_path / "ledger.sqlite"
    killed = subprocess.run([sys.executable, "-c", script, str(path)], check=False)  # noqa: S603 - our own script
    with Ledger(path) as ledger:
        (attempt,) = ledger.snapshot("nf-7c1e", HERE).attempts
    assert (killed.returncode, attempt.state, attempt.key) == (-9, State.INTENT, "kr1-1")


def test_closed_ledger_is_one_file(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        ledger.reserve(a_run(), an_intent(), FREE, NOW)
    assert [path.name for path in ledger.path.parent.iterdir()] == ["ledger.sqlite"]


@pytest.mark.parametrize("name", ["what?mode=memory", "100%25", "a#b", "zwei Wörter", "q'uote"])
def test_ledger_lies_in_its_folder_whatever_the_folder_is_called(tmp_path: Path, name: str) -> None:
    with a_ledger(tmp_path / name):
        pass
    files = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()]
    assert files == [Path(name, ".kling-render", "ledger.sqlite")]


# Runs


def test_run_is_recorded_with_everything_that_could_not_be_recovered(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        ledger.start_run(a_run(id="run-2", plan_rows='[["walk#1","f",40]]'))
        columns = ", ".join(field.name for field in fields(Run)[:-1])
        seen = rows(ledger, f"SELECT {columns}, plan FROM runs ORDER BY id")  # noqa: S608 - names of our own fields
    first = asdict(a_run(started_at=NOW.isoformat(), plan_rows=None))
    assert seen == [tuple(first.values()), tuple({**first, "id": "run-2", "plan_rows": '[["walk#1","f",40]]'}.values())]


def test_newest_run_at_an_origin_tells_the_account(tmp_path: Path) -> None:
    later = a_run(id="run-2", account_id="8", account_name="Other", started_at=NOW + timedelta(seconds=1))
    with a_ledger(tmp_path, later, a_run()) as ledger:
        identity = ledger.last_identity("nf-7c1e", HERE.origin)
    assert identity is not None
    assert (identity.account_id, identity.account_name) == ("8", "Other")


@pytest.mark.parametrize(("project", "origin"), [("other", HERE.origin), ("nf-7c1e", "http://127.0.0.1:1")])
def test_account_of_another_project_or_origin_is_not_known(tmp_path: Path, project: str, origin: str) -> None:
    with a_ledger(tmp_path) as ledger:
        assert ledger.last_identity(project, origin) is None


def test_run_id_cannot_be_used_twice(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger, pytest.raises(StorageError, match=r"UNIQUE constraint failed: runs\.id"):
        ledger.start_run(a_run())


# Caps


@pytest.mark.parametrize(
    ("caps", "name"),
    [
        (Caps(project=79), "max_usd"),
        (Caps(run=79), "max_usd_per_run"),
        (Caps(day=79), "max_usd_per_day"),
        (Caps(take=39), "max_usd_per_take"),
    ],
)
def test_reservation_over_a_cap_is_refused_and_nothing_is_written(tmp_path: Path, caps: Caps, name: str) -> None:
    with a_ledger(tmp_path) as ledger:
        ledger.reserve(a_run(), an_intent(1), FREE, NOW)
        with pytest.raises(BudgetError, match=f"walk#2: .* would break {name} = "):
            ledger.reserve(a_run(), an_intent(2), caps, NOW)
        assert rows(ledger, "SELECT count(*) FROM attempts") == [(1,)]
        assert rows(ledger, "SELECT count(*) FROM history") == [(1,)]


@pytest.mark.parametrize("caps", [Caps(project=80), Caps(run=80), Caps(day=80), Caps(take=40)])
def test_reservation_exactly_up_to_a_cap_is_written(tmp_path: Path, caps: Caps) -> None:
    with a_ledger(tmp_path) as ledger:
        ledger.reserve(a_run(), an_intent(1), caps, NOW)
        ledger.reserve(a_run(), an_intent(2), caps, NOW)
        assert rows(ledger, "SELECT sum(reserved_micro_usd) FROM attempts") == [(80,)]


def test_cap_per_run_does_not_count_earlier_runs(tmp_path: Path) -> None:
    with a_ledger(tmp_path, a_run(), a_run(id="run-2")) as ledger:
        ledger.reserve(a_run(), an_intent(1), Caps(run=40), NOW)
        assert ledger.reserve(a_run(id="run-2"), an_intent(2), Caps(run=40), NOW).state is State.INTENT


@pytest.mark.parametrize(
    ("before", "allowed"),
    [
        (datetime(2026, 7, 31, 23, 59, 59, 999_999, tzinfo=UTC), True),
        (datetime(2026, 8, 1, 0, 0, tzinfo=UTC), False),
        (datetime(2026, 8, 1, 23, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 8, 2, 0, 0, tzinfo=UTC), True),
    ],
)
def test_cap_per_day_counts_the_day_in_utc(tmp_path: Path, before: datetime, allowed: bool) -> None:
    with a_ledger(tmp_path) as ledger:
        ledger.reserve(a_run(), an_intent(1), FREE, before)
        if allowed:
            assert ledger.reserve(a_run(), an_intent(2), Caps(day=79), NOW).id
        else:
            with pytest.raises(BudgetError, match="max_usd_per_day"):
                ledger.reserve(a_run(), an_intent(2), Caps(day=79), NOW)


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        (State.INTENT, True),
        (State.SUBMITTED, True),
        (State.PROCESSING, True),
        (State.COMPLETED, True),
        (State.DOWNLOADED, True),
        (State.UNKNOWN, True),
        (State.ABANDONED, True),
        (State.EXPIRED, True),
        (State.ELSEWHERE, True),
        (State.FAILED, False),
        (State.MODERATED, False),
        (State.RELEASED, False),
    ],
)
def test_cap_counts_reservations_that_are_or_may_be_charged(tmp_path: Path, state: State, counts: bool) -> None:
    with a_ledger(tmp_path) as ledger:
        ledger.record(a_run(), ledger.reserve(a_run(), an_intent(1), FREE, NOW), state, NOW)
        if counts:
            with pytest.raises(BudgetError, match="max_usd = "):
                ledger.reserve(a_run(), an_intent(2), Caps(project=79), NOW)
        else:
            assert ledger.reserve(a_run(), an_intent(2), Caps(project=79), NOW).id


@pytest.mark.parametrize("state", [State.DOWNLOADED, State.FAILED, State.MODERATED])
def test_cap_counts_the_settled_amount_in_place_of_the_reservation(tmp_path: Path, state: State) -> None:
    with a_ledger(tmp_path) as ledger:
        paid = ledger.reserve(a_run(), an_intent(1), FREE, NOW)
        ledger.record(a_run(), paid, state, NOW, settled_micro_usd=60)
        with pytest.raises(BudgetError, match="max_usd = "):
            ledger.reserve(a_run(), an_intent(2), Caps(project=99), NOW)
        assert ledger.reserve(a_run(), an_intent(2), Caps(project=100), NOW).id


@pytest.mark.parametrize("other", [{"project_id": "other"}, {"origin": "http://127.0.0.1:1"}, {"account_id": "8"}])
def test_cap_counts_one_project_origin_and_account(tmp_path: Path, other: dict[str, str]) -> None:
    elsewhere = a_run(id="run-2", **other)
    with a_ledger(tmp_path, a_run(), elsewhere) as ledger:
        ledger.reserve(a_run(), an_intent(), Caps(project=40), NOW)
        assert ledger.reserve(elsewhere, an_intent(), Caps(project=40), NOW).id


def test_cap_holds_over_two_ledgers_on_one_file(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as first, Ledger(first.path) as second:
        first.reserve(a_run(), an_intent(1), Caps(project=79), NOW)
        with pytest.raises(BudgetError, match="max_usd = "):
            second.reserve(a_run(), an_intent(2), Caps(project=79), NOW)


def test_cap_holds_over_reservations_at_the_same_moment(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        path = ledger.path

    def reserve(take: int) -> bool:
        with Ledger(path) as own:
            try:
                own.reserve(a_run(), an_intent(take), Caps(project=120), NOW)
            except BudgetError:
                return False
        return True

    with ThreadPoolExecutor(8) as threads:
        written = list(threads.map(reserve, range(1, 17)))
    assert written.count(True) == 3


# Attempts


def test_same_attempt_cannot_be_written_twice(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as first, Ledger(first.path) as second:
        first.reserve(a_run(), an_intent(), FREE, NOW)
        with pytest.raises(StorageError, match="UNIQUE constraint failed"):
            second.reserve(a_run(), an_intent(), FREE, NOW)


def test_released_attempt_is_opened_again_in_its_row(tmp_path: Path) -> None:
    with a_ledger(tmp_path, a_run(), a_run(id="run-2")) as ledger:
        first = ledger.reserve(a_run(), an_intent(), FREE, NOW)
        ledger.record(a_run(), first, State.RELEASED, NOW, error="too little credit")
        again = ledger.reserve(a_run(id="run-2"), an_intent(), FREE, NOW + timedelta(days=2))
    assert again == replace(first, run_id="run-2", created_at=NOW + timedelta(days=2))


def test_opened_again_attempt_counts_for_the_new_run(tmp_path: Path) -> None:
    with a_ledger(tmp_path, a_run(), a_run(id="run-2")) as ledger:
        ledger.record(a_run(), ledger.reserve(a_run(), an_intent(), FREE, NOW), State.RELEASED, NOW)
        with pytest.raises(BudgetError, match="max_usd_per_run"):
            ledger.reserve(a_run(id="run-2"), an_intent(), Caps(run=39), NOW)


def test_history_keeps_every_transition_with_run_and_detail(tmp_path: Path) -> None:
    with a_ledger(tmp_path, a_run(), a_run(id="run-2")) as ledger:
        attempt = ledger.reserve(a_run(), an_intent(), FREE, NOW)
        ledger.record(a_run(), attempt, State.RELEASED, NOW, error="too little credit")
        attempt = ledger.reserve(a_run(id="run-2"), an_intent(), FREE, NOW)
        ledger.record(a_run(id="run-2"), attempt, State.SUBMITTED, NOW + timedelta(seconds=1), task_id="t-1")
        seen = rows(ledger, "SELECT attempt_id, run_id, state, detail, at FROM history ORDER BY id")
    assert seen == [
        (attempt.id, "run-1", "intent", None, NOW.isoformat()),
        (attempt.id, "run-1", "released", "too little credit", NOW.isoformat()),
        (attempt.id, "run-2", "intent", None, NOW.isoformat()),
        (attempt.id, "run-2", "submitted", "t-1", (NOW + timedelta(seconds=1)).isoformat()),
    ]


def test_recorded_transition_keeps_what_it_does_not_name(tmp_path: Path) -> None:
    expires = NOW + timedelta(days=7)
    with a_ledger(tmp_path) as ledger:
        attempt = ledger.reserve(a_run(), an_intent(), FREE, NOW)
        attempt = ledger.record(a_run(), attempt, State.SUBMITTED, NOW, task_id="t-1")
        attempt = ledger.record(a_run(), attempt, State.COMPLETED, NOW, settled_micro_usd=39, url_expires_at=expires)
        attempt = ledger.record(a_run(), attempt, State.DOWNLOADED, NOW, clip=A_CLIP)
    seen = (attempt.state, attempt.task_id, attempt.settled_micro_usd, attempt.url_expires_at, attempt.clip)
    assert seen == (State.DOWNLOADED, "t-1", 39, expires, A_CLIP)


def test_attempt_comes_back_from_disk_as_it_was_recorded(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        recorded = ledger.record(
            a_run(),
            ledger.reserve(a_run(), an_intent(), FREE, NOW),
            State.DOWNLOADED,
            NOW,
            task_id="t-1",
            error="slow",
            settled_micro_usd=39,
            url_expires_at=NOW,
            clip=replace(A_CLIP, has_sound=False),
        )
    with Ledger(ledger.path) as again:
        assert again.snapshot("nf-7c1e", HERE).attempts == (recorded,)


@pytest.mark.parametrize(
    ("project", "identity"),
    [
        ("other", HERE),
        ("nf-7c1e", Identity("http://127.0.0.1:1", "7")),
        ("nf-7c1e", Identity(HERE.origin, "8")),
        ("nf-7c1e", None),
    ],
)
def test_other_projects_origins_and_accounts_see_nothing(
    tmp_path: Path, project: str, identity: Identity | None
) -> None:
    with a_ledger(tmp_path) as ledger:
        ledger.reserve(a_run(), an_intent(), FREE, NOW)
        assert ledger.snapshot(project, identity).attempts == ()


def test_snapshot_has_the_newest_attempt_last(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        ledger.record(a_run(), ledger.reserve(a_run(), an_intent(), FREE, NOW), State.FAILED, NOW)
        second = ledger.reserve(a_run(), an_intent(attempt=2, key="kr1-1b"), FREE, NOW)
        latest = ledger.snapshot("nf-7c1e", HERE).latest("f" * 64, 1)
    assert latest == second


def test_newest_entry_is_that_of_the_last_transition(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        attempt = ledger.reserve(a_run(), an_intent(), FREE, NOW)
        ledger.record(a_run(), attempt, State.SUBMITTED, NOW + timedelta(hours=3), task_id="t-1")
        assert ledger.newest_entry() == NOW + timedelta(hours=3)


def test_new_ledger_has_no_newest_entry(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        assert ledger.newest_entry() is None


# Trouble


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to be read as one" * 20, b"\0" * 8192])
def test_file_that_is_no_database_is_a_storage_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(content)
    with pytest.raises(StorageError, match=r"the ledger .*ledger\.sqlite cannot be used: file is not a database"):
        Ledger(path)
    assert path.read_bytes() == content


def test_truncated_ledger_is_a_storage_error(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        ledger.reserve(a_run(), an_intent(), FREE, NOW)
    content = ledger.path.read_bytes()
    ledger.path.write_bytes(content[: len(content) // 2])
    with pytest.raises(StorageError, match="cannot be used: database disk image is malformed"), Ledger(ledger.path):
        pass


def test_damaged_ledger_never_ends_in_a_traceback(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        for take in range(1, 10):
            written = ledger.reserve(a_run(), an_intent(take), FREE, NOW)
            ledger.record(a_run(), written, State.DOWNLOADED, NOW, url_expires_at=NOW, clip=A_CLIP)
    content = ledger.path.read_bytes()
    dice, refused = random.Random(7), 0  # noqa: S311 - repeatable damage
    for number in range(150):
        damaged = bytearray(content)
        for _ in range(dice.choice([1, 3, 20])):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        refused += _refuses(tmp_path / str(number) / "ledger.sqlite", bytes(damaged))
    assert refused


def _refuses(path: Path, content: bytes) -> bool:
    path.parent.mkdir()
    path.write_bytes(content)
    try:
        with Ledger(path) as ledger:
            ledger.last_identity("nf-7c1e", HERE.origin)
            ledger.newest_entry()
            ledger.snapshot("nf-7c1e", HERE)
    except StorageError:
        return True
    return False


def test_folder_in_the_place_of_the_ledger_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").mkdir()
    with pytest.raises(StorageError, match="cannot be used: unable to open database file"):
        Ledger(tmp_path / "ledger.sqlite")


def test_file_in_the_place_of_the_folder_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / ".kling-render").write_text("")
    with pytest.raises(StorageError, match=r"cannot be used: .*(File exists|Not a directory)"):
        Ledger(tmp_path / ".kling-render" / "ledger.sqlite")


def test_full_disk_is_a_storage_error_and_keeps_what_was_written(tmp_path: Path) -> None:
    script = (
        "import resource, sys; from pathlib import Path; from datetime import datetime, UTC\n"
        "from kling_render.errors import StorageError\n"
        "from kling_render.ledger import Caps; from kling_render.ledger.store import Intent, Ledger, Run\n"
        "now = datetime(2026, 8, 1, tzinfo=UTC)\n"
        "run = Run('r', 'nf-7c1e', 'https://runapi.ai', '7', 'S', 'default', '', 'me', 'card', '0', 'h', now)\n"
        "def intent(take, body=b'{}'):\n"
        "    return Intent('walk#1', 'walk', 'f' * 64, take, 1, 'text_to_video', 'm', f'kr1-{take}', 'c', body, 40)\n"
        "ledger = Ledger(Path(sys.argv[1]))\n"
        "ledger.start_run(run)\n"
        "ledger.reserve(run, intent(1), Caps(), now)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))\n"
        "try:\n"
        "    ledger.reserve(run, intent(2, b'x' * 200_000), Caps(), now)\n"
        "except StorageError as error:\n"
        "    sys.stdout.write(error.message)\n"
    )
    path = tmp_path / "ledger.sqlite"
    command = [sys.executable, "-c", script, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own script
    with Ledger(path) as ledger:
        takes = [attempt.take for attempt in ledger.snapshot("nf-7c1e", HERE).attempts]
    assert (f"the ledger {path} cannot be used" in done.stdout, takes) == (True, [1])


def test_storage_error_says_that_nothing_was_submitted_after_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be used") as caught:
        Ledger(tmp_path / "file" / "folder" / "ledger.sqlite")
    assert caught.value.hint.endswith("Nothing was submitted after this.")


def test_attempt_is_not_written_for_a_run_that_was_never_started(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger, pytest.raises(StorageError, match="FOREIGN KEY constraint failed"):
        ledger.reserve(a_run(id="run-9"), an_intent(), FREE, NOW)


def test_recorded_transition_of_one_attempt_leaves_its_siblings_alone(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        first = ledger.reserve(a_run(), an_intent(1), FREE, NOW)
        second = ledger.reserve(a_run(), an_intent(2), FREE, NOW)
        ledger.record(a_run(), first, State.FAILED, NOW, error="moderated")
        found: Attempt | None = ledger.snapshot("nf-7c1e", HERE).latest("f" * 64, 2)
    assert found == second


def test_transition_of_an_attempt_that_is_not_in_the_file_is_a_storage_error(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        attempt = replace(ledger.reserve(a_run(), an_intent(), FREE, NOW), id=9)
        with pytest.raises(StorageError, match="it has no attempt 9"):
            ledger.record(a_run(), attempt, State.SUBMITTED, NOW)
        assert rows(ledger, "SELECT count(*) FROM history") == [(1,)]


def test_ledger_that_was_copied_into_another_project_keeps_the_rows_of_the_first(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        first = ledger.reserve(a_run(), an_intent(), FREE, NOW)
    mine = a_run(id="run-2", project_id="other")
    with Ledger(ledger.path) as copy:
        copy.start_run(mine)
        second = copy.reserve(mine, an_intent(), Caps(project=40), NOW)
        assert copy.snapshot("other", HERE).attempts == (second,)
        assert copy.snapshot("nf-7c1e", HERE).attempts == (first,)


def test_ledger_goes_on_after_a_transaction_that_failed(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        with pytest.raises(StorageError, match="UNIQUE constraint failed"):
            ledger.start_run(a_run())
        assert ledger.reserve(a_run(), an_intent(), FREE, NOW).id == 1


def test_truncated_ledger_is_called_damaged_with_what_to_do(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        ledger.reserve(a_run(), an_intent(), FREE, NOW)
    content = ledger.path.read_bytes()
    ledger.path.write_bytes(content[: len(content) // 2])
    with pytest.raises(DamagedLedgerError, match=r"cannot be used: .*malformed") as caught:
        Ledger(ledger.path)
    assert "Move it aside" in caught.value.hint
    assert "takes.lock" in caught.value.hint
