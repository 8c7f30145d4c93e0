"""No way out: while it is closed, sockets of this process reach this machine alone."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Collection
from typing import Any

_FAMILIES = (socket.AF_INET, socket.AF_INET6)


class NetworkRefusedError(RuntimeError):
    """A test wanted to reach another machine. No OSError: a client that retries lost connections must not hide it.

    Attributes:
        host: where it wanted to.
    """

    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host} is not on this machine, and a test with RunAPI's fixtures reaches no other: "
            f'answer it with a mock, or allow it with @pytest.mark.runapi(hosts=("{host}",))'
        )
        self.host = host


def close_network(replace: Callable[[Any, str, Any], None], hosts: Collection[str] = ()) -> None:
    """Let sockets of this process reach this machine and these hosts alone; what is connected stays connected.

    Args:
        replace: sets an attribute of an object until the test is over, as `monkeypatch.setattr` does.
        hosts: names and addresses of other machines that may be reached.
    """
    gate = _Gate(hosts)
    for name, position in (("connect", 0), ("connect_ex", 0), ("sendto", -1)):
        replace(socket.socket, name, _guarded(getattr(socket.socket, name), position, gate))
    replace(socket, "getaddrinfo", _guarded_lookup(socket.getaddrinfo, gate))


class _Gate:
    """Which hosts may be reached: this machine, those that are allowed, and the addresses that these have."""

    def __init__(self, hosts: Collection[str]) -> None:
        self._names = set(hosts)
        self._addresses = set(hosts)

    def check_name(self, host: str) -> None:
        if host not in self._names and not _is_here(host) and not _is_address(host):
            raise NetworkRefusedError(host)

    def check_address(self, host: str) -> None:
        if host not in self._addresses and not _is_here(host):
            raise NetworkRefusedError(host)

    def learn(self, host: str, addresses: Collection[str]) -> None:
        if host in self._names:
            self._addresses.update(addresses)


def _guarded(real: Callable[..., Any], position: int, gate: _Gate) -> Callable[..., Any]:
    def guarded(self: socket.socket, *arguments: Any) -> Any:
        address = arguments[position] if arguments else None
        if self.family in _FAMILIES and isinstance(address, tuple) and address:
            gate.check_address(str(address[0]))
        return real(self, *arguments)

    return guarded


def _guarded_lookup(real: Callable[..., Any], gate: _Gate) -> Callable[..., Any]:
    def getaddrinfo(host: Any, *arguments: Any, **keywords: Any) -> Any:
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
        if name:
            gate.check_name(str(name))
        found = real(host, *arguments, **keywords)
        gate.learn(str(name), {str(each[4][0]) for each in found})
        return found

    return getaddrinfo


def _is_here(host: str) -> bool:
    """Loopback by name or address; the unspecified address, to which nobody else answers; no host at all."""
    if host in ("", "localhost") or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return address.is_loopback or address.is_unspecified or (mapped is not None and mapped.is_loopback)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
