"""The sockets: what they carry, and what becomes of connections that are refused, silent, cut or full."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio
import httpcore
import httpx
import pytest
import respx

from kling_render.runapi.http_clients import api_clients
from kling_render.runapi.sockets import Transport

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def tls(side: int) -> ssl.SSLContext:
    """A context without certificates: there are ciphers that need none."""
    context = ssl.SSLContext(side)
    if side == ssl.PROTOCOL_TLS_CLIENT:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AECDH-AES256-SHA:@SECLEVEL=0")
    return context


@asynccontextmanager
async def served(serve: Serve, *, secured: bool = False) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    """A client with these sockets, and the address of a server that treats each connection so."""
    connections: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        try:
            await serve(reader, writer)
        except (OSError, EOFError, asyncio.CancelledError):
            pass  # the client has gone, or the test is over
        finally:
            writer.transport.abort()

    context = tls(ssl.PROTOCOL_TLS_SERVER) if secured else None
    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    try:
        async with httpx.AsyncClient(transport=Transport(tls(ssl.PROTOCOL_TLS_CLIENT)), timeout=5) as client:
            yield client, f"http{'s' if secured else ''}://127.0.0.1:{port}/"
    finally:
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)


async def answer_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        head = await reader.readuntil(b"\r\n\r\n")
        if b"POST" in head:
            length = int(head.lower().partition(b"content-length: ")[2].split()[0])
            await reader.readexactly(length)
        writer.write(ANSWER)


@pytest.mark.parametrize("secured", [False, True])
def test_requests_one_after_another_share_a_connection(secured: bool) -> None:
    connections = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        await answer_all(reader, writer)

    async def main() -> list[str]:
        async with served(serve, secured=secured) as (client, url):
            return [(await client.post(url, content=b"x" * 2_000_000)).text for _ in range(3)]

    assert asyncio.run(main()) == ["ok"] * 3
    assert len(connections) == 1


def test_a_long_answer_comes_whole_and_in_order() -> None:
    body = bytes(range(256)) * 20_000

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()

    async def main() -> bytes:
        async with served(serve) as (client, url), client.stream("GET", url) as response:
            came = b""
            async for chunk in response.aiter_bytes():
                came += chunk
                await asyncio.sleep(0)
            return came

    assert asyncio.run(main()) == body


def test_what_nobody_reads_is_held_back() -> None:
    sent = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        while True:
            writer.write(b"x" * 100_000)
            await writer.drain()
            sent.append(100_000)

    async def main() -> None:
        async with served(serve) as (client, url), client.stream("GET", url):
            before = -1
            while before != len(sent):
                before = len(sent)
                for _ in range(1000):
                    await asyncio.sleep(0)

    asyncio.run(main())

    assert sum(sent) < 50_000_000


def test_a_connection_that_was_closed_meanwhile_is_not_used_again() -> None:
    async def main() -> list[str]:
        texts = []
        async with served(answer_once) as (client, url):
            for _ in range(3):
                texts.append((await client.get(url)).text)
                for _ in range(100):  # until the end of the connection has come
                    await asyncio.sleep(0)
        return texts

    assert asyncio.run(main()) == ["ok"] * 3


async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(ANSWER)
    await writer.drain()
    writer.close()
    await writer.wait_closed()


async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


async def be_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


def test_a_connection_that_is_cut_is_a_protocol_error() -> None:
    async def main() -> None:
        async with served(cut) as (client, url):
            await client.get(url)

    with pytest.raises(httpx.RemoteProtocolError, match="disconnected"):
        asyncio.run(main())


def test_silence_is_a_read_timeout() -> None:
    async def main() -> None:
        async with served(be_silent) as (client, url):
            await client.get(url, timeout=0.01)

    with pytest.raises(httpx.ReadTimeout):
        asyncio.run(main())


def test_a_server_that_takes_nothing_is_a_write_timeout() -> None:
    async def main() -> None:
        async with served(be_silent) as (client, url):
            await client.post(url, content=b"x" * 50_000_000, timeout=0.01)

    with pytest.raises(httpx.WriteTimeout):
        asyncio.run(main())


def test_a_request_that_is_cancelled_frees_its_connection() -> None:
    async def main() -> int:
        async with served(be_silent) as (client, url):
            with anyio.move_on_after(0.01):
                await client.get(url)
            pool = client._transport._pool  # type: ignore[attr-defined]
            return len(pool.connections)

    assert asyncio.run(main()) == 0


def test_a_refused_connection_says_so_as_httpcores_own() -> None:
    async def main() -> None:
        async with httpx.AsyncClient(transport=Transport(tls(ssl.PROTOCOL_TLS_CLIENT))) as client:
            await client.get("http://127.0.0.1:1/")

    with pytest.raises(httpx.ConnectError, match="All connection attempts failed"):
        asyncio.run(main())


def test_a_server_without_tls_is_a_connect_error() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        await reader.read()

    async def main() -> None:
        async with served(serve) as (client, url):
            await client.get(url.replace("http:", "https:"))

    with pytest.raises(httpx.ConnectError, match="SSL"):
        asyncio.run(main())


def test_a_tls_server_that_says_nothing_is_a_connect_timeout() -> None:
    async def main() -> None:
        async with served(be_silent) as (client, url):
            await client.get(url.replace("http:", "https:"), timeout=0.01)

    with pytest.raises(httpx.ConnectTimeout):
        asyncio.run(main())


def test_on_trio_the_sockets_are_httpcores_own() -> None:
    async def main() -> None:
        async with httpx.AsyncClient(transport=Transport(tls(ssl.PROTOCOL_TLS_CLIENT))) as client:
            await client.get("http://127.0.0.1:1/")

    with pytest.raises(httpx.ConnectError, match="all attempts to connect"):
        anyio.run(main, backend="trio")


def test_respx_takes_the_requests_before_any_socket() -> None:
    async def main() -> str:
        async with httpx.AsyncClient(transport=Transport(tls(ssl.PROTOCOL_TLS_CLIENT))) as client:
            return (await client.get("https://example.com/")).text

    with respx.mock:
        respx.get("https://example.com/").respond(text="taken")
        assert asyncio.run(main()) == "taken"


@pytest.mark.parametrize(("variable", "is_own"), [("HTTPS_PROXY", False), ("NO_PROXY", True)])
def test_a_proxy_is_reached_by_httpxs_own_transport(
    variable: str, is_own: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv(variable, "http://127.0.0.1:1")

    clients = api_clients(None, None, 60, tls(ssl.PROTOCOL_TLS_CLIENT)).all

    assert {isinstance(each._transport, Transport) for each in clients} == {is_own}
    assert httpcore.AsyncConnectionPool in {type(each._transport._pool) for each in clients}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 402 Payment Required\r\nContent-Length: 0\r\n\r\n"], ids=["end", "402"]
)
def test_what_came_while_the_loop_was_busy_is_no_answer_to_the_next_request(said: bytes) -> None:
    """In a thread of its own, the server speaks (or goes) on an idle connection that the loop has not heard of yet."""
    heard: list[bytes] = []
    spoken = threading.Event()

    def serve(listener: socket.socket) -> None:
        first, _ = listener.accept()
        with first:
            first.recv(65_536)
            first.sendall(ANSWER)
            spoken.wait(5)
            if said:
                first.sendall(said)
            else:
                first.shutdown(socket.SHUT_WR)
            spoken.clear()
            second, _ = listener.accept()
            with second:
                heard.append(second.recv(65_536))
                second.sendall(ANSWER)

    async def work(url: str) -> int:
        async with httpx.AsyncClient(transport=Transport(tls(ssl.PROTOCOL_TLS_CLIENT)), timeout=5) as client:
            await client.get(url)
            spoken.set()
            while spoken.is_set():  # the loop is busy: it hears nothing meanwhile
                time.sleep(0.001)
            time.sleep(0.05)
            return (await client.post(url, content=b"paid")).status_code

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        assert asyncio.run(work(f"http://127.0.0.1:{listener.getsockname()[1]}/")) == 200
        thread.join(5)
    assert heard[0].startswith(b"POST")
