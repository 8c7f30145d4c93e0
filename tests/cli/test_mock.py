from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import httpx
import pytest

from .conftest import Cli


def test_server_announces_itself_on_a_free_port_and_stops_on_ctrl_c() -> None:
    options = ["--port", "0", "--api-key", "k-1", "--balance-usd", "7"]
    asked = [sys.executable, "-m", "kling_render", "mock", "serve", *options]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(asked, stdout=subprocess.PIPE, text=True, env=environment) as server:  # noqa: S603 - ourselves
        assert server.stdout is not None
        url = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())
        assert url is not None
        headers = {"Authorization": "Bearer k-1"}
        balance = httpx.get(f"{url[0]}/api/v1/me/balance", headers=headers).json()
        refused = httpx.get(f"{url[0]}/api/v1/me", headers={"Authorization": "Bearer other"}).status_code
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=10) == 0
    assert (balance["balance_cents"], refused) == (700, 401)


@pytest.mark.parametrize("option", [("--speed", "0"), ("--port", "70000"), ("--balance-usd", "lots")])
def test_option_out_of_range_is_a_usage_error(cli: Cli, option: tuple[str, str]) -> None:
    ran = cli("mock", "serve", *option)
    assert ran.exit_code == 2
    assert option[0] in ran.err


def test_address_that_is_not_ours_is_a_usage_error(cli: Cli) -> None:
    ran = cli("mock", "serve", "--host", "192.0.2.1", "--port", "0")
    assert ran.exit_code == 2
    assert "cannot listen on 192.0.2.1:0" in ran.err
