"""What holds for the judge whatever a request says."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kling_render.catalog import Finding, MediaFacts, bundled_catalog, is_absent
from kling_render.catalog.judge import Judge

from .field_rows import SAMPLES
from .row_builders import ABSENT, EVERY, FILM, PICTURE, TEXT, a_body, a_sequence, some_cuts

CATALOG = bundled_catalog()
NAMES = [*CATALOG.fields, "camera", "Prompt", ""]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PLAUSIBLE: dict[str, list[Any]] = {
    "prompt": ["x", "@mira", "x" * 2501, "<<<image_1>>> <<<video_1>>>", "<<<image_2>>>"],
    "duration_seconds": [2, 5, 6, 7, 10, 15],
    "aspect_ratio": ["16:9", "auto"],
    "enable_sound": [True, False],
    "multi_shots": [True, False],
    "shot_type": ["custom", "automatic"],
    "multi_prompt": [some_cuts(3), some_cuts(3, 4), some_cuts(12, 13), some_cuts(1)],
    "kling_elements": [[{"name": "mira", "description": "She"}]],
    "reference_image_urls": [[PICTURE], [PICTURE] * 5, [PICTURE] * 8],
    "reference_video_url": [FILM, "http://10.0.0.1/a.mp4", "http://[", "x"],
    "mode": ["std", "pro"],
    "model": ["kling-3.0", "kling-o1", "kling-v3-turbo", "x"],
}


def a_value(name: str) -> st.SearchStrategy[Any]:
    """Anything, but mostly what may stand in a field of this name."""
    likely = [*PLAUSIBLE.get(name, []), *([SAMPLES[name]] if name in SAMPLES else [])]
    return st.sampled_from([*likely, *ABSENT]) | JSON


CHANGES = st.lists(st.sampled_from(NAMES), unique=True, max_size=8).flatmap(
    lambda names: st.fixed_dictionaries({name: a_value(name) for name in names})
)
STRANGE = st.dictionaries(st.text(max_size=6), JSON, max_size=2)
SPOTS = st.sampled_from([*EVERY, (TEXT, "kling-9"), ("dub_video", "kling-3.0"), ("", "")])
REQUESTS = st.tuples(SPOTS, CHANGES, STRANGE, st.booleans()).map(
    lambda drawn: (drawn[0][0], {**_base(drawn[0], drawn[3]), **drawn[1], **drawn[2]})
)
FACTS = st.none() | st.builds(
    MediaFacts,
    kind=st.sampled_from(["image", "video", "audio"]),
    format=st.sampled_from(["png", "gif", "mp4", "mp3"]),
    byte_count=st.integers(0, 20_000_000),
    width=st.none() | st.integers(1, 4000),
    height=st.none() | st.integers(1, 4000),
    seconds=st.none() | st.floats(0, 100),
)


def _base(spot: tuple[str, str], is_whole: bool) -> dict[str, Any]:
    return a_body(*spot) if is_whole and spot in EVERY else {"model": spot[1]}


def shuffled(body: dict[str, Any], seed: int) -> dict[str, Any]:
    names = list(body)
    random.Random(seed).shuffle(names)  # noqa: S311 - an order, not a secret
    return {name: body[name] for name in names}


@settings(deadline=None)
@given(request=REQUESTS, facts=FACTS)
def test_judge_length_and_price_answer_any_request(
    request: tuple[str, dict[str, Any]], facts: MediaFacts | None
) -> None:
    findings = CATALOG.judge(*request, lambda url: facts)
    assert all(isinstance(each, Finding) and each.source in CATALOG.contract.sources for each in findings)
    assert CATALOG.length(*request, lambda url: facts).basis in ("requested", "measured", "assumed", "unknown")
    price = CATALOG.price(*request, lambda url: facts)
    assert price is None or isinstance(price.micro_usd, int)


@settings(deadline=None)
@given(request=REQUESTS, facts=FACTS, seed=st.integers(0, 99))
def test_order_of_the_fields_never_changes_the_findings(
    request: tuple[str, dict[str, Any]], facts: MediaFacts | None, seed: int
) -> None:
    action, body = request
    other = shuffled(body, seed)
    assert repr(CATALOG.judge(action, other, lambda url: facts)) == repr(CATALOG.judge(action, body, lambda url: facts))
    assert CATALOG.length(action, other) == CATALOG.length(action, body)


@settings(deadline=None)
@given(request=REQUESTS, names=st.sets(st.sampled_from(NAMES)), value=st.sampled_from(ABSENT))
def test_absent_values_never_change_the_findings(
    request: tuple[str, dict[str, Any]], names: set[str], value: Any
) -> None:
    action, body = request
    without = {name: each for name, each in body.items() if not is_absent(each)}
    filled = {**dict.fromkeys(sorted(names), value), **body}
    expected = repr(CATALOG.judge(action, body))
    assert [repr(CATALOG.judge(action, each)) for each in (without, filled)] == [expected, expected]
    assert CATALOG.length(action, filled) == CATALOG.length(action, without) == CATALOG.length(action, body)


CUTS = st.fixed_dictionaries(
    {},
    optional={
        "prompt": st.sampled_from(["x", "@mira", "x" * 501, 5, *ABSENT]),
        "duration_seconds": st.sampled_from([3, 13, 3.0, *ABSENT]),
        "seed": st.sampled_from([7, *ABSENT]),
    },
)
ELEMENTS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["mira", 5, *ABSENT]),
        "description": st.sampled_from(["She", *ABSENT]),
        "element_input_urls": st.sampled_from([[PICTURE], [PICTURE, "x"], *ABSENT]),
        "element_input_video_urls": st.sampled_from([[FILM], "x", *ABSENT]),
        "colour": st.sampled_from(["red", *ABSENT]),
    },
)
SEQUENCES = st.builds(
    lambda cuts, elements: a_sequence(multi_prompt=cuts, kling_elements=elements),
    st.lists(CUTS, min_size=1, max_size=3),
    st.lists(ELEMENTS, max_size=3),
)


def inside(value: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """A value with every table in it changed."""
    if isinstance(value, dict):
        return change({name: inside(each, change) for name, each in value.items()})
    return [inside(each, change) for each in value] if isinstance(value, list) else value


def verdicts(body: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The findings without their words, which show a table as it is written."""
    return [(each.field, each.source, each.severity) for each in CATALOG.judge(TEXT, body)]


@settings(deadline=None)
@given(body=SEQUENCES, seed=st.integers(0, 99))
def test_order_inside_tables_never_changes_the_verdict(body: dict[str, Any], seed: int) -> None:
    assert verdicts(inside(body, lambda table: shuffled(table, seed))) == verdicts(body)


@settings(deadline=None)
@given(body=SEQUENCES, value=st.sampled_from(ABSENT))
def test_absent_values_inside_tables_never_change_the_verdict(body: dict[str, Any], value: Any) -> None:
    def without(table: dict[str, Any]) -> dict[str, Any]:
        return {name: each for name, each in table.items() if not is_absent(each)}

    def filled(table: dict[str, Any]) -> dict[str, Any]:
        names = ("name", "description", "element_input_urls", "prompt", "duration_seconds", "seed")
        return {**dict.fromkeys(names, value), **table}

    assert verdicts(inside(body, without)) == verdicts(inside(body, filled)) == verdicts(body)


@settings(deadline=None)
@given(request=REQUESTS, facts=FACTS, prompts=st.lists(st.sampled_from(["x", "@mira", "x" * 2501, ""]), max_size=3))
def test_remembered_shape_is_judged_as_a_fresh_one(
    request: tuple[str, dict[str, Any]], facts: MediaFacts | None, prompts: list[str]
) -> None:
    action, body = request
    spec = CATALOG.model(action, body["model"]) if isinstance(body["model"], str) else None
    if spec is None:
        return
    remembering = Judge(spec)
    for each in (body, *({**body, "prompt": prompt} for prompt in prompts), body):
        fresh = Judge(spec).judge(each, lambda url: facts)
        assert repr(remembering.judge(each, lambda url: facts)) == repr(fresh)


def test_values_that_are_equal_but_not_the_same_are_other_shapes() -> None:
    spec = CATALOG.model(TEXT, "kling-3.0")
    assert spec is not None
    judge = Judge(spec)
    said = [len(judge.judge(a_body(TEXT, "kling-3.0", duration_seconds=each))) for each in (3, 3.0, "3", 3)]
    assert said == [0, 1, 1, 0]


def test_file_that_becomes_known_is_judged_although_the_shape_is_remembered() -> None:
    spec = CATALOG.model(TEXT, "kling-3.0")
    assert spec is not None
    judge, body = Judge(spec), a_body(TEXT, "kling-3.0", first_frame_image_url=PICTURE)
    assert judge.judge(body) == []
    (finding,) = judge.judge(body, {PICTURE: MediaFacts("video", "mp4", 9)}.get)
    assert "needs an image, and the file is a video" in finding.message
    assert judge.judge(body, {FILM: MediaFacts("video", "mp4", 9)}.get) == []


def test_memory_of_shapes_is_bounded() -> None:
    spec = CATALOG.model(TEXT, "kling-3.0")
    assert spec is not None
    judge = Judge(spec)
    for number in range(5000):
        judge.judge(a_body(TEXT, "kling-3.0", seed=number))
    assert len(judge._remembered) <= 4096
    assert [each.field for each in judge.judge(a_body(TEXT, "kling-3.0", seed=0))] == ["seed"]
