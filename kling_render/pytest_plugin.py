"""The fixture `rehearsal`: a whole project rendered on the mock server inside a test, outside of the checkout.

Nothing heavy loads before it is used.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from mock_server.testing.marker import register_marker, terms_of
from mock_server.testing.trial import on_trial

if TYPE_CHECKING:
    from kling_render.api import Plan, Project, Rehearsal
    from kling_render.catalog import Catalog
    from mock_server.core.books import Books
    from mock_server.core.scenario import Scenario
    from mock_server.core.verdict import Verdict
    from mock_server.testing.judgement import Evidence


@dataclass(frozen=True)
class Rehearsed:
    """What a rehearsal came to.

    Attributes:
        exit_code: as of `kling-render rehearse`: 0 when every take was delivered.
        plan: what was planned, with prices; `plan.refusals` says why a real render would refuse.
        manifest: `manifest.json` as it was written.
        books: the mock server's, in micro-USD: `books.settled` is what was charged.
        verdict: what the mock server thinks of the client.
        paths: the clip of each take that was delivered, by address.
    """

    exit_code: int
    plan: Plan = field(repr=False)
    manifest: Mapping[str, Any] = field(repr=False)
    books: Books
    verdict: Verdict
    paths: Mapping[str, Path]


class Rehearse(Protocol):
    """The fixture's value."""

    def __call__(
        self,
        project: Project | Path | str,
        *,
        profile: str = "default",
        only: str | Sequence[str] = (),
        scenario: str | Scenario | None = None,
        out: Path | None = None,
        media: bool = False,
    ) -> Rehearsed:
        """Rehearse a project.

        Args:
            project: its file or folder, or a loaded project (whose profile counts then).
            profile: which overrides lie over the shots.
            only: which takes, as of `--only`; all by default.
            scenario: what goes wrong; by default what the marker `runapi` says, else nothing.
            out: where clips and manifest go; by default a new folder in the test's `tmp_path`.
            media: whether the clips show slates. Without, they have the right length, size and sound, and no words.

        Raises:
            KlingRenderError: as of `kling_render.rehearse`.
        """


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker `runapi` known."""
    register_marker(config)


@pytest.fixture
def rehearsal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rehearse]:
    """A function that rehearses a project; the test fails at its end where the verdict is not clean."""
    terms = terms_of(request.node)
    held: list[Rehearsal] = []
    numbers = itertools.count(1)

    def rehearse(
        project: Project | Path | str,
        *,
        profile: str = "default",
        only: str | Sequence[str] = (),
        scenario: str | Scenario | None = None,
        out: Path | None = None,
        media: bool = False,
    ) -> Rehearsed:
        from kling_render import api
        from kling_render.planning import Selection

        loaded = api.load(project, profile=profile, catalog=_catalog()) if isinstance(project, Path | str) else project
        takes = (only,) if isinstance(only, str) else only
        rehearsed = api.rehearse(
            loaded,
            out=out or tmp_path / f"rehearsal-{next(numbers)}",
            selection=Selection.parse(takes) if takes else None,
            scenario=scenario or terms.scenario,
            media=media,
        )
        held.append(rehearsed)
        return _shown(rehearsed)

    with on_trial(request.node, terms, lambda: _evidence(held)):
        yield rehearse


def _catalog() -> Catalog:
    """The bundled one, and what KLING_RENDER_CATALOG names: never prices that this machine once fetched."""
    import os

    from kling_render.catalog import bundled_catalog
    from kling_render.project.own_catalog import read_own_catalog

    own = os.environ.get("KLING_RENDER_CATALOG", "").strip()
    return read_own_catalog(bundled_catalog(), Path(own)) if own else bundled_catalog()


def _shown(rehearsed: Rehearsal) -> Rehearsed:
    import json
    from types import MappingProxyType

    outcome = rehearsed.outcome
    attempts = {str(each.address): outcome.snapshot.latest(*each.key) for each in outcome.plan.chosen}
    clips = {address: each.clip for address, each in attempts.items() if each is not None and each.clip is not None}
    manifest = json.loads(outcome.manifest.read_text("utf-8"))
    paths = {address: outcome.folder / clip.path for address, clip in clips.items()}
    return Rehearsed(
        outcome.exit_code,
        outcome.plan,
        MappingProxyType(manifest),
        rehearsed.books,
        rehearsed.verdict,
        MappingProxyType(paths),
    )


def _evidence(held: Sequence[Rehearsal]) -> Evidence:
    """All rehearsals of a test as one."""
    from mock_server.core.verdict import Verdict
    from mock_server.testing.judgement import Evidence

    return Evidence(
        books=tuple(each.books for each in held),
        verdict=Verdict(tuple(finding for each in held for finding in each.verdict.findings)),
        spent_micro_usd=sum(each.books.settled + each.books.reserved for each in held),
        journal=tuple(entry for each in held for entry in each.journal),
    )
