"""Which refusals are taken for content moderation's."""

from datetime import UTC, datetime

import httpx
import pytest

from kling_render.errors import ApiError, AuthenticationError, ModerationError, RequestRefusedError
from kling_render.runapi import error_from_response
from kling_render.runapi.moderation import WORDS, is_moderation

NOW = datetime(2026, 8, 1, 12, 0, tzinfo=UTC)


def refusal(status: int, code: str, message: str) -> ApiError:
    return error_from_response(httpx.Response(status, json={"error": {"code": code, "message": message}}), NOW)


@pytest.mark.parametrize("word", WORDS)
def test_every_word_is_recognised_as_a_code_and_in_a_text(word: str) -> None:
    assert is_moderation(word.replace(" ", "_").upper(), None)
    assert is_moderation(None, f"The request failed: {word}.")


@pytest.mark.parametrize("code", ["content_policy_violation", "ContentPolicyViolation", "content.policy-violation"])
def test_a_code_counts_however_it_is_written(code: str) -> None:
    assert is_moderation(code, "something else")


@pytest.mark.parametrize(
    "text",
    [
        "prompt is too long",
        "field names are case-sensitive",
        "moderately long prompts only",
        """prompt: 'the safety inspector' is too long""",
        'unknown element "sensitive"',
        "",
        None,
    ],
)
def test_other_texts_and_quotations_do_not_count(text: str | None) -> None:
    assert not is_moderation("validation_error", text)


def test_an_apostrophe_opens_no_quotation() -> None:
    assert is_moderation(None, "The prompt can't pass moderation; it doesn't comply")


@pytest.mark.parametrize("status", [400, 422])
def test_a_request_that_moderation_refuses_has_its_own_error(status: int) -> None:
    error = refusal(status, "invalid_request", "The prompt violates our content policy")

    assert (type(error), error.exit_code, error.status) == (ModerationError, 7, status)
    assert error.message == f"The server refuses this request ({status}): The prompt violates our content policy"
    assert error.hint.startswith("Change the prompt or the media")


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "content_moderation", ModerationError),
        (403, "forbidden", AuthenticationError),
        (401, "content_moderation", AuthenticationError),
        (422, "invalid", RequestRefusedError),
    ],
)
def test_a_403_is_about_moderation_only_by_its_code(status: int, code: str, kind: type[ApiError]) -> None:
    text = "for your safety" if status == 403 else "no"

    assert type(refusal(status, code, text)) is kind
