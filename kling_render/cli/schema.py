"""`schema`: the JSON Schema of project.toml, for editors."""

from __future__ import annotations

from pathlib import Path

import click

_MODELINE = "Make this the first line of project.toml:  #:schema ./{name}"


@click.command("schema")
@click.argument("project", metavar="[PROJECT]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write it there, and say how an editor finds it.",
)
def command(project: Path | None, output: Path | None) -> None:
    """Print the JSON Schema of project.toml: completion and checks in editors.

    Editors with Taplo (VS Code: Even Better TOML) or tombi read it when the project's first line names it. With PROJECT
    it knows the models of that project's own catalog, too.
    """
    import json
    import os

    from kling_render.errors import InvalidProjectError
    from kling_render.pricing import known_catalog
    from kling_render.project import load_leniently, locate
    from kling_render.project.schema import EDITOR_SCHEMA, project_schema
    from kling_render.settings import load_settings
    from kling_render.whole_files import write_over

    catalog = known_catalog(load_settings())
    loading = load_leniently(project, catalog) if project is not None else None
    if loading is not None and loading.project is None:
        raise InvalidProjectError(locate(loading.faults))
    loaded = loading.project if loading is not None else None
    text = json.dumps(project_schema(loaded.catalog if loaded else catalog), ensure_ascii=False, indent=2)
    if output is None:
        click.echo(text)
        return
    write_over(output, f"{text}\n".encode(), EDITOR_SCHEMA)
    click.echo(f"wrote {output}")
    folder = loaded.folder if loaded is not None else output.parent
    name = Path(os.path.relpath(output, folder)).as_posix()
    click.echo(_MODELINE.format(name=name), err=True)
