"""Faults for machines: JSON, SARIF for code scanning, annotations for GitHub workflows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote

from kling_render.errors import Fault, Rule

_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_RULES: dict[Rule, str] = {
    "project": "What the project says contradicts itself, or asks for something that cannot be.",
    "toml": "The file is not TOML.",
    "api-key": "An API key stands in a project file.",
    "file": "A file is missing or cannot be used.",
    "unknown-key": "A key is not known.",
    "missing-key": "A key is missing.",
    "template": "A template cannot be rendered.",
    "api": "The API would refuse the request.",
}


def fault_json(fault: Fault) -> dict[str, Any]:
    """One fault; line and column are null where there is no file to point into."""
    place = fault.place
    return {
        "severity": fault.severity,
        "rule": fault.rule,
        "file": str(place.file),
        "line": place.line,
        "column": place.column,
        "key": place.key,
        "message": fault.message,
        "hint": fault.hint,
    }


def faults_sarif(faults: Sequence[Fault], *, folder: Path, version: str) -> dict[str, Any]:
    """All faults as SARIF 2.1.0, in the form that GitHub code scanning takes.

    Args:
        faults: with line and column.
        folder: the root of the repository, to which files are relative; others are named by a file URL.
        version: of this tool.
    """
    rules: list[Rule] = [name for name in get_args(Rule) if any(fault.rule == name for fault in faults)]
    driver = {
        "name": "kling-render",
        "version": version,
        "semanticVersion": version,
        "rules": [{"id": name, "shortDescription": {"text": _RULES[name]}} for name in rules],
    }
    results = [_result(fault, rules.index(fault.rule), folder) for fault in faults]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}


def fault_annotation(fault: Fault, *, folder: Path) -> str:
    """One fault as a GitHub workflow command."""
    place = fault.place
    properties = {
        "file": _relative(place.file, folder) or str(place.file),
        "line": place.line,
        "col": place.column,
        "title": place.key or fault.rule,
    }
    listed = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items() if value)
    return f"::{fault.severity} {listed}::{_escaped(_whole(fault))}"


def _result(fault: Fault, index: int, folder: Path) -> dict[str, Any]:
    place = fault.place
    region = {"startLine": place.line or 1, **({"startColumn": place.column} if place.column else {})}
    artifact = {"uri": _uri(place.file, folder)}
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": artifact, "region": region}}
    if place.key:
        location["logicalLocations"] = [{"fullyQualifiedName": place.key}]
    return {
        "ruleId": fault.rule,
        "ruleIndex": index,
        "level": fault.severity,
        "message": {"text": _whole(fault)},
        "locations": [location],
    }


def _whole(fault: Fault) -> str:
    return f"{fault.message}\n{fault.hint}" if fault.hint else fault.message


def _uri(file: Path, folder: Path) -> str:
    relative = _relative(file, folder)
    return quote(relative) if relative else (folder / file).resolve().as_uri()


def _relative(file: Path, folder: Path) -> str:
    """The path below a folder with forward slashes; empty for a file elsewhere."""
    try:
        return (folder / file).resolve().relative_to(folder.resolve()).as_posix()
    except ValueError:
        return ""


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
