"""The contract: what every model of models.toml takes and refuses, and how names are found."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from kling_render.catalog import Catalog, Finding, bundled_catalog
from kling_render.catalog.models import CatalogFile, FieldSpec

CATALOG = bundled_catalog()
IMAGE = "https://media.example/frame.png"
MODELS = {
    "kling-3.0": ("text_to_video", "kling-3.0"),
    "v3-turbo": ("text_to_video", "kling-v3-turbo-text-to-video"),
    "v3-omni": ("text_to_video", "kling-v3-omni"),
    "v3-omni-reference": ("text_to_video", "kling-v3-omni-reference"),
    "kling-3.0 image": ("image_to_video", "kling-3.0"),
    "v3-turbo image": ("image_to_video", "kling-v3-turbo-image-to-video"),
    "v3-omni image": ("image_to_video", "kling-v3-omni"),
}
ALL = list(MODELS)
TURBO = [name for name in MODELS if "turbo" in name]
NOT_TURBO = [name for name in MODELS if "turbo" not in name]
NOT_3_0 = [name for name in MODELS if "3.0" not in name]
FROM_IMAGE = [name for name in MODELS if "image" in name]
SHAPED = [name for name in MODELS if name != "v3-turbo image"]
WITHOUT_REFERENCES = [name for name in MODELS if name != "v3-omni-reference"]
REFERENCES = {
    "reference_image_urls": [IMAGE],
    "reference_video_url": "https://media.example/walk.mp4",
    "reference_video_type": "base",
    "preserve_reference_video_audio": True,
}


def a_request(model: str, /, **changes: Any) -> tuple[str, dict[str, Any]]:
    """The smallest request that a model accepts, with changes; a field changed to `...` is left out."""
    action, name = MODELS[model]
    body: dict[str, Any] = {"model": name, "prompt": "A ferry at dawn"}
    if action == "image_to_video":
        body["first_frame_image_url"] = IMAGE
    if model == "v3-omni-reference":
        body |= {"aspect_ratio": "16:9", "reference_image_urls": [IMAGE]}
    return action, {key: value for key, value in {**body, **changes}.items() if value is not ...}


def a_sequence(*seconds: Any, **changes: Any) -> tuple[str, dict[str, Any]]:
    """A multi-shot request with cuts of these lengths; sound on, so that nothing warns."""
    cuts = [{"prompt": f"Cut {number}", "duration_seconds": each} for number, each in enumerate(seconds)]
    return a_request(
        "kling-3.0", **{"prompt": ..., "multi_shots": True, "enable_sound": True, "multi_prompt": cuts, **changes}
    )


def an_element(name: str, /, **changes: Any) -> dict[str, Any]:
    """An element with two pictures."""
    return {"name": name, "description": "Someone", "element_input_urls": [IMAGE, IMAGE], **changes}


def errors(request: tuple[str, Mapping[str, Any]], catalog: Catalog = CATALOG) -> dict[str, str]:
    """What a request is refused for: field and message."""
    return {each.field: each.message for each in catalog.judge(*request) if each.severity == "error"}


def warnings(request: tuple[str, Mapping[str, Any]]) -> dict[str, str]:
    """What a request is warned about: field and message."""
    return {each.field: each.message for each in CATALOG.judge(*request) if each.severity == "warning"}


def verdict(request: tuple[str, Mapping[str, Any]]) -> set[tuple[str, str, str]]:
    """All findings, without their order."""
    return {(each.field, each.message, each.severity) for each in CATALOG.judge(*request)}


def test_catalog_models_are_those_that_are_tested_here() -> None:
    assert {(model.action, model.name) for model in CATALOG.contract.models} == set(MODELS.values())


@pytest.mark.parametrize("model", MODELS)
def test_smallest_request_passes_without_a_word(model: str) -> None:
    assert CATALOG.judge(*a_request(model)) == []


ACCEPTED: list[tuple[list[str], dict[str, Any]]] = [
    (ALL, {"duration_seconds": 3}),
    (ALL, {"duration_seconds": 15}),
    (ALL, {"output_resolution": "720p"}),
    (ALL, {"output_resolution": "1080p"}),
    (NOT_TURBO, {"output_resolution": "4k"}),
    (NOT_TURBO, {"enable_sound": True}),
    (NOT_TURBO, {"enable_sound": False}),
    (SHAPED, {"aspect_ratio": "16:9"}),
    (SHAPED, {"aspect_ratio": "9:16"}),
    (SHAPED, {"aspect_ratio": "1:1"}),
    (ALL, {"callback_url": "https://studio.example/hook"}),
    (ALL, {"prompt": "x" * 2500}),
    (["kling-3.0"], {"cfg_scale": 0}),
    (["kling-3.0"], {"cfg_scale": 0.5}),
    (["kling-3.0"], {"cfg_scale": 1}),
    (["kling-3.0"], {"multi_shots": False}),
    (["kling-3.0"], {"first_frame_image_url": IMAGE, "last_frame_image_url": IMAGE, "negative_prompt": "rain"}),
    (["kling-3.0 image"], {"last_frame_image_url": IMAGE, "cfg_scale": 0.5, "negative_prompt": "rain"}),
    (["v3-omni image"], {"last_frame_image_url": IMAGE}),
    (["v3-omni image"], {"last_frame_image_url": IMAGE, "duration_seconds": 5}),
    (["v3-omni-reference"], {"reference_image_urls": [IMAGE] * 7}),
]


@pytest.mark.parametrize(("model", "changes"), [(model, changes) for models, changes in ACCEPTED for model in models])
def test_request_inside_the_limits_is_accepted(model: str, changes: dict[str, Any]) -> None:
    assert CATALOG.judge(*a_request(model, **changes)) == []


REFUSED: list[tuple[list[str], dict[str, Any], str, str]] = [
    (ALL, {"duration_seconds": 2}, "duration_seconds", "= 2 must be from 3 to 15 s"),
    (ALL, {"duration_seconds": 16}, "duration_seconds", "= 16 must be from 3 to 15 s"),
    (ALL, {"output_resolution": "480p"}, "output_resolution", '"480p" must be one of "720p"'),
    (TURBO, {"output_resolution": "4k"}, "output_resolution", '"4k" must be one of "720p", "1080p"'),
    (TURBO, {"enable_sound": True}, "enable_sound", "not allowed"),
    (TURBO, {"enable_sound": False}, "enable_sound", "not allowed"),
    (ALL, {"prompt": ...}, "prompt", "prompt is"),
    (NOT_3_0, {"prompt": "x" * 2501}, "prompt", "2501 characters, at most 2500"),
    (FROM_IMAGE, {"first_frame_image_url": ...}, "first_frame_image_url", "is required"),
    (ALL, {"mode": "std"}, "mode", "mode is not a field of"),
    (ALL, {"camera": "dolly"}, "camera", "camera is not a field of"),
    (NOT_3_0, {"cfg_scale": 0.5}, "cfg_scale", "cfg_scale is not"),
    (NOT_3_0, {"negative_prompt": "rain"}, "negative_prompt", "is not"),
    *((WITHOUT_REFERENCES, {name: value}, name, "is not allowed") for name, value in REFERENCES.items()),
    (["v3-turbo image"], {"aspect_ratio": "16:9"}, "aspect_ratio", "aspect_ratio is not allowed"),
    (["v3-turbo image"], {"last_frame_image_url": IMAGE}, "last_frame_image_url", "is not allowed"),
    (["v3-omni", "v3-turbo"], {"first_frame_image_url": IMAGE}, "first_frame_image_url", "is not allowed"),
    (["v3-omni", "v3-turbo"], {"last_frame_image_url": IMAGE}, "last_frame_image_url", "is not allowed"),
    (["v3-omni", "v3-turbo"], {"multi_shots": True}, "multi_shots", "is not allowed"),
    (["v3-omni image"], {"last_frame_image_url": IMAGE, "duration_seconds": 6}, "duration_seconds", "of 5 s only"),
    (["v3-omni-reference"], {"aspect_ratio": ...}, "aspect_ratio", "is required"),
    (["v3-omni-reference"], {"reference_image_urls": ...}, "reference_image_urls", "is required"),
    (["v3-omni-reference"], {"reference_image_urls": [IMAGE] * 8}, "reference_image_urls", "has 8 entries, 1 to 7"),
    (["v3-omni-reference"], {"reference_video_url": IMAGE}, "reference_video_url", "is not a field of"),
    (["kling-3.0"], {"aspect_ratio": "4:3"}, "aspect_ratio", '"4:3" must be one of'),
    (["kling-3.0"], {"cfg_scale": 1.5}, "cfg_scale", "= 1.5 must be from 0 to 1"),
    (["kling-3.0"], {"cfg_scale": -0.1}, "cfg_scale", "= -0.1 must be from 0 to 1"),
    (["kling-3.0 image"], {"multi_shots": True}, "multi_shots", "multi_shots is not allowed"),
    (["kling-3.0 image"], {"multi_shots": False}, "multi_shots", "not even false"),
]


@pytest.mark.parametrize(
    ("model", "changes", "field", "message"), [(model, *rest) for models, *rest in REFUSED for model in models]
)
def test_request_outside_the_limits_is_refused_for_that_field_alone(
    model: str, changes: dict[str, Any], field: str, message: str
) -> None:
    found = errors(a_request(model, **changes))
    assert list(found) == [field]
    assert message in found[field]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("duration_seconds", True, "must be a whole number"),
        ("duration_seconds", 5.0, "must be a whole number"),
        ("duration_seconds", "5", "must be a whole number"),
        ("duration_seconds", float("nan"), "must be a whole number"),
        ("cfg_scale", float("nan"), "must be a number"),
        ("cfg_scale", float("inf"), "must be a number"),
        ("cfg_scale", True, "must be a number"),
        ("cfg_scale", "0.5", "must be a number"),
        ("enable_sound", 1, "must be true or false"),
        ("enable_sound", "true", "must be true or false"),
        ("output_resolution", 720, "must be a text"),
        ("prompt", ["A ferry"], "must be a text"),
        ("prompt", {}, "must be a text"),
        ("negative_prompt", 0, "must be a text"),
        ("first_frame_image_url", "frames/quay.png", "must be an http(s) URL"),
        ("first_frame_image_url", "ftp://media.example/quay.png", "must be an http(s) URL"),
        ("first_frame_image_url", "https://", "must be an http(s) URL"),
        ("first_frame_image_url", "https:///quay.png", "must be an http(s) URL"),
        ("first_frame_image_url", "https://media.example/the quay.png", "must be an http(s) URL"),
        *(
            ("first_frame_image_url", url, "must be an http(s) URL")
            for url in (
                "http://[::1",
                "http://a]b/",
                "https://a.example:99999/",
                "https://a.example:x/",
                "https://:80/",
                "https://user@/",
                "https://a.example/\x00",
                "https:a.example",
                "https://?q",
                "https://a.example:0/",
            )
        ),
        ("first_frame_image_url", [IMAGE], "must be an http(s) URL"),
        ("kling_elements", {"name": "mira"}, "must be a list"),
        ("kling_elements", "mira", "must be a list"),
    ],
)
def test_value_of_a_wrong_type_is_refused(field: str, value: Any, message: str) -> None:
    assert message in errors(a_request("kling-3.0", **{field: value}))[field]


@pytest.mark.parametrize("entry", ["mira", 1, None, [], True])
def test_list_of_wrong_things_is_refused_at_the_entry(entry: Any) -> None:
    found = errors(a_request("kling-3.0", kling_elements=[entry]))
    assert found["kling_elements[0]"].startswith("kling_elements[0] = ")


@pytest.mark.parametrize(
    "url",
    ["http://[::1]:8000/a.png", "HTTPS://a.example/a?b=c#d", "http://user:word@a.example:1", "https://ü.example/ß"],
)
def test_url_of_a_host_is_accepted(url: str) -> None:
    assert errors(a_request("kling-3.0 image", first_frame_image_url=url)) == {}


def test_wrong_url_in_a_list_is_refused_at_the_entry() -> None:
    found = errors(a_request("v3-omni-reference", reference_image_urls=[IMAGE, "", 5]))
    assert list(found) == ["reference_image_urls[1]", "reference_image_urls[2]"]


def test_unknown_field_of_an_element_is_refused_with_its_path() -> None:
    element = an_element("mira", colour="red")
    found = errors(a_request("kling-3.0", prompt="@mira", kling_elements=[element]))
    assert found["kling_elements[0].colour"].startswith("kling_elements[0].colour is not a field here")


@pytest.mark.parametrize("missing", ["name", "description"])
@pytest.mark.parametrize("value", [None, "", " "])
def test_element_without_name_or_description_is_refused(missing: str, value: Any) -> None:
    element = an_element("mira", **{missing: value})
    assert f"kling_elements[0].{missing}" in errors(a_request("kling-3.0", kling_elements=[element]))


# ── models and families


def test_unknown_model_is_refused_with_a_suggestion() -> None:
    found = errors(("text_to_video", {"model": "kling-3", "prompt": "x"}))
    assert found == {"model": 'unknown model "kling-3"; did you mean "kling-3.0"?'}


def test_model_of_another_action_is_refused_and_its_action_named() -> None:
    action, body = a_request("v3-turbo")
    found = errors(("image_to_video", body))
    assert action == "text_to_video"
    assert found["model"].endswith("is not offered on image_to_video, only on text_to_video")


@pytest.mark.parametrize("value", [None, "", "  ", []])
def test_absent_model_is_required(value: Any) -> None:
    assert errors(("text_to_video", {"model": value, "prompt": "x"})) == {"model": "model is required"}


@pytest.mark.parametrize("value", [5, True, {"name": "kling-3.0"}, ["kling-3.0"]])
def test_model_that_is_no_text_is_refused(value: Any) -> None:
    assert errors(("text_to_video", {"model": value, "prompt": "x"}))["model"].endswith("must be a text")


@pytest.mark.parametrize("action", ["text_to_video", "image_to_video"])
def test_family_name_resolves_to_the_model_of_the_endpoint(action: str) -> None:
    assert CATALOG.resolve_family("kling-v3-turbo", action) == f"kling-v3-turbo-{action.replace('_', '-')}"


def test_family_name_on_another_endpoint_stays_as_it_is() -> None:
    assert CATALOG.resolve_family("kling-v3-turbo", "motion_control") == "kling-v3-turbo"


def test_model_name_is_no_family() -> None:
    assert CATALOG.resolve_family("kling-3.0", "text_to_video") == "kling-3.0"


def test_every_family_member_is_a_model_of_its_action() -> None:
    members = [(action, name) for family in CATALOG.contract.families.values() for action, name in family.items()]
    assert all(CATALOG.model(action, name) for action, name in members)


def test_model_names_of_an_action_include_families_and_no_strangers() -> None:
    names = CATALOG.model_names("image_to_video")
    assert set(names) == {"kling-v3-turbo", "kling-3.0", "kling-v3-turbo-image-to-video", "kling-v3-omni"}


def test_actions_are_those_with_models() -> None:
    assert CATALOG.actions == ("text_to_video", "image_to_video")


# ── multi-shot


@pytest.mark.parametrize("seconds", [(3,), (1, 2), (12, 3), (5, 5, 5), (1,) * 6])
def test_sequence_within_the_limits_passes_without_a_word(seconds: tuple[int, ...]) -> None:
    assert CATALOG.judge(*a_sequence(*seconds)) == []


@pytest.mark.parametrize("seconds", [(1, 1), (8, 8), (12, 12)])
def test_sequence_whose_sum_is_out_of_range_is_refused(seconds: tuple[int, ...]) -> None:
    assert f"last {sum(seconds)} s together, 3 to 15 s are allowed" in errors(a_sequence(*seconds))["multi_prompt"]


@pytest.mark.parametrize("seconds", [0, 13, -1])
def test_cut_of_a_forbidden_length_is_refused(seconds: int) -> None:
    found = errors(a_sequence(3, seconds))
    assert f"= {seconds} must be from 1 to 12 s" in found["multi_prompt[1].duration_seconds"]


@pytest.mark.parametrize("seconds", ["3", 3.0, True, [3]])
def test_cut_with_a_length_of_a_wrong_type_is_refused(seconds: Any) -> None:
    assert "must be a whole number" in errors(a_sequence(3, seconds))["multi_prompt[1].duration_seconds"]


def test_cut_with_500_characters_is_accepted() -> None:
    assert errors(a_sequence(multi_prompt=[{"prompt": "x" * 500, "duration_seconds": 3}])) == {}


def test_cut_with_501_characters_is_refused() -> None:
    found = errors(a_sequence(multi_prompt=[{"prompt": "x" * 501, "duration_seconds": 3}]))
    assert "has 501 characters, at most 500" in found["multi_prompt[0].prompt"]


@pytest.mark.parametrize("missing", ["prompt", "duration_seconds"])
@pytest.mark.parametrize("value", [None, ""])
def test_cut_without_prompt_or_length_is_refused(missing: str, value: Any) -> None:
    cut = {"prompt": "x", "duration_seconds": 3, missing: value}
    assert errors(a_sequence(multi_prompt=[cut])) == {
        f"multi_prompt[0].{missing}": f"multi_prompt[0].{missing} is required, for kling-3.0 (text_to_video)"
    }


def test_unknown_field_of_a_cut_is_refused() -> None:
    cut = {"prompt": "x", "duration_seconds": 3, "seed": 1}
    assert list(errors(a_sequence(multi_prompt=[cut]))) == ["multi_prompt[0].seed"]


@pytest.mark.parametrize("value", [..., None, []])
def test_multi_shots_without_cuts_is_refused(value: Any) -> None:
    assert list(errors(a_sequence(multi_prompt=value))) == ["multi_prompt"]


@pytest.mark.parametrize("multi_shots", [..., None, False])
def test_cuts_without_multi_shots_are_refused(multi_shots: Any) -> None:
    found = errors(a_sequence(3, multi_shots=multi_shots, prompt="x"))
    assert found["multi_prompt"] == "multi_prompt is not allowed here: it belongs to multi_shots = true"


def test_shot_type_without_multi_shots_is_refused() -> None:
    assert "it belongs to multi_shots = true" in errors(a_request("kling-3.0", shot_type="custom"))["shot_type"]


def test_shot_type_custom_is_the_default_said_aloud() -> None:
    assert verdict(a_sequence(3, shot_type="custom")) == verdict(a_sequence(3))


def test_automatic_shots_need_a_prompt_and_no_cuts() -> None:
    request = a_sequence(multi_prompt=..., shot_type="automatic", prompt="A day at the quay")
    assert CATALOG.judge(*request) == []


def test_automatic_shots_without_a_prompt_are_refused() -> None:
    assert list(errors(a_sequence(multi_prompt=..., shot_type="automatic"))) == ["prompt"]


def test_unknown_shot_type_is_refused() -> None:
    assert '"random" must be one of "custom", "automatic"' in errors(a_sequence(3, shot_type="random"))["shot_type"]


def test_sequence_with_a_last_frame_is_refused() -> None:
    found = errors(a_sequence(3, last_frame_image_url=IMAGE))
    assert list(found) == ["last_frame_image_url"]


def test_sequence_with_a_first_frame_is_warned_about() -> None:
    assert list(warnings(a_sequence(3, first_frame_image_url=IMAGE))) == ["first_frame_image_url"]


def test_sequence_with_another_length_than_its_cuts_is_refused() -> None:
    assert "= 5, but its shots last 7 s" in errors(a_sequence(3, 4, duration_seconds=5))["duration_seconds"]


def test_sequence_with_the_length_of_its_cuts_is_accepted() -> None:
    assert errors(a_sequence(3, 4, duration_seconds=7)) == {}


def test_seventh_cut_is_warned_about() -> None:
    assert "has 7 entries, more than 6 may be refused" in warnings(a_sequence(*[2] * 7))["multi_prompt"]


@pytest.mark.parametrize("sound", [False, None, ...])
def test_silent_sequence_is_warned_about(sound: Any) -> None:
    assert list(warnings(a_sequence(3, enable_sound=sound))) == ["enable_sound"]


# ── elements and advised limits


def test_declared_and_used_elements_pass_without_a_word() -> None:
    elements = [an_element("mira"), an_element("dog-2")]
    assert CATALOG.judge(*a_request("kling-3.0", prompt="@mira walks @dog-2.", kling_elements=elements)) == []


def test_element_that_is_named_in_a_cut_counts_as_used() -> None:
    cut = {"prompt": "@mira waits", "duration_seconds": 3}
    assert CATALOG.judge(*a_sequence(multi_prompt=[cut], kling_elements=[an_element("mira")])) == []


def test_undeclared_element_is_refused() -> None:
    assert errors(a_request("kling-3.0", prompt="@mira waits")) == {
        "prompt": "@mira is named in the prompt but not declared in kling_elements"
    }


def test_undeclared_element_of_a_cut_is_refused() -> None:
    cut = {"prompt": "@mira waits", "duration_seconds": 3}
    assert "@mira is named" in errors(a_sequence(multi_prompt=[cut]))["prompt"]


def test_longer_name_than_the_declared_one_is_another_element() -> None:
    request = a_request("kling-3.0", prompt="@miranda waits", kling_elements=[an_element("mira")])
    assert "@miranda is named" in errors(request)["prompt"]


@pytest.mark.parametrize("prompt", ["Write to crew@example.com", "Shot @24fps", "@ noon", "a@@b"])
def test_at_sign_that_names_nothing_is_left_alone(prompt: str) -> None:
    assert CATALOG.judge(*a_request("kling-3.0", prompt=prompt)) == []


@pytest.mark.parametrize("prompt", ["@mira走过码头", "看@mira走过", "@miraさん"])
def test_name_ends_where_a_script_without_spaces_goes_on(prompt: str) -> None:
    assert CATALOG.judge(*a_request("kling-3.0", prompt=prompt, kling_elements=[an_element("mira")])) == []


@pytest.mark.parametrize("name", ["7", "米拉", "007-bond"])
def test_used_element_with_an_odd_name_is_not_called_unused(name: str) -> None:
    assert warnings(a_request("kling-3.0", prompt=f"@{name} waits", kling_elements=[an_element(name)])) == {}


def test_unused_element_is_warned_about() -> None:
    found = warnings(a_request("kling-3.0", kling_elements=[an_element("mira")]))
    assert found == {"kling_elements": "the element mira is declared, but no prompt uses it"}


def test_fourth_element_is_warned_about() -> None:
    names = ["a", "b", "c", "d"]
    request = a_request("kling-3.0", prompt="@a @b @c @d", kling_elements=[an_element(name) for name in names])
    assert "has 4 entries, more than 3 may be refused" in warnings(request)["kling_elements"]


@pytest.mark.parametrize(("count", "word"), [(1, "fewer than 2"), (5, "more than 4")])
def test_unusual_number_of_pictures_is_warned_about(count: int, word: str) -> None:
    element = an_element("mira", element_input_urls=[IMAGE] * count)
    found = warnings(a_request("kling-3.0", prompt="@mira", kling_elements=[element]))
    assert word in found["kling_elements[0].element_input_urls"]


@pytest.mark.parametrize("field", ["prompt", "negative_prompt"])
@pytest.mark.parametrize("model", ["kling-3.0", "kling-3.0 image"])
def test_text_over_2500_characters_of_kling_3_is_only_warned_about(model: str, field: str) -> None:
    request = a_request(model, **{field: "x" * 2501})
    assert (list(warnings(request)), errors(request)) == ([field], {})


# ── what never changes the verdict


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("value", [None, "", [], " \t\n"])
def test_absent_values_of_all_fields_change_nothing(model: str, value: Any) -> None:
    action, body = a_request(model)
    blanks = {name: value for name in [*CATALOG.fields, "camera"] if name not in body}
    assert verdict((action, {**body, **blanks})) == verdict((action, body))


@pytest.mark.parametrize("value", [None, "", [], " \t\n"])
def test_absent_values_inside_an_element_change_nothing(value: Any) -> None:
    element = an_element("mira", element_input_video_urls=value)
    assert CATALOG.judge(*a_request("kling-3.0", prompt="@mira", kling_elements=[element])) == []


FIELD_VALUES = st.fixed_dictionaries(
    {},
    optional={
        "prompt": st.sampled_from(["x", "@mira", "x" * 2501, ""]),
        "duration_seconds": st.sampled_from([2, 5, 7, 16, True, "5", None]),
        "enable_sound": st.sampled_from([True, False, 1]),
        "multi_shots": st.booleans(),
        "shot_type": st.sampled_from(["custom", "automatic", "x"]),
        "multi_prompt": st.lists(
            st.fixed_dictionaries({"prompt": st.just("x"), "duration_seconds": st.integers(0, 13)}), max_size=8
        ),
        "output_resolution": st.sampled_from(["720p", "4k", "8k"]),
        "first_frame_image_url": st.sampled_from([IMAGE, "x", ""]),
        "last_frame_image_url": st.just(IMAGE),
        "kling_elements": st.lists(st.just({"name": "mira", "description": "She"}), max_size=4),
        "reference_image_urls": st.just([IMAGE]),
        "camera": st.just("dolly"),
    },
)


@settings(deadline=None)
@given(model=st.sampled_from(sorted(MODELS)), changes=FIELD_VALUES, seed=st.integers(0, 9))
def test_order_of_the_fields_never_changes_the_verdict(model: str, changes: dict[str, Any], seed: int) -> None:
    action, body = a_request(model, **changes)
    names = list(body)
    random.Random(seed).shuffle(names)  # noqa: S311 - an order, not a secret
    assert verdict((action, {name: body[name] for name in names})) == verdict((action, body))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(
    model=st.sampled_from(sorted(MODELS)),
    changes=st.dictionaries(st.sampled_from([*CATALOG.fields, "camera", "model"]), JSON, max_size=6),
)
def test_judge_answers_any_json_with_findings_that_name_a_source(model: str, changes: dict[str, Any]) -> None:
    action, body = a_request(model)
    findings = CATALOG.judge(action, {**body, **changes})
    assert all(isinstance(each, Finding) and each.source in CATALOG.contract.sources for each in findings)


@settings(deadline=None)
@given(name=st.sampled_from(["multi_prompt", "kling_elements"]), entries=st.lists(JSON, max_size=3))
def test_judge_answers_any_list_of_cuts_and_elements(name: str, entries: list[Any]) -> None:
    request = a_sequence(3, **{name: entries})
    assert isinstance(CATALOG.judge(*request), list)


@pytest.mark.parametrize("field", ["duration_seconds", "cfg_scale", "prompt", "model", "enable_sound"])
def test_number_of_thousands_of_digits_is_refused_and_not_shown(field: str) -> None:
    assert len(errors(a_request("kling-3.0", **{field: 10**5000}))[field]) < 200


def test_cut_of_thousands_of_digits_is_refused_and_not_shown() -> None:
    assert len(errors(a_sequence(3, 10**5000))["multi_prompt"]) < 200


def test_value_nested_beyond_the_stack_is_refused_and_not_shown() -> None:
    value: Any = "x"
    for _ in range(100_000):
        value = [value]
    assert errors(a_request("kling-3.0", camera=value, prompt=value))["prompt"] == (
        "prompt = a value too large to show must be a text, for kling-3.0 (text_to_video)"
    )


def test_long_value_is_shortened_in_the_message() -> None:
    assert len(errors(a_request("kling-3.0", camera="x", aspect_ratio="x" * 900))["aspect_ratio"]) < 200


# ── the file itself


def all_specs(spec: FieldSpec) -> list[FieldSpec]:
    inner = [*spec.fields.values(), *([spec.of] if spec.of else [])]
    return [spec, *(each for one in inner for each in all_specs(one))]


def test_every_fact_names_a_source_that_exists() -> None:
    contract = CATALOG.contract
    fields = [*contract.fields.values(), *(spec for model in contract.models for spec in model.fields.values())]
    specs = [spec for field in fields for spec in all_specs(field)]
    named = {spec.source for spec in specs} | {rule.source for model in contract.models for rule in model.rules}
    named |= {model.source for model in contract.models} | {contract.service.source}
    named |= {spec.advised_source for spec in specs if spec.advised_max_chars or spec.advised_max_items}
    named |= {spec.default_source for spec in specs if spec.default_source}
    assert named <= set(contract.sources)


def a_contract(field: dict[str, Any]) -> dict[str, Any]:
    """The smallest models.toml, with one field."""
    shared = {"type": "string", "source": "guide"}
    return {
        "schema": 1,
        "sources": {"guide": {"title": "The guide", "date": "2026-07-28"}},
        "service": {"result_url_days": 7, "source": "guide"},
        "fields": {"model": shared, "callback_url": shared, "prompt": {**shared, **field}},
        "models": [{"action": "text_to_video", "name": "m", "source": "guide", "fields": {"prompt": {}}}],
    }


@pytest.mark.parametrize(
    "field",
    [
        {"source": "hearsay"},
        {"advised_max_chars": 9, "advised_source": "hearsay"},
        {"default": "x", "default_source": "hearsay"},
        {"type": "list", "of": {"type": "string", "source": "hearsay"}},
    ],
)
def test_contract_with_a_source_without_an_entry_is_refused(field: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="sources without an entry: hearsay"):
        CatalogFile.model_validate(a_contract(field))


def test_contract_with_a_misspelt_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="max_char"):
        CatalogFile.model_validate(a_contract({"max_char": 9}))


def test_contract_is_read_once_and_cannot_be_changed() -> None:
    assert bundled_catalog() is CATALOG
    with pytest.raises(ValidationError, match="frozen"):
        CATALOG.contract.models[0].name = "x"


# ── effective values


@pytest.mark.parametrize("model", MODELS)
def test_effective_values_have_the_published_defaults(model: str) -> None:
    effective = CATALOG.effective(*a_request(model))
    sound = {} if "turbo" in model else {"enable_sound": False}
    expected = {"duration_seconds": 5, "output_resolution": "720p", **sound}
    assert {name: effective.get(name) for name in expected} == expected


def test_own_value_wins_over_the_default() -> None:
    assert CATALOG.effective(*a_request("kling-3.0", duration_seconds=7))["duration_seconds"] == 7


def test_blank_value_leaves_the_default() -> None:
    assert CATALOG.effective(*a_request("kling-3.0", output_resolution=" "))["output_resolution"] == "720p"


def test_length_of_a_sequence_is_the_sum_of_its_cuts() -> None:
    assert CATALOG.effective(*a_sequence(3, 4))["duration_seconds"] == 7


def test_length_of_an_automatic_sequence_is_the_default() -> None:
    request = a_sequence(3, 4, shot_type="automatic", prompt="x")
    assert CATALOG.effective(*request)["duration_seconds"] == 5
