"""`attach`: adopts a task that is known from elsewhere."""

from __future__ import annotations

from pathlib import Path

import click

from kling_render.cli.options import profile_option, project_argument


@click.command("attach")
@click.argument("address")
@click.argument("task_id")
@project_argument
@profile_option
def command(address: str, task_id: str, project: Path, profile: str) -> None:
    """Say that TASK_ID is the task of a take: the next render fetches its clip and buys nothing.

    For takes that are `unknown`, and for tasks that were bought without kling-render. Costs nothing.
    """
    from kling_render.bookkeeping import attach

    attempt = attach(project, address, task_id, profile=profile)
    click.echo(f"{attempt.address} has task {attempt.task_id} now; kling-render render fetches its clip.")
