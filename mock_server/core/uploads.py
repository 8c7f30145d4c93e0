"""Files that the simulator keeps: contents by their digest, uploads by their own URL with its own short life."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from urllib.parse import quote

from kling_render.catalog import MediaFacts
from mock_server.core import ids
from mock_server.core.inspection import facts_of
from mock_server.core.mime_types import mime_type_of
from mock_server.core.urls import path_of

_PATH = re.compile(r"/uploads/([0-9a-f-]{36})/[^/]+")


@dataclass(frozen=True)
class Prepared:
    """A promise of one file: what was announced, and the headers with which it must be sent.

    Attributes:
        account: digest of the account that announced it.
        checksum: base64 of the MD5 digest of its content.
    """

    id: str
    account: str
    name: str
    byte_size: int
    checksum: str

    @property
    def headers(self) -> Mapping[str, str]:
        """What the PUT of the file must send, to the letter."""
        return {"Content-Type": mime_type_of(self.name), "Content-MD5": self.checksum}


@dataclass(frozen=True)
class Upload:
    """A file behind a URL of this simulator.

    Attributes:
        digest: SHA-256 of its content; empty when the upload only stands for a URL elsewhere.
        source_url: that URL elsewhere; empty when the content is here.
        expires_at: from when on its URL is gone; None for a file that the simulator's owner hosts.
    """

    id: str
    name: str
    mime_type: str
    created_at: datetime | None = None
    expires_at: datetime | None = None
    digest: str = ""
    source_url: str = ""

    @property
    def path(self) -> str:
        """The path of its URL."""
        return f"/uploads/{self.id}/{quote(self.name, safe='')}"

    def has_expired(self, now: datetime) -> bool:
        """Whether its URL is gone."""
        return self.expires_at is not None and now >= self.expires_at


class Uploads:
    """The files of one simulator; equal contents are kept, and looked into, once.

    Only the account that announced a file confirms it; the URL may then be used by anyone who has it, as on the web.
    """

    def __init__(self, seed: int, life: timedelta) -> None:
        self._seed = seed
        self._life = life
        self._prepared: dict[str, Prepared] = {}
        self._received: dict[str, str] = {}
        self._uploads: dict[str, Upload] = {}
        self._contents: dict[str, bytes] = {}
        self._facts: dict[str, MediaFacts | None] = {}

    def prepare(self, account: str, name: str, byte_size: int, checksum: str) -> Prepared:
        """Announce one file."""
        upload_id = self._next_id()
        self._prepared[upload_id] = Prepared(upload_id, account, base_name(name), byte_size, checksum)
        return self._prepared[upload_id]

    def prepared(self, upload_id: str) -> Prepared | None:
        """What was announced under an id."""
        return self._prepared.get(upload_id)

    def has_received(self, prepared: Prepared) -> bool:
        """Whether the file itself has come."""
        return prepared.id in self._received

    def receive(self, prepared: Prepared, content: bytes) -> None:
        """Take the announced file; the first one stays."""
        self._received.setdefault(prepared.id, self._keep(content))

    def confirm(self, prepared: Prepared, now: datetime) -> Upload:
        """The upload that a received file becomes; confirmed again it is the same one."""
        if prepared.id not in self._uploads:
            digest = self._received[prepared.id]
            self._add(prepared.id, prepared.name, mime_type_of(prepared.name), now, digest=digest)
        return self._uploads[prepared.id]

    def add_content(self, name: str, mime_type: str, content: bytes, now: datetime) -> Upload:
        """Keep a file as a new upload."""
        return self._add(self._next_id(), base_name(name), mime_type, now, digest=self._keep(content))

    def add_reference(self, name: str, source_url: str, now: datetime) -> Upload:
        """Let a new upload stand for a URL elsewhere."""
        name = base_name(name)
        return self._add(self._next_id(), name, mime_type_of(name), now, source_url=source_url)

    def host(self, name: str, content: bytes) -> Upload:
        """Keep a file without an end; the same name and content give the same URL."""
        name, digest = base_name(name), self._keep(content)
        upload = Upload(ids.uuid_of("hosted", self._seed, digest, name), name, mime_type_of(name), digest=digest)
        return self._uploads.setdefault(upload.id, upload)

    def expire(self, now: datetime) -> None:
        """End the life of every URL that has an end; those of hosted files have none."""
        for upload in self._uploads.values():
            if upload.expires_at is not None:
                self._uploads[upload.id] = replace(upload, expires_at=min(upload.expires_at, now))

    def get(self, upload_id: str) -> Upload | None:
        """The upload of an id."""
        return self._uploads.get(upload_id)

    def find(self, url: object) -> Upload | None:
        """The upload behind a URL, expired or not; its host does not matter, ids are one of a kind."""
        match = _PATH.fullmatch(path_of(url))
        return self._uploads.get(match[1]) if match else None

    def content(self, upload: Upload | None) -> bytes | None:
        """The file itself, where it is here."""
        return self._contents.get(upload.digest) if upload else None

    def facts(self, upload: Upload) -> MediaFacts | None:
        """What the file is; None when it is no picture, video or sound, or is not here."""
        return self._facts.get(upload.digest)

    def _add(
        self, upload_id: str, name: str, mime_type: str, now: datetime, *, digest: str = "", source_url: str = ""
    ) -> Upload:
        upload = Upload(upload_id, name, mime_type, now, now + self._life, digest, source_url)
        self._uploads[upload_id] = upload
        return upload

    def _keep(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        if digest not in self._contents:
            self._contents[digest] = content
            self._facts[digest] = facts_of(content)
        return digest

    def _next_id(self) -> str:
        return ids.uuid_of("upload", self._seed, len(self._prepared) + len(self._uploads))


def base_name(name: str) -> str:
    """The last part of a path; `file` where that says nothing."""
    last = PurePosixPath(name).name
    return "file" if last in ("", "..") else last
