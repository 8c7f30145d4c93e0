"""`mock run`: any command against a mock server of its own, with the verdict on it as exit code."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kling_render.cli.mock_options import (
    balance_option,
    catalog_option,
    read_catalog,
    scenario_option,
    seed_option,
    speed_option,
)
from kling_render.cli.options import read_usd

if TYPE_CHECKING:
    from decimal import Decimal

    from mock_server.doors.server import RunningServer
    from mock_server.testing.judgement import Judgement

_OVERSPENT = 3
_CARELESS = 7


@click.command("run")
@scenario_option
@click.option("--max-spend", type=read_usd, metavar="USD", help="What the command may spend; more ends with exit 3.")
@click.option("--allow", multiple=True, metavar="CODE", help="A finding of the verdict that is no failure. Repeatable.")
@seed_option
@speed_option
@balance_option
@click.option("--latency", type=click.FloatRange(min=0.001), metavar="SECONDS", help="Simulated seconds of every task.")
@catalog_option
@click.argument("command_line", metavar="-- COMMAND [ARGUMENT]...", nargs=-1, required=True, type=click.UNPROCESSED)
def command(
    scenario: str | None,
    max_spend: Decimal | None,
    allow: tuple[str, ...],
    seed: int,
    speed: float,
    balance_usd: Decimal,
    latency: float | None,
    own_catalog: Path | None,
    command_line: tuple[str, ...],
) -> int:
    """Run a command against a mock server of its own, and judge it.

    The command finds RUNAPI_BASE_URL, a dummy RUNAPI_API_KEY, and no configuration of yours. Its exit code is passed
    on; where that is 0, spending more than --max-spend makes it 3, and a verdict with findings 7.
    """
    from kling_render.catalog import micro_from_usd
    from kling_render.errors import UsageError
    from kling_render.rehearsal import named_scenario
    from mock_server import Config, running_server
    from mock_server.testing.judgement import evidence_of, judge
    from mock_server.testing.terms import TermsError, check_code

    try:
        for code in allow:
            check_code(code)
    except TermsError as error:
        raise UsageError(f"--allow: {error}") from error
    config = Config(
        seed=seed,
        scenario=named_scenario(scenario) if scenario else None,
        balance_micro_usd=micro_from_usd(balance_usd),
        task_seconds=latency,
    )
    with running_server(config, speed=speed, catalog=read_catalog(own_catalog)) as server:
        exit_code = _run(server.url, command_line)
    limit = None if max_spend is None else micro_from_usd(max_spend)
    judgement = judge(evidence_of(server.simulator), allow=allow, max_spend_micro_usd=limit)
    _tell(server, judgement)
    return exit_code or _exit_code(judgement)


def _run(url: str, command_line: tuple[str, ...]) -> int:
    import tempfile

    from kling_render.errors import UsageError
    from mock_server.testing.command import run_command
    from mock_server.testing.environment import mock_environment

    with tempfile.TemporaryDirectory(prefix="runapi-config-") as config_home:
        environment = {**os.environ, **mock_environment(url, config_home, os.environ)}
        try:
            return run_command(command_line, environment)
        except OSError as error:
            raise UsageError(f"cannot run {command_line[0]}: {error.strerror or error}") from error


def _tell(server: RunningServer, judgement: Judgement) -> None:
    """What the server has to say, on standard error: whatever the command prints is its own."""
    from kling_render.catalog import format_usd
    from mock_server.testing.last_requests import last_request_lines

    simulator = server.simulator
    requests, tasks = len(simulator.journal), len(simulator.tasks)
    spent = format_usd(judgement.spent_micro_usd)
    click.echo(f"mock RunAPI: {_count(requests, 'request')}, {_count(tasks, 'task')}, {spent} spent", err=True)
    if simulator.faults_met:
        struck = ", ".join(f"{count} {kind}" for kind, count in sorted(simulator.faults_met.items()))
        click.echo(f"the scenario struck: {struck}", err=True)
    if judgement.is_clean:
        doubt = "" if requests else "  (nobody asked it anything: does the command heed RUNAPI_BASE_URL?)"
        click.echo(f"verdict: clean{doubt}", err=True)
        return
    for line in [*judgement.lines(), *last_request_lines(simulator.journal)]:
        click.echo(line, err=True)


def _exit_code(judgement: Judgement) -> int:
    if judgement.is_overspent:
        return _OVERSPENT
    return 0 if judgement.is_clean else _CARELESS


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
