"""The bytes of an upload: measured, sent, and refused where they are not the same twice."""

import hashlib
from base64 import b64encode
from collections.abc import Callable
from contextlib import aclosing, closing
from pathlib import Path

import anyio
import pytest

from kling_render.errors import StorageError
from kling_render.runapi.files import PIECE_BYTES, Content, Measure

PICTURE = bytes(range(256)) * 3000  # three pieces, the last one shorter


def send(source: bytes | Path, came: list[bytes], meanwhile: Callable[[], object] = lambda: None) -> Measure:
    """What was measured; the pieces go to `came`, and `meanwhile` happens in between."""

    async def main() -> Measure:
        with closing(Content("sky.png", source)) as content:
            measured = await content.measure()
            meanwhile()
            async with aclosing(content.pieces(measured)) as pieces:
                async for piece in pieces:
                    came.append(piece)
        return measured

    return anyio.run(main)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "sky.png"
    path.write_bytes(PICTURE)
    return path


def test_a_file_is_measured_by_count_and_md5(picture: Path) -> None:
    measured = send(picture, [])

    assert measured == Measure(len(PICTURE), b64encode(hashlib.md5(PICTURE).digest()).decode())  # noqa: S324 - a checksum


def test_a_file_comes_in_pieces(picture: Path) -> None:
    came: list[bytes] = []

    send(picture, came)

    assert b"".join(came) == PICTURE
    assert [len(piece) for piece in came] == [PIECE_BYTES, PIECE_BYTES, len(PICTURE) - 2 * PIECE_BYTES]


def test_bytes_are_sent_as_a_file_is(picture: Path) -> None:
    of_bytes: list[bytes] = []
    of_file: list[bytes] = []

    assert send(PICTURE, of_bytes) == send(picture, of_file)
    assert of_bytes == of_file


@pytest.mark.parametrize(
    "changed",
    [PICTURE[:-1] + b"!", b"!" + PICTURE[1:], PICTURE[:-1], PICTURE[:PIECE_BYTES], PICTURE + b"!", b""],
    ids=["last byte", "first byte", "shorter", "one piece", "longer", "emptied"],
)
def test_a_file_that_changes_never_comes_whole(picture: Path, changed: bytes) -> None:
    came: list[bytes] = []

    with pytest.raises(StorageError, match=r"^sky\.png changed while it was uploaded$") as caught:
        send(picture, came, lambda: picture.write_bytes(changed))

    assert sum(map(len, came)) < len(PICTURE)
    assert caught.value.hint.startswith("Leave it as it is until it is uploaded")


def test_a_file_put_in_its_place_is_not_taken_for_it(picture: Path) -> None:
    other = picture.with_name("other.png")
    other.write_bytes(b"other")

    came: list[bytes] = []

    send(picture, came, lambda: other.replace(picture))

    assert b"".join(came) == PICTURE


@pytest.mark.parametrize("empty", [b"", Path("/dev/null")])
def test_nothing_is_no_upload(empty: bytes | Path) -> None:
    with pytest.raises(StorageError, match=r"^sky\.png is empty: there is nothing to upload$"):
        send(empty, [])


def test_a_missing_file_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"^sky\.png cannot be read \(No such file or directory\)$"):
        send(tmp_path / "missing.png", [])


def test_a_folder_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"^sky\.png cannot be read \(Is a directory\)$"):
        send(tmp_path, [])


def test_measuring_lets_others_work(picture: Path) -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await anyio.lowlevel.checkpoint()

    async def main() -> None:
        with closing(Content("sky.png", picture)) as content:
            async with anyio.create_task_group() as group:
                group.start_soon(count)
                await content.measure()
                group.cancel_scope.cancel()

    anyio.run(main)

    assert turns >= 2
