"""Multi-shot clips and elements of kling-3.0."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .row_builders import (
    ABSENT,
    IMAGE,
    PICTURE,
    TEXT,
    Row,
    a_body,
    a_sequence,
    accepted,
    an_element,
    refused,
    some_cuts,
    warned,
    whole,
)

_MODEL = "kling-3.0"
_NOT_MULTI = "is not allowed here: it belongs to multi_shots = true,"
_OLD_SERVERS = "servers older than SDK 0.5 demand enable_sound = true for a multi-shot clip,"
_FIRST_FRAME = "the guide describes the first frame for single-shot clips; a multi-shot clip may ignore it,"


def rows() -> Iterator[Row]:
    """All of them."""
    yield from _lengths()
    yield from _cuts()
    yield from _conditions()
    yield from _automatic()
    yield from _elements()
    yield from _element_counts()


def _row(body: dict[str, Any], field: str, message: str, verdict: Any = "refused") -> Row:
    return Row(TEXT, body, verdict, field, whole(message, TEXT, _MODEL))


def _lengths() -> Iterator[Row]:
    for seconds in ((3,), (1, 2), (12, 3), (5, 5, 5), (1,) * 6, (12,)):
        yield Row(TEXT, a_sequence(*seconds))
        yield Row(TEXT, a_sequence(*seconds, duration_seconds=sum(seconds)))
    for seconds in ((1, 1), (8, 8), (12, 12), (2,)):
        text = f"the shots of a multi-shot clip last {sum(seconds)} s together, 3 to 15 s are allowed,"
        yield _row(a_sequence(*seconds), "multi_prompt", text)
    text = "duration_seconds = 5, but its shots last 7 s: leave it out or make them equal,"
    yield _row(a_sequence(3, 4, duration_seconds=5), "duration_seconds", text)
    text = "multi_prompt has 7 entries, more than 6 may be refused,"
    yield _row(a_sequence(*[2] * 7), "multi_prompt", text, "warned")


def _cuts() -> Iterator[Row]:
    length = "multi_prompt[1].duration_seconds"
    for seconds in (0, 13, -1):
        yield _row(a_sequence(3, seconds), length, f"{length} = {seconds} must be from 1 to 12 s,")
    wrong: tuple[Any, ...] = (3.0, "3", True)
    for value in wrong:
        yield _row(a_sequence(3, value), length, f"{length} = {json.dumps(value)} must be a whole number,")
    yield _row(a_sequence(3, None), length, f"{length} is required,")
    words = "multi_prompt[0].prompt"
    yield Row(TEXT, a_sequence(multi_prompt=[{"prompt": "x", "duration_seconds": 3}]))
    yield Row(TEXT, a_sequence(multi_prompt=[{"prompt": "x" * 500, "duration_seconds": 3}]))
    text = f"{words} has 501 characters, at most 500 are allowed,"
    yield _row(a_sequence(multi_prompt=[{"prompt": "x" * 501, "duration_seconds": 3}]), words, text)
    for prompt in ("", "  ", None):
        yield _row(a_sequence(multi_prompt=[{"prompt": prompt, "duration_seconds": 3}]), words, f"{words} is required,")
    yield _row(a_sequence(multi_prompt=[{"duration_seconds": 3}]), words, f"{words} is required,")
    strange = [{"prompt": "x", "duration_seconds": 3, "seed": 1}]
    yield _row(
        a_sequence(multi_prompt=strange), "multi_prompt[0].seed", "multi_prompt[0].seed = 1 is not a field here,"
    )
    for absent in ABSENT:
        yield Row(TEXT, a_sequence(multi_prompt=[{"prompt": "x", "duration_seconds": 3, "seed": absent}]))
    mixed = [{"seed": 1, "duration_seconds": 13, "prompt": "x"}]  # told in the order of the fields, not in this
    text = "multi_prompt[0].duration_seconds = 13 must be from 1 to 12 s,"
    yield _row(a_sequence(multi_prompt=mixed), "multi_prompt[0].duration_seconds", text)
    yield _row(a_sequence(multi_prompt=["x"]), "multi_prompt[0]", 'multi_prompt[0] = "x" must be a table,')
    yield _row(a_sequence(multi_prompt="x"), "multi_prompt", 'multi_prompt = "x" must be a list,')


def _conditions() -> Iterator[Row]:
    for absent in (..., *ABSENT):
        text = "multi_prompt is missing: a multi-shot clip needs its shots in multi_prompt,"
        yield _row(a_sequence(multi_prompt=absent), "multi_prompt", text)
    for off in (..., None, False):
        body = a_sequence(3, prompt="x", multi_shots=off)
        yield _row(body, "multi_prompt", f"multi_prompt = {json.dumps(some_cuts(3))} {_NOT_MULTI}")
    yield refused(TEXT, _MODEL, "shot_type", f'shot_type = "custom" {_NOT_MULTI}', shot_type="custom")
    yield accepted(TEXT, _MODEL, multi_shots=False)
    wrong = "multi_shots = 1 must be true or false,"
    yield refused(TEXT, _MODEL, "multi_shots", wrong, multi_shots=1)
    text = f'last_frame_image_url = "{PICTURE}" is not allowed here: a multi-shot clip takes no last frame,'
    yield _row(a_sequence(3, last_frame_image_url=PICTURE), "last_frame_image_url", text)
    for sound in (False, None, ...):
        said = "enable_sound = false" if sound is False else "enable_sound = false (its default)"
        yield _row(a_sequence(3, enable_sound=sound), "enable_sound", f"{said}: {_OLD_SERVERS}", "warned")
    first = a_sequence(3, first_frame_image_url=PICTURE)
    text = f'first_frame_image_url = "{PICTURE}": {_FIRST_FRAME}'
    yield _row(first, "first_frame_image_url", text, "warned")


def _automatic() -> Iterator[Row]:
    yield Row(TEXT, a_sequence(3, shot_type="custom"))
    yield Row(TEXT, a_sequence(multi_prompt=..., shot_type="automatic", prompt="A day at the quay"))
    text = "prompt is missing: shot_type automatic cuts the clip from the prompt,"
    yield _row(a_sequence(multi_prompt=..., shot_type="automatic"), "prompt", text)
    shown = json.dumps(some_cuts(3))
    text = f"multi_prompt = {shown} is not allowed here: shot_type automatic cuts the clip from the prompt,"
    yield _row(a_sequence(3, shot_type="automatic", prompt="A day"), "multi_prompt", text)
    text = 'shot_type = "random" must be one of "custom", "automatic",'
    yield _row(a_sequence(3, shot_type="random"), "shot_type", text)


def _elements() -> Iterator[Row]:
    for action in (TEXT, IMAGE):
        elements = [an_element("mira"), an_element("dog-2")]
        yield accepted(action, _MODEL, prompt="@mira walks @dog-2.", kling_elements=elements)
        text = "@mira is named in the prompt but not declared in kling_elements,"
        yield refused(action, _MODEL, "prompt", text, prompt="@mira waits")
        yield refused(action, _MODEL, "prompt", text, prompt="@mira waits", kling_elements=[an_element("otto")])
        text = "@mira-walks is named in the prompt but not declared in kling_elements; if @mira is meant,"
        text = f"{text} write a space after it,"
        yield refused(action, _MODEL, "prompt", text, prompt="@mira-walks", kling_elements=[an_element("mira")])
        text = "the element mira is declared, but no prompt uses it,"
        yield warned(action, _MODEL, "kling_elements", text, kling_elements=[an_element("mira")])
    cut = [{"prompt": "@mira waits", "duration_seconds": 3}]
    yield Row(TEXT, a_sequence(multi_prompt=cut, kling_elements=[an_element("mira")]))
    text = "@mira is named in the prompt but not declared in kling_elements,"
    yield _row(a_sequence(multi_prompt=cut), "prompt", text)
    unused = a_sequence(multi_prompt=some_cuts(3), kling_elements=[an_element("mira")])
    yield _row(unused, "kling_elements", "the element mira is declared, but no prompt uses it,", "warned")


def _element_counts() -> Iterator[Row]:
    def a_row(field: str, message: str, verdict: str, *elements: Any) -> Row:
        names = " ".join(f"@{each['name']}" for each in elements if isinstance(each, dict) and each.get("name"))
        body = a_body(TEXT, _MODEL, prompt=f"A quay {names}", kling_elements=list(elements))
        return _row(body, field, message, verdict)

    four = [an_element(name) for name in "abcd"]
    for action in (TEXT, IMAGE):
        text = "kling_elements has 4 entries, more than 3 may be refused,"
        yield warned(action, _MODEL, "kling_elements", text, prompt="@a @b @c @d", kling_elements=four)
        yield accepted(action, _MODEL, prompt="@a @b @c", kling_elements=four[:3])
    yield a_row("", "", "accepted", an_element("a", description="S"))
    pictures = "kling_elements[0].element_input_urls"
    for count, words in ((1, "1 entry, fewer than 2"), (5, "5 entries, more than 4")):
        element = an_element("mira", element_input_urls=[PICTURE] * count)
        yield a_row(pictures, f"{pictures} has {words} may be refused,", "warned", element)
    yield from (a_row("", "", "accepted", an_element("mira", element_input_urls=[PICTURE] * n)) for n in (2, 3, 4))
    films = "kling_elements[0].element_input_video_urls"
    one = an_element("mira", element_input_urls=None, element_input_video_urls=["https://media.example/a.mp4"])
    yield a_row("", "", "accepted", one)
    two = {**one, "element_input_video_urls": ["https://media.example/a.mp4"] * 2}
    yield a_row(films, f"{films} has 2 entries, more than 1 may be refused,", "warned", two)
    for absent in (..., *ABSENT):
        without = {
            name: each for name, each in an_element("mira", element_input_urls=absent).items() if each is not ...
        }
        text = "kling_elements[0] has neither element_input_urls nor element_input_video_urls"
        yield a_row("kling_elements[0]", f"{text}: exactly one of them is needed,", "refused", without)
    text = "kling_elements[0] has both element_input_urls and element_input_video_urls: exactly one of them is needed,"
    both = an_element("mira", element_input_video_urls=["https://media.example/a.mp4"])
    yield a_row("kling_elements[0]", text, "refused", both)
    path = "kling_elements[2].name"
    text = f'{path} = "mira" is the name of kling_elements[0] already,'
    yield a_row(path, text, "refused", an_element("mira"), an_element("otto"), an_element("mira"))
    for missing in ("name", "description"):
        path = f"kling_elements[0].{missing}"
        for absent in ABSENT:
            yield a_row(path, f"{path} is required,", "refused", an_element("mira", **{missing: absent}))
    path = "kling_elements[0].colour"
    yield a_row(path, f'{path} = "red" is not a field here,', "refused", an_element("mira", colour="red"))
    yield a_row("kling_elements[0]", 'kling_elements[0] = "mira" must be a table,', "refused", "mira")
    path = f"{pictures}[1]"
    wrong = an_element("mira", element_input_urls=[PICTURE, "mira.png"])
    yield a_row(path, f'{path} = "mira.png" must be an http(s) URL,', "refused", wrong)
