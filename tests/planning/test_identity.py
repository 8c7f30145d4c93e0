"""What makes a take the same take. The golden files may grow; a change in them re-buys films."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from kling_render.catalog import ClipLength, MediaFacts
from kling_render.expansion import Address, LocalFile, Take, expand
from kling_render.expansion.stand_ins import stand_ins_in
from kling_render.planning import client_request_id, fingerprint, idempotency_key
from kling_render.planning.identity import PlanHash
from kling_render.project import load

GOLDENS = json.loads((Path(__file__).parent / "fingerprints.json").read_text("utf-8"))
A_BODY: Mapping[str, Any] = {"model": "kling-3.0", "prompt": "A ferry at dawn", "duration_seconds": 5}

PROJECT = """
schema = 1
[project]
name = "night-ferry"
id = "nf-7c1e"
[defaults]
model = "kling-3.0"
output_resolution = "720p"
[element.mira]
description = "a woman in a red raincoat"
images = ["mira.png", "side.png"]
[shot.walk]
elements = ["mira"]
prompt = "{{ element.mira }} crosses the deck, slowly"
duration_seconds = 5
first_frame_image_url = "frame.png"
[shot.rest]
prompt = "The empty deck"
"""


LENGTH = ClipLength(5, "requested")


def a_take(body: Mapping[str, Any] = A_BODY, *, action: str = "text_to_video", number: int = 1) -> Take:
    return Take(Address("walk", number), "walk", action, body, body, LENGTH, tuple(stand_ins_in(body)))


def a_file(content: str, path: str = "/films/frame.png") -> LocalFile:
    digest = hashlib.sha256(content.encode()).hexdigest()
    return LocalFile(Path(path), Path(path).name, digest, MediaFacts("image", "png", len(content)))


def with_files(value: Any) -> Any:
    """The body of a golden: `{"file": text}` is a local file with that content."""
    if isinstance(value, dict):
        if set(value) == {"file"}:
            return a_file(value["file"])
        return {name: with_files(each) for name, each in value.items()}
    return [with_files(each) for each in value] if isinstance(value, list) else value


def walk_of(folder: Path, text: str = PROJECT, *, frame: bytes = b"frame") -> str:
    """The fingerprint of the project's shot `walk`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in {"frame.png": frame, "mira.png": b"front", "side.png": b"side"}.items():
        Image.new("RGB", (400, 300), tuple(content[:3])).save(folder / name)
    (folder / "project.toml").write_text(text, "utf-8")
    takes = expand(load(folder)).takes
    return fingerprint(next(take for take in takes if take.address.shot in ("walk", "stroll")))


# Goldens


@pytest.mark.parametrize("golden", GOLDENS["fingerprints"], ids=lambda golden: golden["name"])
def test_fingerprint_is_that_of_every_release(golden: dict[str, Any]) -> None:
    take = a_take(with_files(golden["body"]), action=golden["action"])
    assert fingerprint(take) == golden["sha256"]


@pytest.mark.parametrize("golden", GOLDENS["keys"], ids=lambda golden: golden["key"][:10])
def test_idempotency_key_is_that_of_every_release(golden: dict[str, Any]) -> None:
    key = idempotency_key(golden["project"], golden["fingerprint"], golden["take"], golden["attempt"])
    assert key == golden["key"]


def test_goldens_differ_from_each_other() -> None:
    fingerprints = [golden["sha256"] for golden in GOLDENS["fingerprints"]]
    assert len(set(fingerprints)) == len(fingerprints)


# The fingerprint of any request

NAMES = st.text(min_size=1, max_size=8)
SCALARS = st.one_of(st.text(), st.integers(), st.booleans(), st.floats(allow_nan=False, allow_infinity=False))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
BODIES = st.dictionaries(NAMES, VALUES, min_size=1, max_size=5)


def another(value: Any) -> Any:
    """A value that is sent as something else."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return value + "."
    if isinstance(value, int):
        return value + 1
    return [value] if isinstance(value, (list, float)) else {**value, "one more": 1}


def shuffled(value: Any) -> Any:
    """The same value with the keys of every object in the opposite order."""
    if isinstance(value, dict):
        return {name: shuffled(value[name]) for name in reversed(value)}
    return [shuffled(each) for each in value] if isinstance(value, list) else value


@given(body=BODIES, pick=st.randoms(use_true_random=False))
def test_any_field_with_another_value_changes_the_fingerprint(body: dict[str, Any], pick: Any) -> None:
    name = pick.choice(list(body))
    assert fingerprint(a_take({**body, name: another(body[name])})) != fingerprint(a_take(body))


@given(body=BODIES, pick=st.randoms(use_true_random=False))
def test_any_field_left_out_changes_the_fingerprint(body: dict[str, Any], pick: Any) -> None:
    gone = pick.choice(list(body))
    rest = {name: value for name, value in body.items() if name != gone}
    assert fingerprint(a_take(rest)) != fingerprint(a_take(body))


@given(body=BODIES)
def test_order_of_keys_does_not_change_the_fingerprint(body: dict[str, Any]) -> None:
    assert fingerprint(a_take(shuffled(body))) == fingerprint(a_take(body))


@pytest.mark.parametrize(("one", "other"), [(1, True), (1, "1"), (0, False), (1.5, 1), ("a", ["a"]), ("é", "e\u0301")])
def test_values_that_only_look_alike_have_different_fingerprints(one: Any, other: Any) -> None:
    assert fingerprint(a_take({"field": one})) != fingerprint(a_take({"field": other}))


def test_list_in_another_order_changes_the_fingerprint() -> None:
    assert fingerprint(a_take({"urls": ["a", "b"]})) != fingerprint(a_take({"urls": ["b", "a"]}))


def test_another_action_changes_the_fingerprint() -> None:
    assert fingerprint(a_take(action="image_to_video")) != fingerprint(a_take())


def test_take_number_is_not_in_the_fingerprint() -> None:
    assert fingerprint(a_take(number=2)) == fingerprint(a_take(number=1))


def test_name_label_tags_and_notes_are_not_in_the_fingerprint() -> None:
    other = Take(
        Address("stroll", 1),
        "S01_010",
        "text_to_video",
        A_BODY,
        {},
        LENGTH,
        (),
        "deck",
        ("night",),
        "keep the umbrella out",
    )
    assert fingerprint(other) == fingerprint(a_take())


def test_local_file_counts_by_its_content_wherever_it_lies() -> None:
    here = a_take({"image": a_file("pixels", "/films/a/frame.png")})
    there = a_take({"image": a_file("pixels", "/elsewhere/renamed.png")})
    assert fingerprint(here) == fingerprint(there)


def test_local_file_with_another_content_changes_the_fingerprint() -> None:
    assert fingerprint(a_take({"image": a_file("pixels")})) != fingerprint(a_take({"image": a_file("others")}))


# The fingerprint of a shot


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("slowly", "quickly"),
        ("duration_seconds = 5", "duration_seconds = 6"),
        ("duration_seconds = 5", "duration_seconds = 5\nenable_sound = true"),
        ("duration_seconds = 5", 'duration_seconds = 5\nnegative_prompt = "blur"'),
        ("duration_seconds = 5", 'duration_seconds = 5\nlast_frame_image_url = "side.png"'),
        ('output_resolution = "720p"', 'output_resolution = "1080p"'),
        ('output_resolution = "720p"', ""),
        ("a woman in a red raincoat", "a woman in a blue raincoat"),
        ('images = ["mira.png", "side.png"]', 'images = ["side.png", "mira.png"]'),
        ('"frame.png"', '"https://media.example/frame.png"'),
    ],
)
def test_change_of_what_is_sent_changes_the_fingerprint(tmp_path: Path, written: str, instead: str) -> None:
    assert written in PROJECT
    changed = PROJECT.replace(written, instead)
    assert walk_of(tmp_path / "b", changed) != walk_of(tmp_path / "a")


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("[shot.walk]", "# the longest shot\n[shot.walk]"),
        ("[shot.walk]", '[shot.walk]\nlabel = "S01_010"\ntags = ["night"]\nnotes = "no umbrella"\ntakes = 3'),
        ("[shot.walk]", "[shot.stroll]"),
        ("the deck, slowly", "the  deck,\\n  slowly "),
        ('output_resolution = "720p"', 'negative_prompt = ""\noutput_resolution = "720p"'),
        ("[element.mira]", "[render]\nconcurrency = 1\n[element.mira]"),
        ('id = "nf-7c1e"', 'id = "another"\nclient = "ACME"'),
        ("[shot.rest]", "[shot.before]\nprompt = 'Rain'\n[shot.rest]"),
        ('"frame.png"', '"./frame.png"'),
        ("slowly", "{{ 'slow' }}ly"),
        ("duration_seconds = 5", "duration_seconds = 5.0"),
    ],
)
def test_change_of_what_is_not_sent_keeps_the_fingerprint(tmp_path: Path, written: str, instead: str) -> None:
    assert written in PROJECT
    changed = PROJECT.replace(written, instead)
    assert walk_of(tmp_path / "b", changed) == walk_of(tmp_path / "a")


def test_project_in_another_folder_keeps_the_fingerprint(tmp_path: Path) -> None:
    assert walk_of(tmp_path / "elsewhere" / "deep") == walk_of(tmp_path / "here")


def test_frame_with_other_pixels_changes_the_fingerprint(tmp_path: Path) -> None:
    assert walk_of(tmp_path / "b", frame=b"retouched") != walk_of(tmp_path / "a")


# Keys and request ids


@pytest.mark.parametrize("other", [("p2", "f", 1, 1), ("p", "f2", 1, 1), ("p", "f", 2, 1), ("p", "f", 1, 2)])
def test_key_differs_by_project_fingerprint_take_and_attempt(other: tuple[str, str, int, int]) -> None:
    assert idempotency_key(*other) != idempotency_key("p", "f", 1, 1)


ADDRESSES = st.builds(Address, st.text(min_size=1, max_size=600), st.integers(1, 10**6))


@given(address=ADDRESSES, attempt=st.integers(1, 10**6), send_address=st.booleans())
def test_request_id_is_printable_ascii_of_at_most_512_characters(
    address: Address, attempt: int, send_address: bool
) -> None:
    text = client_request_id(address, attempt, "kr1-" + "0f" * 32, send_address=send_address)
    assert text.isascii()
    assert text.isprintable()
    assert len(text) <= 512


def test_request_id_names_address_attempt_and_a_piece_of_the_key() -> None:
    text = client_request_id(Address("walk", 2), 3, "kr1-0123456789abcdef", send_address=True)
    assert text == "walk%232;a=3;n=456789abcdef"


def test_request_id_leaves_the_address_out_where_the_project_says_so() -> None:
    text = client_request_id(Address("walk", 2), 3, "kr1-0123456789abcdef", send_address=False)
    assert text == "a=3;n=456789abcdef"


# The hash of a plan


def plan_hash(rows: Iterable[tuple[str, str, int | None]]) -> str:
    counted = PlanHash()
    for row in rows:
        counted.add(*row)
    return counted.hexdigest()


A_ROW = ("walk#1", "f" * 64, 700_000)


@pytest.mark.parametrize(
    "other",
    [[("run#1", *A_ROW[1:])], [("walk#1", "e" * 64, 700_000)], [(*A_ROW[:2], 700_001)], [(*A_ROW[:2], None)], []],
)
def test_plan_hash_changes_with_address_request_and_price(other: list[tuple[str, str, int | None]]) -> None:
    assert plan_hash(other) != plan_hash([A_ROW])


def test_plan_hash_changes_with_the_order() -> None:
    rows = [A_ROW, ("run#1", "e" * 64, 1)]
    assert plan_hash(reversed(rows)) != plan_hash(rows)


def test_plan_hash_is_that_of_every_release() -> None:
    assert plan_hash([A_ROW]) == GOLDENS["plan_hash"]
