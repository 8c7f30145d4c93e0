"""The two HTTP clients: one with the API key that follows no redirect, and one without it for clips and uploads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx

from kling_render._version import __version__
from kling_render.errors import AuthenticationError, UsageError
from kling_render.runapi.downloads import MOST_REDIRECTS, refuse_other_schemes

if TYPE_CHECKING:
    from pydantic import SecretStr

_USER_AGENT = f"kling-render/{__version__}"
_CHECK_PROXY = "Check HTTP_PROXY, HTTPS_PROXY and ALL_PROXY; NO_PROXY names the hosts that need none."
_CHECK_CERTIFICATES = "Check SSL_CERT_FILE and SSL_CERT_DIR."


def api_client(
    api_key: SecretStr | None, transport: httpx.AsyncBaseTransport | None, timeout_seconds: float
) -> httpx.AsyncClient:
    """The client for the API; without a key it sends no `Authorization`.

    Raises:
        AuthenticationError: the key cannot go into a header.
        UsageError: a proxy or the trusted certificates cannot be used.
    """
    headers = {"User-Agent": _USER_AGENT, "Accept": "application/json"}
    if api_key is not None:
        headers["Authorization"] = _authorization(api_key)
    with _telling_what_to_check():
        return httpx.AsyncClient(headers=headers, transport=transport, timeout=timeout_seconds, follow_redirects=False)


def storage_client(transport: httpx.AsyncBaseTransport | None, timeout_seconds: float) -> httpx.AsyncClient:
    """The client for what lies elsewhere: it knows no key, and every hop of a redirect is http(s).

    Raises:
        UsageError: a proxy or the trusted certificates cannot be used.
    """
    with _telling_what_to_check():
        return httpx.AsyncClient(
            headers={"User-Agent": _USER_AGENT},
            transport=transport,
            timeout=timeout_seconds,
            follow_redirects=True,
            max_redirects=MOST_REDIRECTS,
            event_hooks={"request": [refuse_other_schemes]},
        )


@contextmanager
def _telling_what_to_check() -> Iterator[None]:
    """Turn what httpx raises over proxies and certificates into advice; its words may hold a proxy's password."""
    try:
        yield
    except ImportError:
        message = "The proxy cannot be used: SOCKS needs the package socksio, which is not installed"
        raise UsageError(message, hint=_CHECK_PROXY) from None
    except OSError:  # ssl.SSLError is one; before ValueError, which some of them are as well
        raise UsageError("The trusted certificates cannot be read", hint=_CHECK_CERTIFICATES) from None
    except (ValueError, httpx.InvalidURL):
        raise UsageError("The address of a proxy cannot be read", hint=_CHECK_PROXY) from None


def _authorization(api_key: SecretStr) -> str:
    key = api_key.get_secret_value()
    if not re.fullmatch(r"[\x21-\x7e]+", key):
        raise AuthenticationError("The API key is empty or has characters that cannot go into a header")
    return f"Bearer {key}"
