from __future__ import annotations

import json
from pathlib import Path

from kling_render.catalog import bundled_catalog
from kling_render.project.schema import project_schema

from .conftest import Cli


def test_schema_is_printed_as_json(cli: Cli) -> None:
    ran = cli("schema")
    assert (ran.exit_code, ran.err) == (0, "")
    assert json.loads(ran.out) == project_schema(bundled_catalog())


def test_schema_is_written_to_a_file_and_the_first_line_is_told(cli: Cli, tmp_path: Path) -> None:
    ran = cli("schema", "--output", "project.schema.json")
    assert (ran.exit_code, ran.out) == (0, "wrote project.schema.json\n")
    assert ran.err == "Make this the first line of project.toml:  #:schema ./project.schema.json\n"
    written = (tmp_path / "project.schema.json").read_text("utf-8")
    assert json.loads(written) == project_schema(bundled_catalog())
    assert written == cli("schema").out


def test_project_with_the_line_has_no_faults(cli: Cli, film: Path) -> None:
    file = film / "project.toml"
    file.write_text("#:schema ./project.schema.json\n" + file.read_text("utf-8"), "utf-8")
    assert cli("check", film, "--strict").exit_code == 0


def test_earlier_schema_is_written_over_and_nothing_else(cli: Cli, film: Path) -> None:
    cli("schema", "--output", film / "project.schema.json")
    assert cli("schema", "--output", film / "project.schema.json").exit_code == 0
    before = (film / "project.toml").read_bytes()
    ran = cli("schema", "--output", film / "project.toml")
    assert ran.exit_code == 12
    assert "project.toml is there, and is no schema of projects of kling-render" in ran.err
    assert (film / "project.toml").read_bytes() == before


def test_file_that_cannot_be_written_is_a_storage_error(cli: Cli, film: Path) -> None:
    ran = cli("schema", "--output", film / "project.toml" / "project.schema.json")
    assert ran.exit_code == 12
    assert "project.schema.json cannot be written" in ran.err
