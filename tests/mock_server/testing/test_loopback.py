"""A closed network: this machine answers, any other is refused by name before anything is sent."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from mock_server import NetworkRefusedError, running_server
from mock_server.testing.loopback import close_network

ELSEWHERE = "192.0.2.7"  # set aside for documentation: nobody has it


@pytest.fixture(autouse=True)
def _found(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test asks a real name server: every name is at one address."""

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        address = "127.0.0.1" if host in ("localhost", "127.0.0.1") else ELSEWHERE
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> None:
    close_network(monkeypatch.setattr)


@pytest.fixture
def udp() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        yield opened


@pytest.mark.usefixtures("closed")
def test_name_elsewhere_is_refused_before_it_is_looked_up() -> None:
    with pytest.raises(NetworkRefusedError, match=r"^example\.com is not on this machine") as caught:
        httpx.get("https://example.com/", trust_env=False)
    assert caught.value.host == "example.com"
    assert 'hosts=("example.com",)' in str(caught.value)


@pytest.mark.usefixtures("closed")
def test_async_client_is_refused_too() -> None:
    async def ask() -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            await client.get("https://example.com/")

    with pytest.raises(NetworkRefusedError, match=r"example\.com"):
        asyncio.run(ask())


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("address", [ELSEWHERE, "example.com", "10.0.0.1"])
def test_address_elsewhere_is_refused(udp: socket.socket, address: str) -> None:
    with pytest.raises(NetworkRefusedError, match=address):
        udp.connect((address, 9))
    with pytest.raises(NetworkRefusedError, match=address):
        udp.connect_ex((address, 9))
    with pytest.raises(NetworkRefusedError, match=address):
        udp.sendto(b"x", (address, 9))
    with pytest.raises(NetworkRefusedError, match=address):
        udp.sendto(b"x", 0, (address, 9))


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "localhost"])
def test_this_machine_is_reached(udp: socket.socket, address: str) -> None:
    udp.connect((address, 9))


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("name", ["::1", "0.0.0.0", "::ffff:127.0.0.1", "mock.localhost", None, b"localhost"])  # noqa: S104 - nobody listens
def test_names_of_this_machine_are_looked_up(name: Any) -> None:
    assert socket.getaddrinfo(name, 80)


@pytest.mark.usefixtures("closed")
def test_mock_server_is_reached() -> None:
    with running_server() as server:
        assert httpx.get(f"{server.url}/api/v1/price_schedules", trust_env=False).status_code == 200


def test_allowed_host_is_reached_at_its_address_and_no_other(
    monkeypatch: pytest.MonkeyPatch, udp: socket.socket
) -> None:
    close_network(monkeypatch.setattr, ["db"])
    with pytest.raises(NetworkRefusedError, match=ELSEWHERE):
        udp.connect((ELSEWHERE, 9))
    assert socket.getaddrinfo("db", 5432)
    udp.connect((ELSEWHERE, 9))
    with pytest.raises(NetworkRefusedError, match="cache"):
        socket.getaddrinfo("cache", 6379)


def test_network_is_open_again_afterwards() -> None:
    connect, lookup = socket.socket.connect, socket.getaddrinfo
    with pytest.MonkeyPatch.context() as patched:
        close_network(patched.setattr)
        assert socket.socket.connect is not connect
    assert (socket.socket.connect, socket.getaddrinfo) == (connect, lookup)
