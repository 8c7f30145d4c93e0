"""What a template uses of its surroundings: names, steps into their entries, other templates."""

from __future__ import annotations

from dataclasses import dataclass, field

from kling_render.expansion.templating.lexing import Spot


@dataclass(frozen=True)
class Step:
    """One step into a variable: `.mira`, `["en"]` (a key), or `[lang]` (the variable that holds the key)."""

    key: str | int | None
    variable: str | None
    is_attribute: bool
    spot: Spot


@dataclass(frozen=True)
class Use:
    """A variable that is not the template's own, with the steps into it.

    Attributes:
        strict: whether it must have a value there; False where it is only passed on.
        reached: whether every rendering comes by.
        called: whether it is called.
    """

    name: str
    steps: tuple[Step, ...]
    spot: Spot
    strict: bool
    reached: bool
    called: bool = False


@dataclass(frozen=True)
class Inclusion:
    """Another template: what includes, imports or extends it, under which names it is looked for, what it sees."""

    verb: str
    names: tuple[tuple[str, Spot], ...]
    with_context: bool
    may_be_missing: bool
    reached: bool
    visible: frozenset[str]
    imported: tuple[tuple[str, Spot], ...] = ()


@dataclass
class Reading:
    """All that a template uses."""

    uses: list[Use] = field(default_factory=list)
    inclusions: list[Inclusion] = field(default_factory=list)
    faults: list[tuple[str, Spot, bool]] = field(default_factory=list)
    own: set[str] = field(default_factory=set)
