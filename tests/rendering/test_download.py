"""Bringing clips home: whole or not at all, and never over another file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from kling_render.errors import DownloadError, StorageError
from kling_render.ledger import State

from .conftest import SHOT_MICRO_USD, Act, Answer, no_connection, raw, refuse, tiny_clip

if TYPE_CHECKING:
    from .conftest import Studio

A_CLIP = tiny_clip(1)


def short() -> Act:
    """Break off after half of what was announced."""

    async def act(request: httpx.Request, forward: Answer) -> httpx.Response:
        whole = (await forward(request)).content
        headers = {"Content-Type": "video/mp4", "Content-Length": str(len(whole))}
        return httpx.Response(200, headers=headers, stream=httpx.ByteStream(whole[: len(whole) // 2]))

    return act


BROKEN = {
    "short": short(),
    "truncated": raw(200, A_CLIP[: len(A_CLIP) * 2 // 3], "video/mp4"),
    "noise": raw(200, bytes(range(256)) * 40, "video/mp4"),
    "html": raw(200, b"<!doctype html><title>Log in</title>", "text/html"),
    "html that says it is a clip": raw(200, b"<!doctype html><title>Log in</title>", "video/mp4"),
    "empty": raw(200, b"", "video/mp4"),
    "playlist": raw(200, b"#EXTM3U\n#EXTINF:3,\nhttp://127.0.0.1:9/x.ts\n", "video/mp4"),
    "gone": refuse(404),
    "expired": refuse(410),
    "server error": refuse(500),
    "no connection": no_connection(),
}
broken = pytest.mark.parametrize("act", list(BROKEN.values()), ids=list(BROKEN))


@broken
def test_broken_download_leaves_no_clip_and_the_take_completed(studio: Studio, act: Act) -> None:
    studio.shoot("walk")
    studio.breaks("clip", act, times=9)
    outcome = studio.render()
    attempt = studio.attempt("walk#1")
    assert isinstance(outcome.problems["walk#1"], DownloadError)
    assert (outcome.exit_code, outcome.undelivered, studio.clips()) == (7, ("walk#1",), [])
    assert (attempt.state, attempt.counted_micro_usd, attempt.clip) == (State.COMPLETED, SHOT_MICRO_USD, None)


@broken
def test_next_run_fetches_what_came_broken_and_pays_nothing(studio: Studio, act: Act) -> None:
    studio.shoot("walk")
    studio.breaks("clip", act, times=9)
    studio.render()
    outcome = studio.mended().render()
    assert (outcome.exit_code, len(studio.clips()), studio.parts()) == (0, 1, [])
    assert (len(studio.door.of_kind("create")), studio.settled()) == (1, SHOT_MICRO_USD)


@pytest.mark.parametrize("name", ["truncated", "noise", "playlist", "html that says it is a clip"])
def test_whole_download_that_is_no_clip_leaves_no_part_file(studio: Studio, name: str) -> None:
    studio.shoot("walk")
    studio.breaks("clip", BROKEN[name], times=9)
    studio.render()
    assert studio.parts() == []


def test_download_that_breaks_off_is_tried_again_within_the_run(studio: Studio) -> None:
    studio.shoot("walk")
    studio.breaks("clip", short(), times=2)
    assert studio.render(retries=3).exit_code == 0


def test_broken_download_does_not_keep_the_siblings_from_coming(studio: Studio) -> None:
    studio.shoot("walk", "run", "rest")
    studio.breaks("clip", raw(200, b"noise", "video/mp4"), times=3)
    outcome = studio.render(concurrency=1, downloads=1)
    assert (outcome.undelivered, len(studio.clips())) == (("walk#1",), 2)


def test_key_is_not_sent_for_a_clip(studio: Studio) -> None:
    studio.render()
    assert all("Authorization" not in request.headers for request in studio.door.of_kind("clip"))


# Where clips go


def test_clip_lies_under_profile_and_shot_with_take_and_fingerprint_in_its_name(studio: Studio) -> None:
    studio.shoot("walk", walk="takes = 2")
    outcome = studio.render()
    mark = outcome.plan.takes[0].fingerprint[:8]
    assert studio.clips() == [f"renders/default/walk/walk-t1-{mark}.mp4", f"renders/default/walk/walk-t2-{mark}.mp4"]


@pytest.mark.parametrize(
    ("label", "name"),
    [("S01_010", "S01_010"), ("..", "untitled"), ("Der Kuß: 2", "Der-Kuß-2"), (".hidden", "hidden"), ("東京", "東京")],
)
def test_label_names_the_clip_in_what_a_file_name_may_hold(studio: Studio, label: str, name: str) -> None:
    studio.shoot("walk", walk=f'label = "{label}"')
    studio.render()
    (clip,) = studio.clips()
    assert clip.startswith(f"renders/default/{name}/{name}-t1-")


def test_longest_label_there_may_be_gives_a_name_that_fits(studio: Studio) -> None:
    studio.shoot("walk", walk=f'label = "{"京" * 80}"')
    assert studio.render().exit_code == 0


def test_different_file_in_the_place_of_a_clip_is_never_overwritten(studio: Studio) -> None:
    studio.shoot("walk")
    mark = studio.render().plan.takes[0].fingerprint[:8]
    target = studio.folder / f"renders/default/walk/walk-t1-{mark}.mp4"
    for file in (studio.folder / ".kling-render").iterdir():
        file.unlink()
    target.write_bytes(b"an edit that somebody made")
    outcome = studio.render()
    (attempt,) = outcome.snapshot.attempts
    assert target.read_bytes() == b"an edit that somebody made"
    assert attempt.clip is not None
    assert attempt.clip.path == f"renders/default/walk/walk-t1-{mark}-{str(attempt.task_id)[:8]}.mp4"
    assert (studio.folder / attempt.clip.path).is_file()


def test_different_files_in_both_places_of_a_clip_are_never_overwritten(studio: Studio) -> None:
    studio.shoot("walk")
    outcome = studio.render()
    (attempt,) = outcome.snapshot.attempts
    assert attempt.clip is not None
    target = studio.folder / attempt.clip.path
    beside = target.with_name(f"{target.stem}-{str(attempt.task_id)[:8]}.mp4")
    for file in (studio.folder / ".kling-render").iterdir():
        file.unlink()
    for taken in (target, beside):
        taken.write_bytes(taken.name.encode())
    assert studio.render().exit_code == 0
    assert [taken.read_bytes() for taken in (target, beside)] == [target.name.encode(), beside.name.encode()]
    assert len(studio.clips()) == 3


def test_same_clip_in_its_place_is_kept_and_not_doubled(studio: Studio) -> None:
    studio.render()
    before = {path: (studio.folder / path).stat().st_ino for path in studio.clips()}
    for file in (studio.folder / ".kling-render").iterdir():
        file.unlink()
    studio.render()
    assert {path: (studio.folder / path).stat().st_ino for path in studio.clips()} == before
    assert studio.parts() == []


def test_missing_file_is_downloaded_again_to_its_place(studio: Studio) -> None:
    studio.shoot("walk")
    studio.render()
    (path,) = studio.clips()
    content = (studio.folder / path).read_bytes()
    (studio.folder / path).unlink()
    outcome = studio.render()
    assert (outcome.exit_code, outcome.submitted) == (0, ())
    assert (studio.folder / path).read_bytes() == content
    assert studio.settled() == SHOT_MICRO_USD


def test_missing_file_of_a_relabelled_shot_is_downloaded_to_where_it_was(studio: Studio) -> None:
    studio.shoot("walk")
    studio.render()
    before = studio.clips()
    (studio.folder / before[0]).unlink()
    studio.shoot("walk", walk='label = "S01"')
    studio.render()
    assert studio.clips() == before


def test_clip_that_is_downloaded_again_keeps_the_day_its_address_expires(studio: Studio) -> None:
    studio.shoot("walk")
    studio.render()
    expires = studio.attempt("walk#1").url_expires_at
    (studio.folder / studio.clips()[0]).unlink()
    studio.sleep(days=3)
    studio.render()
    assert studio.attempt("walk#1").url_expires_at == expires


def test_missing_file_whose_address_has_expired_is_not_bought_again(studio: Studio) -> None:
    studio.shoot("walk")
    studio.render()
    (studio.folder / studio.clips()[0]).unlink()
    studio.sleep(days=8)
    outcome = studio.render()
    assert (outcome.exit_code, outcome.undelivered) == (7, ("walk#1",))
    assert len(studio.door.of_kind("create")) == 1


def test_folder_that_cannot_be_made_is_a_storage_error_and_the_take_stays_open(studio: Studio) -> None:
    studio.shoot("walk")
    (studio.folder / "renders" / "default").mkdir(parents=True)
    (studio.folder / "renders" / "default" / "walk").write_text("a file in the way")
    outcome = studio.render()
    assert isinstance(outcome.problems["walk#1"], StorageError)
    assert (outcome.exit_code, studio.attempt("walk#1").state) == (12, State.COMPLETED)


def test_clip_is_recorded_with_digest_length_and_size(studio: Studio) -> None:
    studio.shoot("walk")
    studio.render()
    clip = studio.attempt("walk#1").clip
    assert clip is not None
    content = (studio.folder / clip.path).read_bytes()
    assert (clip.byte_count, clip.seconds, clip.width, clip.height, clip.has_sound) == (
        len(content),
        1.0,
        32,
        18,
        False,
    )


def test_missing_clip_past_its_url_is_told_and_neither_asked_for_nor_bought(studio: Studio) -> None:
    studio.shoot("walk")
    studio.render()
    (studio.folder / studio.clips()[0]).unlink()
    studio.sleep(days=8)
    studio.door.requests.clear()
    outcome = studio.render()
    assert "can no longer be fetched" in outcome.problems["walk#1"].message
    assert (outcome.exit_code, outcome.undelivered, studio.attempt("walk#1").state) == (
        7,
        ("walk#1",),
        State.EXPIRED,
    )
    assert not [*studio.door.of_kind("create"), *studio.door.of_kind("poll"), *studio.door.of_kind("clip")]


def test_missing_clip_of_a_shot_that_is_gone_troubles_no_later_run(studio: Studio) -> None:
    studio.shoot("walk")
    studio.render()
    (studio.folder / studio.clips()[0]).unlink()
    studio.sleep(days=8)
    studio.shoot("run")
    assert studio.render().exit_code == 0


def test_clips_whose_urls_die_first_are_fetched_first(studio: Studio) -> None:
    studio.breaks("clip", refuse(403), times=1000)
    for name in ("run", "walk", "sit"):
        studio.shoot(name)
        studio.render()
        studio.sleep(hours=1)
    studio.shoot("walk", "sit", "run")
    studio.mended()
    studio.events.clear()
    studio.render(downloads=1)
    assert [each.address for each in studio.events if each.kind == "downloaded"] == ["run#1", "walk#1", "sit#1"]
