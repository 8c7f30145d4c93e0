"""Clips that were paid for and never fetched."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mock_server.core.tasks import Task
from mock_server.core.verdict.findings import Finding
from mock_server.core.verdict.record import Record, is_unknown


def clip_findings(record: Record, told: Collection[int]) -> Iterator[Finding]:
    """Findings about the clips of tasks that completed; a task that nobody saw completed may still be fetched.

    A task that its client never heard of is lost already.

    Args:
        record: what happened.
        told: numbers of the creates about which something worse is said.
    """
    yield from _lost(record, told)
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


def _lost(record: Record, told: Collection[int]) -> Iterator[Finding]:
    """Tasks whose creates were all left without a readable answer, and were never asked about."""
    heard = {each.task_id for each in record.creates if each.task_id and not is_unknown(each)}
    blamed = set(heard)
    for entry in record.creates:
        task_id = entry.task_id
        if task_id is None or task_id in blamed or record.polls.get(task_id) or not record.price(task_id):
            continue
        if entry.number in told:
            continue
        blamed.add(task_id)
        text = f"task {task_id} was made, its answer was lost, and nobody asked again"
        yield Finding("never_downloaded", text, record.price(task_id), (entry.number,))


def _is_fetched(record: Record, task_id: str) -> bool:
    return any(each.status == 200 and each.has_arrived for each in record.downloads.get(task_id, ()))


def _is_seen(record: Record, task: Task) -> bool:
    return any(each.at >= task.completes_at and each.has_arrived for each in record.polls.get(task.id, ()))
