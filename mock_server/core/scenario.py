"""Scenarios: faults as data, read from TOML; which request a rule strikes never depends on the order of arrival."""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_args

from kling_render.catalog import did_you_mean
from mock_server.core import ids
from mock_server.core.fault import Fault, Kind, endpoints_named

_RULE_KEYS = ("endpoint", "model", "take", "attempt", "first", "after", "until", "rate", "fault", "faults")
_TOP_KEYS = ("schema", "name", "description", "seed", "rule")
_FAULT_KEYS = tuple(field.name for field in fields(Fault))


class ScenarioError(ValueError):
    """A scenario that cannot be used; the message names the rule and the key."""


@dataclass(frozen=True)
class Subject:
    """What a rule looks at in a request.

    Attributes:
        endpoint: its route.
        name: what makes it this very request and no other, whenever it comes: its key, its task, its path.
        tries: how often it came, this time included.
        model: the model of its task; empty where there is none.
        take: the address that X-Client-Request-Id tells; empty where there is none.
        attempt: the attempt that it tells, from 1; 0 where it tells none.
        seconds: simulated seconds since the first request.
    """

    endpoint: str
    name: str
    tries: int
    model: str
    take: str
    attempt: int
    seconds: float


@dataclass(frozen=True)
class Rule:
    """When which faults strike; a condition that is None holds always.

    Attributes:
        faults: what happens, all of it to the same request.
        endpoints: the routes that are struck; None for every one that all of the faults can concern.
        model: a pattern with `*` and `?`.
        take: a pattern for the address of the take, `walk*`.
        attempt: only this attempt at a take.
        first: only the first so many tries of each request.
        after: only from so many simulated seconds after the first request on.
        until: only before so many simulated seconds after it.
        rate: the share of requests that are struck.
    """

    faults: tuple[Fault, ...]
    endpoints: frozenset[str] | None = None
    model: str | None = None
    take: str | None = None
    attempt: int | None = None
    first: int | None = None
    after: float | None = None
    until: float | None = None
    rate: float | None = None

    def strikes(self, subject: Subject, seed: int, order: int) -> bool:
        """Whether a request is struck; the same request at the same try always has the same answer."""
        return (
            self._is_meant(subject)
            and (self.first is None or subject.tries <= self.first)
            and (self.after is None or subject.seconds >= self.after)
            and (self.until is None or subject.seconds < self.until)
            and (self.rate is None or ids.fraction("rule", seed, order, subject.name, subject.tries) < self.rate)
        )

    def _is_meant(self, subject: Subject) -> bool:
        endpoints = self.endpoints or frozenset.intersection(*(fault.endpoints for fault in self.faults))
        return (
            subject.endpoint in endpoints
            and (self.model is None or fnmatch.fnmatchcase(subject.model, self.model))
            and (self.take is None or _matches(self.take, subject.take))
            and (self.attempt is None or subject.attempt == self.attempt)
        )


@dataclass(frozen=True)
class Scenario:
    """A bad day, as rules; each that strikes adds its faults.

    Attributes:
        seed: what rates derive from; None takes the simulator's.
    """

    name: str
    rules: tuple[Rule, ...]
    description: str = ""
    seed: int | None = None


def read_scenario(path: Path) -> Scenario:
    """The scenario in a file.

    Raises:
        ScenarioError: it cannot be read or is at fault; the message begins with the path.
    """
    try:
        return parse_scenario(path.read_text("utf-8"), path.stem)
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:  # no TOML, no UTF-8, or a ScenarioError
        raise ScenarioError(f"{path}: {error}") from error


def parse_scenario(text: str, name: str = "scenario") -> Scenario:
    """The scenario in a TOML text.

    Raises:
        ScenarioError: it is at fault.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(str(error)) from error
    _known("", document, _TOP_KEYS)
    if document.get("schema") != 1:
        raise ScenarioError("schema = 1 must stand at the top")
    rows = document.get("rule")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise ScenarioError("a scenario has at least one [[rule]]")
    rules = tuple(_rule(f"rule {number}", row) for number, row in enumerate(rows, start=1))
    return Scenario(
        _typed("", document, "name", str, name),
        rules,
        _typed("", document, "description", str, ""),
        _typed("", document, "seed", int, None),
    )


def _rule(where: str, row: Mapping[str, Any]) -> Rule:
    _known(where, row, _RULE_KEYS)
    written = [row["fault"]] if "fault" in row else row.get("faults", [])
    if "fault" in row and "faults" in row:
        raise ScenarioError(f"{where}: fault or faults, not both")
    if not isinstance(written, list) or not written:
        raise ScenarioError(f"{where}: fault is missing: what happens")
    faults = tuple(_fault(where, each) for each in written)
    common = frozenset.intersection(*(fault.endpoints for fault in faults))
    name = _typed(where, row, "endpoint", str, None)
    rule = Rule(
        faults,
        None if name is None else _endpoints(where, name, common),
        _typed(where, row, "model", str, None),
        _typed(where, row, "take", str, None),
        _counted(where, row, "attempt"),
        _counted(where, row, "first"),
        _seconds(where, row, "after"),
        _seconds(where, row, "until"),
        _rate(where, row),
    )
    if not common:
        raise ScenarioError(f"{where}: its faults concern no endpoint in common")
    if rule.after is not None and rule.until is not None and rule.after >= rule.until:
        raise ScenarioError(f"{where}: until must be later than after")
    return rule


def _endpoints(where: str, name: str, common: frozenset[str]) -> frozenset[str]:
    try:
        named = endpoints_named(name)
    except ValueError as error:
        raise ScenarioError(f"{where}: {error}") from error
    if not named <= common:
        raise ScenarioError(f"{where}: its fault cannot strike {name}")
    return named


def _fault(where: str, written: Any) -> Fault:
    """`"drop_answer"`, or a table of the fault's options with its `kind`."""
    options = {"kind": written} if isinstance(written, str) else written
    if not isinstance(options, dict) or not isinstance(options.get("kind"), str):
        raise ScenarioError(f"{where}: a fault is a word or a table with kind: {', '.join(get_args(Kind))}")
    _known(f"{where}, {options['kind']}", options, _FAULT_KEYS)
    try:
        return Fault(**options)
    except (TypeError, ValueError) as error:
        raise ScenarioError(f"{where}: {error}") from error


def _known(where: str, table: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    for key in table:
        if key not in keys:
            place = f"{where}: " if where else ""
            raise ScenarioError(f"{place}unknown key {key}{did_you_mean(key, keys)}")


def _typed(where: str, table: Mapping[str, Any], key: str, wanted: type, default: Any) -> Any:
    value = table.get(key, default)
    if value is not default and (not isinstance(value, wanted) or isinstance(value, bool)):
        word = {str: "a text", int: "a whole number"}[wanted]
        raise ScenarioError(f"{f'{where}: ' if where else ''}{key} is {word}, not {value!r}")
    return value


def _counted(where: str, table: Mapping[str, Any], key: str) -> int | None:
    value: int | None = _typed(where, table, key, int, None)
    if value is not None and value < 1:
        raise ScenarioError(f"{where}: {key} is at least 1, not {value}")
    return value


def _seconds(where: str, table: Mapping[str, Any], key: str) -> float | None:
    value = table.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or value < 0):
        raise ScenarioError(f"{where}: {key} is a number of seconds, not {value!r}")
    return None if value is None else float(value)


def _rate(where: str, table: Mapping[str, Any]) -> float | None:
    value = _seconds(where, table, "rate")
    if value is not None and not 0 < value <= 1:
        raise ScenarioError(f"{where}: rate is over 0 and at most 1, not {value:g}")
    return value


def _matches(pattern: str, take: str) -> bool:
    """Brackets belong to addresses: only `*` and `?` are wild."""
    return bool(take) and fnmatch.fnmatchcase(take, pattern.replace("[", "[[]"))
