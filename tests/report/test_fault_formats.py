"""Faults for machines."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from kling_render.errors import Fault, Place, Rule
from kling_render.report.fault_formats import fault_annotation, fault_json, faults_sarif

ROOT = Path("/film") if Path("/").drive == "" else Path("C:/film")


def a_fault(file: Path = ROOT / "my film" / "project.toml", *, key: str = "shot.walk.prompt") -> Fault:
    return Fault(Place(file, key, 12, 31), "100% wrong", "First, do this: that.", "error", "template")


def test_json_has_everything() -> None:
    assert fault_json(a_fault()) == {
        "severity": "error",
        "rule": "template",
        "file": str(ROOT / "my film" / "project.toml"),
        "line": 12,
        "column": 31,
        "key": "shot.walk.prompt",
        "message": "100% wrong",
        "hint": "First, do this: that.",
    }


def test_json_of_a_fault_without_line_has_line_and_column_as_null() -> None:
    found = fault_json(Fault(Place(ROOT), "wrong"))
    assert (found["line"], found["column"]) == (None, None)


def test_sarif_is_what_code_scanning_takes() -> None:
    bare = Fault(Place(ROOT / "a.toml"), "doubtful", severity="warning")
    assert faults_sarif([a_fault(), bare], folder=ROOT, version="1.2.3") == {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "kling-render",
                        "version": "1.2.3",
                        "semanticVersion": "1.2.3",
                        "rules": [
                            {
                                "id": "project",
                                "shortDescription": {
                                    "text": "What the project says contradicts itself, or asks for something that "
                                    "cannot be."
                                },
                            },
                            {"id": "template", "shortDescription": {"text": "A template cannot be rendered."}},
                        ],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [
                    {
                        "ruleId": "template",
                        "ruleIndex": 1,
                        "level": "error",
                        "message": {"text": "100% wrong\nFirst, do this: that."},
                        "locations": [
                            {
                                "physicalLocation": {
                                    "artifactLocation": {"uri": "my%20film/project.toml"},
                                    "region": {"startLine": 12, "startColumn": 31},
                                },
                                "logicalLocations": [{"fullyQualifiedName": "shot.walk.prompt"}],
                            }
                        ],
                    },
                    {
                        "ruleId": "project",
                        "ruleIndex": 0,
                        "level": "warning",
                        "message": {"text": "doubtful"},
                        "locations": [
                            {
                                "physicalLocation": {
                                    "artifactLocation": {"uri": "a.toml"},
                                    "region": {"startLine": 1},
                                }
                            }
                        ],
                    },
                ],
            }
        ],
    }


def test_sarif_without_faults_has_no_rules_and_no_results() -> None:
    (run,) = faults_sarif([], folder=ROOT, version="1")["runs"]
    assert (run["tool"]["driver"]["rules"], run["results"]) == ([], [])


@pytest.mark.parametrize("rule", get_args(Rule))
def test_every_rule_is_described(rule: Rule) -> None:
    (run,) = faults_sarif([Fault(Place(ROOT), "x", rule=rule)], folder=ROOT, version="1")["runs"]
    (described,) = run["tool"]["driver"]["rules"]
    assert described["id"] == rule
    assert described["shortDescription"]["text"].endswith(".")


def test_sarif_names_a_file_elsewhere_by_its_url() -> None:
    (run,) = faults_sarif([a_fault(ROOT.parent / "brand.toml")], folder=ROOT, version="1")["runs"]
    location = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": (ROOT.parent / "brand.toml").as_uri()}


def test_annotation_is_one_line_with_escapes() -> None:
    assert fault_annotation(a_fault(ROOT / "a,b" / "100%.toml", key="shot.x:y"), folder=ROOT) == (
        "::error file=a%2Cb/100%25.toml,line=12,col=31,title=shot.x%3Ay::100%25 wrong%0AFirst, do this: that."
    )


def test_annotation_of_a_warning_without_line_and_key_is_titled_by_its_rule() -> None:
    fault = Fault(Place(ROOT / "a.toml"), "one\r\ntwo", severity="warning")
    assert fault_annotation(fault, folder=ROOT) == "::warning file=a.toml,title=project::one%0D%0Atwo"
