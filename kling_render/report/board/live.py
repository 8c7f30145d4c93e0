"""A board that keeps up: read anew whenever one of the files that it shows has changed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kling_render.bookkeeping import Status, note, pick, unpick
from kling_render.errors import KlingRenderError, UsageError
from kling_render.ledger import Clip
from kling_render.report.board.board import Source, board_html, read_source
from kling_render.report.board.posters import Posters
from kling_render.report.board.watching import Signature, files_of, signature
from kling_render.report.board.words import trouble_text
from kling_render.report.takes import cleared
from kling_render.settings import Settings, load_settings

_LEAST_PAUSE_SECONDS = 2.0
_SHARE = 10
"""Trying again what cannot be shown may take up one part in so many of the time."""


class ClipLinks:
    """Links to clips by their content: no path of a request ever becomes a path of the disk."""

    def __init__(self) -> None:
        self.files: dict[str, Path] = {}

    def of(self, clip: Clip, path: Path) -> str:
        """The address of a clip, relative to the page."""
        name = f"{clip.sha256[:32]}.mp4"
        self.files[name] = path
        return f"clips/{name}"


@dataclass(frozen=True)
class Edition:
    """One state of the page.

    Attributes:
        number: from 1, one more with each change.
        trouble: why the files as they are now could not be shown; the page is the last one that could.
    """

    number: int
    page: str
    clips: Mapping[str, Path]
    trouble: str = ""


class LiveBoard:
    """The page of a source, made anew when its files change.

    Args:
        source: which board.
        settings: whose base URL says which books count; read from the environment by default.
        clock: seconds, from any moment.

    Raises:
        KlingRenderError: the first page cannot be made.
    """

    def __init__(
        self, source: Source, settings: Settings | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._source = source
        self._clock = clock
        self._settings = settings or load_settings()
        self._posters = Posters(source.poster_cache)
        self._lock = threading.Lock()
        self._files: frozenset[Path] = frozenset()
        self._next_try = 0.0
        self._seen = self._signature()
        self.edition = self._made(1)

    def refresh(self) -> Edition:
        """The newest edition: the same one while no file has changed."""
        with self._lock:
            seen = self._signature()
            if seen != self._seen or (self.edition.trouble and self._clock() >= self._next_try):
                self._seen = seen
                self.edition = self._newest(self.edition)
            return self.edition

    def _newest(self, last: Edition) -> Edition:
        """The edition after this one; itself where what it shows is the same."""
        began = self._clock()
        try:
            made = self._made(last.number + 1)
        except KlingRenderError as error:
            trouble, now = trouble_text(error, self._source.folder), self._clock()
            self._next_try = now + max(_LEAST_PAUSE_SECONDS, _SHARE * (now - began))  # a file may be what is missing
            return last if last.trouble == trouble else Edition(last.number + 1, last.page, last.clips, trouble)
        return made if made.page != last.page or last.trouble else last

    # ── what people decide

    def pick(self, address: str) -> str:
        """Choose a take, as the command does; returns what to say.

        Raises:
            KlingRenderError: it cannot be picked.
        """
        self._check_pickable()
        chosen = pick(self._source.path, [address], profile=self._source.profile, settings=self._settings)
        return f"{chosen[0].name} is picked."

    def unpick(self, address: str) -> str:
        """Take a choice back.

        Raises:
            KlingRenderError: there is none.
        """
        self._check_pickable()
        gone = unpick(self._source.path, [address], profile=self._source.profile)
        return " ".join(cleared(name, other) for name, other in gone.items())

    def note(self, variant: str, text: str, edited_from: str) -> str:
        """Put a note on a variant, in the place of the one that the page showed.

        Raises:
            NoteChangedError: others have changed that one meanwhile.
            KlingRenderError: there is no such variant, or the note cannot be kept.
        """
        self._check_current()
        note(self._status(), variant, text, edited_from=edited_from)
        return "The note is kept." if text.strip() else "The note is gone."

    def _check_pickable(self) -> None:
        if self._source.rehearsal:
            raise UsageError("a rehearsal has no picks: its clips are placeholders")
        self._check_current()

    def _check_current(self) -> None:
        """Refuse to change what somebody decided by a page that is out of date."""
        if trouble := self.refresh().trouble:
            raise UsageError(f"The page is out of date: {trouble}")

    def _status(self) -> Status:
        return read_source(self._source, self._settings)[0]

    # ── pages and files

    def _made(self, number: int) -> Edition:
        _, known = read_source(self._source, self._settings)
        self._files = files_of(known.plan)
        links = ClipLinks()
        page = board_html(known, links, self._posters, is_live=True)
        return Edition(number, page, links.files)

    def _signature(self) -> Signature:
        rehearsal = self._source.rehearsal
        return signature(self._files, [self._source.folder, *([rehearsal] if rehearsal else [])])
