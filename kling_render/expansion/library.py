"""The prompt library: reads the header of every fragment and lists what there is to include or import.

The first line of a fragment is a Jinja comment that documents it, one of::

    {#- One sentence. Variables: none. -#}
    {#- One sentence. Variables: subject = "the ferry" (what we see); speed = "slow" (optional, default "slow") -#}
    {#- One sentence. Macro: shot_card(subject = "the ferry", action = "leaves the quay") -#}

Every example is a JSON literal, so that the documentation can be rendered and is never out of date.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

SUFFIX = ".j2"

_HEADER = re.compile(r"\{#- (?P<summary>\S.*?\.) (?P<kind>Variables|Macro): (?P<rest>.+) -#\}")
_MACRO = re.compile(r"(?P<name>[A-Za-z]\w*)\((?P<arguments>.*)\)", re.ASCII)
_NAME = re.compile(r"\s*(?P<name>[A-Za-z]\w*)\s*=\s*", re.ASCII)
_REMARK = re.compile(r"\s*\((?P<remark>[^()]+)\)")
_JSON = json.JSONDecoder()


@dataclass(frozen=True)
class Variable:
    """A variable of a fragment or an argument of a macro, with a value that shows what it is for.

    Attributes:
        name: as the template writes it.
        example: the value that the library's examples render with.
        remark: what the variable means, or its default; empty for the argument of a macro.
        optional: whether the fragment has a default for it; unknown, and therefore False, for the argument of a macro.
    """

    name: str
    example: object
    remark: str
    optional: bool


@dataclass(frozen=True)
class Fragment:
    """One file of the library.

    Attributes:
        name: the path below the library's root, with `/`, as `include` and `import` take it.
        summary: one sentence for a list.
        variables: in the order of the header; for a macro its arguments.
        macro: the name of the macro that the file defines, or None when the file is included.
        source: the whole text of the file.
    """

    name: str
    summary: str
    variables: tuple[Variable, ...]
    macro: str | None
    source: str


def load_library(root: Traversable | Path) -> tuple[Fragment, ...]:
    """Read every `*.j2` below `root`, sorted by name.

    Raises:
        ValueError: the header of a fragment is missing or malformed.
        OSError: the folder or a file cannot be read.
    """
    fragments = (parse_fragment(name, file.read_text(encoding="utf-8")) for name, file in _files(root, ""))
    return tuple(sorted(fragments, key=lambda fragment: fragment.name))


def parse_fragment(name: str, source: str) -> Fragment:
    """Read the header of one fragment.

    Raises:
        ValueError: the header is missing or malformed; the message names the file and the passage.
    """
    first_line = source.partition("\n")[0].rstrip("\r")
    header = _HEADER.fullmatch(first_line)
    if header is None:
        raise ValueError(
            f"{name}: the first line must read {{#- One sentence. Variables: none. -#}}, "
            'with variables as name = "example" (remark), or with Macro: name(argument = "example")'
        )
    try:
        macro, variables = _macro(header["rest"]) if header["kind"] == "Macro" else (None, _variables(header["rest"]))
    except ValueError as fault:
        raise ValueError(f"{name}: {fault}") from None
    return Fragment(name, header["summary"], variables, macro, source)


def example_source(fragment: Fragment) -> str:
    """Write the Jinja source that renders an example; an include expects `example_context` around it."""
    if fragment.macro is None:
        return f"{{% include '{fragment.name}' %}}"
    arguments = ", ".join(f"{variable.name}={_literal(variable.example)}" for variable in fragment.variables)
    return f"{{% from '{fragment.name}' import {fragment.macro} %}}{{{{ {fragment.macro}({arguments}) }}}}"


def example_context(fragment: Fragment) -> dict[str, object]:
    """Give the variables that `example_source` needs; none for a macro, whose example carries its arguments."""
    if fragment.macro is not None:
        return {}
    return {variable.name: variable.example for variable in fragment.variables}


def _files(folder: Traversable | Path, prefix: str) -> Iterator[tuple[str, Traversable | Path]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _files(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(SUFFIX):
            yield prefix + entry.name, entry


def _variables(text: str) -> tuple[Variable, ...]:
    if text == "none.":
        return ()
    variables: list[Variable] = []
    position = 0
    while True:
        name, example, position = _assignment(text, position)
        remark = _REMARK.match(text, position)
        if remark is None:
            raise ValueError(f"{name} needs a remark in round brackets, without brackets inside, after its example")
        words = remark["remark"].strip()
        variables.append(Variable(name, example, words, optional=re.match(r"optional\b", words) is not None))
        position = remark.end()
        if position == len(text):
            return _distinct(variables)
        position = _after(";", text, position)


def _macro(text: str) -> tuple[str, tuple[Variable, ...]]:
    call = _MACRO.fullmatch(text)
    if call is None:
        raise ValueError(f'a macro is written as name(argument = "example"), not as {text!r}')
    arguments = call["arguments"]
    variables: list[Variable] = []
    position = 0
    while arguments:
        name, example, position = _assignment(arguments, position)
        variables.append(Variable(name, example, remark="", optional=False))
        if position == len(arguments):
            break
        position = _after(",", arguments, position)
    return call["name"], _distinct(variables)


def _assignment(text: str, position: int) -> tuple[str, object, int]:
    """Read `name = <JSON literal>` at a position; the third value is where it ends."""
    name = _NAME.match(text, position)
    if name is None:
        raise ValueError(f"expected name = example at {text[position:]!r}")
    try:
        example, end = _JSON.raw_decode(text, name.end())
    except json.JSONDecodeError:
        raise ValueError(f"the example of {name['name']} is no JSON literal: {text[name.end() :]!r}") from None
    return name["name"], example, end


def _after(separator: str, text: str, position: int) -> int:
    if text[position] != separator:
        raise ValueError(f"expected {separator!r} at {text[position:]!r}")
    return position + 1


def _distinct(variables: list[Variable]) -> tuple[Variable, ...]:
    names = [variable.name for variable in variables]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ValueError(f"{twice[0]} is documented twice")
    return tuple(variables)


def _literal(example: object) -> str:
    """Write a JSON value as Jinja does: the same, but for null."""
    match example:
        case None:
            return "none"
        case list():
            return f"[{', '.join(_literal(element) for element in example)}]"
        case Mapping():
            return f"{{{', '.join(f'{_literal(key)}: {_literal(value)}' for key, value in example.items())}}}"
        case _:
            return json.dumps(example, ensure_ascii=False)
