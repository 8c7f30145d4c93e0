"""The addresses that the simulator hands out, and knows again."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from mock_server.core import ids
from mock_server.core.config import Config
from mock_server.core.messages import Request

_CLIP_PATH = re.compile(r"/media/([0-9a-f-]{36})\.mp4")
_HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d+)?|\[[0-9A-Fa-f:]+\](:\d+)?")


def base_url(config: Config, request: Request) -> str:
    """What URLs start with: the configured base, else the host that the request was sent to."""
    if config.base_url is not None:
        return config.base_url.rstrip("/")
    host = request.headers.get("host", "")
    return f"http://{host if _HOST.fullmatch(host) else 'localhost'}"


def path_of(url: object) -> str:
    """The path of a URL; empty for what is none."""
    try:
        return urlsplit(url).path if isinstance(url, str) else ""
    except ValueError:
        return ""


def clip_task_id(url: object) -> str:
    """The task whose clip a URL would lead to; empty for any other URL. The host does not matter, ids are unique."""
    match = _CLIP_PATH.fullmatch(path_of(url))
    return match[1] if match else ""


def signature(seed: int, task_id: str, signing: int) -> str:
    """What the URL of a result carries instead of a key; another for each signing, as earlier URLs were made to die."""
    return ids.digest("signature", seed, task_id, signing)[:32]


def result_url(base: str, seed: int, task_id: str, signing: int) -> str:
    """Where the clip of a task is downloaded."""
    return f"{base}/media/{task_id}.mp4?sig={signature(seed, task_id, signing)}"
