"""`takes.lock`, the committed extract of the ledger: a line for each take that has a task, so that clones share it."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from pathlib import Path

from kling_render.ledger.committed_files import CommittedFileError, conflict_line, read_text, write_text
from kling_render.ledger.lock_lines import line_of, take_of
from kling_render.ledger.locked_take import LockedTake, LockKey

_HEADER = (
    "# Takes that were bought or are in flight, kept by kling-render: commit it, so that no clone buys them again.\n"
    "# In a merge, keep the lines of both sides.\n"
)
_order = attrgetter("address", "fingerprint", "take", "attempt", "project_id", "origin", "account_id", "task_id")


class LockFileError(CommittedFileError):
    """A `takes.lock` that cannot be used as it is."""


def read_lock(path: Path) -> tuple[LockedTake, ...]:
    """The takes of a file; none where there is no file.

    Raises:
        LockFileError: it cannot be read, or a line of it is at fault.
    """
    return parse_lock(read_text(path, LockFileError), path)


def write_lock(path: Path, takes: Iterable[LockedTake]) -> bool:
    """Put these takes in the place of what a file says, whole and at once.

    Returns:
        Whether it was written: a file that says the same is left alone, and none is made for no takes.

    Raises:
        StorageError: it cannot be written.
    """
    takes = tuple(takes)
    if not takes and not path.exists():
        return False
    return write_text(path, format_lock(takes))


def format_lock(takes: Iterable[LockedTake]) -> str:
    """The text for these takes: the same for the same takes, in whatever order they come."""
    lines = sorted((_order(take), line_of(take)) for take in takes)
    return _HEADER + "".join(f"{line}\n" for _, line in lines)


def parse_lock(text: str, path: Path) -> tuple[LockedTake, ...]:
    """The takes of a text, sorted; lines that a merge doubled are one, and of "open" and "paid", "paid" holds.

    Args:
        text: what the file says.
        path: the file, for messages.

    Raises:
        LockFileError: a merge was not finished, a line is broken, or one purchase was made twice.
    """
    lines = text.split("\n")
    if (number := conflict_line(lines)) is not None:
        hint = "Delete the marker lines and keep the lines of both sides; kling-render sorts them."
        raise LockFileError(path, number, "a merge of git was not finished here", hint=hint)
    found: dict[LockKey, LockedTake] = {}
    for number, line in enumerate(lines, 1):
        if line.startswith("#") or not line or line.isspace():
            continue
        try:
            take = take_of(line)
        except ValueError as error:
            hint = "Take the line from the last commit; kling-render writes this file, nobody has to."
            raise LockFileError(path, number, str(error), hint=hint) from error
        other = found.setdefault(take.key, take)
        if other is not take:
            if other.task_id != take.task_id:
                raise _bought_twice(path, number, other, take)
            found[take.key] = better(other, take)
    return tuple(sorted(found.values(), key=_order))


def better(one: LockedTake, other: LockedTake) -> LockedTake:
    """Of two lines about the same task the one that knows more: paid, then settled, then with a clip."""
    return max(one, other, key=lambda take: (knowledge(take), line_of(take)))


def knowledge(take: LockedTake) -> tuple[bool, bool, bool]:
    """How much a line tells of its task, to compare."""
    return (take.is_paid, take.settled_micro_usd is not None, take.clip is not None)


def _bought_twice(path: Path, line: int, one: LockedTake, other: LockedTake) -> LockFileError:
    name = f"{other.address} was bought twice" + (f" (attempt {other.attempt})" if other.attempt > 1 else "")
    both = " and ".join(f"task {each.task_id} by {each.person or 'nobody known'}" for each in (one, other))
    hint = "Both may have been charged. Keep the line whose clip you want, and delete the other."
    return LockFileError(path, line, f"{name}: {both}", hint=hint)
