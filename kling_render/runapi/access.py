"""From settings to a client."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from kling_render.errors import KeyMissingError
from kling_render.runapi.client import RunApi
from kling_render.settings import Settings


def connect(settings: Settings, now: Callable[[], datetime], *, with_key: bool = True) -> RunApi:
    """A client for the server and key of the settings.

    Args:
        settings: where the server is, and how patiently to talk to it.
        now: the time.
        with_key: whether what will be asked needs the key; prices do not.

    Raises:
        KeyMissingError: there is no key, and one is needed.
    """
    if with_key and settings.api_key is None:
        hint = (
            "Set RUNAPI_API_KEY, or log in with RunAPI's own command line. "
            "To try the project without a key: kling-render rehearse"
        )
        raise KeyMissingError("there is no API key", hint=hint)
    return RunApi(
        settings.base_url,
        settings.api_key,
        timeout_seconds=settings.request_timeout_seconds,
        attempts=settings.retries,
        requests_per_second=settings.requests_per_second,
        rate_limit_patience_seconds=settings.rate_limit_patience_seconds,
        now=now,
    )
