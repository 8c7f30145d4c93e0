"""The rules that data cannot say, one named function each; models.toml names them under `checks`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from kling_render.catalog.models import ModelSpec
from kling_render.catalog.values import Verdict, is_absent, show

# ASCII, as names are: in a script without spaces the next word may follow a name at once.
_MENTION = re.compile(r"@([A-Za-z][\w-]*)", re.ASCII)
_NO_MENTION_AFTER = re.compile(r"[\w@.]", re.ASCII)  # as in crew@example.com
_MARKER = re.compile(r"<<<((?:image|video)_[^>]*)>>>")


def multi_shot_sum(model: ModelSpec, body: Mapping[str, Any]) -> Iterator[Verdict]:
    """The length of a multi-shot clip is the sum of its shots, inside the model's limits."""
    total = sequence_seconds(body)
    if total is None:
        return
    limits = model.fields.get("duration_seconds")
    least, most = (limits.min or 0, limits.max) if limits else (0, None)
    if total < least or (most is not None and total > most):
        allowed = f"at least {least:g}" if most is None else f"{least:g} to {most:g}"
        text = f"the shots of a multi-shot clip last {show(total)} s together, {allowed} s are allowed"
        yield "multi_prompt", total, text, "project", "error"
    stated = body.get("duration_seconds")
    if stated is not None and stated != total:
        text = f"duration_seconds = {show(stated)}, but its shots last {show(total)} s: leave it out or make them equal"
        yield "duration_seconds", stated, text, "project", "error"


def sequence_seconds(body: Mapping[str, Any]) -> int | None:
    """The sum of the shots of a multi-shot clip; None for any other request, and where a shot has no whole length."""
    if body.get("multi_shots") is not True or body.get("shot_type") == "automatic":
        return None
    cuts = [shot.get("duration_seconds") for shot in _tables(body, "multi_prompt")]
    seconds = [each for each in cuts if isinstance(each, int) and not isinstance(each, bool)]
    return sum(seconds) if cuts and len(seconds) == len(cuts) else None


def element_names(model: ModelSpec, body: Mapping[str, Any]) -> Iterator[Verdict]:
    """Every element has a name of its own."""
    first: dict[str, int] = {}
    entries = body.get("kling_elements")
    for at, each in enumerate(entries if isinstance(entries, list) else ()):
        name = _name(each) if isinstance(each, Mapping) else ""
        if name and first.setdefault(name, at) != at:
            path = f"kling_elements[{at}].name"
            text = f"{path} = {show(name)} is the name of kling_elements[{first[name]}] already"
            yield path, name, text, "sdk", "error"


def element_mentions(model: ModelSpec, body: Mapping[str, Any]) -> Iterator[Verdict]:
    """Every @name in a prompt is a declared element, and every declared element is used."""
    written = [body.get("prompt"), *(shot.get("prompt") for shot in _tables(body, "multi_prompt"))]
    prompts = [prompt for prompt in written if isinstance(prompt, str)]
    if "kling_elements" not in body and not any("@" in prompt for prompt in prompts):
        return
    mentioned = {name for prompt in prompts for name in _mentions(prompt)}
    declared = [name for each in _tables(body, "kling_elements") if (name := _name(each))]
    used = mentioned.intersection(declared)
    for name in sorted(mentioned - used):
        text = f"@{name} is named in the prompt but not declared in kling_elements"
        if meant := max((each for each in declared if name.startswith(f"{each}-")), key=len, default=""):
            text += f"; if @{meant} is meant, write a space after it"
            used.add(meant)
        yield "prompt", f"@{name}", text, "project", "error"
    for name in dict.fromkeys(declared):
        if name not in used and not _is_mentioned_oddly(name, prompts):
            yield "kling_elements", name, f"the element {name} is declared, but no prompt uses it", "project", "warning"


def _mentions(prompt: str) -> Iterator[str]:
    for found in _MENTION.finditer(prompt) if "@" in prompt else ():
        at = found.start()
        if not at or not _NO_MENTION_AFTER.match(prompt[at - 1]):
            yield found[1]


def _is_mentioned_oddly(name: str, prompts: Iterable[str]) -> bool:
    """Whether a name that no mention can have, such as one in another script, stands behind an @ all the same."""
    return not _MENTION.fullmatch(f"@{name}") and any(f"@{name}" in prompt for prompt in prompts)


def reference_markers(model: ModelSpec, body: Mapping[str, Any]) -> Iterator[Verdict]:
    """Every reference is named in the prompt (`<<<image_n>>>`, `<<<video_1>>>`), and every marker has its reference."""
    prompt = body.get("prompt")
    if not isinstance(prompt, str):
        return
    images, video = body.get("reference_image_urls"), body.get("reference_video_url")
    count = len(images) if isinstance(images, list) else 0
    expected = {f"image_{number}": f"reference_image_urls[{number - 1}]" for number in range(1, count + 1)}
    expected |= {"video_1": "reference_video_url"} if video else {}
    written = set(_MARKER.findall(prompt))
    for marker, field in expected.items():
        if marker not in written:
            text = f"the prompt does not name {field}: write <<<{marker}>>> where it is meant"
            yield field, marker, text, "sdk", "error"
    for marker in sorted(written - set(expected)):
        text = f"the prompt names <<<{marker}>>>, but there is no such reference"
        yield "prompt", f"<<<{marker}>>>", text, "sdk", "error"


def _name(element: Mapping[str, Any]) -> str:
    """An element's name; empty where it has none."""
    name = element.get("name")
    return name if isinstance(name, str) and not is_absent(name) else ""


def _tables(body: Mapping[str, Any], field: str) -> list[Mapping[str, Any]]:
    entries = body.get(field)
    return [entry for entry in entries if isinstance(entry, Mapping)] if isinstance(entries, list) else []


CHECKS: Mapping[str, Callable[[ModelSpec, Mapping[str, Any]], Iterator[Verdict]]] = {
    "multi_shot_sum": multi_shot_sum,
    "element_names": element_names,
    "element_mentions": element_mentions,
    "reference_markers": reference_markers,
}
