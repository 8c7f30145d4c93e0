"""docs/mock-server.md: its scenario can be read, its tables are complete, its script gets the verdict it shows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
from runapi.core import NetworkError, RequestOptions
from runapi.kling import KlingClient

from mock_server import Config, running_server
from mock_server.core.fault import Kind
from mock_server.core.scenario import parse_scenario
from mock_server.core.verdict import CODES
from mock_server.doors.server import RunningServer
from mock_server.scenarios import open_scenario

GUIDE = (Path(__file__).parents[2] / "docs" / "mock-server.md").read_text("utf-8")
LOST = Config(scenario=open_scenario("answer-lost-after-commit"))


def block(language: str) -> str:
    return GUIDE.split(f"```{language}\n")[1].split("```")[0]


def lead_to(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNAPI_BASE_URL", server.url)
    monkeypatch.setenv("RUNAPI_API_KEY", "any-key")


def test_scenario_of_the_guide_can_be_read() -> None:
    assert len(parse_scenario(block("toml")).rules) == 2


@pytest.mark.parametrize("name", [*get_args(Kind), *CODES])
def test_fault_and_finding_are_in_the_guide(name: str) -> None:
    assert re.search(rf"^\| [^|]*`{name}`", GUIDE, re.MULTILINE)


def test_careless_script_gets_the_verdict_of_the_guide(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_server(LOST, speed=20) as server:
        lead_to(server, monkeypatch)
        names: dict[str, Any] = {}
        exec(compile(block("python"), "naive.py", "exec"), names)  # noqa: S102 - the guide's own script
        names["api"].close()
        verdict = "\n".join(server.simulator.verdict().lines())
    verdict = re.sub(r"[0-9a-f-]{36}|\d+ times, \d+(?= of)|(?<=\[)#[^\]]*", "…", verdict)
    assert verdict == block("text").strip().replace("… times, …", "…")


def test_official_sdk_gets_a_clean_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_server(LOST, speed=200) as server:
        lead_to(server, monkeypatch)
        client = KlingClient(base_url=server.url)
        options = RequestOptions(headers={"Idempotency-Key": "ferry-1"})
        result = client.text_to_video.run(model="kling-3.0", prompt="A ferry at dawn", options=options)
        httpx.get(result.videos[0].url).raise_for_status()
        client._http.close()
        assert server.simulator.verdict().lines() == ["verdict: clean"]
        assert len(server.simulator.tasks) == 1


def test_official_sdk_without_a_key_loses_the_task(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_server(LOST, speed=200) as server:
        lead_to(server, monkeypatch)
        client = KlingClient(base_url=server.url)
        with pytest.raises(NetworkError, match="without sending a response"):
            client.text_to_video.run(model="kling-3.0", prompt="A ferry at dawn")
        client._http.close()
        (finding,) = server.simulator.verdict().findings
    assert (finding.code, finding.micro_usd) == ("never_downloaded", 700_000)
