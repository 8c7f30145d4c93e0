"""docs/testing.md and the README's part of it: every example runs, every keyword and session is the real one."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from fnmatch import fnmatchcase
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from kling_render import api
from kling_render.cli import run
from mock_server.doors import respx_router, server
from mock_server.media import clip
from mock_server.testing.terms import Terms

LOADED = (api, clip, respx_router, server)
"""What a run inside of pytester imports first, it forgets again; SQLAlchemy and PyAV cannot be imported twice."""
ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "testing.md").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")
PLUGINS = (
    ()
    if entry_points(group="pytest11", name="kling_render")
    else ("-p", "mock_server.pytest_plugin", "-p", "kling_render.pytest_plugin")
)
FILES = dict(re.findall(r"^`(\w+\.py)`:\n\n```python\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL))
SUITES = [
    pytest.param(text, id=f"{page} {number}")
    for page, whole in (("README", README), ("guide", GUIDE))
    for number, text in enumerate(re.findall(r"^```python\n(.*?)^```$", whole, re.MULTILINE | re.DOTALL), 1)
    if "def test_" in text
]
SESSIONS = re.findall(
    r"^```console\n\$ kling-render (mock run .*?)\n(.*?)^\$ echo \$\?\n(\d+)\n```$", GUIDE, re.MULTILINE | re.DOTALL
)


def test_examples_were_found() -> None:
    assert (len(SUITES), len(SESSIONS), sorted(FILES)) == (5, 2, ["naive.py", "sdk.py"])


@pytest.mark.parametrize("suite", SUITES)
def test_suite_of_the_guide_passes(pytester: pytest.Pytester, suite: str) -> None:
    shutil.copytree(
        ROOT / "projects" / "mountain-lake",
        pytester.path / "projects" / "mountain-lake",
        ignore=shutil.ignore_patterns("rehearsal", ".kling-render"),
    )
    pytester.makepyfile(suite)
    ran = pytester.runpytest(*PLUGINS, "-p", "no:cacheprovider", "--strict-markers")
    ran.assert_outcomes(passed=suite.count("\ndef test_"))


@pytest.mark.parametrize(("command", "shown", "exit_code"), SESSIONS)
def test_session_of_the_guide_ends_as_it_shows(
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    command: str,
    shown: str,
    exit_code: str,
) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    words = [sys.executable if word == "python" else word for word in shlex.split(command)]
    assert run(words) == int(exit_code)
    printed = capfd.readouterr()
    lines = (printed.out + printed.err).splitlines()
    for line in shown.splitlines():
        if line != "…":
            pattern = line.replace("[", "[[]").replace("…", "*")
            assert any(fnmatchcase(each, pattern) for each in lines), line


@pytest.mark.parametrize("keyword", Terms.model_fields)
def test_keyword_of_the_marker_is_documented_with_its_default(keyword: str) -> None:
    row = re.search(rf"^\| `{keyword}` \| (.*?) ?\|", GUIDE, re.MULTILINE)
    assert row is not None
    default = Terms.model_fields[keyword].default
    if default not in (None, ()) and not isinstance(default, bool):
        assert float(row[1]) == float(default)
