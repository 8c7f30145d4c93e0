"""`mock serve`: the mock RunAPI server over HTTP."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kling_render.cli.options import read_usd

if TYPE_CHECKING:
    from decimal import Decimal

    from kling_render.catalog import Catalog


@click.group("mock")
def command() -> None:
    """The mock RunAPI server: the whole API over HTTP, without a key, a network or a credit."""


@command.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen; loopback unless told otherwise.")
@click.option("--port", default=8787, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--seed", default=0, show_default=True, help="What ids, latencies and clips derive from.")
@click.option(
    "--speed",
    default=20.0,
    show_default=True,
    type=click.FloatRange(min=0.001, max=1_000_000),
    help="Simulated seconds per second. Everything ages by it: the URL of an upload lives one simulated hour, three "
    "real minutes at speed 20, and says so.",
)
@click.option("--manual", is_flag=True, help="Time stands still until the dashboard or /__mock__/advance moves it.")
@click.option("--api-key", "api_keys", multiple=True, help="A key that is accepted (default: any). Repeatable.")
@click.option(
    "--balance-usd",
    default="100",
    show_default=True,
    type=read_usd,
    metavar="USD",
    help="What each account starts with.",
)
@click.option(
    "--catalog",
    "own_catalog",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Models and prices of your own, over those that are known here (KLING_RENDER_CATALOG among them).",
)
@click.option(
    "--fail-tasks",
    "fail_every",
    type=click.IntRange(min=1),
    metavar="N",
    help="Let every Nth task end as failed, to rehearse retries.",
)
@click.option(
    "--scenario", metavar="NAME", help="What goes wrong: a bundled scenario (see `mock scenarios`), or a file."
)
@click.option("--callbacks-anywhere", is_flag=True, help="Post to callback_url beyond this machine, too.")
def serve(
    host: str,
    port: int,
    seed: int,
    speed: float,
    manual: bool,
    api_keys: tuple[str, ...],
    balance_usd: Decimal,
    own_catalog: Path | None,
    fail_every: int | None,
    scenario: str | None,
    callbacks_anywhere: bool,
) -> None:
    """Serve the mock RunAPI until interrupted.

    Prints its address when it is ready.
    """
    from kling_render.catalog import micro_from_usd
    from kling_render.cli import allow_interrupts
    from kling_render.errors import UsageError
    from kling_render.rehearsal import named_scenario
    from mock_server import Config
    from mock_server import serve as serve_mock

    def announce(url: str) -> None:
        pace = "time stands still" if manual else f"speed {speed:g}"
        click.echo(f"mock RunAPI on {url}  ({pace}, Ctrl-C stops)")
        click.echo(f"  export RUNAPI_BASE_URL={url} RUNAPI_API_KEY={api_keys[0] if api_keys else 'any-key'}")
        if host not in ("127.0.0.1", "localhost", "::1"):
            click.secho(f"  listening on {host}: other machines may reach it", fg="yellow")
        if fail_every is not None:
            click.secho(f"  every task whose number divides by {fail_every} fails", fg="yellow")
        if bad_day is not None:
            click.secho(f"  scenario {bad_day.name}: {bad_day.description}", fg="yellow")
        if callbacks_anywhere:
            click.secho("  callbacks go to whatever host a request names", fg="yellow")

    bad_day = named_scenario(scenario) if scenario else None
    config = Config(
        seed=seed,
        api_keys=api_keys,
        balance_micro_usd=micro_from_usd(balance_usd),
        base_url=None,
        callbacks_anywhere=callbacks_anywhere,
        fail_every=fail_every,
        scenario=bad_day,
    )
    catalog = _read_catalog(own_catalog)
    allow_interrupts()
    try:
        serve_mock(
            config,
            host=host,
            port=port,
            speed=1.0 if manual else speed,
            manual=manual,
            catalog=catalog,
            announce=announce,
        )
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise UsageError(f"cannot listen on {host}:{port}: {reason}", hint="Try --port 0.") from error


def _read_catalog(own: Path | None) -> Catalog:
    """All that this machine knows, with a file of one's own over it."""
    from kling_render.pricing import known_catalog
    from kling_render.project.own_catalog import read_own_catalog
    from kling_render.settings import load_settings

    known = known_catalog(load_settings())
    return known if own is None else read_own_catalog(known, own)


@command.command("scenarios")
def scenarios() -> None:
    """List the bundled scenarios; `--scenario` takes them, or a file of the same form."""
    from mock_server.scenarios import bundled_scenarios

    known = bundled_scenarios()
    width = max(map(len, known))
    for name, scenario in known.items():
        click.echo(f"{name.ljust(width)}  {scenario.description}")
