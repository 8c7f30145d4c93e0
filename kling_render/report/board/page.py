"""The page: templates, style and scripts beside this file go into it, with a policy that allows nothing else."""

from __future__ import annotations

import functools
import json
import re
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from kling_render.report.board.view import BoardView
from kling_render.whole_files import Kind

if TYPE_CHECKING:
    from jinja2 import Environment

_PACKAGE = "kling_render.report.board"
_SCRIPTS = ("cards.js", "player.js")
_LIVE_SCRIPTS = (*_SCRIPTS, "live.js")
_HEAD = rb'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
_GENERATOR = rb'<meta name="generator" content="kling-render board">'
_UNNAMED = rb'<meta http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;sha256-'
"""What stood in the place of the generator before it was named."""
PAGE = Kind("board", re.compile(rb"%b(%b|%b)" % (_HEAD, _GENERATOR, _UNNAMED)))
"""How a page of ours is known."""


def render_page(view: BoardView, *, is_live: bool = False) -> str:
    """The HTML of a board.

    Args:
        view: what it shows.
        is_live: whether it talks to the server that it came from.
    """
    style = _asset("board.css")
    scripts = [_asset(name) for name in (_LIVE_SCRIPTS if is_live else _SCRIPTS)]
    # Our own files, which hold no "</": everything else in the page is escaped.
    inline = {"style": Markup(style), "scripts": [Markup(each) for each in scripts]}  # noqa: S704
    policy = content_policy(style, scripts, is_live=is_live)
    page: str = _environment().get_template("board.html").render(board=view, policy=policy, is_live=is_live, **inline)
    return page.encode("utf-8", "replace").decode()  # half a character, in a server's words or a file's name


def content_policy(style: str, scripts: Sequence[str], *, is_live: bool = False) -> str:
    """The content security policy: this style and these scripts by their hashes, media, and nothing else.

    A page from the disk has no origin of its own, so `file:` stands beside `'self'` for its clips.
    """
    media = "'self' data:" if is_live else "'self' file: data:"
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src {_hash(style)}",
            f"script-src {' '.join(map(_hash, scripts))}",
            "img-src data:",
            f"media-src {media}",
            f"connect-src {_connect(is_live)}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _connect(is_live: bool) -> str:
    return "'self'" if is_live else "'none'"


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def script_json(value: Any) -> Markup:
    """A value as JSON inside a script element: `<` and `&` escaped, so that nothing in it ends the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))  # noqa: S704


@functools.cache
def _asset(name: str) -> str:
    return (files(_PACKAGE) / name).read_text("utf-8").strip()


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(_asset), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["script_json"] = script_json
    environment.filters["compact_json"] = functools.partial(json.dumps, ensure_ascii=False, separators=(",", ":"))
    return environment
