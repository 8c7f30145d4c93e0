"""A board that keeps up: read anew whenever one of the files that it shows has changed."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from kling_render.bookkeeping import Status, note, pick, unpick
from kling_render.errors import KlingRenderError, UsageError
from kling_render.ledger import Clip
from kling_render.report.board.board import Source, board_html, read_source
from kling_render.report.board.posters import Posters
from kling_render.report.board.words import trouble_text
from kling_render.settings import Settings, load_settings

_SUFFIXES = (".toml", ".csv", ".j2", ".lock", ".sqlite", ".sqlite-wal")
_SKIPPED = frozenset({".git", ".venv", "node_modules", "__pycache__", "posters"})
_MOST_FILES = 2_000

Signature = Mapping[Path, tuple[int, int]]


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

    Raises:
        KlingRenderError: the first page cannot be made.
    """

    def __init__(self, source: Source, settings: Settings | None = None) -> None:
        self._source = source
        self._settings = settings or load_settings()
        self._posters = Posters(source.poster_cache)
        self._lock = threading.Lock()
        self._seen = self._signature()
        self.edition = self._made(1)

    def refresh(self) -> Edition:
        """The newest edition: the same one while no file has changed."""
        with self._lock:
            seen = self._signature()
            if seen == self._seen:
                return self.edition
            self._seen = seen
            last = self.edition
            try:
                made = self._made(last.number + 1)
            except KlingRenderError as error:
                trouble = trouble_text(error, self._source.folder)
                if last.trouble != trouble:
                    self.edition = Edition(last.number + 1, last.page, last.clips, trouble)
                return self.edition
            if made.page != last.page or last.trouble:
                self.edition = made
            return self.edition

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
        return f"{unpick(self._source.path, [address], profile=self._source.profile)[0]} has no pick any more."

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
        links = ClipLinks()
        page = board_html(known, links, self._posters, is_live=True)
        return Edition(number, page, links.files)

    def _signature(self) -> Signature:
        """Change time and size of everything that the page may depend on."""
        found: dict[Path, tuple[int, int]] = {}
        folders = [self._source.folder, *([self._source.rehearsal] if self._source.rehearsal else [])]
        for path in chain.from_iterable(map(_watched, folders)):
            try:
                facts = path.stat()
            except OSError:
                continue
            found[path] = (facts.st_mtime_ns, facts.st_size)
        return found


def _watched(folder: Path) -> Iterator[Path]:
    """The files of a project that say something: TOML, CSV, templates, ledgers; as many as can be looked at often."""
    pending, count = [folder], 0
    while pending and count < _MOST_FILES:
        try:
            entries = sorted(pending.pop().iterdir())
        except OSError:
            continue
        for path in entries:
            count += 1
            if path.name.endswith(_SUFFIXES):
                yield path
            elif path.is_dir() and not path.is_symlink() and path.name not in _SKIPPED:
                pending.append(path)
