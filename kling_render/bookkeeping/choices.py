"""Choosing takes: which one goes into the film, for each version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from kling_render.bookkeeping.candidates import Candidate, list_takes, plan_of
from kling_render.bookkeeping.status import Status, read_status
from kling_render.catalog import listed
from kling_render.errors import UsageError
from kling_render.expansion import Address, variant_of
from kling_render.ledger import Pick, Picks, changing, read_picks, write_picks
from kling_render.planning import Plan, Selection
from kling_render.project import DEFAULT_PROFILE
from kling_render.rendering.paths import PICKS
from kling_render.settings import Settings


def pick(
    path: Path | str,
    addresses: Sequence[str],
    *,
    profile: str = DEFAULT_PROFILE,
    lock: bool = False,
    also: bool = False,
    settings: Settings | None = None,
) -> tuple[Candidate, ...]:
    """Choose takes for the film; see `choose`.

    Args:
        path: the project file, or its folder.
        addresses: the takes, each by the name of a candidate or by short id.
        profile: which set of overrides lies over the shots.
        lock: whether the choice stays although the shot changes.
        also: whether picks of other variants of the shot stay, for shots that go on from them.
        settings: whose base URL says which books are meant; read from the environment by default.

    Raises:
        UsageError: an address means no take that was made, two of them mean one shot, or the project has faults.
        StorageError: picks.toml cannot be read or written.
    """
    status = read_status(path, profile=profile, settings=settings)
    takes = list_takes(status)
    chosen = [_named(status, takes, address, lock=lock) for address in addresses]
    if not also:
        _check_one_each(chosen)
    return choose(status, chosen, lock=lock, also=also)


def choose(
    status: Status, chosen: Sequence[Candidate], *, lock: bool = False, also: bool = False
) -> tuple[Candidate, ...]:
    """Choose these takes for the film; the picks of the other variants of their shots are taken back.

    A version that asks for the same request follows, unless it has another choice of its own, or is named itself.

    Args:
        status: what is known; its plan must be there.
        chosen: takes of it.
        lock: whether the choice stays although the shot changes.
        also: whether picks of other variants of the shot stay, for shots that go on from them.

    Returns:
        What is picked by that: the takes, and after each the same take of those that follow.

    Raises:
        StorageError: picks.toml cannot be read or written.
    """
    with changing(status.folder / PICKS):
        return _choose(status, chosen, lock=lock, also=also)


def _choose(status: Status, chosen: Sequence[Candidate], *, lock: bool, also: bool) -> tuple[Candidate, ...]:
    file, profile = status.folder / PICKS, status.project.profile
    picks, takes, twins = read_picks(file, profile), list_takes(status), _twins(plan_of(status))
    done: list[Candidate] = []
    named = {_shot(each.variant) for each in chosen}
    for each in chosen:
        others = [name for name in twins.get(each.variant, ()) if _shot(name) not in named]
        followers = [name for name in others if _follows(picks, name, each.variant)]
        for variant in (each.variant, *followers):
            picks = _with_choice(picks, variant, Pick(each.attempt.take, each.attempt.fingerprint, lock), also=also)
        same = [take for take in takes if take.attempt == each.attempt]
        done += [each, *(take for take in same if take.variant in followers)]
    write_picks(file, picks, profile)
    return tuple(done)


def unpick(path: Path | str, variants: Sequence[str], *, profile: str = DEFAULT_PROFILE) -> Mapping[str, str]:
    """Take choices back, with the very same choices of versions that share the request.

    Args:
        path: the project file, or its folder.
        variants: addresses with or without a take number.
        profile: whose choices.

    Returns:
        The variants that have no choice of their own any more, each with the one whose choice counts for it now,
        because it asks for the same; empty where there is none.

    Raises:
        UsageError: one has none of its own.
        StorageError: picks.toml cannot be read or written.
    """
    folder = Path(path)
    file = (folder if folder.is_dir() else folder.parent) / PICKS
    plan = read_status(path, profile=profile).plan
    marks = {variant_of(each.address): each.fingerprint for each in plan.takes} if plan else {}
    with changing(file):
        picks, gone = read_picks(file, profile), list[str]()
        for name in map(variant_of, variants):
            if name not in gone:
                own = _own_choice(picks, name, marks)
                same = [other for other, each in picks.by_variant.items() if each == own]
                gone += dict.fromkeys([name, *same])
                for other in same:
                    picks = picks.with_pick(other, None)
        write_picks(file, picks, profile)
    return {name: _heir_of(picks, name, marks) for name in gone if name in marks or name in map(variant_of, variants)}


def _own_choice(picks: Picks, variant: str, marks: Mapping[str, str]) -> Pick:
    """What was chosen of a variant by its name, or by one that it had before."""
    if variant in picks.by_variant:
        return picks.by_variant[variant]
    heir = _heir_of(picks, variant, marks)
    if heir and heir not in marks:
        return picks.by_variant[heir]
    said = f"{variant} has no pick of its own: that of {heir} counts for it" if heir else f"{variant} has no pick"
    raise UsageError(said, hint="See: kling-render takes")


def _heir_of(picks: Picks, variant: str, marks: Mapping[str, str]) -> str:
    """The name under which the choice stands that counts for a variant without one of its own."""
    found = picks.of(variant, marks[variant]) if variant in marks else None
    return next((name for name, each in picks.by_variant.items() if each == found), "")


def _twins(plan: Plan) -> Mapping[str, Sequence[str]]:
    """By the variant that a request stands first in, the others that ask for the same."""
    by_request: dict[str, list[str]] = {}
    for each in plan.takes:
        names, name = by_request.setdefault(each.fingerprint, []), variant_of(each.address)
        if name not in names:
            names.append(name)
    return {first: others for first, *others in by_request.values() if others}


def _follows(picks: Picks, follower: str, leader: str) -> bool:
    """Whether all that was chosen of a shot was chosen of it in the other version as well."""
    theirs = [each for _, each in _of_shot(picks, leader)]
    return all(own in theirs for _, own in _of_shot(picks, follower))


def _with_choice(picks: Picks, variant: str, choice: Pick, *, also: bool) -> Picks:
    for other, _ in [] if also else list(_of_shot(picks, variant)):
        picks = picks.with_pick(other, None)
    return picks.with_pick(variant, choice)


def _of_shot(picks: Picks, variant: str) -> Iterator[tuple[str, Pick]]:
    return ((name, each) for name, each in picks.by_variant.items() if _shot(name) == _shot(variant))


def _check_one_each(chosen: Sequence[Candidate]) -> None:
    """A shot has one pick: a second one would take back the first without a word."""
    by_shot: dict[object, Candidate] = {}
    for each in chosen:
        other = by_shot.setdefault(_shot(each.variant), each)
        if other.attempt != each.attempt:
            hint = "Name one of them, or keep several variants with --also."
            raise UsageError(f"{other.name} and {each.name} are takes of one shot, which has one pick", hint=hint)


def _named(status: Status, takes: Sequence[Candidate], address: str, *, lock: bool) -> Candidate:
    """The take that an address means; to be locked, the one that is picked already, be it of an older request."""
    name = _full_name(status, takes, address)
    picked = (each for each in takes if lock and each.is_picked and each.address == name)
    found = next(picked, None) or next((each for each in takes if each.name == name), None)
    if found is not None:
        return found
    made = dict.fromkeys(each.name for each in takes if each.variant == variant_of(name))
    hint = f"There are {listed(list(made))}." if made else "Nothing was bought of it yet."
    raise UsageError(f"there is no take {name}", hint=hint)


def _full_name(status: Status, takes: Sequence[Candidate], address: str) -> str:
    """The address in full: as it is, or found by its short id among the takes of the plan."""
    if any(each.name == address for each in takes):
        return address
    base, mark, number = address.rpartition("#")
    if not mark:
        raise UsageError(f"{address} names no take", hint=f"Say which: {address}#1")
    try:
        chosen = Selection.parse([base]).choose(plan_of(status).takes)
    except UsageError as error:  # its words are those of --only
        raise UsageError(f"there is no take {address}", hint=_without_option(error.message, base)) from error
    found = {variant_of(each.address) for each in chosen}
    if len(found) != 1:
        raise UsageError(f"{base} means {len(found)} variants", hint=f"Name one of {listed(sorted(found))}.")
    return f"{found.pop()}#{number}"


def _without_option(message: str, base: str) -> str:
    """What a selection says of a name, as a hint of its own."""
    said = message.removeprefix(f"--only {base}: ")
    return f"{said[:1].upper()}{said[1:]}."


def _shot(variant: str) -> tuple[tuple[str, ...], str]:
    """The version's values and the shot of a variant: the film needs one take for each."""
    address = Address.parse(f"{variant}#1")
    return tuple(value for _, value in address.version), address.shot
