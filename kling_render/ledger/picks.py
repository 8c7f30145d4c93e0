"""`picks.toml`, the committed choices: which take of each variant goes into the film."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kling_render.ledger.committed_files import CommittedFileError, conflict_line, read_text, write_text

_HEADER = (
    "# The takes that were picked for the film, kept by kling-render: commit it. In a merge, keep one of two picks.\n"
)
_DEFAULT = "default"
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_NUMBER = re.compile(r"at line (\d+)")


class PicksFileError(CommittedFileError):
    """A `picks.toml` that cannot be used as it is."""


@dataclass(frozen=True)
class Pick:
    """A chosen take: its number, and the fingerprint of the request that it was chosen for.

    Attributes:
        locked: whether it stays although its shot has changed.
    """

    take: int
    fingerprint: str
    locked: bool = False


@dataclass(frozen=True)
class Picks:
    """The choices of one profile.

    Attributes:
        by_variant: an address without its take number, such as `9:16/walk[light=dusk]`, and what was picked of it.
        outdated: variants whose choices were left out of these, because they are of older requests.
    """

    by_variant: Mapping[str, Pick] = field(default_factory=dict)
    outdated: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_variant", MappingProxyType(dict(self.by_variant)))

    def of(self, variant: str, fingerprint: str) -> Pick | None:
        """What was picked of a variant: for its request as it is, else under another name, else for an older request.

        A locked pick of its own counts before that of another name.

        Args:
            variant: its name.
            fingerprint: of its request as it is; a pick that has another is stale.
        """
        own = self.by_variant.get(variant)
        if own is not None and (own.locked or own.fingerprint == fingerprint):
            return own
        return self._by_fingerprint.get(fingerprint) or own

    @cached_property
    def _by_fingerprint(self) -> dict[str, Pick]:
        """So that a shot that was renamed keeps its pick."""
        return {pick.fingerprint: pick for _, pick in sorted(self.by_variant.items(), reverse=True)}

    def with_pick(self, variant: str, pick: Pick | None) -> Picks:
        """The same with another choice for a variant, or (None) without one."""
        others = {name: each for name, each in self.by_variant.items() if name != variant}
        return Picks(others if pick is None else {**others, variant: pick})


def read_picks(path: Path, profile: str = _DEFAULT) -> Picks:
    """The choices of a profile in a file; none where there is no file.

    Raises:
        PicksFileError: it cannot be read, or is at fault.
    """
    return parse_picks(read_text(path, PicksFileError), path).get(profile, Picks())


def write_picks(path: Path, picks: Picks, profile: str = _DEFAULT) -> bool:
    """Put these choices in the place of what a file says of a profile; those of others stay.

    Returns:
        Whether it was written: a file that says the same is left alone, and none is made for no picks.

    Raises:
        PicksFileError: what stands there is at fault.
        StorageError: it cannot be written.
    """
    if not picks.by_variant and not path.exists():
        return False
    others = parse_picks(read_text(path, PicksFileError), path)
    return write_text(path, format_picks({**others, profile: picks}))


def format_picks(by_profile: Mapping[str, Picks]) -> str:
    """The text for these choices, sorted by profile and variant."""
    tables = (
        f"\n[picks.{_quoted(profile) if not _BARE.fullmatch(profile) else profile}]\n{''.join(_rows(picks))}"
        for profile, picks in sorted(by_profile.items())
        if picks.by_variant
    )
    return _HEADER + "".join(tables)


def _rows(picks: Picks) -> Iterator[str]:
    for variant, pick in sorted(picks.by_variant.items()):
        locked = ", locked = true" if pick.locked else ""
        yield f"{_quoted(variant)} = {{ take = {pick.take}, fingerprint = {_quoted(pick.fingerprint)}{locked} }}\n"


def parse_picks(text: str, path: Path) -> dict[str, Picks]:
    """The choices of a text, by profile.

    Args:
        text: what the file says.
        path: the file, for messages.

    Raises:
        PicksFileError: a merge was not finished, it is no TOML, or a pick is at fault.
    """
    lines = text.split("\n")
    if (number := conflict_line(lines)) is not None:
        hint = "Delete the marker lines; of two picks for one variant keep the one that you want."
        raise PicksFileError(path, number, "a merge of git was not finished here", hint=hint)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _broken(path, lines, error) from error
    for name in document:
        if name != "picks":
            raise PicksFileError(path, _line_of(lines, name), f"{name} is unknown here: picks stand under [picks]")
    picks = document.get("picks", {})
    if not isinstance(picks, dict) or not all(isinstance(table, dict) for table in picks.values()):
        raise PicksFileError(path, _line_of(lines, "picks"), "picks is a table of profiles: [picks.default]")
    return {
        profile: Picks({variant: _pick(path, lines, variant, row) for variant, row in table.items()})
        for profile, table in picks.items()
    }


def _broken(path: Path, lines: list[str], error: tomllib.TOMLDecodeError) -> PicksFileError:
    found = _NUMBER.search(str(error))
    line = int(found[1]) if found else len(lines)
    return PicksFileError(path, line, str(error).partition(" (at ")[0], hint="Take the line from the last commit.")


def _pick(path: Path, lines: list[str], variant: str, row: Any) -> Pick:
    line, form = _line_of(lines, variant), 'a pick is { take = 2, fingerprint = "3f2a…" }'
    if not isinstance(row, dict) or set(row) - {"locked"} != {"take", "fingerprint"}:
        raise PicksFileError(path, line, f"{variant}: {form}")
    take, fingerprint = row["take"], row["fingerprint"]
    if type(take) is not int or take < 1:
        raise PicksFileError(path, line, f"{variant}: take is a number from 1, not {take!r}")
    if not isinstance(fingerprint, str) or not fingerprint:
        raise PicksFileError(path, line, f"{variant}: fingerprint is a text, not {fingerprint!r}")
    locked = row.get("locked", False)
    if not isinstance(locked, bool):
        raise PicksFileError(path, line, f"{variant}: locked is true or false, not {locked!r}")
    return Pick(take, fingerprint, locked)


def _line_of(lines: list[str], key: str) -> int | None:
    """The line on which a key stands, if it is written there in one of the usual ways."""
    starts, ends = (_quoted(key), key, f"'{key}'", f"[{key}"), (f".{key}]", f".{_quoted(key)}]")
    for number, line in enumerate(map(str.strip, lines), 1):
        if line.startswith(starts) or (line.startswith("[picks.") and line.endswith(ends)):
            return number
    return None


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
