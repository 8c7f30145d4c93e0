"""What was submitted and paid: a pure snapshot to read, a durable store to write, the files that clones share.

The store loads SQLAlchemy, so it is imported from `kling_render.ledger.store` by those who write.
"""

from kling_render.ledger.attempts import Attempt, Clip, Identity
from kling_render.ledger.caps import Caps, Spent, broken_cap
from kling_render.ledger.committed_files import CommittedFileError, changing, remove_parts
from kling_render.ledger.lock_file import LockFileError, format_lock, parse_lock, read_lock, write_lock
from kling_render.ledger.lock_merge import locked_identity, locked_takes, merged_lock, refused_tasks
from kling_render.ledger.locked_take import LockedTake
from kling_render.ledger.notes import NoteChangedError, NotesFileError, read_notes, write_note
from kling_render.ledger.picks import Pick, Picks, PicksFileError, read_picks, write_picks
from kling_render.ledger.snapshot import Snapshot
from kling_render.ledger.states import BOUGHT_STATES, COUNTED_STATES, MADE_STATES, OPEN_STATES, State

__all__ = [
    "BOUGHT_STATES",
    "COUNTED_STATES",
    "MADE_STATES",
    "OPEN_STATES",
    "Attempt",
    "Caps",
    "Clip",
    "CommittedFileError",
    "Identity",
    "LockFileError",
    "LockedTake",
    "NoteChangedError",
    "NotesFileError",
    "Pick",
    "Picks",
    "PicksFileError",
    "Snapshot",
    "Spent",
    "State",
    "broken_cap",
    "changing",
    "format_lock",
    "locked_identity",
    "locked_takes",
    "merged_lock",
    "parse_lock",
    "read_lock",
    "read_notes",
    "read_picks",
    "refused_tasks",
    "remove_parts",
    "write_lock",
    "write_note",
    "write_picks",
]
