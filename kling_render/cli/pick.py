"""`pick`: chooses takes for the film."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kling_render.cli.options import profile_option

if TYPE_CHECKING:
    from kling_render.bookkeeping import Candidate


@click.command("pick")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option(
    "--project",
    default=".",
    show_default=True,
    type=click.Path(path_type=Path),
    metavar="PROJECT",
    help="The project file or its folder.",
)
@profile_option
@click.option("--interactive", is_flag=True, help="Ask for each shot that has several takes.")
@click.option("--lock", is_flag=True, help="Keep the pick although its shot changes.")
@click.option("--also", is_flag=True, help="Keep the picks of other variants of the shot, too.")
@click.option("--clear", is_flag=True, help="Take the picks of these back.")
def command(
    addresses: tuple[str, ...], project: Path, profile: str, interactive: bool, lock: bool, also: bool, clear: bool
) -> None:
    """Choose takes for the film: `pick 'walk[light=dusk]#2'`. Costs nothing.

    Writes picks.toml: commit it. A shot has one pick, of whichever variant; a pick of an older prompt is stale, and
    stays with --lock.
    """  # fmt: skip
    from kling_render.bookkeeping import pick, unpick
    from kling_render.errors import UsageError
    from kling_render.report.takes import cleared

    if interactive:
        if addresses or clear:
            raise UsageError("--interactive asks for each shot: give no addresses")
        _ask(project, profile, lock=lock)
        return
    if not addresses:
        raise UsageError("which take?", hint="See: kling-render takes")
    if clear:
        for name, other in unpick(project, addresses, profile=profile).items():
            click.echo(cleared(name, other))
        return
    for take in pick(project, addresses, profile=profile, lock=lock, also=also):
        _tell(take, lock=lock)
    _tell_followers(project, profile)


def _tell_followers(project: Path, profile: str) -> None:
    """Say what a render would buy anew because it goes on from another take now."""
    from kling_render.bookkeeping import read_status
    from kling_render.catalog import format_usd

    plan = read_status(project, profile=profile).plan
    followers = [each for each in plan.due if each.sources and each.state == "changed"] if plan else []
    if followers:
        names = ", ".join(str(each.address) for each in followers[:5]) + (" …" if len(followers) > 5 else "")
        price = format_usd(sum(each.due_micro_usd for each in followers))
        click.echo(f"{names} go on from picked takes, and would be bought anew by the next render: {price}")


def _tell(take: Candidate, *, lock: bool) -> None:
    older = "" if take.is_current else " It is of an older request."
    shared = f" (bought as {take.shared_with})" if take.shared_with else ""
    click.echo(f"{take.name}{shared} is picked{' and locked' if lock else ''}.{older}")


def _ask(project: Path, profile: str, *, lock: bool) -> None:
    """Ask for each shot with several takes, in the order of the plan; what is no answer is asked again."""
    from kling_render.bookkeeping import choose, list_takes, read_status
    from kling_render.errors import UsageError

    if not sys.stdin.isatty():
        raise UsageError("--interactive needs a terminal", hint="Give addresses: kling-render pick 'walk#2'")
    status = read_status(project, profile=profile)
    by_shot = _by_shot(list_takes(status))
    for shot in tuple(by_shot):
        takes = by_shot[shot]
        if len(takes) < 2:
            continue
        click.echo(f"\n{shot}")
        for number, take in enumerate(takes, start=1):
            click.echo(f" {'*' if take.is_picked else ' '} {number}  {_described(take)}")
        answer = click.prompt(
            "Which one? (number, or Enter to leave it)",
            type=click.IntRange(0, len(takes)),
            default=0,
            show_default=False,
        )
        if answer:
            for chosen in choose(status, [takes[answer - 1]], lock=lock):
                _tell(chosen, lock=lock)
            by_shot = _by_shot(list_takes(status))  # other versions may have followed


def _by_shot(takes: Sequence[Candidate]) -> dict[str, list[Candidate]]:
    found: dict[str, list[Candidate]] = {}
    for take in takes:
        found.setdefault(take.variant.partition("[")[0], []).append(take)
    return found


def _described(take: Candidate) -> str:
    """A take as it is chosen: address, length, price, where its clip lies."""
    from kling_render.catalog import format_usd

    clip, older = take.attempt.clip, "" if take.is_current else "  (older prompt)"
    price = f"bought as {take.shared_with}" if take.shared_with else format_usd(take.attempt.counted_micro_usd)
    facts = f"{clip.seconds:.2f} s  {price}  {clip.path}" if clip else f"{price}  not on this disk"
    return f"{take.name}{older}  {facts}"
