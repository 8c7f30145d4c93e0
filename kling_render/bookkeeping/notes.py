"""Writing notes on takes: what those who look at them want to be remembered."""

from __future__ import annotations

from kling_render.bookkeeping.status import Status
from kling_render.errors import UsageError
from kling_render.expansion import variant_of
from kling_render.ledger import read_notes, write_note
from kling_render.ledger.notes import MAX_CHARS
from kling_render.rendering.paths import NOTES


def list_notes(status: Status) -> dict[str, str]:
    """The notes on a project's variants under its profile, by address without a take number.

    Raises:
        StorageError: notes.toml cannot be read.
    """
    return read_notes(status.folder / NOTES, status.project.profile)


def note(status: Status, variant: str, text: str, *, edited_from: str | None = None) -> None:
    """Put a note on a variant; an empty text takes it away.

    Args:
        status: what is known; its plan must be there.
        variant: an address without a take number.
        text: the note.
        edited_from: the note that it takes the place of, as its writer has read it; None: whichever stands there.

    Raises:
        NoteChangedError: others have changed the note since; it says what stands there.
        UsageError: there is no such variant, or the note is too long or holds what no file can.
        StorageError: notes.toml cannot be read or written.
    """
    known = {variant_of(each.address) for each in status.plan.takes} if status.plan else set()
    if variant not in known:
        raise UsageError(f"there is no variant {variant}", hint="See: kling-render takes")
    if len(text) > MAX_CHARS:
        raise UsageError(f"a note of more than {MAX_CHARS:,} characters")
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        raise UsageError("the note is no text: half a character stands in it")
    write_note(status.folder / NOTES, variant, text, status.project.profile, edited_from=edited_from)
