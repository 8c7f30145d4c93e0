"""One exchange for every answer that the description of the API promises: how a visitor comes by it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from kling_render.catalog import bundled_catalog
from mock_server.core.routes import POLLS

from ..catalog.row_builders import MODELS, SOURCE_TASK, a_body
from .visitors import A_REQUEST, Visitor

CONTENT = b"picture" * 100
NOWHERE = "00000000-0000-4000-8000-000000000000"
TOO_LARGE = 1_600_000
"""Bytes, more than the visitors' servers take of a file."""
Ask = Callable[..., httpx.Response]
Exchange = Callable[[Visitor], httpx.Response]


def without_key(request: httpx.Request) -> httpx.Request:
    """For `auth`: takes the key away that the visitor's client sends by itself."""
    del request.headers["authorization"]
    return request


# Requests that are right; what is given on top changes them.


def a_create(action: str) -> Callable[[Visitor], Ask]:
    def prepared(visitor: Visitor) -> Ask:
        visitor.simulator.note_task(SOURCE_TASK)
        body = a_body(action, MODELS[action][0])
        return asking(visitor, "POST", f"/api/v1/kling/{action}", json=body)

    return prepared


def asking(visitor: Visitor, method: str, url: str, **usual: Any) -> Ask:
    return lambda **changed: visitor.send(changed.pop("method", method), changed.pop("url", url), **usual | changed)


def a_poll(pattern: str) -> Callable[[Visitor], Ask]:
    return lambda visitor: asking(visitor, "GET", pattern.format(visitor.created()))


def a_get(url: str) -> Callable[[Visitor], Ask]:
    return lambda visitor: asking(visitor, "GET", url)


def a_quote(visitor: Visitor) -> Ask:
    body = {"service": "kling", "action": "text_to_video", "params": A_REQUEST}
    return asking(visitor, "POST", "/api/v1/price_quotes", json=body)


def a_registration(visitor: Visitor) -> Ask:
    data = base64.b64encode(CONTENT).decode()
    body = {"source": {"type": "base64", "data": data}, "file_name": "a.png"}
    return asking(visitor, "POST", "/api/v1/files", json=body)


def a_preparation(visitor: Visitor) -> Ask:
    checksum = base64.b64encode(hashlib.md5(CONTENT, usedforsecurity=False).digest()).decode()
    body = {"filename": "a.png", "byte_size": len(CONTENT), "checksum": checksum}
    return asking(visitor, "POST", "/api/v1/files/prepare", json=body)


def put_to(visitor: Visitor, prepared: Mapping[str, Any]) -> Ask:
    url, headers = prepared["upload_url"], prepared["headers"]
    return asking(visitor, "PUT", url, content=CONTENT, headers=headers, auth=without_key)


def a_put(visitor: Visitor) -> Ask:
    return put_to(visitor, a_preparation(visitor)().json())


def a_confirmation(visitor: Visitor) -> Ask:
    prepared = a_preparation(visitor)().json()
    put_to(visitor, prepared)()
    return asking(visitor, "POST", "/api/v1/files/confirm", json={"signed_id": prepared["signed_id"]})


def a_clip(visitor: Visitor) -> Ask:
    return asking(visitor, "GET", visitor.finished_url())


def an_upload(visitor: Visitor) -> Ask:
    return asking(visitor, "GET", a_registration(visitor)().json()["url"])


RIGHT: Mapping[str, Callable[[Visitor], Ask]] = {
    **{f"create_{action}": a_create(action) for action in bundled_catalog().actions},
    "task_of_action": a_poll("/api/v1/kling/text_to_video/{}"),
    "task": a_poll("/api/v1/kling/{}"),
    "task_result": a_poll("/api/v1/tasks/{}"),
    "me": a_get("/api/v1/me"),
    "balance": a_get("/api/v1/me/balance"),
    "price_schedules": a_get("/api/v1/price_schedules"),
    "price_quote": a_quote,
    "register_file": a_registration,
    "prepare_file": a_preparation,
    "put_file": a_put,
    "confirm_file": a_confirmation,
    "clip": a_clip,
    "upload": an_upload,
    "openapi": a_get("/openapi.json"),
}
"""By the id of the operation; another key, another status."""
CREATES = tuple(name for name in RIGHT if name.startswith("create_"))
FILES = ("register_file", "prepare_file", "confirm_file")
TAKES_JSON = (*CREATES, *FILES, "price_quote")
NEEDS_KEY = (*CREATES, *FILES, *sorted(POLLS), "me", "balance")


def right(name: str) -> Exchange:
    return lambda visitor: RIGHT[name](visitor)()


def changed(name: str, **changes: Any) -> Exchange:
    """The right request with something else in it."""
    return lambda visitor: RIGHT[name](visitor)(**changes)


def refused(name: str, status: int) -> Exchange:
    """The right request, when a refusal of it is planned."""

    def exchange(visitor: Visitor) -> httpx.Response:
        ask = RIGHT[name](visitor)
        route = "create" if name.startswith("create_") else name
        visitor.simulator.refuse_next(status, endpoint=route, retry_after=5)
        return ask()

    return exchange


def empty_account(name: str) -> Exchange:
    def exchange(visitor: Visitor) -> httpx.Response:
        visitor.simulator.set_balance("key-1", 0)
        return RIGHT[name](visitor)()

    return exchange


def other_input(name: str) -> Exchange:
    def exchange(visitor: Visitor) -> httpx.Response:
        ask, key = RIGHT[name](visitor), {"idempotency-key": "take-1"}
        ask(headers=key)
        return ask(headers=key, json={"model": "another"})

    return exchange


def known_prices(visitor: Visitor) -> httpx.Response:
    ask = RIGHT["price_schedules"](visitor)
    return ask(headers={"if-none-match": ask().headers["etag"]})


def put_twice(visitor: Visitor) -> httpx.Response:
    ask = a_put(visitor)
    ask()
    return ask()


def nothing_put(visitor: Visitor) -> httpx.Response:
    prepared = a_preparation(visitor)().json()
    return visitor.post("/api/v1/files/confirm", json={"signed_id": prepared["signed_id"]})


def expired(name: str) -> Exchange:
    def exchange(visitor: Visitor) -> httpx.Response:
        ask = RIGHT[name](visitor)
        visitor.wait(8 * 24 * 3600)
        return ask()

    return exchange


def unsigned_clip(visitor: Visitor) -> httpx.Response:
    return visitor.get(visitor.finished_url().partition("?")[0])


def leading_elsewhere(visitor: Visitor) -> httpx.Response:
    body = {"source": {"type": "url", "url": "https://media.example/a.png"}}
    return visitor.get(str(visitor.post("/api/v1/files", json=body).json()["url"]))


EXCHANGES: dict[tuple[str, str], Exchange] = {
    **{(name, "200"): right(name) for name in RIGHT},
    **{(name, "400"): changed(name, headers={"x-client-request-id": "x" * 513}) for name in RIGHT},
    **{(name, "401"): changed(name, auth=without_key) for name in NEEDS_KEY},
    **{(name, "413"): changed(name, json={"prompt": "x" * TOO_LARGE}) for name in TAKES_JSON},
    **{(name, "415"): changed(name, headers={"content-type": "text/plain"}) for name in TAKES_JSON},
    **{(name, "422"): changed(name, json={}) for name in TAKES_JSON},
    **{(name, "429"): refused(name, 429) for name in RIGHT},
    **{(name, "5XX"): refused(name, 503) for name in RIGHT},
    **{(name, "402"): empty_account(name) for name in CREATES},
    **{(name, "409"): other_input(name) for name in CREATES},
    ("task_of_action", "404"): changed("task_of_action", url=f"/api/v1/kling/text_to_video/{NOWHERE}"),
    ("task", "404"): changed("task", url=f"/api/v1/kling/{NOWHERE}"),
    ("task", "405"): changed("task", url="/api/v1/kling/text_to_video"),
    ("task_result", "404"): changed("task_result", url=f"/api/v1/tasks/{NOWHERE}"),
    ("price_schedules", "304"): known_prices,
    ("put_file", "403"): changed("put_file", auth=None),
    ("put_file", "409"): put_twice,
    ("put_file", "413"): changed("put_file", content=bytes(TOO_LARGE)),
    ("put_file", "422"): changed("put_file", content=CONTENT[::-1]),
    ("confirm_file", "404"): changed("confirm_file", json={"signed_id": f"{NOWHERE}--0"}),
    ("confirm_file", "422"): nothing_put,
    ("clip", "206"): changed("clip", headers={"range": "bytes=3-9"}),
    ("clip", "403"): unsigned_clip,
    ("clip", "404"): changed("clip", url=f"/media/{NOWHERE}.mp4?sig=0"),
    ("clip", "410"): expired("clip"),
    ("clip", "416"): changed("clip", headers={"range": "bytes=999999-"}),
    ("upload", "206"): changed("upload", headers={"range": "bytes=3-9"}),
    ("upload", "302"): leading_elsewhere,
    ("upload", "404"): changed("upload", url=f"/uploads/{NOWHERE}/a.png"),
    ("upload", "410"): expired("upload"),
    ("upload", "416"): changed("upload", headers={"range": "bytes=999999-"}),
}
"""By operation and status as the description has them."""
