"""Choosing takes: which ones there are, and which one goes into the film."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kling_render.bookkeeping.status import Status, read_status
from kling_render.errors import UsageError
from kling_render.expansion import Address
from kling_render.ledger import Attempt, Pick, Picks, State, read_picks, write_picks
from kling_render.planning import Plan, Selection
from kling_render.project import DEFAULT_PROFILE
from kling_render.rendering.paths import PICKS
from kling_render.settings import Settings

_PAID = frozenset({State.DOWNLOADED, State.COMPLETED, State.ELSEWHERE})


@dataclass(frozen=True)
class Candidate:
    """A take that can be picked.

    Attributes:
        address: the take.
        variant: its address without the number.
        attempt: what was bought.
        is_current: whether it was made from the request as it is now.
        is_picked: whether it is the chosen one of its variant.
        is_locked: whether that choice stays although the shot has changed.
    """

    address: str
    variant: str
    attempt: Attempt
    is_current: bool
    is_picked: bool
    is_locked: bool


def list_takes(status: Status) -> tuple[Candidate, ...]:
    """Every take that was made of the project's variants under its profile, in the order of the plan, older ones last.

    Takes of shots that are no longer in the project come at the end.

    Args:
        status: what is known; its plan must be there.

    Raises:
        UsageError: the project has faults.
    """
    plan, picks = _plan(status), read_picks(status.folder / PICKS, status.project.profile)
    marks = {_variant(str(each.address)): each.fingerprint for each in plan.takes}
    order = {variant: place for place, variant in enumerate(marks)}
    newest = {(each.fingerprint, each.take): each for each in status.snapshot.attempts if each.state in _PAID}
    found = [_candidate(each, marks, picks) for each in newest.values() if each.profile == status.project.profile]
    return tuple(
        sorted(found, key=lambda each: (order.get(each.variant, len(order)), not each.is_current, each.attempt.take))
    )


def pick(
    path: Path | str,
    addresses: Sequence[str],
    *,
    profile: str = DEFAULT_PROFILE,
    lock: bool = False,
    also: bool = False,
    settings: Settings | None = None,
) -> tuple[Candidate, ...]:
    """Choose takes for the film; the picks of the other variants of their shots are taken back.

    Args:
        path: the project file, or its folder.
        addresses: the takes, each by address or short id.
        profile: which set of overrides lies over the shots.
        lock: whether the choice stays although the shot changes.
        also: whether picks of other variants of the shot stay, for shots that go on from them.
        settings: whose base URL says which books are meant; read from the environment by default.

    Raises:
        UsageError: an address means no take that was made, or the project has faults.
        StorageError: picks.toml cannot be read or written.
    """
    status = read_status(path, profile=profile, settings=settings)
    takes = list_takes(status)
    chosen = [_named(status, takes, address) for address in addresses]
    file = status.folder / PICKS
    picks = read_picks(file, profile)
    for each in chosen:
        if not also:
            for other in [name for name in picks.by_variant if _shot(name) == _shot(each.variant)]:
                picks = picks.with_pick(other, None)
        picks = picks.with_pick(each.variant, Pick(each.attempt.take, each.attempt.fingerprint, lock))
    write_picks(file, picks, profile)
    return tuple(chosen)


def unpick(path: Path | str, variants: Sequence[str], *, profile: str = DEFAULT_PROFILE) -> tuple[str, ...]:
    """Take choices back.

    Args:
        path: the project file, or its folder.
        variants: addresses with or without a take number.
        profile: whose choices.

    Returns:
        The variants that have none any more.

    Raises:
        UsageError: one has none.
        StorageError: picks.toml cannot be read or written.
    """
    folder = Path(path)
    file = (folder if folder.is_dir() else folder.parent) / PICKS
    picks = read_picks(file, profile)
    names = tuple(_variant(each) for each in variants)
    for name in names:
        if name not in picks.by_variant:
            raise UsageError(f"{name} has no pick", hint="See: kling-render takes")
        picks = picks.with_pick(name, None)
    write_picks(file, picks, profile)
    return names


def _named(status: Status, takes: Sequence[Candidate], address: str) -> Candidate:
    """The take that an address means: one of the current request before an older one of the same name."""
    name = _full_name(status, takes, address)
    for each in takes:
        if each.address == name:
            return each
    made = [each.address for each in takes if each.variant == _variant(name)]
    hint = f"There are {', '.join(dict.fromkeys(made))}." if made else "Nothing was bought of it yet."
    raise UsageError(f"there is no take {name}", hint=hint)


def _full_name(status: Status, takes: Sequence[Candidate], address: str) -> str:
    """The address in full: as it is, or found by its short id among the takes of the plan."""
    if any(each.address == address for each in takes):
        return address
    base, mark, number = address.rpartition("#")
    if not mark:
        raise UsageError(f"{address} names no take", hint=f"Say which: {address}#1")
    found = {_variant(str(each.address)) for each in Selection.parse([base]).choose(_plan(status).takes)}
    if len(found) != 1:
        raise UsageError(f"{base} means {len(found)} variants", hint=f"Name one of {', '.join(sorted(found)[:5])}.")
    return f"{found.pop()}#{number}"


def _candidate(attempt: Attempt, marks: dict[str, str], picks: Picks) -> Candidate:
    variant = _variant(attempt.address)
    mark = marks.get(variant, attempt.fingerprint)
    chosen = picks.of(variant, mark)
    is_picked = chosen is not None and (chosen.take, chosen.fingerprint) == (attempt.take, attempt.fingerprint)
    is_locked = is_picked and chosen is not None and chosen.locked
    return Candidate(attempt.address, variant, attempt, mark == attempt.fingerprint, is_picked, is_locked)


def _plan(status: Status) -> Plan:
    if status.plan is None:
        raise UsageError("the project has faults", hint="See: kling-render check")
    return status.plan


def _variant(address: str) -> str:
    return address.rpartition("#")[0] or address


def _shot(variant: str) -> tuple[tuple[str, ...], str]:
    """The version's values and the shot of a variant: the film needs one take for each."""
    address = Address.parse(f"{variant}#1")
    return tuple(value for _, value in address.version), address.shot
