"""Takes that were billed twice, and creates that were repeated as something new after an unknown result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import unquote

from mock_server.core.journal import Entry
from mock_server.core.verdict.findings import Code, Finding
from mock_server.core.verdict.record import Record, input_of, is_unknown


def billing_findings(record: Record) -> Iterator[Finding]:
    """Findings about creates."""
    blamed: set[str] = set()
    for group in _same_inputs(record):
        yield from _repeats(record, group, blamed)
    yield from _same_names(record, blamed)


def _same_inputs(record: Record) -> list[list[Entry]]:
    """Creates of one account with one input, in order: takes of one shot, or repetitions."""
    groups: dict[tuple[str, str, str], list[Entry]] = {}
    for entry in record.creates:
        groups.setdefault((entry.key, entry.request.path, input_of(entry)), []).append(entry)
    return [group for group in groups.values() if len(group) > 1]


def _repeats(record: Record, group: Sequence[Entry], blamed: set[str]) -> Iterator[Finding]:
    """After an unknown result that its own key never resolved, the next create of the same input is a repetition."""
    used: set[int] = set()
    for at, entry in enumerate(group):
        later = group[at + 1 :]
        if not is_unknown(entry) or record.is_resolved(entry, later):
            continue
        again = next((each for each in later if each.number not in used), None)
        if again is None:
            continue
        used.add(again.number)
        yield _repeat(record, entry, again, blamed)


def _repeat(record: Record, entry: Entry, again: Entry, blamed: set[str]) -> Finding:
    first, second = entry.task_id, again.task_id
    numbers = (entry.number, again.number)
    if first and second and first != second and record.price(first) and record.price(second):
        blamed.add(second)
        text = f"tasks {first} and {second} are one purchase, repeated after an unknown result"
        return Finding("double_billed", text, record.price(second), numbers)
    without: Code = "repeated_without_key"
    code: Code = without if again.idempotency_key is None else "repeated_with_new_key"
    how = "without an Idempotency-Key" if code == without else "under a new Idempotency-Key"
    return Finding(code, f"a create whose result was unknown was sent again {how}", 0, numbers)


def _same_names(record: Record, blamed: set[str]) -> Iterator[Finding]:
    """Several tasks of one input under one X-Client-Request-Id: the client's own name for one purchase."""
    names: dict[tuple[str, str, str], dict[str, Entry]] = {}
    for entry in record.creates:
        name = entry.request.headers.get("x-client-request-id")
        if name and entry.task_id and record.price(entry.task_id):
            # kling-render ends its names with a nonce that is made from the key: one purchase has one address.
            purchase = (entry.key, name.partition(";n=")[0], input_of(entry))
            names.setdefault(purchase, {}).setdefault(entry.task_id, entry)
    for (_, name, _), tasks in names.items():
        first, *others = tasks
        for task_id in others:
            if task_id not in blamed:
                text = f"tasks {first} and {task_id} are both called {unquote(name)}"
                numbers = (tasks[first].number, tasks[task_id].number)
                yield Finding("double_billed", text, record.price(task_id), numbers)
