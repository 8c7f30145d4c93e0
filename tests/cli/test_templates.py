from __future__ import annotations

import json

import pytest

from .conftest import Cli


def test_library_is_listed_with_a_sentence_each(cli: Cli) -> None:
    ran = cli("templates")
    assert ran.exit_code == 0
    assert "camera/dolly-in" in ran.out
    assert "A slow dolly toward the subject." in ran.out


def test_one_fragment_is_shown_with_variables_and_rendered_example(cli: Cli) -> None:
    ran = cli("templates", "dolly-in")
    assert "subject = 'the lighthouse'" in ran.out
    assert "toward the lighthouse" in ran.out


def test_json_renders_every_example(cli: Cli) -> None:
    fragments = json.loads(cli("templates", "--format", "json").out)
    assert len(fragments) > 50
    assert all(fragment["example"] and "{" not in fragment["example"] for fragment in fragments)


@pytest.mark.parametrize(
    ("name", "meant"), [("camera/doly-in", "camera/dolly-in"), ("doly-in", "dolly-in"), ("doly", "dolly")]
)
def test_unknown_fragment_gets_a_suggestion_that_finds_some(cli: Cli, name: str, meant: str) -> None:
    ran = cli("templates", name)
    assert ran.exit_code == 2
    assert f'did you mean "{meant}"?' in ran.err
    assert cli("templates", meant).exit_code == 0
