"""The clients: how many, which one is next, and what they have in common."""

import ssl
from pathlib import Path
from unittest.mock import Mock

import anyio
import httpx
import pytest
from pydantic import SecretStr

from kling_render.runapi import RunApi, http_clients
from kling_render.runapi.http_clients import CLIENTS, Clients, api_clients, storage_clients, tls_context

KEY = SecretStr("rk-live-5ecret")


def some_clients(count: int) -> Clients:
    transport = httpx.MockTransport(lambda request: httpx.Response(200))
    return Clients([httpx.AsyncClient(transport=transport) for _ in range(count)])


def test_requests_one_after_another_share_a_client() -> None:
    clients = some_clients(3)
    used = []
    for _ in range(5):
        with clients.one() as client:
            used.append(clients.all.index(client))

    assert used == [0] * 5


def test_many_requests_at_a_time_fill_the_clients_evenly() -> None:
    clients = some_clients(2)
    open_requests = [clients.one() for _ in range(18)]

    used = [clients.all.index(each.__enter__()) for each in open_requests]

    assert used == [0] * 4 + [1] * 4 + [0] * 4 + [1] * 4 + [0] * 2


def test_a_request_that_fails_leaves_its_place() -> None:
    clients = some_clients(2)
    for _ in range(9):
        with pytest.raises(ValueError, match="oops"), clients.one():
            raise ValueError("oops")

    with clients.one() as client:
        assert client is clients.all[0]


def test_closing_closes_every_client() -> None:
    clients = some_clients(3)

    async def main() -> None:
        async with clients:
            assert not any(each.is_closed for each in clients.all)

    anyio.run(main)

    assert all(each.is_closed for each in clients.all)


def test_a_transport_has_one_client() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200))

    assert len(api_clients(KEY, transport, 60, None).all) == 1
    assert len(storage_clients(transport, 60, None).all) == 1


def test_the_network_has_many_clients_of_which_only_the_apis_carry_the_key() -> None:
    tls = tls_context()
    api, storage = api_clients(KEY, None, 60, tls), storage_clients(None, 60, tls)

    assert {each.headers["Authorization"] for each in api.all} == {"Bearer rk-live-5ecret"}
    assert [len(api.all), len(storage.all)] == [CLIENTS, CLIENTS]
    assert not any("Authorization" in each.headers for each in storage.all)
    assert not any(each.follow_redirects for each in api.all)


def test_the_trusted_certificates_are_read_once_for_all_clients_of_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    http_clients._tls_context.cache_clear()
    load = Mock(wraps=ssl.create_default_context)
    monkeypatch.setattr(ssl, "create_default_context", load)

    for _ in range(2):
        RunApi("https://runapi.test", KEY, now=Mock())

    assert load.call_count == 1


def test_with_transports_no_certificates_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(http_clients, "tls_context", Mock(side_effect=AssertionError("not needed")))
    transport = httpx.MockTransport(lambda request: httpx.Response(200))

    RunApi("https://runapi.test", KEY, transport=transport, download_transport=transport, now=Mock())
