"""The report of one loading: collects faults, and puts pydantic's findings about a table into our words."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from kling_render.catalog import did_you_mean
from kling_render.errors import Fault, Place, Rule
from kling_render.project.misplaced import misplaced_key_hint

TableType = TypeVar("TableType", bound=BaseModel)

_WORDS = {
    "string_type": "must be a text in quotes",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "mapping_type": "must be a table",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
}
_LIMITS = {"greater_than_equal": "at least", "less_than_equal": "at most", "greater_than": "more than"}
_EXAMPLES = {
    "id": 'The identity for payment, which never changes: id = "night-ferry-7c1e".',
    "name": 'Write e.g. name = "night-ferry".',
    "description": 'Write e.g. description = "Mira, 30s, red raincoat".',
}
_PATTERNS = {
    "id": "must be 3 to 64 letters, digits, dots, dashes or underscores",
    "label": "must be 1 to 80 characters without slashes: it names files",
}


@dataclass
class Report:
    """What is wrong in the files of one project, in the order in which it was found, and which files those are."""

    faults: list[Fault] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    shot_keys: Collection[str] = ()

    def add(self, place: Place, message: str, hint: str = "", rule: Rule = "project") -> None:
        """Note one fault."""
        self.faults.append(Fault(place, message, hint, rule=rule))

    def unknown_key(self, place: Place, name: str, value: Any, known: Collection[str], hint: str = "") -> None:
        """Note a key that nobody knows, with what it may have been meant to be, or where it may belong.

        Args:
            place: of the key.
            name: the key alone.
            value: what was written for it.
            known: the keys that may stand there.
            hint: what to do about it, where its place says nothing better.
        """
        key = Place(place.file, place.key, of="key")
        better = misplaced_key_hint(key, value, self.shot_keys) if self.shot_keys else None
        guess = "" if better else did_you_mean(name, known)
        self.add(key, f'unknown key "{name}"{guess}', better or hint, "unknown-key")

    def read_table(self, kind: type[TableType], raw: Any, place: Place) -> TableType | None:
        """The typed table; what is wrong is noted and left out, and where that leaves too little, None is given."""
        try:
            return kind.model_validate(raw)
        except ValidationError as error:
            self._note(kind, error, place)
            faulty = {detail["loc"][0] for detail in error.errors() if detail["loc"]}
        try:
            return kind.model_validate({key: value for key, value in raw.items() if key not in faulty})
        except (ValidationError, AttributeError):
            return None

    def _note(self, kind: type[BaseModel], error: ValidationError, place: Place) -> None:
        for detail in error.errors(include_url=False):
            location = list(detail["loc"])
            where = Place(place.file, dotted(place.key, *location))
            if detail["type"] == "extra_forbidden":
                self.unknown_key(where, str(location[-1]), detail["input"], _known_keys(kind, location))
            elif detail["type"] == "missing":
                self.add(where, f"{location[-1]} is missing", _EXAMPLES.get(str(location[-1]), ""), "missing-key")
            else:
                self.add(where, _words(dict(detail), location))


def _words(detail: dict[str, Any], location: list[int | str]) -> str:
    name = location[-1] if location else "it"
    if detail["type"] == "value_error":
        return f"{name} {detail['ctx']['error']}"
    if detail["type"] == "string_pattern_mismatch":
        return f"{name} {_PATTERNS.get(str(name), 'has characters that are not allowed here')}"
    if words := _WORDS.get(detail["type"]):
        return f"{name} {words}"
    if limit := _LIMITS.get(detail["type"]):
        return f"{name} = {detail['input']} must be {limit} {next(iter(detail['ctx'].values()))}"
    return f"{name}: {detail['msg'][0].lower()}{detail['msg'][1:]}"


def _known_keys(kind: type[BaseModel], location: list[int | str]) -> list[str]:
    if len(location) == 1:
        return list(kind.model_fields)
    outer = kind.model_fields[str(location[0])]
    nested = [each for each in _arguments(outer.annotation) if isinstance(each, type) and issubclass(each, BaseModel)]
    return [name for each in nested for name in each.model_fields]


def _arguments(annotation: Any) -> list[Any]:
    inner = getattr(annotation, "__args__", ())
    return [annotation] if not inner else [leaf for each in inner for leaf in _arguments(each)]


def dotted(*parts: int | str) -> str:
    """A dotted key: `shot.arrival.sequence[1].prompt`; odd names are quoted as TOML would."""
    key = ""
    for part in parts:
        if isinstance(part, int):
            key += f"[{part}]"
        elif part:
            bare = part if all(sign.isalnum() or sign in "-_.[]" for sign in part) else f'"{part}"'
            key += f".{bare}" if key else bare
    return key
