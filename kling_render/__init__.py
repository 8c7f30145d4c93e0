"""kling-render: declarative renders for AI film on RunAPI's Kling video API.

The verbs, as on the command line::

    project = kling_render.load("projects/mountain-lake")
    kling_render.expand(project)      # takes with exact requests
    kling_render.plan(project)        # what they cost, and what is bought already
    kling_render.rehearse(project)    # the whole render on the mock server, for nothing
    kling_render.render(project)      # costs money

Names are imported where they are first used (PEP 562), so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from kling_render._version import __version__

if TYPE_CHECKING:
    from kling_render.api import Expansion, Outcome, Plan, Project, expand, load, plan, rehearse, render
    from kling_render.errors import Fault, InvalidProjectError, KlingRenderError, Place
    from kling_render.rehearsal import Rehearsal
    from kling_render.settings import Settings, load_settings

__all__ = [
    "Expansion",
    "Fault",
    "InvalidProjectError",
    "KlingRenderError",
    "Outcome",
    "Place",
    "Plan",
    "Project",
    "Rehearsal",
    "Settings",
    "__version__",
    "expand",
    "load",
    "load_settings",
    "plan",
    "rehearse",
    "render",
]

_HOMES = {
    **dict.fromkeys(("Fault", "InvalidProjectError", "KlingRenderError", "Place"), "errors"),
    "Rehearsal": "rehearsal",
    **dict.fromkeys(("Settings", "load_settings"), "settings"),
}


def __getattr__(name: str) -> Any:
    """Import a public name where it is first used."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES.get(name, 'api')}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
