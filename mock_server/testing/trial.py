"""One test before the bench: what its clients did, told when it fails, and what makes it fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mock_server.testing.marker import NAME

if TYPE_CHECKING:
    from mock_server.testing.judgement import Evidence, Judgement
    from mock_server.testing.terms import Terms

_LOOKS = pytest.StashKey[list[Callable[[], "Evidence"]]]()
_ENDED_EARLY = pytest.StashKey[bool]()


@contextmanager
def on_trial(node: pytest.Item, terms: Terms, look: Callable[[], Evidence]) -> Iterator[None]:
    """While the block runs, `look` tells what the clients of a test did; after it, the test fails where they erred.

    A test that has ended early says enough by itself: of its clients only the report tells then. Books that do not
    balance are told in any case.
    """
    from mock_server.testing.judgement import judge

    node.stash.setdefault(_LOOKS, []).append(look)
    node.stash[_ENDED_EARLY] = False  # a plugin may run the same test again
    yield
    node.stash[_LOOKS].remove(look)
    evidence = look()
    judgement = judge(evidence, allow=terms.allow, max_spend_micro_usd=terms.max_spend_micro_usd)
    judgement = _within(judgement, terms, is_over=node.stash.get(_ENDED_EARLY, False))
    if not judgement.is_clean:
        heading = f"the mock RunAPI objects: {', '.join(judgement.words)}"
        lines = [heading, *judgement.lines(), *_hint(judgement), "", *_request_lines(evidence)]
        pytest.fail("\n".join(lines), pytrace=False)


def tell_when_it_fails(node: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Note how a phase of a test went; to the report of one that failed, add what its clients did."""
    if call.excinfo is None or call.when == "teardown" or _LOOKS not in node.stash:
        return
    node.stash[_ENDED_EARLY] = True
    if not report.failed:
        return
    for look in node.stash[_LOOKS]:
        evidence = look()
        report.sections.append(("the mock RunAPI", "\n".join([*evidence.verdict.lines(), *_request_lines(evidence)])))


def _within(judgement: Judgement, terms: Terms, *, is_over: bool) -> Judgement:
    """As much of a judgement as the test is to fail on."""
    from mock_server.core.verdict import Verdict

    if is_over:
        return replace(judgement, verdict=Verdict(), max_spend_micro_usd=None)
    return judgement if terms.verdict else replace(judgement, verdict=Verdict())


def _hint(judgement: Judgement) -> list[str]:
    codes = tuple(dict.fromkeys(each.code for each in judgement.verdict.findings))
    return [f"where that is meant: @pytest.mark.{NAME}(allow={codes!r}), or verdict=False"] if codes else []


def _request_lines(evidence: Evidence) -> list[str]:
    from mock_server.testing.last_requests import last_request_lines

    return last_request_lines(evidence.journal)
