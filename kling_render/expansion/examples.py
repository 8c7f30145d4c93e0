"""The packaged prompt library with an example of each fragment, rendered as a project would render it."""

from __future__ import annotations

import re

from kling_render.assets import template_library
from kling_render.catalog import did_you_mean
from kling_render.errors import UsageError
from kling_render.expansion.library import Fragment, example_context, example_source, load_library
from kling_render.expansion.templating.renderer import Renderer
from kling_render.expansion.templating.sources import SearchPath


def find_fragments(name: str = "") -> list[Fragment]:
    """The fragments whose name is or contains `name`; all of them for an empty one.

    Raises:
        UsageError: there is none.
    """
    every = load_library(template_library())
    exact = [fragment for fragment in every if fragment.name.removesuffix(".j2") == name.removesuffix(".j2")]
    found = exact or [fragment for fragment in every if name in fragment.name]
    if not found:
        guess = did_you_mean(name, [each for fragment in every for each in _words(fragment, name)])
        raise UsageError(f'no fragment is called "{name}"{guess}', hint="List them all: kling-render templates")
    return found


def _words(fragment: Fragment, asked: str) -> list[str]:
    """What a fragment may have been asked for by: its name, that without its folder, words that begin alike."""
    name = fragment.name.removesuffix(".j2")
    words = re.split("[/-]", name)
    return [name, name.rpartition("/")[2], *(each for each in words if each[:1] == asked[:1].lower())]


def render_example(fragment: Fragment) -> str:
    """What the fragment says with its example values."""
    renderer = Renderer(SearchPath([template_library()]))
    return " ".join(renderer.render(example_source(fragment), example_context(fragment)).split())
