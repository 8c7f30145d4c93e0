"""The routing table: which endpoint answers a method and a path."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from mock_server.core.messages import Refusal


@dataclass(frozen=True)
class Route:
    """One line of the table; `{words}` in the pattern match one segment of the path.

    Attributes:
        takes_media: whether its body carries a file, and may be as large as one.
    """

    name: str
    method: str
    pattern: str
    takes_media: bool = False

    @functools.cached_property
    def regex(self) -> re.Pattern[str]:
        """The pattern as a regular expression over the percent-encoded path."""
        return re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", self.pattern))

    def params(self, path: str) -> dict[str, str] | None:
        """The decoded segments, or None when the path is another."""
        match = self.regex.fullmatch(path)
        return {name: unquote(value) for name, value in match.groupdict().items()} if match else None


ROUTES = (
    Route("create", "POST", "/api/v1/kling/{action}"),
    Route("task_of_action", "GET", "/api/v1/kling/{action}/{task_id}"),
    Route("task", "GET", "/api/v1/kling/{task_id}"),
    Route("task_result", "GET", "/api/v1/tasks/{task_id}"),
    Route("me", "GET", "/api/v1/me"),
    Route("balance", "GET", "/api/v1/me/balance"),
    Route("price_schedules", "GET", "/api/v1/price_schedules"),
    Route("price_quote", "POST", "/api/v1/price_quotes"),
    Route("register_file", "POST", "/api/v1/files", takes_media=True),
    Route("prepare_file", "POST", "/api/v1/files/prepare"),
    Route("put_file", "PUT", "/storage/{upload_id}", takes_media=True),
    Route("confirm_file", "POST", "/api/v1/files/confirm"),
    Route("clip", "GET", "/media/{file}"),
    Route("upload", "GET", "/uploads/{upload_id}/{name}"),
    Route("openapi", "GET", "/openapi.json"),
)
_MEDIA_ROUTES = tuple(route for route in ROUTES if route.takes_media)
POLLS = frozenset({"task_of_action", "task", "task_result"})


@dataclass(frozen=True)
class Match:
    """The endpoint of a request, and what its path says."""

    route: Route
    params: Mapping[str, str]


def match(method: str, path: str) -> Match:
    """The endpoint for a method (HEAD counts as GET) and a percent-encoded path.

    Raises:
        Refusal: 404 where nothing lives at the path, 405 where it takes other methods.
    """
    wanted = "GET" if method == "HEAD" else method
    allowed = []
    for route in ROUTES:
        if (params := route.params(path)) is not None:
            if route.method == wanted:
                return Match(route, params)
            allowed.append(route.method)
    if not allowed:
        raise Refusal(404, "not_found", f"no route {method[:20]} {path[:200]}; {_near(path[:200])}")
    raise not_allowed(method, *allowed)


def takes_media(method: str, path: str) -> bool:
    """Whether the body of such a request carries a file."""
    return any(route.method == method and route.regex.fullmatch(path) for route in _MEDIA_ROUTES)


def not_allowed(method: str, *allowed: str) -> Refusal:
    """405 with the methods that the path takes."""
    names = ", ".join(f"{name}, HEAD" if name == "GET" else name for name in allowed)
    text = f"{method[:20]} is not allowed here, only {names}"
    return Refusal(405, "method_not_allowed", text, headers={"allow": names})


def _near(path: str) -> str:
    close = difflib.get_close_matches(path, [route.pattern for route in ROUTES], n=3, cutoff=0.5)
    near = sorted((route for route in ROUTES if route.pattern in close), key=lambda route: close.index(route.pattern))
    listed = ", ".join(f"{route.method} {route.pattern}" for route in near or ROUTES)
    return f"{'near' if near else 'routes'}: {listed}"
