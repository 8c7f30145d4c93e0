"""The environment of a client that is to meet the mock server and nothing of the user's own."""

from __future__ import annotations

from collections.abc import Mapping

API_KEY = "runapi-mock-key"
"""The dummy key: any other will do as well."""
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def mock_environment(url: str, config_home: str, current: Mapping[str, str]) -> dict[str, str]:
    """The variables to set: where RunAPI is, a dummy key, no configuration of the user's, no proxy to this machine.

    Args:
        url: the mock server.
        config_home: an empty folder, in the place of the one that may hold RunAPI's configuration file.
        current: the environment as it is.
    """
    known = current.get("NO_PROXY") or current.get("no_proxy") or ""
    hosts = [host.strip() for host in known.split(",") if host.strip()]
    direct = ",".join([*hosts, *(host for host in _LOOPBACK if host not in hosts)])
    return {
        "RUNAPI_BASE_URL": url,
        "RUNAPI_API_KEY": API_KEY,
        "XDG_CONFIG_HOME": config_home,
        "NO_PROXY": direct,
        "no_proxy": direct,
    }
