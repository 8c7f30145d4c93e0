"""The command line: one file per command; here is how they are found, grouped, and how errors end them."""

from __future__ import annotations

import gc
import importlib
import io
import os
import signal
import sys
from typing import Any, NoReturn

import click

from kling_render._version import __version__

GROUPS = {
    "Start": ("init", "check", "rehearse", "board"),
    "Spend": ("plan", "render", "status", "spend"),
    "Choose": ("takes", "pick", "film", "export", "retake", "attach", "abandon"),
    "Look up": ("explain", "models", "templates", "prices", "account", "schema"),
    "Mock": ("mock",),
}
"""The commands as `--help` groups them; `kling_render/cli/<command>.py` holds each as `command`."""


class _Commands(click.Group):
    """Imports a command's file when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for names in GROUPS.values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f"kling_render.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            from kling_render.catalog.words import did_you_mean

            ctx.fail(f'No such command "{args[0]}"{did_you_mean(args[0], self.list_commands(ctx))}')
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(len(name) for name in self.list_commands(ctx))
        for title, names in GROUPS.items():
            rows = [(name.ljust(width), self._short_help(ctx, name)) for name in names]
            with formatter.section(title):
                formatter.write_dl(rows)

    def _short_help(self, ctx: click.Context, name: str) -> str:
        command = self.get_command(ctx, name)
        return command.get_short_help_str(limit=100) if command else ""


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="A project is a folder with a project.toml. Try one for nothing: kling-render rehearse PROJECT",
)
@click.version_option(__version__, prog_name="kling-render")
def cli() -> None:
    """Render AI film from a project file on RunAPI's Kling video API.

    Every take is priced before it is bought, and never paid twice. Costs money: render and retake. Everything else is
    free.
    """


def main() -> NoReturn:
    """Run the command line and end the process: the one place where errors become messages and exit codes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without Unicode shows less, but never a traceback
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # imports can swallow a KeyboardInterrupt; see allow_interrupts
    gc.disable()  # what imports make stays: to look through it again and again costs a tenth of them
    sys.exit(run(sys.argv[1:]))


def allow_interrupts() -> None:
    """From here on Ctrl-C and SIGTERM raise KeyboardInterrupt: called by commands that have imported what they need.

    Until then they just end the process, because an interrupt that falls into an import can get lost. What lasts long
    begins here, so the garbage collector does, too.
    """
    gc.freeze()  # what was imported stays
    gc.enable()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)


def run(arguments: list[str]) -> int:
    """Run one command line; returns its exit code. Anything but an error meant for people is a bug and propagates."""
    try:
        result: Any = cli.main(arguments, prog_name="kling-render", standalone_mode=False)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _interrupted()
    except BaseExceptionGroup as group:
        if group.split(KeyboardInterrupt)[0] is None:
            raise
        return _interrupted()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # told apart below, so that the error tree is only loaded when there is an error
        from kling_render.cli.messages import show_error
        from kling_render.errors import KlingRenderError

        if not isinstance(error, KlingRenderError):
            raise
        show_error(error)
        return error.exit_code
    return result if isinstance(result, int) else 0


def _interrupted() -> int:
    click.echo("\nInterrupted. Whatever was submitted is kept: the same command goes on.", err=True)
    return 130
