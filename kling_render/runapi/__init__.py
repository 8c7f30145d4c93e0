"""RunAPI's Kling endpoints over HTTP: create, poll, download, and what can go wrong. Knows nothing of projects."""

from kling_render.runapi.answers import (
    Account,
    Balance,
    Task,
    TaskStatus,
    parse_account,
    parse_balance,
    parse_task,
)
from kling_render.runapi.client import RunApi
from kling_render.runapi.downloads import Download
from kling_render.runapi.failures import error_from_response, parse_retry_after

__all__ = [
    "Account",
    "Balance",
    "Download",
    "RunApi",
    "Task",
    "TaskStatus",
    "error_from_response",
    "parse_account",
    "parse_balance",
    "parse_retry_after",
    "parse_task",
]
