"""`account`: whose key it is, and what is left on it."""

from __future__ import annotations

import click

from kling_render.cli.options import echo_json, format_option


@click.command("account")
@format_option
def command(output_format: str) -> None:
    """Show whom the API key belongs to, its balance, and what was spent."""
    from kling_render.api import read_account
    from kling_render.report.account import account_json, print_account
    from kling_render.settings import load_settings

    settings = load_settings()
    account, balance = read_account(settings=settings)
    if output_format == "json":
        echo_json(account_json(account, balance, settings.origin))
    else:
        print_account(account, balance, settings.origin)
