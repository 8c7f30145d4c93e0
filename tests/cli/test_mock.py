from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

import mock_server
from kling_render.catalog import Catalog, bundled_catalog
from mock_server import Config

from .conftest import Cli

OWN = """\
[[models]]
action = "text_to_video"
name = "{name}"
like = "kling-3.0"
"""


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """What the command serves with, in place of serving."""
    asked: dict[str, Any] = {}

    def serve(config: Config, **options: Any) -> None:
        asked.update(options, config=config)
        options["announce"]("http://127.0.0.1:1")

    monkeypatch.setattr(mock_server, "serve", serve)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("KLING_RENDER_CATALOG", raising=False)
    return asked


def knows(catalog: Catalog, name: str) -> bool:
    return catalog.model("text_to_video", name) is not None


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


@pytest.mark.parametrize(
    "option", [("--speed", "0"), ("--port", "70000"), ("--balance-usd", "lots"), ("--fail-tasks", "0")]
)
def test_option_out_of_range_is_a_usage_error(cli: Cli, option: tuple[str, str]) -> None:
    ran = cli("mock", "serve", *option)
    assert ran.exit_code == 2
    assert option[0] in ran.err


def test_address_that_is_not_ours_is_a_usage_error(cli: Cli) -> None:
    ran = cli("mock", "serve", "--host", "192.0.2.1", "--port", "0")
    assert ran.exit_code == 2
    assert "cannot listen on 192.0.2.1:0" in ran.err


def test_bundled_catalog_is_served_where_nobody_has_another(cli: Cli, served: dict[str, Any]) -> None:
    ran = cli("mock", "serve")
    assert (ran.exit_code, served["catalog"]) == (0, bundled_catalog())
    assert ran.out == (
        "mock RunAPI on http://127.0.0.1:1  (speed 20, Ctrl-C stops)\n"
        "  export RUNAPI_BASE_URL=http://127.0.0.1:1 RUNAPI_API_KEY=any-key\n"
    )


def test_catalog_of_the_option_lies_over_the_environments(
    cli: Cli, served: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("machine", "mine"):
        (tmp_path / f"{name}.toml").write_text(OWN.format(name=name), "utf-8")
    monkeypatch.setenv("KLING_RENDER_CATALOG", str(tmp_path / "machine.toml"))
    assert cli("mock", "serve").exit_code == 0
    assert [knows(served["catalog"], name) for name in ("machine", "mine")] == [True, False]
    assert cli("mock", "serve", "--catalog", tmp_path / "mine.toml").exit_code == 0
    assert [knows(served["catalog"], name) for name in ("machine", "mine")] == [True, True]


def test_faults_of_the_catalog_are_told_and_nothing_is_served(cli: Cli, served: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("modles = []\n", "utf-8")
    ran = cli("mock", "serve", "--catalog", "mine.toml")
    assert (ran.exit_code, served) == (4, {})
    assert "modles" in ran.err


def test_every_nth_task_is_told_to_fail(cli: Cli, served: dict[str, Any]) -> None:
    ran = cli("mock", "serve", "--fail-tasks", "3")
    assert (ran.exit_code, served["config"].fail_every) == (0, 3)
    assert "  every task whose number divides by 3 fails\n" in ran.out
    cli("mock", "serve")
    assert served["config"].fail_every is None


def test_help_says_what_the_speed_means_for_uploads(cli: Cli) -> None:
    words = " ".join(cli("mock", "serve", "--help").out.split())
    assert "an upload lives one simulated hour, three real minutes at speed 20" in words


# The file that says it is ready


def test_ready_file_tells_the_url_while_the_server_listens(tmp_path: Path) -> None:
    file = tmp_path / "url.txt"
    file.write_text("http://127.0.0.1:1  an earlier server's", "utf-8")
    asked = [sys.executable, "-m", "kling_render", "mock", "serve", "--port", "0", "--ready-file", str(file)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(asked, stdout=subprocess.PIPE, text=True, env=environment) as server:  # noqa: S603 - ourselves
        assert server.stdout is not None
        url = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())
        assert url is not None
        assert [path.name for path in tmp_path.iterdir()] == ["url.txt"]
        assert file.read_text("utf-8") == f"{url[0]}\n"
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=10) == 0
    assert not file.exists()


def test_ready_file_that_cannot_be_written_is_a_storage_error(cli: Cli, tmp_path: Path) -> None:
    ran = cli("mock", "serve", "--port", "0", "--ready-file", tmp_path / "nowhere" / "url.txt")
    assert (ran.exit_code, "cannot write" in ran.err) == (12, True)
