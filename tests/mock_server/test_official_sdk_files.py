"""RunAPI's own SDK, unmodified and over HTTP, uploads files and has them used."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from runapi.core import ConflictError, NotFoundError, ValidationError
from runapi.kling import KlingClient

from mock_server import running_server

from .samples import a_png, a_wav


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running_server() as server:
        yield server.url


@pytest.fixture
def client(url: str) -> Iterator[Any]:
    client = KlingClient(api_key="key-1", base_url=url, max_retries=0)
    yield client
    client._http.close()
    client._http._upload_client.close()


def content_of(url: str) -> bytes:
    with httpx.Client(trust_env=False) as downloads:
        return downloads.get(url).content


def test_sdk_uploads_a_local_file(client: Any, tmp_path: Path) -> None:
    (tmp_path / "dusk 1.png").write_bytes(a_png())
    uploaded = client.files.create(file=tmp_path / "dusk 1.png")
    assert (uploaded.file_name, uploaded.mime_type, uploaded.size_bytes) == ("dusk 1.png", "image/png", len(a_png()))
    assert content_of(uploaded.url) == a_png()


def test_sdk_uploads_a_local_file_under_another_name(client: Any, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(a_wav())
    uploaded = client.files.create(file=str(tmp_path / "a"), file_name="voice.wav")
    assert (uploaded.file_name, uploaded.mime_type) == ("voice.wav", "audio/wav")


def test_sdk_uploads_more_than_json_may_have(client: Any, tmp_path: Path) -> None:
    (tmp_path / "large.bin").write_bytes(b"x" * 3_000_000)
    assert client.files.create(file=tmp_path / "large.bin").size_bytes == 3_000_000


def test_sdk_registers_a_url(client: Any) -> None:
    registered = client.files.create(source="https://example.com/mira.png")
    assert (registered.file_name, registered.size_bytes) == ("mira.png", 0)
    with httpx.Client(trust_env=False) as downloads:
        assert downloads.get(registered.url).headers["location"] == "https://example.com/mira.png"


@pytest.mark.parametrize("start", ["", "data:image/png;base64,"])
def test_sdk_registers_base64(client: Any, start: str) -> None:
    uploaded = client.files.create(source=start + base64.b64encode(a_png()).decode(), file_name="dusk.png")
    assert content_of(uploaded.url) == a_png()


def test_sdk_uses_what_it_uploaded_on_loopback(client: Any, tmp_path: Path) -> None:
    (tmp_path / "dusk.png").write_bytes(a_png())
    (tmp_path / "voice.wav").write_bytes(a_wav(2.0))
    before = client.account.balance().balance_cents
    task = client.ai_avatar.create(
        model="kling-ai-avatar-pro",
        prompt="She sings",
        source_image_url=client.files.create(file=tmp_path / "dusk.png").url,
        source_audio_url=client.files.create(file=tmp_path / "voice.wav").url,
    )
    assert task.status == "pending"
    assert before - client.account.balance().balance_cents == 2 * 16


def test_sdk_sees_a_second_put_as_conflict(client: Any) -> None:
    body = {"filename": "a.bin", "byte_size": 1, "checksum": "ndTkYSaMgDT1yFZOFVxnpg=="}
    prepared = client._http.request("post", "/api/v1/files/prepare", body=body)
    with pytest.raises(ValidationError, match="the MD5 of what came") as caught:
        client._http.upload(prepared["upload_url"], headers=prepared["headers"], body=b"y")
    assert caught.value.code == "checksum_mismatch"
    client._http.upload(prepared["upload_url"], headers=prepared["headers"], body=b"x")
    with pytest.raises(ConflictError, match="this upload_url was used"):
        client._http.upload(prepared["upload_url"], headers=prepared["headers"], body=b"x")


def test_sdk_sees_an_unknown_signed_id_as_not_found(client: Any) -> None:
    with pytest.raises(NotFoundError, match="no file with this signed_id"):
        client._http.request("post", "/api/v1/files/confirm", body={"signed_id": "x"})


def test_sdk_sees_an_unknown_source_task_as_validation_error(client: Any) -> None:
    with pytest.raises(ValidationError, match="no task x in this account"):
        client.extend_video.create(model="kling-v2.5-turbo-text-to-video-pro", source_task_id="x")
