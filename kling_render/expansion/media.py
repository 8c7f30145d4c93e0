"""Local media of a request: found, looked into, and kept apart from the URL they will get when they are uploaded."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from kling_render.catalog import MediaFacts, stand_in_url
from kling_render.media import inspect_media


@dataclass(frozen=True)
class LocalFile:
    """A local file in a media URL field: identified by its content, wherever it lies.

    Attributes:
        path: where it is on this machine.
        name: its path relative to the project's folder, for people.
        sha256: hex digest of its bytes.
        facts: what it is, by its content.
    """

    path: Path
    name: str
    sha256: str
    facts: MediaFacts

    @property
    def stand_in_url(self) -> str:
        """A URL of the right shape for judging a request before anything is uploaded."""
        return stand_in_url(self.sha256, self.path.name)


class MediaFiles:
    """Reads each local file once per expansion; knows what is behind the stand-in URLs of those it has read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[Path, LocalFile] = {}
        self._facts: dict[str, MediaFacts] = {}

    def find(self, text: str, base: Path) -> LocalFile:
        """The file that a path means, relative to the folder of the TOML file it stands in.

        Raises:
            OSError: there is no such file, or it cannot be read.
            NotMediaError: it is no picture, video or sound.
        """
        path = (base / text).resolve()
        if path not in self._read:
            facts = inspect_media(path)  # first: it refuses what could never be read to its end
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            file_found = LocalFile(path, self._relative(path), digest, facts)
            self._read[path] = file_found
            self._facts[file_found.stand_in_url] = file_found.facts
        return self._read[path]

    def facts_of(self, url: str) -> MediaFacts | None:
        """What is known of the file behind a URL: something for stand-ins, nothing for any other."""
        return self._facts.get(url)

    def _relative(self, path: Path) -> str:
        try:
            return path.relative_to(self._folder.resolve()).as_posix()
        except ValueError:
            return path.name


def is_remote(text: str) -> bool:
    """Whether a media field holds a URL rather than a path."""
    return "://" in text or text.startswith("data:")
