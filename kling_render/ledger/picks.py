"""`picks.toml`, the committed choices: which take of each variant goes into the film."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kling_render.ledger.committed_files import CommittedFileError, conflict_line, read_text, write_text

_HEADER = (
    "# The takes that were picked for the film, kept by kling-render: commit it. In a merge, keep one of two picks.\n"
)
_NUMBER = re.compile(r"at line (\d+)")


class PicksFileError(CommittedFileError):
    """A `picks.toml` that cannot be used as it is."""


@dataclass(frozen=True)
class Pick:
    """A chosen take: its number, and the fingerprint of the request that it was chosen for."""

    take: int
    fingerprint: str


@dataclass(frozen=True)
class Picks:
    """Choices by variant: an address without its take number, such as `9:16/walk[light=dusk]`."""

    by_variant: Mapping[str, Pick] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_variant", MappingProxyType(dict(self.by_variant)))

    def of(self, variant: str) -> Pick | None:
        """What was picked of a variant."""
        return self.by_variant.get(variant)

    def with_pick(self, variant: str, pick: Pick | None) -> Picks:
        """The same with another choice for a variant, or (None) without one."""
        others = {name: each for name, each in self.by_variant.items() if name != variant}
        return Picks(others if pick is None else {**others, variant: pick})


def read_picks(path: Path) -> Picks:
    """The choices of a file; none where there is no file.

    Raises:
        PicksFileError: it cannot be read, or is at fault.
    """
    return parse_picks(read_text(path, PicksFileError), path)


def write_picks(path: Path, picks: Picks) -> bool:
    """Put these choices in the place of what a file says, whole and at once.

    Returns:
        Whether it was written: a file that says the same is left alone, and none is made for no picks.

    Raises:
        StorageError: it cannot be written.
    """
    if not picks.by_variant and not path.exists():
        return False
    return write_text(path, format_picks(picks))


def format_picks(picks: Picks) -> str:
    """The text for these choices, sorted by variant."""
    rows = (
        f"{_quoted(variant)} = {{ take = {pick.take}, fingerprint = {_quoted(pick.fingerprint)} }}\n"
        for variant, pick in sorted(picks.by_variant.items())
    )
    return f"{_HEADER}\n[picks]\n{''.join(rows)}"


def parse_picks(text: str, path: Path) -> Picks:
    """The choices of a text.

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
    if not isinstance(picks, dict):
        raise PicksFileError(path, _line_of(lines, "picks"), "picks is a table")
    return Picks({variant: _pick(path, lines, variant, row) for variant, row in picks.items()})


def _broken(path: Path, lines: list[str], error: tomllib.TOMLDecodeError) -> PicksFileError:
    found = _NUMBER.search(str(error))
    line = int(found[1]) if found else len(lines)
    return PicksFileError(path, line, str(error).partition(" (at ")[0], hint="Take the line from the last commit.")


def _pick(path: Path, lines: list[str], variant: str, row: Any) -> Pick:
    line, form = _line_of(lines, variant), 'a pick is { take = 2, fingerprint = "3f2a…" }'
    if not isinstance(row, dict) or set(row) != {"take", "fingerprint"}:
        raise PicksFileError(path, line, f"{variant}: {form}")
    take, fingerprint = row["take"], row["fingerprint"]
    if type(take) is not int or take < 1:
        raise PicksFileError(path, line, f"{variant}: take is a number from 1, not {take!r}")
    if not isinstance(fingerprint, str) or not fingerprint:
        raise PicksFileError(path, line, f"{variant}: fingerprint is a text, not {fingerprint!r}")
    return Pick(take, fingerprint)


def _line_of(lines: list[str], key: str) -> int | None:
    """The line on which a key stands, if it is written there in one of the usual ways."""
    starts = (_quoted(key), key, f"'{key}'", f"[{key}", f"[picks.{_quoted(key)}", f"[picks.{key}")
    return next((number for number, line in enumerate(lines, 1) if line.lstrip().startswith(starts)), None)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
