"""The packaged prompt library with an example of each fragment, rendered as a project would render it."""

from __future__ import annotations

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
        guess = did_you_mean(name, (fragment.name.removesuffix(".j2") for fragment in every))
        raise UsageError(f'no fragment is called "{name}"{guess}', hint="List them all: kling-render templates")
    return found


def render_example(fragment: Fragment) -> str:
    """What the fragment says with its example values."""
    renderer = Renderer(SearchPath([template_library()]))
    return " ".join(renderer.render(example_source(fragment), example_context(fragment)).split())
