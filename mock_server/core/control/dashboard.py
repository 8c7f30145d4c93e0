"""The dashboard: one page, rendered here; a few lines of script fetch its middle anew, and it works without them."""

from __future__ import annotations

import functools
import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from kling_render.catalog import format_usd
from mock_server.core.clips import clip_of, name_of
from mock_server.core.control.near_miss import explain
from mock_server.core.messages import Response
from mock_server.core.state import State
from mock_server.core.tasks import Task
from mock_server.media.palette import scheme
from mock_server.scenarios import bundled_scenarios

if TYPE_CHECKING:
    from jinja2 import Environment

_TASKS = 60
_REQUESTS = 20
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def page(state: State) -> Response:
    """The whole page."""
    shown = _shown(state) | {"scenarios": {name: each.name for name, each in bundled_scenarios().items()}}
    return _html(_template("page.html").render(shown))


def fragment(state: State) -> Response:
    """Its middle: what changes."""
    return _html(_template("main.html").render(_shown(state)))


def asset(name: str) -> Response:
    """The style sheet or the script."""
    content = (files("mock_server.core.control") / name).read_bytes()
    return Response(200, {"content-type": _TYPES[name.rpartition(".")[2]], "cache-control": "no-cache"}, content)


def _html(text: str) -> Response:
    headers = {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": _POLICY,
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cache-control": "no-store",
    }
    return Response(200, headers, text.encode("utf-8", "replace"))


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined  # late: most simulators show no page

    folder = files("mock_server.core.control")

    def load(name: str) -> str:
        return (folder / name).read_text("utf-8")

    environment = Environment(loader=FunctionLoader(load), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters["pieces"] = _pieces
    return environment


def _pieces(text: str) -> list[str]:
    """An address or path, cut where a line of it may end: after what separates its parts."""
    return re.split(r"(?<=[/,_\[?&])", text)


def _template(name: str) -> Any:
    return _environment().get_template(name)


def _shown(state: State) -> dict[str, Any]:
    """What the templates show, in words."""
    event, verdict = state.next_event, state.verdict()
    entries = list(state.journal)
    newest = list(state.tasks.values())[-_TASKS:][::-1]
    statuses = [task.status_at(state.now) for task in state.tasks.values()]
    return {
        "now": f"{state.now:%Y-%m-%d %H:%M:%S}",
        "elapsed": round(state.elapsed_seconds),
        "next_seconds": round((event - state.now).total_seconds()) if event else None,
        "speed": f"{state.config.speed:g}",
        "seed": state.config.seed,
        "scenario": state.faults.scenario,
        "met": sorted(state.faults.met.items()),
        "verdict": verdict,
        "verdict_lines": verdict.lines(),
        "counts": {status: statuses.count(status) for status in ("pending", "processing", "completed", "failed")},
        "tasks": [_task(state, task) for task in newest],
        "more_tasks": max(len(state.tasks) - _TASKS, 0),
        "more_requests": max(len(entries) - _REQUESTS, 0),
        "accounts": [
            {"number": each.number, **{name: format_usd(getattr(each.books, name)) for name in _AMOUNTS}}
            for each in state.accounts.opened
        ],
        "requests": [
            {
                "number": each.number,
                "line": f"{each.request.method} {each.request.path}",
                "status": each.status if each.has_arrived else "no answer",
                "is_bad": each.status >= 400 or not each.has_arrived,
                "note": explain(each, entries, state) or "",
            }
            for each in entries[-_REQUESTS:][::-1]
        ],
    }


_AMOUNTS = ("start", "available", "reserved", "settled")


def _task(state: State, task: Task) -> dict[str, Any]:
    """A task as a card: its slate in the colours of its clip, its state, how far it is."""
    title, take = name_of(task)
    status = task.mask_at(1) or task.status_at(state.now)
    spec = clip_of(task, state.config, state.uploads)
    colours = scheme(spec.title, spec.seed, 0)
    whole = (task.completes_at - task.created_at).total_seconds()
    done = (state.now - task.created_at).total_seconds()
    return {
        "id": task.id,
        "name": f"{title} {take}".strip(),
        "prompt": spec.cuts[0].text if spec.cuts else "",
        "model": task.model,
        "seconds": task.seconds,
        "usd": format_usd(task.micro_usd),
        "status": status,
        "error": task.error if status == "failed" else "",
        "percent": 100 if status in ("completed", "failed") else min(99, round(100 * done / whole)) if whole else 0,
        "ground": "#{:02x}{:02x}{:02x}".format(*colours.ground),
        "accent": "#{:02x}{:02x}{:02x}".format(*colours.accent),
        "url": state.video_url(task, "") if status == "completed" else "",
    }
