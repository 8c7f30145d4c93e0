"""A mock of RunAPI's Kling endpoints: a simulator without I/O, and its doors (ASGI, HTTP, httpx, pytest)."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mock_server.core.config import Config
    from mock_server.core.fault import Fault
    from mock_server.core.simulator import Simulator
    from mock_server.doors.app import create_app
    from mock_server.doors.server import running_server, serve
    from mock_server.doors.transport import SimulatorTransport
    from mock_server.testing.loopback import NetworkRefusedError

__all__ = [
    "Config",
    "Fault",
    "NetworkRefusedError",
    "Simulator",
    "SimulatorTransport",
    "create_app",
    "running_server",
    "serve",
]

_HOMES = {
    "Config": "core.config",
    "Fault": "core.fault",
    "NetworkRefusedError": "testing.loopback",
    "Simulator": "core.simulator",
    "SimulatorTransport": "doors.transport",
    "create_app": "doors.app",
    "running_server": "doors.server",
    "serve": "doors.server",
}


def __getattr__(name: str) -> Any:
    """Import a public name where it is first used (PEP 562), so that importing the package costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
