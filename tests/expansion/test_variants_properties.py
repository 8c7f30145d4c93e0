"""Variants and versions of any matrix: counted before they are built, in a stable order, each with its own address."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kling_render.expansion import Address, Take, expand
from kling_render.expansion.address import ShortIds
from kling_render.planning import fingerprint
from kling_render.project import load
from kling_render.project.cells import count_cells

NAMES = st.sampled_from(["light", "lens", "mood", "city", "pace"])
TEXTS = st.text("abcäß走 ,[]=#/\"'", min_size=1, max_size=4).filter(lambda text: text.strip() == text)
VALUES = st.one_of(TEXTS, st.integers(0, 30))
DISTINCT = st.lists(VALUES, min_size=1, max_size=3, unique_by=lambda value: json.dumps(value).strip('"'))
AXES = st.dictionaries(NAMES, DISTINCT, min_size=1, max_size=3)
VERSIONS = st.dictionaries(st.sampled_from(["lang", "shape"]), DISTINCT, max_size=2)
HEAD = 'schema = 1\n[project]\nname = "ferry"\nid = "nf-7c1e"\n[defaults]\nmodel = "kling-3.0"\n'
QUICK = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def axes_line(axes: dict[str, list[Any]]) -> str:
    """A table of axes in TOML."""
    entries = (f"{name} = {json.dumps(values, ensure_ascii=False)}" for name, values in axes.items())
    return f"axes = {{ {', '.join(entries)} }}\n"


def a_film(
    folder: Path, axes: dict[str, list[Any]], versions: dict[str, list[Any]], *, swapped: bool = False
) -> tuple[Take, ...]:
    """The takes of a film with a still shot and one that varies by each axis; `swapped` turns their order around."""
    words = " ".join(f"{{{{ {name} }}}}" for name in sorted([*axes, *versions]))
    varied = f"[shot.walk]\ntakes = 2\nprompt = '''Mira {words}'''\n[shot.walk.matrix]\n{axes_line(axes)}"
    shots = ["[shot.rest]\nprompt = 'The empty deck'\n", varied]
    top = f"[versions]\n{axes_line(versions)}" if versions else ""
    folder.mkdir(exist_ok=True)
    (folder / "project.toml").write_text(f"{HEAD}{top}{''.join(shots[::-1] if swapped else shots)}", "utf-8")
    return expand(load(folder)).takes


def backwards(axes: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return dict(reversed(list(axes.items())))


@QUICK
@given(axes=AXES, versions=VERSIONS)
def test_as_many_variants_are_built_as_were_counted(
    tmp_path: Path, axes: dict[str, list[Any]], versions: dict[str, list[Any]]
) -> None:
    takes = a_film(tmp_path, axes, versions)
    cells = count_cells(versions, ())
    assert len(takes) == cells * (1 + 2 * count_cells(axes, ()))


@QUICK
@given(axes=AXES, versions=VERSIONS)
def test_addresses_and_short_ids_are_unique_and_lead_back_to_their_take(
    tmp_path: Path, axes: dict[str, list[Any]], versions: dict[str, list[Any]]
) -> None:
    addresses = [take.address for take in a_film(tmp_path, axes, versions)]
    assert len(set(map(str, addresses))) == len(addresses)
    ids = ShortIds(addresses)
    for address in addresses:
        assert Address.parse(str(address)).names(address)
        assert ids.find(str(address)) == address
        assert ids.find(ids.of(address)) == address


@QUICK
@given(axes=AXES, versions=VERSIONS)
def test_shuffled_axes_and_shots_change_no_address_and_no_fingerprint(
    tmp_path: Path, axes: dict[str, list[Any]], versions: dict[str, list[Any]]
) -> None:
    takes = a_film(tmp_path, axes, versions)
    again = a_film(tmp_path, backwards(axes), backwards(versions), swapped=True)
    assert {str(take.address): fingerprint(take) for take in takes} == {
        str(take.address): fingerprint(take) for take in again
    }


@QUICK
@given(axes=AXES, versions=VERSIONS)
def test_order_is_the_same_each_time_and_with_shuffled_axes(
    tmp_path: Path, axes: dict[str, list[Any]], versions: dict[str, list[Any]]
) -> None:
    takes = [str(take.address) for take in a_film(tmp_path, axes, versions)]
    assert takes == [str(take.address) for take in a_film(tmp_path, backwards(axes), backwards(versions))]


# What is sent, and what is not

FIELDS = {
    "duration_seconds": (5, 6),
    "aspect_ratio": ("16:9", "9:16"),
    "enable_sound": (False, True),
    "output_resolution": ("720p", "1080p"),
    "negative_prompt": ("blur", "text"),
    "cfg_scale": (0.5, 0.6),
}


def walk(folder: Path, *lines: str, head: str = HEAD, prompt: str = "She walks") -> str:
    """The fingerprint of a shot with these lines."""
    folder.mkdir(exist_ok=True)
    text = f"{head}[shot.walk]\nprompt = {json.dumps(prompt)}\n" + "".join(f"{line}\n" for line in lines)
    (folder / "project.toml").write_text(text, "utf-8")
    return fingerprint(expand(load(folder)).takes[0])


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_that_is_sent_changes_the_fingerprint(tmp_path: Path, name: str) -> None:
    found = {walk(tmp_path, f"{name} = {json.dumps(value)}") for value in FIELDS[name]} | {walk(tmp_path)}
    assert len(found) == 3


@QUICK
@given(
    order=st.permutations([f"{name} = {json.dumps(values[0])}" for name, values in FIELDS.items()]),
    spaces=st.lists(st.sampled_from([" ", "\n", "\t", "  "]), min_size=2, max_size=2),
    label=st.text("abc-_ ", min_size=1, max_size=8).filter(str.strip),
    notes=st.text("abc ä", max_size=8),
    comment=st.text("abc ä'\"[", max_size=8),
)
def test_order_white_space_comments_and_names_never_change_the_fingerprint(
    tmp_path: Path, order: list[str], spaces: list[str], label: str, notes: str, comment: str
) -> None:
    plain = [f"{name} = {json.dumps(values[0])}" for name, values in FIELDS.items()]
    own = [f"label = {json.dumps(label)}", f"notes = {json.dumps(notes)}", 'tags = ["a"]', f"# {comment}"]
    prompt = f"{spaces[0]}She {spaces[1]}walks "
    head = HEAD.replace('"ferry"', json.dumps(f"film {label}"))
    assert walk(tmp_path, *order, *own, head=head, prompt=prompt) == walk(tmp_path, *plain)
