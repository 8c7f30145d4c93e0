"""`mock run`: a command against a mock server of its own, and what its exit code says."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Cli, Ran

CLIENT = """
import os, sys, time, httpx
headers = {"Authorization": f"Bearer {os.environ['RUNAPI_API_KEY']}"}
with httpx.Client(base_url=os.environ["RUNAPI_BASE_URL"], headers=headers) as api:
    task = api.post("/api/v1/kling/text_to_video", json={"model": "kling-3.0", "prompt": "A ferry"}).json()
    while task["status"] != "completed":
        time.sleep(0.05)
        task = api.get(f"/api/v1/kling/{task['id']}").json()
"""
DOWNLOAD = 'assert httpx.get(task["videos"][0]["url"]).content[4:8] == b"ftyp"\n'
FAST = ("--speed", "100")


@pytest.fixture
def mock_run(cli: Cli) -> Callable[..., Ran]:
    """The command on a Python program."""

    def call(program: str, *options: object) -> Ran:
        return cli("mock", "run", *options, "--", sys.executable, "-c", program)

    return call


def test_careful_client_ends_with_its_own_exit_code_and_a_clean_verdict(mock_run: Callable[..., Ran]) -> None:
    ran = mock_run(CLIENT + DOWNLOAD + "print('done')", *FAST, "--max-spend", "0.70")
    assert (ran.exit_code, ran.out) == (0, "done\n")
    assert re.fullmatch(r"mock RunAPI: \d+ requests, 1 task, \$0\.70 spent\nverdict: clean\n", ran.err)


def test_careless_client_ends_with_7_and_the_verdict(mock_run: Callable[..., Ran]) -> None:
    ran = mock_run(CLIENT, *FAST)
    assert ran.exit_code == 7
    assert "\nverdict: 1 found, $0.70 wasted\n  never_downloaded: task " in ran.err
    assert "  POST /api/v1/kling/text_to_video → 200\n" in ran.err


def test_finding_may_be_allowed(mock_run: Callable[..., Ran]) -> None:
    assert mock_run(CLIENT, *FAST, "--allow", "never_downloaded", "--allow", "retry_storm").exit_code == 0


def test_finding_that_nobody_knows_is_a_usage_error(mock_run: Callable[..., Ran]) -> None:
    ran = mock_run("", "--allow", "never_download")
    assert ran.exit_code == 2
    assert 'did you mean "never_downloaded"' in ran.err


def test_spending_too_much_ends_with_3_whatever_else_was_found(mock_run: Callable[..., Ran]) -> None:
    ran = mock_run(CLIENT, *FAST, "--max-spend", "0.69")
    assert ran.exit_code == 3
    assert "\nspent $0.70, the limit is $0.69\n" in ran.err
    assert "never_downloaded" in ran.err


def test_exit_code_of_the_command_comes_first(mock_run: Callable[..., Ran]) -> None:
    ran = mock_run(CLIENT + "sys.exit(5)", *FAST, "--max-spend", "0")
    assert ran.exit_code == 5
    assert "never_downloaded" in ran.err


def test_command_finds_a_dummy_key_and_nothing_of_the_users(
    mock_run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RUNAPI_API_KEY", "the-real-key")
    monkeypatch.setenv("RUNAPI_BASE_URL", "https://runapi.ai")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("MINE", "kept")
    ran = mock_run(
        "import os; print(os.environ['RUNAPI_BASE_URL'], os.environ['RUNAPI_API_KEY'], os.environ['MINE'],"
        "os.listdir(os.environ['XDG_CONFIG_HOME']), '127.0.0.1' in os.environ['NO_PROXY'])"
    )
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+ runapi-mock-key kept \[\] True\n", ran.out)
    assert os.environ["RUNAPI_API_KEY"] == "the-real-key"


def test_command_that_never_asked_is_doubted(mock_run: Callable[..., Ran]) -> None:
    assert mock_run("").err == (
        "mock RunAPI: 0 requests, 0 tasks, $0.00 spent\n"
        "verdict: clean  (nobody asked it anything: does the command heed RUNAPI_BASE_URL?)\n"
    )


def test_terms_of_the_server_are_the_options(mock_run: Callable[..., Ran]) -> None:
    program = CLIENT.replace('"A ferry"}).json()', '"A ferry"}); print(task.status_code); sys.exit()')
    assert mock_run(program, "--balance-usd", "0.5").out == "402\n"
    ran = mock_run(program, "--scenario", "rate-limit-storm")
    assert (ran.exit_code, ran.out) == (0, "429\n")
    assert "\nthe scenario struck: 1 refusal\n" in ran.err


def test_unknown_scenario_and_missing_command_are_usage_errors(cli: Cli, mock_run: Callable[..., Ran]) -> None:
    assert "no scenario 'bad-sunday'" in mock_run("", "--scenario", "bad-sunday").err
    missing = cli("mock", "run", "--", "no-such-program-anywhere")
    assert (missing.exit_code, "cannot run no-such-program-anywhere: No such file" in missing.err) == (2, True)
    assert cli("mock", "run").exit_code == 2


def test_options_after_the_dashes_belong_to_the_command(cli: Cli) -> None:
    assert cli("mock", "run", "--", sys.executable, "-c", "import sys; print(sys.argv)", "--seed").out == (
        "['-c', '--seed']\n"
    )


def test_signal_that_ends_the_command_is_told_as_shells_tell_it(mock_run: Callable[..., Ran]) -> None:
    program = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    assert mock_run(program).exit_code == 128 + signal.SIGKILL


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send these signals to a child")
@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_is_passed_on_and_the_command_may_end_in_peace(sig: signal.Signals) -> None:
    if signal.getsignal(sig) is signal.SIG_IGN:  # as nohup starts what it starts
        pytest.skip("whoever started the tests lets them ignore it")
    program = (
        "import os, signal, sys, time\n"
        "def end(number, frame):\n"
        "    os.write(1, b'got %d\\n' % number)\n"  # print must not be entered twice
        "    sys.exit(9)\n"
        f"signal.signal({int(sig)}, end)\n"
        "os.write(1, b'ready\\n')\n"
        "time.sleep(30)\n"
    )
    asked = [sys.executable, "-m", "kling_render", "mock", "run", "--", sys.executable, "-c", program]
    with subprocess.Popen(  # noqa: S603 - ourselves
        asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as ran:
        assert ran.stdout is not None
        assert ran.stdout.readline() == "ready\n"
        ran.send_signal(sig)
        out, err = ran.communicate(timeout=20)
    assert (ran.returncode, out) == (9, f"got {int(sig)}\n")
    assert "verdict: clean" in err
