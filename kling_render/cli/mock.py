"""`mock serve`: the mock RunAPI server over HTTP; `mock run` has a file of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kling_render.cli import mock_run
from kling_render.cli.mock_options import (
    balance_option,
    catalog_option,
    read_catalog,
    scenario_option,
    seed_option,
    speed_option,
)

if TYPE_CHECKING:
    from decimal import Decimal


@click.group("mock")
def command() -> None:
    """The mock RunAPI server: the whole API over HTTP, without a key, a network or a credit."""


command.add_command(mock_run.command)


@command.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen; loopback unless told otherwise.")
@click.option("--port", default=8787, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@seed_option
@speed_option
@click.option("--manual", is_flag=True, help="Time stands still until the dashboard or /__mock__/advance moves it.")
@click.option("--api-key", "api_keys", multiple=True, help="A key that is accepted (default: any). Repeatable.")
@balance_option
@catalog_option
@click.option(
    "--fail-tasks",
    "fail_every",
    type=click.IntRange(min=1),
    metavar="N",
    help="Let every Nth task end as failed, to rehearse retries.",
)
@scenario_option
@click.option(
    "--ready-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="A file to write the URL to once the server listens; removed when it stops.",
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
    ready_file: Path | None,
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
        tell(url)
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
    catalog = read_catalog(own_catalog)
    allow_interrupts()
    try:
        with _telling(ready_file) as tell:
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


@contextmanager
def _telling(path: Path | None) -> Iterator[Callable[[str], None]]:
    """A function that writes the URL to the file that was asked for, if one was."""
    from kling_render.errors import StorageError
    from mock_server.doors.ready_file import ready_file

    if path is None:
        yield lambda url: None
        return
    try:
        with ready_file(path) as write:
            yield write
    except OSError as error:
        if error.filename is None:
            raise  # of the server's address, not of the file
        raise StorageError(f"cannot write {path}: {error.strerror or error}") from error


@command.command("scenarios")
def scenarios() -> None:
    """List the bundled scenarios; `--scenario` takes them, or a file of the same form."""
    from kling_render.report.console import console, table
    from mock_server.scenarios import bundled_scenarios

    rows = table("scenario", "what goes wrong", whole=("scenario",))
    for name, scenario in bundled_scenarios().items():
        rows.add_row(name, scenario.description)
    console().print(rows)
