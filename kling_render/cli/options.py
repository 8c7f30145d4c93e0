"""Arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from decimal import Decimal

_MOST_USD = 1_000_000_000
_MOST_PIXELS = 8192

project_argument = click.argument(
    "project", metavar="[PROJECT]", default=".", type=click.Path(path_type=Path, file_okay=True, dir_okay=True)
)
"""PROJECT: a project file or its folder, by default the current one."""

format_option = click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json"]),
    default="text",
    help="For people, or for machines.",
)


profile_option = click.option(
    "--profile",
    default="default",
    show_default=True,
    metavar="NAME",
    help="Which overrides lie over the shots.",
)


def selection_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--only`, `--exclude`, `--sample` and `--canary`: the command is given the `selection` that they mean, or None.

    Raises:
        UsageError: one cannot be read.
    """

    @wraps(command)
    def with_selection(
        *, only: tuple[str, ...], exclude: tuple[str, ...], sample: int | None, canary: bool, **others: Any
    ) -> Any:
        if not (only or exclude or sample or canary):
            return command(selection=None, **others)
        from kling_render.planning import Selection

        return command(selection=Selection.parse(only, exclude, sample=sample, canary=canary), **others)

    words = "shots, addresses (* and ? are wild), scene:, tag:, state:, version:, cost:>1"
    for option in (
        click.option("--canary", is_flag=True, help="One variant for each value of each axis."),
        click.option("--sample", type=click.IntRange(min=1), metavar="N", help="N variants, spread evenly."),
        click.option("--exclude", multiple=True, metavar="TAKES", help="All takes but these. Repeatable."),
        click.option("--only", multiple=True, metavar="TAKES", help=f"These takes alone: {words}. Repeatable."),
    ):
        option(with_selection)
    return with_selection


def read_usd(text: str | Decimal) -> Decimal:
    """An amount in US dollars, exact: the `type` of options that take one.

    Raises:
        ValueError: it is anything but a plain amount (click turns this into a usage error).
    """
    from decimal import Decimal, InvalidOperation

    try:
        amount = Decimal(str(text).removeprefix("$"))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount <= _MOST_USD:
        raise ValueError(f"{text!r} is not an amount in US dollars")
    return amount


def read_seconds(text: str | float) -> float:
    """A span such as `90s` or `5m`, in seconds: the `type` of options that take one.

    Raises:
        ValueError: it is anything else (click turns this into a usage error).
    """
    from kling_render.project.tables import read_span

    return read_span(text).total_seconds() if isinstance(text, str) else text


def verbose_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`-v` and `-vv`: every request to the server as a line on standard error."""
    return click.option("-v", "--verbose", count=True, help="Log every request; twice for more of each.")(command)


@contextmanager
def log_requests(verbose: int) -> Iterator[None]:
    """While the block runs, what the client logs goes to standard error: never a key, never an address's query."""
    if not verbose:
        yield
        return
    import logging

    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    logger = logging.getLogger("kling_render")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG if verbose > 1 else logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def echo_json(value: Any) -> None:
    """Print a value as JSON to standard output."""
    import json

    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def read_size(text: str | tuple[int, int]) -> tuple[int, int]:
    """A size such as `1280x720`, even numbers of pixels: the `type` of options that take one.

    Raises:
        ValueError: it is anything else (click turns this into a usage error).
    """
    if not isinstance(text, str):
        return text
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise ValueError(f"{text!r} is not a size such as 1280x720")
    size = int(width), int(height)
    if any(length % 2 or not 16 <= length <= _MOST_PIXELS for length in size):
        raise ValueError(f"{text!r}: width and height are even, from 16 to {_MOST_PIXELS}")
    return size
