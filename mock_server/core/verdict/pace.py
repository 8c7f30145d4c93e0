"""Clients in a hurry: Retry-After not waited for, storms of retries, polls without a pause."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import pairwise, takewhile

from mock_server.core.journal import Entry
from mock_server.core.verdict.findings import Finding
from mock_server.core.verdict.record import Record, has_failed_in_passing

_TOLERANCE = 0.95
_STORM_REPEATS = 5
_STORM_PAUSE_SECONDS = 0.2
_POLLS = 5
_POLL_PAUSE_SECONDS = 0.5


def pace_findings(record: Record) -> Iterator[Finding]:
    """Findings about pauses."""
    for group in record.repeats:
        yield from _ignored(group)
        yield from _storm(group)
    for task_id, polls in record.polls.items():
        yield from _fast_polls(record, task_id, polls)


def _ignored(group: Sequence[Entry]) -> Iterator[Finding]:
    hurried = []
    for entry, again in pairwise(group):
        told = _told_seconds(entry)
        if told and entry.has_arrived and _client_seconds(entry, again) < told * _TOLERANCE:
            hurried.append((entry, again, told))
    if hurried:
        entry, again, told = hurried[0]
        path, waited = entry.request.path, _client_seconds(entry, again)
        text = f"{entry.request.method} {path} came again after {waited:.1f} s, Retry-After said {told:.0f} s"
        more = f"; {len(hurried) - 1} more times" if len(hurried) > 1 else ""
        numbers = tuple(dict.fromkeys(each.number for first, second, _ in hurried for each in (first, second)))
        yield Finding("retry_after_ignored", text + more, 0, numbers)


def _storm(group: Sequence[Entry]) -> Iterator[Finding]:
    """So many failures in a row, each followed at once by the same request."""
    run: list[Entry] = []
    for entry, again in pairwise(group):
        is_hasty = has_failed_in_passing(entry) and _client_seconds(entry, again) < _STORM_PAUSE_SECONDS
        run = [*(run or [entry]), again] if is_hasty else []
        if len(run) > _STORM_REPEATS:
            text = f"{entry.request.method} {entry.request.path} was repeated {len(run) - 1} times without a pause"
            yield Finding("retry_storm", text, 0, tuple(each.number for each in run))
            return


def _fast_polls(record: Record, task_id: str, polls: Sequence[Entry]) -> Iterator[Finding]:
    """Simulated seconds count here: who looks often at a server that runs fast is in no hurry."""
    task = record.tasks.get(task_id)
    waiting = list(takewhile(lambda each: task is None or each.at < task.completes_at, polls))
    fast = [again for poll, again in pairwise(waiting) if (again.at - poll.at).total_seconds() < _POLL_PAUSE_SECONDS]
    if len(fast) >= _POLLS:
        text = f"task {task_id} was looked at {len(waiting)} times, {len(fast)} of them within half a second"
        yield Finding("polled_too_fast", text, 0, tuple(each.number for each in fast))


def _client_seconds(entry: Entry, again: Entry) -> float:
    return (again.client_at - entry.client_at).total_seconds()


def _told_seconds(entry: Entry) -> float | None:
    """What Retry-After said, in the client's seconds; None without one that can be read."""
    told = entry.response.headers.get("retry-after")
    if told is None:
        return None
    if told.isdecimal():
        return float(told)
    try:
        moment: datetime = parsedate_to_datetime(told)
    except ValueError:
        return None
    return max((moment.astimezone(UTC) - entry.client_at).total_seconds(), 0.0)
