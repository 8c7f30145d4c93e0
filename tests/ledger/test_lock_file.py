"""`takes.lock`: what is written is read again, and every fault is named with its line."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kling_render.errors import StorageError
from kling_render.ledger import Clip, LockedTake, LockFileError, format_lock, parse_lock, read_lock, write_lock
from tests.ledger.conftest import A_CLIP, NOW, a_locked_take

LOCK = Path("takes.lock")
TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
AMOUNT = st.integers(0, 10**15)
MOMENT = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))
CLIPS = st.builds(
    Clip,
    path=st.sampled_from(["renders/walk.mp4", "renders/zwei Wörter/..b.mp4", "a"]),
    sha256=TEXT,
    byte_count=st.integers(0, 2**40),
    seconds=st.floats(0, 1e6),
    width=st.integers(0, 9999),
    height=st.integers(0, 9999),
    has_sound=st.booleans(),
)
TAKES = st.builds(
    LockedTake,
    address=TEXT,
    title=TEXT,
    profile=TEXT,
    fingerprint=st.sampled_from(["e" * 64, "f" * 64]),
    take=st.integers(1, 3),
    attempt=st.integers(1, 2),
    project_id=st.sampled_from(["nf-7c1e", "other"]),
    origin=st.sampled_from(["https://runapi.ai", "http://127.0.0.1:1"]),
    account_id=st.sampled_from(["7", "8"]),
    action=TEXT,
    model=TEXT,
    task_id=TEXT,
    is_paid=st.booleans(),
    settled_micro_usd=st.none() | AMOUNT,
    reserved_micro_usd=AMOUNT,
    clip=st.none() | CLIPS,
    person=TEXT,
    created_at=MOMENT,
    url_expires_at=st.none() | MOMENT,
)
LOCKS = st.lists(TAKES, max_size=6, unique_by=lambda take: take.key)


def a_line(**changes: Any) -> str:
    """The line of a take with other JSON values; `...` removes a field."""
    row = json.loads(format_lock([a_locked_take()]).splitlines()[-1]) | changes
    return json.dumps({name: value for name, value in row.items() if value is not ...})


# Round trip


@given(LOCKS)
@settings(max_examples=200, deadline=None)
def test_takes_are_read_again_as_they_were_written(takes: list[LockedTake]) -> None:
    read = parse_lock(format_lock(takes), LOCK)
    assert sorted(read, key=lambda take: take.key) == sorted(takes, key=lambda take: take.key)


@given(LOCKS, st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_text_does_not_depend_on_the_order_of_the_takes(takes: list[LockedTake], dice: Any) -> None:
    shuffled = list(takes)
    dice.shuffle(shuffled)
    assert format_lock(shuffled) == format_lock(takes)


@given(LOCKS)
@settings(max_examples=50, deadline=None)
def test_text_that_was_read_is_written_as_it_was(takes: list[LockedTake]) -> None:
    text = format_lock(takes)
    assert format_lock(parse_lock(text, LOCK)) == text


def test_text_is_a_comment_and_one_line_for_each_take() -> None:
    open_take = a_locked_take(
        address="run#1", is_paid=False, clip=None, settled_micro_usd=None, url_expires_at=None, title="Lauf é"
    )
    first, second, *lines = format_lock([a_locked_take(), open_take]).split("\n")
    assert (first[:2], second[:2]) == ("# ", "# ")
    assert lines == [
        '{"address": "run#1", "title": "Lauf é", "profile": "default", "fingerprint": "' + "f" * 64 + '", "take": 1, '
        '"attempt": 1, "project": "nf-7c1e", "origin": "https://runapi.ai", "account": "7", "action": "text_to_video", '
        '"model": "kling-3.0", "task": "t-1", "state": "open", "usd": null, "reserved": "0.4", "clip": null, '
        '"sha256": null, "bytes": null, "seconds": null, "width": null, "height": null, "sound": null, "who": "mira", '
        '"when": "2026-08-01T12:00:00+00:00", "expires": null}',
        '{"address": "walk#1", "title": "walk", "profile": "default", "fingerprint": "' + "f" * 64 + '", "take": 1, '
        '"attempt": 1, "project": "nf-7c1e", "origin": "https://runapi.ai", "account": "7", "action": "text_to_video", '
        '"model": "kling-3.0", "task": "t-1", "state": "paid", "usd": "0.42", "reserved": "0.4", '
        '"clip": "renders/default/walk/walk-t1-ffffffff.mp4", "sha256": "' + "a" * 64 + '", "bytes": 12345, '
        '"seconds": 5.042, "width": 1280, "height": 720, "sound": true, "who": "mira", '
        '"when": "2026-08-01T12:00:00+00:00", "expires": "2026-08-08T12:00:00+00:00"}',
        "",
    ]


def test_lines_are_sorted_by_address_fingerprint_and_take() -> None:
    takes = [
        a_locked_take(address="run#1", fingerprint="f" * 64),
        a_locked_take(address="walk#1", fingerprint="e" * 64, take=2),
        a_locked_take(address="walk#1", fingerprint="e" * 64, take=10),
        a_locked_take(address="walk#1", fingerprint=f"{'e' * 63}f", take=1),
    ]
    assert list(parse_lock(format_lock(reversed(takes)), LOCK)) == takes


def test_time_in_another_zone_is_written_in_utc() -> None:
    elsewhere = a_locked_take(created_at=NOW.astimezone(timezone(timedelta(hours=9))))
    assert format_lock([elsewhere]) == format_lock([a_locked_take()])


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "\r\n  \n"])
def test_text_without_lines_has_no_takes(text: str) -> None:
    assert parse_lock(text, LOCK) == ()


def test_lines_may_end_as_on_windows_and_stand_in_any_order() -> None:
    text = "\r\n".join(["# comment", a_line(address="walk#2", take=2), "", a_line()])
    assert [take.address for take in parse_lock(text, LOCK)] == ["walk#1", "walk#2"]


def test_fields_of_a_line_may_stand_in_any_order() -> None:
    row = dict(reversed(json.loads(a_line()).items()))
    assert parse_lock(json.dumps(row), LOCK) == (a_locked_take(),)


# Faults


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "this is not JSON: Expecting property name enclosed in double quotes"),
        ("[1]", "this is not an object in braces"),
        ("[" * 100_000, "this is not JSON: "),
        (a_line(task=...), "task is missing"),
        (a_line(task=None), "task is text, not null"),
        (a_line(take="1"), 'take is a whole number, not "1"'),
        (a_line(take=True), "take is a whole number, not true"),
        (a_line(take=0), "take is a number from 1, not 0"),
        (a_line(attempt=10**30), "attempt is a number from 1, not 1000"),
        (a_line(usd=0.42), "usd is text or null, not 0.42"),
        (a_line(usd="-1"), 'usd is an amount in US dollars such as 0.42, not "-1"'),
        (a_line(reserved="0.1234567"), "reserved is an amount in US dollars"),
        (a_line(seconds="5"), 'seconds is a number or null, not "5"'),
        (a_line(seconds=float("nan")), "a measure of the clip is out of bounds"),
        (a_line(bytes=2**60), "a measure of the clip is out of bounds"),
        (a_line(sound=1), "sound is true or false or null, not 1"),
        (a_line(sha256=None), "sha256 is null although there is a clip"),
        (a_line(clip="/etc/passwd"), 'clip is a path inside the project\'s folder, not "/etc/passwd"'),
        (a_line(clip="renders/../../x.mp4"), "clip is a path inside the project's folder"),
        (a_line(clip="C:/x.mp4"), "clip is a path inside the project's folder"),
        (a_line(clip=""), "clip is a path inside the project's folder"),
        (a_line(state="done"), 'state is "open" or "paid", not "done"'),
        (a_line(when="yesterday"), "when is a time with its zone"),
        (a_line(when="2026-08-01T12:00:00"), "when is a time with its zone"),
        (a_line(expires="0001-01-01T00:00:00+14:00"), "expires is a time with its zone"),
        (a_line(colour="red"), '"colour" is unknown here; did a newer kling-render write it?'),
    ],
    ids=lambda each: None if each.startswith(("{", "[")) else each[:30],
)
def test_broken_line_is_named_with_file_and_line(line: str, message: str) -> None:
    with pytest.raises(LockFileError) as caught:
        parse_lock(f"# comment\n\n{a_line(take=2)}\n{line}\n", LOCK)
    assert caught.value.message.startswith(f"takes.lock:4: {message}")
    assert (caught.value.place.line, caught.value.exit_code) == (4, 12)


@pytest.mark.parametrize("marker", ["<<<<<<< HEAD", "||||||| merged common ancestors", "=======", ">>>>>>> theirs\r"])
def test_marker_of_an_unfinished_merge_is_named_with_the_remedy(marker: str) -> None:
    with pytest.raises(LockFileError, match=r"^takes\.lock:2: a merge of git was not finished here$") as caught:
        parse_lock(f"{a_line()}\n{marker}\n{{broken\n", LOCK)
    assert "keep the lines of both sides" in caught.value.hint


def test_purchase_with_two_tasks_was_bought_twice() -> None:
    text = f"{a_line()}\n{a_line(task='t-2', who='jo')}\n"
    message = r"^takes\.lock:2: walk#1 was bought twice: task t-1 by mira and task t-2 by jo$"
    with pytest.raises(LockFileError, match=message) as caught:
        parse_lock(text, LOCK)
    assert "Keep the line whose clip you want" in caught.value.hint


@pytest.mark.parametrize(
    "other", [{"project": "other"}, {"origin": "http://127.0.0.1:1"}, {"account": "8"}, {"take": 2}, {"attempt": 2}]
)
def test_other_purchases_of_the_same_address_are_not_bought_twice(other: dict[str, Any]) -> None:
    assert len(parse_lock(f"{a_line()}\n{a_line(task='t-2', **other)}\n", LOCK)) == 2


# Doubled lines


def test_line_that_a_merge_doubled_is_one_take() -> None:
    assert parse_lock(f"{a_line()}\n{a_line()}\n", LOCK) == (a_locked_take(),)


@pytest.mark.parametrize("order", [1, -1])
def test_of_an_open_and_a_paid_line_the_paid_one_holds(order: int) -> None:
    lines = [a_line(), a_line(state="open", usd=None)]
    assert parse_lock("\n".join(lines[::order]), LOCK) == (a_locked_take(),)


@given(TAKES, TAKES)
@settings(max_examples=50, deadline=None)
def test_doubled_lines_are_united_alike_in_either_order(one: LockedTake, other: LockedTake) -> None:
    other = replace(
        other, task_id=one.task_id, project_id=one.project_id, origin=one.origin, account_id=one.account_id,
        fingerprint=one.fingerprint, take=one.take, attempt=one.attempt,
    )  # fmt: skip
    lines = format_lock([one]) + format_lock([other])
    assert parse_lock(lines, LOCK) == parse_lock("\n".join(reversed(lines.split("\n"))), LOCK)


# Files


def test_lock_that_is_not_there_has_no_takes(tmp_path: Path) -> None:
    assert read_lock(tmp_path / "takes.lock") == ()


def test_lock_is_read_as_it_was_written_and_leaves_no_part_behind(tmp_path: Path) -> None:
    assert write_lock(tmp_path / "takes.lock", [a_locked_take()])
    assert read_lock(tmp_path / "takes.lock") == (a_locked_take(),)
    assert [path.name for path in tmp_path.iterdir()] == ["takes.lock"]


def test_lock_that_says_the_same_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "takes.lock"
    write_lock(path, [a_locked_take()])
    before = path.stat()
    assert not write_lock(path, [a_locked_take()])
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_no_lock_is_made_for_no_takes(tmp_path: Path) -> None:
    assert not write_lock(tmp_path / "takes.lock", [])
    assert list(tmp_path.iterdir()) == []


def test_lock_whose_takes_are_gone_keeps_its_comment(tmp_path: Path) -> None:
    write_lock(tmp_path / "takes.lock", [a_locked_take()])
    assert write_lock(tmp_path / "takes.lock", [])
    assert (tmp_path / "takes.lock").read_text() == format_lock([])


def test_lock_that_cannot_be_replaced_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "takes.lock"
    write_lock(path, [a_locked_take()])

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(StorageError, match=r"takes\.lock cannot be written: No space left on device"):
        write_lock(path, [])
    assert read_lock(path) == (a_locked_take(),)
    assert [each.name for each in tmp_path.iterdir()] == ["takes.lock"]


def test_lock_that_is_not_utf_8_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "takes.lock"
    path.write_bytes(b"# comment\n# caf\xe9\n")
    with pytest.raises(LockFileError, match=r"takes\.lock:2: this is not UTF-8"):
        read_lock(path)


def test_folder_in_the_place_of_the_lock_is_named(tmp_path: Path) -> None:
    (tmp_path / "takes.lock").mkdir()
    with pytest.raises(LockFileError, match=r"takes\.lock: cannot be read: Is a directory"):
        read_lock(tmp_path / "takes.lock")


def test_lock_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "takes.lock"
    path.write_text(format_lock([a_locked_take(clip=A_CLIP)]), encoding="utf-8-sig")
    assert len(read_lock(path)) == 1
