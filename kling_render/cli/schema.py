"""`schema`: the JSON Schema of project.toml, for editors."""

from __future__ import annotations

from pathlib import Path

import click

_MODELINE = "Make this the first line of project.toml:  #:schema ./{name}"


@click.command("schema")
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write it there, and say how an editor finds it.",
)
def command(output: Path | None) -> None:
    """Print the JSON Schema of project.toml: completion and checks in editors.

    Editors with Taplo (VS Code: Even Better TOML) or tombi read it when the project's first line names it.
    """
    import json

    from kling_render.catalog import bundled_catalog
    from kling_render.errors import StorageError
    from kling_render.project.schema import project_schema

    text = json.dumps(project_schema(bundled_catalog()), ensure_ascii=False, indent=2)
    if output is None:
        click.echo(text)
        return
    try:
        output.write_text(f"{text}\n", "utf-8")
    except OSError as error:
        raise StorageError(f"cannot write {output}: {error.strerror or error}") from error
    click.echo(f"wrote {output}")
    click.echo(_MODELINE.format(name=output.name), err=True)
