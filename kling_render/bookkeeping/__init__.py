"""What was bought, and what people decide about it: status, books, checks against the server, attach and abandon."""

from kling_render.bookkeeping.candidates import Candidate, list_takes
from kling_render.bookkeeping.choices import choose, pick, unpick
from kling_render.bookkeeping.decisions import abandon, attach
from kling_render.bookkeeping.notes import list_notes, note
from kling_render.bookkeeping.reconciliation import Reconciliation, reconcile
from kling_render.bookkeeping.rehearsed import read_rehearsed
from kling_render.bookkeeping.spending import COLUMNS, Spending, SpendRow, read_spending
from kling_render.bookkeeping.status import Status, read_status
from kling_render.bookkeeping.verification import CheckedFile, CheckedTask, Verification, verify

__all__ = [
    "COLUMNS",
    "Candidate",
    "CheckedFile",
    "CheckedTask",
    "Reconciliation",
    "SpendRow",
    "Spending",
    "Status",
    "Verification",
    "abandon",
    "attach",
    "choose",
    "list_notes",
    "list_takes",
    "note",
    "pick",
    "read_rehearsed",
    "read_spending",
    "read_status",
    "reconcile",
    "unpick",
    "verify",
]
