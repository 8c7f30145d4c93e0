"""`notes.toml`, the committed notes of those who look at takes: one text for each variant and profile."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from kling_render.errors import UsageError
from kling_render.ledger.committed_files import CommittedFileError, changing, conflict_line, read_text, write_text

_HEADER = (
    "# Notes on takes, written in the board and kept by kling-render: commit it. In a merge, keep one of two notes.\n"
)
_DEFAULT = "default"
_BARE = re.compile(r"[A-Za-z0-9_-]+")
MAX_CHARS = 4_000
"""Characters of one note."""


class NotesFileError(CommittedFileError):
    """A `notes.toml` that cannot be used as it is."""


class NoteChangedError(UsageError):
    """A note that others have changed since the text was read that this one was edited from.

    Attributes:
        note: what stands there now; empty where it was taken away.
    """

    def __init__(self, variant: str, note: str) -> None:
        self.note = note
        hint = "Put what both say together, and keep that." if note else "Keep it again if it is still right."
        super().__init__(f"the note on {variant} was changed meanwhile", hint=hint)


def read_notes(path: Path, profile: str = _DEFAULT) -> dict[str, str]:
    """The notes of a profile in a file, by variant (an address without its take number); none where there is no file.

    Raises:
        NotesFileError: it cannot be read, or is at fault.
    """
    return parse_notes(read_text(path, NotesFileError), path).get(profile, {})


def write_note(path: Path, variant: str, text: str, profile: str = _DEFAULT, *, edited_from: str | None = None) -> bool:
    """Put a note on a variant in the place of the one it has; an empty text takes it away.

    Args:
        path: the file.
        variant: an address without its take number.
        text: the note.
        profile: whose notes.
        edited_from: the note that it takes the place of, as its writer has read it; None: whichever stands there.

    Returns:
        Whether the file was written: one that says the same is left alone, and none is made for no note.

    Raises:
        NoteChangedError: another note stands there than the one that it was edited from, and not this one either.
        NotesFileError: what stands there is at fault.
        StorageError: it cannot be written.
    """
    with changing(path):
        notes = parse_notes(read_text(path, NotesFileError), path)
        current = notes.get(profile, {}).get(variant, "")
        if edited_from is not None and _lines(current) not in (_lines(edited_from), _lines(text)):
            raise NoteChangedError(variant, current)
        return _write_note(path, variant, text, profile, notes)


def _write_note(path: Path, variant: str, text: str, profile: str, notes: Mapping[str, Mapping[str, str]]) -> bool:
    mine = {**notes.get(profile, {}), variant: text.strip()}
    changed = {**notes, profile: {name: each for name, each in mine.items() if each}}
    if not any(changed.values()) and not path.exists():
        return False
    return write_text(path, format_notes(changed))


def format_notes(by_profile: Mapping[str, Mapping[str, str]]) -> str:
    """The text for these notes, sorted by profile and variant."""
    tables = []
    for profile, notes in sorted(by_profile.items()):
        if notes:
            name = profile if _BARE.fullmatch(profile) else _quoted(profile)
            rows = (f"{_quoted(variant)} = {_quoted(text)}\n" for variant, text in sorted(notes.items()))
            tables.append(f"\n[notes.{name}]\n{''.join(rows)}")
    return _HEADER + "".join(tables)


def parse_notes(text: str, path: Path) -> dict[str, dict[str, str]]:
    """The notes of a text, by profile.

    Args:
        text: what the file says.
        path: the file, for messages.

    Raises:
        NotesFileError: a merge was not finished, it is no TOML, or a note is no text.
    """
    if (number := conflict_line(text.split("\n"))) is not None:
        hint = "Delete the marker lines; of two notes on one variant keep the one that you want."
        raise NotesFileError(path, number, "a merge of git was not finished here", hint=hint)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise NotesFileError(path, None, str(error), hint="Take the line from the last commit.") from error
    notes = document.pop("notes", {})
    if document:
        raise NotesFileError(path, None, f"{next(iter(document))} is unknown here: notes stand under [notes]")
    if not isinstance(notes, dict) or not all(isinstance(table, dict) for table in notes.values()):
        raise NotesFileError(path, None, "notes is a table of profiles: [notes.default]")
    for variant, note in ((name, note) for table in notes.values() for name, note in table.items()):
        if not isinstance(note, str):
            raise NotesFileError(path, None, f"{variant}: a note is a text in quotes, not {note!r}")
    return {profile: dict(table) for profile, table in notes.items()}


def _lines(note: str) -> list[str]:
    """A note as browsers compare texts: they have one way of ending a line."""
    return note.strip().splitlines()


def _quoted(text: str) -> str:
    """A text as TOML writes it on one line, which is how JSON does but for one sign."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
