"""RunAPI's Kling endpoints over HTTP: create, poll, download, upload, prices. Knows nothing of projects."""

from kling_render.runapi.access import connect
from kling_render.runapi.accounts import Account, Balance, parse_account, parse_balance
from kling_render.runapi.client import RunApi
from kling_render.runapi.downloads import Download
from kling_render.runapi.failures import error_from_response, parse_retry_after
from kling_render.runapi.hosted import HostedFile
from kling_render.runapi.part_files import discard
from kling_render.runapi.pricing import Quote, Schedules, parse_quote, parse_schedules
from kling_render.runapi.tasks import Task, TaskStatus, parse_task

__all__ = [
    "Account",
    "Balance",
    "Download",
    "HostedFile",
    "Quote",
    "RunApi",
    "Schedules",
    "Task",
    "TaskStatus",
    "connect",
    "discard",
    "error_from_response",
    "parse_account",
    "parse_balance",
    "parse_quote",
    "parse_retry_after",
    "parse_schedules",
    "parse_task",
]
