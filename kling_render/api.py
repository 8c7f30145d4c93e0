"""The five verbs of the Python API: load, expand, plan, render, rehearse."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from kling_render.catalog import Catalog, micro_from_usd
from kling_render.errors import InvalidProjectError
from kling_render.events import Emit, ignore
from kling_render.expansion import Expansion
from kling_render.expansion import expand as expand_project
from kling_render.expansion.collector import collector_paused
from kling_render.inspection import inspect
from kling_render.ledger.store import Ledger
from kling_render.planning import (
    Change,
    Plan,
    PlannedTake,
    Retake,
    Selection,
    StreamedPlan,
    Wishes,
    changes_since,
    stream_plan,
)
from kling_render.planning import plan as plan_against
from kling_render.pricing import QuotedPrice, Refresh, known_catalog, quote_plan, refresh_prices
from kling_render.project import DEFAULT_PROFILE, Project, load_leniently
from kling_render.rendering import Outcome, real_clock
from kling_render.rendering.choices import read_choices
from kling_render.rendering.consent import Confirm, Demands, Show
from kling_render.rendering.paths import LEDGER
from kling_render.rendering.snapshots import read_snapshot
from kling_render.settings import Settings, load_settings

if TYPE_CHECKING:
    from kling_render.rehearsal import Rehearsal as Rehearsal
    from kling_render.runapi import Account, Balance
    from mock_server.core.scenario import Scenario

__all__ = ["Expansion", "Outcome", "Plan", "Project", "expand", "load", "plan", "rehearse", "render"]


def load(path: Path | str = ".", *, profile: str = DEFAULT_PROFILE, catalog: Catalog | None = None) -> Project:
    """The project in a file or folder (the one with its `project.toml`).

    Args:
        path: the project file, or its folder.
        profile: which set of overrides lies over the shots.
        catalog: the API contract and rate cards below the project's own; by default what this machine knows: the
            bundled ones, prices fetched with `prices --refresh`, and the file of KLING_RENDER_CATALOG.

    Raises:
        InvalidProjectError: with every fault of the project, those of its templates and requests included.
        UsageError: there is no such profile.
    """
    catalog = catalog or known_catalog(load_settings())
    with collector_paused():
        loading = load_leniently(Path(path), catalog, profile)
    if loading.project is None or loading.faults:
        raise InvalidProjectError(inspect(Path(path), catalog).errors)
    return loading.project


def expand(project: Project | Path | str) -> Expansion:
    """All takes of a project with their exact requests.

    Args:
        project: a loaded project, or its file or folder.

    Raises:
        InvalidProjectError: with every fault of the project.
    """
    return expand_project(_loaded(project))


def rehearse(
    project: Project | Path | str,
    *,
    out: Path | None = None,
    selection: Selection | None = None,
    scenario: str | Scenario | None = None,
    media: bool = True,
    on_event: Emit = ignore,
) -> Rehearsal:
    """Render a whole project on the mock server: no key, no socket, no credit, no waiting.

    Args:
        project: a loaded project, or its file or folder.
        out: where its clips, ledger and manifest go; by default `rehearsal` beside the project file. What an earlier
            rehearsal left there is removed.
        selection: which takes are rehearsed; all by default.
        scenario: what goes wrong on the mock server: the name of a bundled scenario, a file, or one that is read.
        media: whether clips show their slates; without, they have the right length, size and sound, and no words.
        on_event: told what happens.

    Raises:
        InvalidProjectError: with every fault of the project.
        UsageError: there is no such scenario, or it is at fault.
        StorageError: the folder cannot be written, or holds something that is not a rehearsal.
    """
    from kling_render.rehearsal import named_scenario, rehearse  # with the mock server, which a render does not need

    named = named_scenario(scenario) if isinstance(scenario, str) else scenario
    return rehearse(_loaded(project), out=out, selection=selection, scenario=named, media=media, on_event=on_event)


def plan(
    project: Project | Path | str,
    *,
    settings: Settings | None = None,
    max_usd: Decimal | None = None,
    retry_failed: bool = False,
    again: bool = False,
    selection: Selection | None = None,
) -> Plan:
    """What a render would buy, what it costs, and whether the budget allows it. No network.

    Args:
        project: a loaded project, or its file or folder.
        settings: whose base URL says which books count; read from the environment by default.
        max_usd: a cap for the next run, in US dollars.
        retry_failed: whether failed takes would be bought anew.
        again: whether paid takes would be bought anew whose clip is lost.
        selection: which takes are asked for; all by default.

    Raises:
        InvalidProjectError: with every fault of the project.
        StorageError: the ledger cannot be read.
    """
    settings = settings or load_settings()
    project = _loaded(project, settings)
    now = datetime.now(UTC)
    snapshot = read_snapshot(project, settings, now)
    picks, drafts = read_choices(project, snapshot, now)
    return plan_against(
        project, snapshot=snapshot, max_micro_usd=_micro(max_usd), now=now,
        wishes=Wishes(retry_failed, again), selection=selection, picks=picks, drafts=drafts,
    )  # fmt: skip


def changes(plan: Plan, *, settings: Settings | None = None) -> tuple[Change, ...] | None:
    """What a plan has that the last run's had not; None where there was no run at this origin under its profile.

    A retake is no such run: its takes are none of the project's.

    Raises:
        StorageError: the ledger cannot be read.
    """
    identity, path = plan.snapshot.identity, plan.project.folder / LEDGER
    if identity is None or not path.exists():
        return None
    with Ledger.reading(path) as ledger:
        rows = ledger.last_plan(plan.project.table.id, identity.origin, identity.account_id, plan.profile)
    return changes_since(rows, plan) if rows else None


def stream(
    project: Project,
    hear: Callable[[PlannedTake], None],
    *,
    settings: Settings | None = None,
    max_usd: Decimal | None = None,
    retry_failed: bool = False,
    again: bool = False,
) -> StreamedPlan:
    """A plan take by take, in little memory however many there are; only for projects that `can_stream`.

    Args:
        project: a loaded project.
        hear: told each take.
        settings: whose base URL says which books count; read from the environment by default.
        max_usd: a cap for the next run, in US dollars.
        retry_failed: whether failed takes would be bought anew.
        again: whether paid takes would be bought anew whose clip is lost.

    Raises:
        InvalidProjectError: with every fault of the project.
        StorageError: the ledger cannot be read.
    """
    now = datetime.now(UTC)
    snapshot = read_snapshot(project, settings or load_settings(), now)
    return stream_plan(project, snapshot, _micro(max_usd), now, hear, wishes=Wishes(retry_failed, again))


def quote(plan: Plan, *, settings: Settings | None = None) -> tuple[QuotedPrice, ...]:
    """What the server would reserve for the takes to buy, once per distinct price. Creates no task, needs no key.

    Raises:
        ApiError: the server could not be asked.
    """
    quotes: tuple[QuotedPrice, ...] = real_clock().run_async(_quote, plan, settings or load_settings())
    return quotes


def read_account(*, settings: Settings | None = None) -> tuple[Account, Balance]:
    """Whose key it is, and that account's money, from the server.

    Raises:
        KeyMissingError, ApiError: nobody can say.
    """
    from kling_render.rendering.session import introduce  # late: it brings the HTTP client along

    clock = real_clock()
    found: tuple[Account, Balance] = clock.run_async(introduce, settings or load_settings(), clock)
    return found


async def _quote(plan: Plan, settings: Settings) -> tuple[QuotedPrice, ...]:
    from kling_render.runapi import connect  # late: it brings the HTTP client along

    async with connect(settings, real_clock().now, with_key=False) as api:
        return await quote_plan(plan, api)


def refresh(*, settings: Settings | None = None) -> Refresh:
    """Fetch the server's rate card into the user's cache folder, and tell what changed. Needs no key.

    Raises:
        ApiError: the server could not be asked.
        StorageError: the card cannot be kept.
    """
    refreshed: Refresh = real_clock().run_async(_refresh, settings or load_settings())
    return refreshed


async def _refresh(settings: Settings) -> Refresh:
    from kling_render.runapi import connect  # late: it brings the HTTP client along

    clock = real_clock()
    async with connect(settings, clock.now, with_key=False) as api:
        return await refresh_prices(api, settings.origin, clock.now())


def render(
    project: Project | Path | str,
    *,
    settings: Settings | None = None,
    max_usd: Decimal | None = None,
    expect_plan: str | None = None,
    retry_failed: bool = False,
    again: bool = False,
    partial: bool = False,
    selection: Selection | None = None,
    retake: Retake | None = None,
    wait_seconds: float = 0.0,
    confirm: Confirm | None = None,
    on_proposal: Show | None = None,
    on_event: Emit = ignore,
) -> Outcome:
    """Buy what is due, go on with what is open, download what is finished. Costs money.

    Args:
        project: a loaded project, or its file or folder.
        settings: key and base URL; read from the environment by default.
        max_usd: a cap for this run, in US dollars.
        expect_plan: the hash of the plan that was agreed.
        retry_failed: whether failed takes are bought anew.
        again: whether paid takes are bought anew whose clip is lost.
        partial: whether to begin although the account has too little for the whole plan.
        selection: which takes are bought; all by default. What is open already is finished all the same.
        retake: further takes of one variant, and nothing else.
        wait_seconds: how long to wait for another render of the project.
        confirm: asked before anything is spent; without it the project or `max_usd` must set a cap.
        on_proposal: told what will be spent, before it is, where there is no `confirm`.
        on_event: told what happens.

    Returns:
        The outcome; takes that were not delivered stand in its `problems`.

    Raises:
        KlingRenderError: before anything was submitted: see `kling_render.errors`.
    """
    from kling_render.rendering.session import render_project  # late: it brings the HTTP client along

    wishes = Wishes(retry_failed, again)
    demands = Demands(
        _micro(max_usd), expect_plan, wishes, partial, selection, retake, wait_seconds, confirm, on_proposal
    )
    settings = settings or load_settings()
    return render_project(_loaded(project, settings), settings, demands, on_event)


def _loaded(project: Project | Path | str, settings: Settings | None = None) -> Project:
    if isinstance(project, Project):
        return project
    return load(project, catalog=known_catalog(settings) if settings else None)


def _micro(usd: Decimal | None) -> int | None:
    return None if usd is None else micro_from_usd(usd)
