"""Tasks as typed values, and everything that is no task."""

import json
from decimal import Decimal

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kling_render.errors import UnintelligibleAnswerError
from kling_render.runapi import Task, parse_task

HEADERS = httpx.Headers({"X-Request-Id": "req-1", "X-RunAPI-Task-Id": "header-task"})
KEY = "rk-live-5ecret"
VIDEO = "https://media.runapi.ai/clip.mp4?sig=1"


def a_task(**fields: object) -> dict[str, object]:
    return {"id": "t-1", "task_id": "t-1", "status": "processing", "model": "kling-3.0", **fields}


def completed(**fields: object) -> dict[str, object]:
    return a_task(status="completed", videos=[{"url": VIDEO}], **fields)


def test_a_completed_task_is_read_whole() -> None:
    task = parse_task(completed(usage={"cost": Decimal("0.84")}), HEADERS)

    assert task == Task("t-1", "completed", (VIDEO,), 840_000, None, "req-1")


@pytest.mark.parametrize(
    "payload",
    [
        {"id": "t-1", "status": "pending"},
        {"task_id": "t-1", "status": "pending"},
        {"data": {"id": "t-1", "status": "pending"}},
        {"code": 200, "data": {"task_id": "t-1", "status": "pending"}},
        {"id": None, "task_id": " t-1 ", "status": "pending"},
    ],
)
def test_an_id_is_found_wherever_it_stands(payload: object) -> None:
    assert parse_task(payload, {}) == Task("t-1", "pending")


def test_a_number_as_id_becomes_text() -> None:
    assert parse_task({"id": 17, "status": "pending"}, {}).id == "17"


def test_a_create_without_status_is_pending() -> None:
    assert parse_task({"id": "t-1"}, {}, created=True).status == "pending"


@pytest.mark.parametrize(
    ("payload", "trouble"),
    [
        ({"status": "pending"}, "it names no task id"),
        ({"id": " ", "status": "pending"}, "it names no task id"),
        ({"id": True, "status": "pending"}, "it names no task id"),
        ({"id": 10**5000, "status": "pending"}, "it names no task id"),
        (a_task(task_id="t-2"), "its id and task_id differ"),
        ({"data": {"id": "a", "task_id": "b"}}, "its id and task_id differ"),
        (a_task(status=None), "it has no status"),
        (a_task(status=""), "it has no status"),
        (a_task(status=3), "unknown status of type int"),
        (a_task(status="completed"), "completed but has no videos"),
        (a_task(status="completed", videos=[]), "completed but has no videos"),
        (a_task(status="completed", videos=[VIDEO]), "a video is not an object"),
        (a_task(status="completed", videos=[{"url": "ftp://host/clip.mp4"}]), r"a video has no http\(s\) address"),
        (a_task(status="completed", videos=[{"url": "https:///clip.mp4"}]), r"a video has no http\(s\) address"),
        (a_task(status="completed", videos=[{"url": "http://[clip"}]), r"a video has no http\(s\) address"),
        (a_task(status="completed", videos=[{"url": VIDEO}, {}]), r"a video has no http\(s\) address"),
        ([], "the answer is not an object"),
        (None, "the answer is not an object"),
    ],
)
def test_an_answer_that_makes_no_sense_is_unintelligible(payload: object, trouble: str) -> None:
    with pytest.raises(
        UnintelligibleAnswerError, match=f"^The server's answer about a task cannot be read: .*{trouble}"
    ):
        parse_task(payload, {})


def test_a_create_without_id_is_unintelligible() -> None:
    with pytest.raises(UnintelligibleAnswerError, match="names no task id"):
        parse_task({"status": "pending"}, {}, created=True)


def test_an_unintelligible_answer_still_names_the_task() -> None:
    with pytest.raises(UnintelligibleAnswerError, match="unknown status") as caught:
        parse_task(a_task(status=3), HEADERS)

    assert (caught.value.task_id, caught.value.request_id) == ("t-1", "req-1")


@pytest.mark.parametrize(
    "fields",
    [
        {"status": 3},
        {"status": 3, "task_id": ["?"]},
        {"status": "completed", "videos": "?"},
        {"data": {}, "status": []},
    ],
)
def test_an_odd_answer_to_a_create_names_the_task(fields: dict[str, object]) -> None:
    with pytest.raises(UnintelligibleAnswerError, match="about a task cannot be read") as caught:
        parse_task(a_task(**fields), {}, created=True)

    assert caught.value.task_id == "t-1"


def test_a_create_with_two_ids_names_no_task() -> None:
    with pytest.raises(UnintelligibleAnswerError, match="its id and task_id differ") as caught:
        parse_task(a_task(task_id="t-2"), HEADERS, created=True)

    assert caught.value.task_id is None


def test_without_id_in_the_body_the_header_names_the_task() -> None:
    with pytest.raises(UnintelligibleAnswerError, match="names no task id") as caught:
        parse_task({}, HEADERS)

    assert caught.value.task_id == "header-task"


@pytest.mark.parametrize(
    ("cost", "micro_usd"),
    [
        (0.14, 140_000),
        (0.1 + 0.2, 300_000),
        (Decimal("0.0000005"), 1),
        (Decimal("0.00000049999999999999999999999999999999999999999999"), 0),
        ("1.195", 1_195_000),
        (3, 3_000_000),
        (0, 0),
        (Decimal("1e-9999999"), 0),
        (None, None),
    ],
)
def test_a_cost_becomes_exact_micro_usd(cost: object, micro_usd: int | None) -> None:
    assert parse_task(completed(usage={"cost": cost}), {}).cost_micro_usd == micro_usd


@pytest.mark.parametrize(
    "cost",
    [
        "n/a",
        -0.01,
        Decimal("-1e-9"),
        float("nan"),
        float("inf"),
        "NaN",
        "free",
        "",
        True,
        [1],
        1e300,
        Decimal("1e9999999"),
    ],
)
def test_a_cost_that_is_no_amount_is_unknown_and_the_clip_delivered(cost: object) -> None:
    assert parse_task(completed(usage={"cost": cost}), {}) == Task("t-1", "completed", (VIDEO,), None)


@pytest.mark.parametrize("usage", [[], {}, 3, "0.84", None])
def test_a_usage_without_a_cost_leaves_it_unknown(usage: object) -> None:
    assert parse_task(completed(usage=usage), {}).cost_micro_usd is None


@given(st.decimals(min_value=0, max_value=10**9, places=6))
def test_six_decimals_survive_unchanged(cost: Decimal) -> None:
    payload = json.loads(json.dumps(completed(usage={"cost": str(cost)})))

    assert parse_task(payload, {}).cost_micro_usd == int(cost.scaleb(6))


@pytest.mark.parametrize(
    ("error", "text", "code"),
    [
        ("moderated", "moderated", None),
        ({"code": "nsfw", "message": "The prompt was refused"}, "The prompt was refused", "nsfw"),
        ({"code": "nsfw"}, "nsfw", "nsfw"),
        ({"code": 17, "message": "no"}, "no", "17"),
        ({"code": ["?"], "message": "no"}, "no", None),
        ({}, None, None),
        ("  ", None, None),
        (None, None, None),
        (["?"], None, None),
    ],
)
def test_a_failed_task_says_why_where_the_server_does(error: object, text: str | None, code: str | None) -> None:
    assert parse_task(a_task(status="failed", error=error), {}) == Task("t-1", "failed", error=text, error_code=code)


def test_a_code_beside_the_text_is_found() -> None:
    assert parse_task(a_task(status="failed", error="no", error_code="nsfw"), {}).error_code == "nsfw"


@pytest.mark.parametrize(
    ("fields", "is_moderated"),
    [
        ({"status": "failed", "error": {"code": "CONTENT_POLICY_VIOLATION", "message": "no"}}, True),
        ({"status": "failed", "error": "The prompt did not pass moderation"}, True),
        ({"status": "failed", "error": {"code": "render_failed", "message": "out of memory"}}, False),
        ({"status": "failed", "error": None}, False),
        ({"status": "processing", "error": "moderation is under way"}, False),
    ],
)
def test_only_a_task_that_failed_over_its_content_is_moderated(fields: dict[str, object], is_moderated: bool) -> None:
    assert parse_task(a_task(**fields), {}).is_moderated is is_moderated


@pytest.mark.parametrize("created", [True, False])
def test_a_status_that_nobody_knows_is_unrecognised_and_quoted(created: bool) -> None:
    task = parse_task(a_task(status="pau\x1b[31m\nsed"), {}, created=created)

    assert task == Task("t-1", "unrecognised", said_status="pau [31m sed")


def test_a_status_that_is_recognised_is_not_quoted() -> None:
    assert parse_task(a_task(), {}).said_status is None


@pytest.mark.parametrize("error", ["\x1b[31mno\n" * 20_000, {"message": "\x1b[31mno\n" * 20_000}])
def test_the_error_of_a_failed_task_is_one_short_printable_line(error: object) -> None:
    text = parse_task(a_task(status="failed", error=error), {}).error

    assert text is not None
    assert text.isprintable()
    assert len(text) == 500


def test_an_unrecognised_status_is_quoted_short_and_without_the_key() -> None:
    said = parse_task(a_task(status=KEY + "x" * 10_000), {}, key=KEY).said_status

    assert said is not None
    assert said.startswith("[API key]x")
    assert len(said) == 80


def test_only_texts_lose_the_key_never_ids_and_addresses() -> None:
    payload = a_task(id=KEY, task_id=KEY, status="completed", videos=[{"url": f"https://h/{KEY}"}])

    task = parse_task(payload, {"X-Request-Id": KEY}, key=KEY)

    assert task == Task(KEY, "completed", (f"https://h/{KEY}",), request_id=KEY)


@pytest.mark.parametrize(("key", "told"), [("refused", "was refused"), ("was refused", "[API key]")])
def test_a_key_of_few_letters_is_no_reason_to_blank_a_text(key: str, told: str) -> None:
    assert parse_task(a_task(status="failed", error="was refused"), {}, key=key).error == told


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
TASK_LIKE = st.fixed_dictionaries(
    {},
    optional={
        "id": ANY_JSON,
        "task_id": ANY_JSON,
        "status": st.sampled_from(["pending", "completed", "failed"]) | ANY_JSON,
        "videos": st.lists(st.fixed_dictionaries({"url": st.from_regex("https?://.*") | ANY_JSON})) | ANY_JSON,
        "usage": st.fixed_dictionaries({"cost": ANY_JSON}) | ANY_JSON,
        "error": ANY_JSON,
        "data": ANY_JSON,
        "response": st.fixed_dictionaries({"status": st.just(200), "body": ANY_JSON}) | ANY_JSON,
    },
)


@given(payload=ANY_JSON | TASK_LIKE | st.fixed_dictionaries({"data": TASK_LIKE}), created=st.booleans())
def test_any_json_is_a_task_or_unintelligible(payload: object, created: bool) -> None:
    try:
        task = parse_task(payload, {}, created=created)
    except UnintelligibleAnswerError:
        return
    assert task.id
    assert bool(task.video_urls) == (task.status == "completed")


# Task-result resources


def a_result(**fields: object) -> dict[str, object]:
    body = completed(usage={"cost": Decimal("0.84")})
    response = {"status": 200, "content_type": "application/json", "headers": {}, "body": body}
    return {"id": "t-1", "status": "completed", "response": response, **fields}


def a_response(**fields: object) -> dict[str, object]:
    return {"status": 200, "content_type": "application/json", "body": completed(), **fields}


def test_a_task_result_has_its_clip_in_the_body_of_its_response() -> None:
    assert parse_task(a_result(), HEADERS) == Task("t-1", "completed", (VIDEO,), 840_000, None, "req-1")


def test_a_task_result_without_a_response_is_still_at_work() -> None:
    assert parse_task(a_result(status="processing", response=None), {}) == Task("t-1", "processing")


def test_the_task_in_a_response_needs_no_id_of_its_own() -> None:
    payload = a_result(response=a_response(body={"videos": [{"url": VIDEO}]}))

    assert parse_task(payload, {}) == Task("t-1", "completed", (VIDEO,))


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"error": "moderated", "response": None}, "moderated"),
        ({"error": None, "response": a_response(status=422, body={"error": {"message": "moderated"}})}, "moderated"),
        ({"error": "mine", "response": a_response(status=422, body={"error": "its"})}, "mine"),
        ({"response": a_response(status=502, body="<html>")}, None),
        ({"response": a_response(status=422, body={"status": 422, "error": "no"})}, "no"),
    ],
)
def test_a_failed_task_result_says_why_where_the_server_does(fields: dict[str, object], text: str | None) -> None:
    assert parse_task(a_result(**{"status": "failed", **fields}), {}) == Task("t-1", "failed", error=text)


@pytest.mark.parametrize(
    ("fields", "trouble"),
    [
        ({"response": None}, "the task is completed but has no videos"),
        ({"response": a_response(status=502)}, "its response is no success"),
        ({"response": a_response(status="ok")}, "its response is no success"),
        ({"response": a_response(body="mp4")}, "the body of its response is not an object"),
        ({"response": a_response(body=a_task(status="failed"))}, "its status and that of its response differ"),
        ({"response": a_response(body={})}, "the task is completed but has no videos"),
    ],
)
def test_a_completed_task_result_without_its_task_is_unintelligible(fields: dict[str, object], trouble: str) -> None:
    with pytest.raises(UnintelligibleAnswerError, match=trouble) as caught:
        parse_task(a_result(**fields), {})

    assert caught.value.task_id == "t-1"


def test_a_response_about_another_task_is_unintelligible() -> None:
    payload = a_result(response=a_response(body=completed(id="t-2", task_id="t-2")))

    with pytest.raises(UnintelligibleAnswerError, match="its id and that of its response differ") as caught:
        parse_task(payload, HEADERS)

    assert caught.value.task_id is None
