"""What a fault makes of a task that was just accepted."""

from __future__ import annotations

from dataclasses import replace

from mock_server.core.fault import Fault
from mock_server.core.tasks import NEVER, Task

_FAILED = "the mock server was told to fail this task"
_MODERATED = "the prompt was refused by content moderation"
_MODERATION_CODE = "content_moderated"


def fated(task: Task, fault: Fault) -> Task:
    """The task with its end, or the lack of one."""
    if fault.kind == "task_failure":
        return replace(task, error=fault.text or _FAILED, error_code=fault.code)
    if fault.kind == "moderation":
        return replace(task, error=fault.text or _MODERATED, error_code=fault.code or _MODERATION_CODE)
    if fault.kind == "price_change":
        return replace(task, micro_usd=round(task.micro_usd * fault.factor))
    if fault.kind == "stuck_task":
        return replace(task, completes_at=NEVER)
    masked = replace(task, mask=fault.shown_status, masked_polls=fault.polls)
    return replace(masked, completes_at=NEVER) if fault.polls is None else masked
