"""Clips that were paid for and never fetched."""

from __future__ import annotations

from collections.abc import Iterator

from mock_server.core.tasks import Task
from mock_server.core.verdict.findings import Finding
from mock_server.core.verdict.record import Record


def clip_findings(record: Record) -> Iterator[Finding]:
    """Findings about the clips of tasks that completed; a task that nobody saw completed may still be fetched."""
    for task in record.tasks.values():
        if task.status_at(record.ended_at) != "completed" or _is_fetched(record, task.id):
            continue
        has_expired = record.ended_at > task.completes_at + record.result_life
        gets = record.downloads.get(task.id, ())
        numbers = tuple(each.number for each in gets)
        if has_expired or any(each.status == 410 for each in gets):
            yield Finding("left_to_expire", f"the clip of task {task.id} died on the server", task.micro_usd, numbers)
        elif _is_seen(record, task):
            text = f"task {task.id} is paid and was seen completed, its clip was never fetched"
            yield Finding("never_downloaded", text, task.micro_usd, numbers)


def _is_fetched(record: Record, task_id: str) -> bool:
    return any(each.status == 200 and each.has_arrived for each in record.downloads.get(task_id, ()))


def _is_seen(record: Record, task: Task) -> bool:
    return any(each.at >= task.completes_at and each.has_arrived for each in record.polls.get(task.id, ()))
