"""The marker `runapi` of a test, and the terms that it sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mock_server.testing.terms import Terms

NAME = "runapi"
_HELP = (
    "runapi(seed, scenario, balance_usd, latency, speed, allow, verdict, max_spend_usd, hosts): "
    "how the mock RunAPI behaves in this test, and what fails it; see docs/testing.md of kling-render."
)


def register_marker(config: pytest.Config) -> None:
    """Make the marker known, once, whichever plugin comes first."""
    if not any(line.startswith(f"{NAME}(") for line in config.getini("markers")):
        config.addinivalue_line("markers", _HELP)


def terms_of(node: pytest.Item) -> Terms:
    """The terms of a test: of its own marker, below it those of its class and module; it fails on a wrong keyword."""
    from mock_server.testing.terms import TermsError, read_terms

    keywords: dict[str, object] = {}
    for marker in node.iter_markers(NAME):  # the closest first
        if marker.args:
            pytest.fail(f"@pytest.mark.{NAME} takes keywords only, not {marker.args[0]!r}", pytrace=False)
        keywords = {**marker.kwargs, **keywords}
    try:
        return read_terms(keywords)
    except TermsError as error:
        pytest.fail(f"@pytest.mark.{NAME}: {error}", pytrace=False)
