from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from mock_server import Config, running_server
from mock_server.doors.server import RunningServer

from .conftest import Cli

KEY = "mock-key-of-the-tests"


@pytest.fixture
def server(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningServer]:
    with running_server(Config(api_keys=(KEY,), balance_micro_usd=2_345_000)) as running:
        monkeypatch.setenv("RUNAPI_BASE_URL", running.url)
        monkeypatch.setenv("RUNAPI_API_KEY", KEY)
        monkeypatch.setenv("KLING_RENDER_RETRIES", "1")
        yield running


def test_account_shows_who_where_balance_and_what_was_spent(cli: Cli, server: RunningServer) -> None:
    ran = cli("account")
    assert (ran.exit_code, ran.err) == (0, "")
    assert ran.out == (
        "account   Mock account 2513851 (2513851)\n"
        "user      Mock account 2513851 <user-3768299@example.invalid>\n"
        f"server    {server.url}  (not RunAPI itself)\n"
        "balance   $2.35\n"
        "spent     $0.00 today, $0.00 in all\n"
    )


def test_account_as_json_has_exact_amounts(cli: Cli, server: RunningServer) -> None:
    ran = cli("account", "--format", "json")
    assert ran.exit_code == 0
    assert json.loads(ran.out) == {
        "schema": 1,
        "origin": server.url,
        "account": {"id": "2513851", "name": "Mock account 2513851"},
        "user": {"id": "3768299", "name": "Mock account 2513851", "email": "user-3768299@example.invalid"},
        "balance_usd": "2.35",
        "paid_balance_usd": "2.35",
        "bonus_balance_usd": "0",
        "spent_today_usd": "0",
        "spent_total_usd": "0",
    }


def test_account_shows_no_key(cli: Cli, server: RunningServer) -> None:
    assert KEY not in cli("account").out + cli("account", "--format", "json").out


def test_account_without_a_key_says_where_keys_belong(cli: Cli) -> None:
    ran = cli("account")
    assert (ran.exit_code, ran.out) == (10, "")
    assert ran.err == (
        "error: there is no API key\n"
        "  Set RUNAPI_API_KEY, or log in with RunAPI's own command line. "
        "To try the project without a key: kling-render rehearse\n"
    )


def test_account_of_a_key_that_is_refused_exits_with_10(
    cli: Cli, server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNAPI_API_KEY", "another-key")
    ran = cli("account")
    assert ran.exit_code == 10
    assert "another-key" not in ran.err


def test_account_of_a_server_that_is_none_exits_with_11(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_server() as gone:
        url = gone.url
    monkeypatch.setenv("RUNAPI_BASE_URL", url)
    monkeypatch.setenv("RUNAPI_API_KEY", KEY)
    monkeypatch.setenv("KLING_RENDER_RETRIES", "1")
    ran = cli("account")
    assert (ran.exit_code, ran.out) == (11, "")
    assert url in ran.err
