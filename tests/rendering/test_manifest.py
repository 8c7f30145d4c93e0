"""`manifest.json`: what each take is, what it cost and where it lies; never the key."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from kling_render._version import __version__

from .conftest import KEY, fail_task, refuse

if TYPE_CHECKING:
    from .conftest import Studio


def take(studio: Studio, address: str = "walk#1") -> dict[str, Any]:
    """The manifest's entry for a take."""
    (found,) = (each for each in studio.manifest()["takes"] if each["address"] == address)
    assert isinstance(found, dict)
    return found


def test_delivered_take_stands_with_everything_about_it(studio: Studio) -> None:
    studio.shoot("walk")
    outcome = studio.render()
    (attempt,), (task,), (path,) = outcome.snapshot.attempts, studio.simulator.tasks, studio.clips()
    content = (studio.folder / path).read_bytes()
    assert attempt.url_expires_at is not None
    assert studio.manifest()["takes"] == [
        {
            "address": "walk#1",
            "fingerprint": outcome.plan.takes[0].fingerprint,
            "state": "downloaded",
            "action": "text_to_video",
            "request": {
                "model": "kling-3.0",
                "prompt": "Mira walks",
                "duration_seconds": 3,
                "enable_sound": False,
                "output_resolution": "720p",
            },
            "estimated_usd": "0.42",
            "attempt": 1,
            "task_id": task.id,
            "settled_usd": "0.42",
            "drift": None,
            "url_expires_at": attempt.url_expires_at.isoformat(),
            "error": None,
            "clip": {
                "path": path,
                "sha256": hashlib.sha256(content).hexdigest(),
                "bytes": len(content),
                "seconds": 1.0,
                "width": 32,
                "height": 18,
                "sound": False,
            },
        }
    ]


def test_address_of_the_clip_expires_seven_days_after_its_download(studio: Studio) -> None:
    studio.shoot("walk")
    studio.render()
    expires = studio.attempt("walk#1").url_expires_at
    assert expires is not None
    assert timedelta(0) <= studio.start + timedelta(days=7) - expires < timedelta(seconds=1)


def test_head_names_project_account_run_and_plan(studio: Studio) -> None:
    outcome = studio.render()
    manifest = studio.manifest()
    identity = outcome.snapshot.identity
    assert identity is not None
    del manifest["takes"]
    assert manifest == {
        "schema": 1,
        "project": {"name": "night-ferry", "id": "nf-7c1e", "client": "ACME"},
        "origin": "https://runapi.ai",
        "account": {"id": identity.account_id, "name": identity.account_name},
        "profile": "default",
        "run": outcome.snapshot.attempts[0].run_id,
        "person": "mira",
        "tool_version": __version__,
        "price_card": "2026-07-28",
        "plan_hash": outcome.plan.hash,
    }


def test_takes_stand_in_the_order_of_the_plan(studio: Studio) -> None:
    studio.shoot("zoom", "arrive", "walk", arrive="takes = 2")
    studio.render()
    addresses = [each["address"] for each in studio.manifest()["takes"]]
    assert addresses == ["zoom#1", "arrive#1", "arrive#2", "walk#1"]


def test_take_that_nobody_bought_stands_as_new(studio: Studio) -> None:
    studio.breaks("create", refuse(402), times=9)
    studio.render(concurrency=1)
    never_tried = take(studio, "run#1")
    assert (never_tried["state"], never_tried["estimated_usd"], "clip" in never_tried) == ("new", "0.42", False)


def test_failed_take_stands_with_its_reason(studio: Studio) -> None:
    studio.shoot("walk")
    studio.breaks("poll", fail_task("the model gave up"))
    studio.render()
    failed = take(studio)
    assert (failed["state"], failed["error"], failed["settled_usd"], failed["clip"]) == (
        "failed",
        "the model gave up",
        None,
        None,
    )


def test_run_that_submits_nothing_writes_the_manifest_anew(studio: Studio) -> None:
    studio.render()
    file = studio.folder / "renders/default/manifest.json"
    before = studio.manifest()["takes"]
    file.unlink()
    studio.render()
    assert studio.manifest()["takes"] == before


def test_manifest_is_written_when_the_run_ends_early(studio: Studio) -> None:
    studio.shoot("walk")
    studio.render_until("poll")
    assert take(studio)["state"] == "submitted"


def test_words_beyond_ascii_stand_as_they_are(studio: Studio) -> None:
    studio.shoot("walk", walk='negative_prompt = "Unschärfe 霞"')
    studio.render()
    assert "Unschärfe 霞" in (studio.folder / "renders/default/manifest.json").read_text("utf-8")


def test_key_is_in_no_file_that_a_render_leaves(studio: Studio) -> None:
    studio.shoot("walk", "run", "rest")
    studio.breaks("create", refuse(422, f"what is {KEY}?"))
    studio.breaks("poll", fail_task(f"{KEY} broke it"))
    studio.render(concurrency=1)
    left = [path for path in studio.folder.rglob("*") if path.is_file()]
    assert {path.suffix for path in left} >= {".mp4", ".json", ".sqlite"}
    assert not [path for path in left if KEY.encode() in path.read_bytes()]
