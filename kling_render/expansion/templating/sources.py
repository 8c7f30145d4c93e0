"""Where templates come from: a search path that nothing can leave; the packaged library is always last."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from jinja2 import BaseLoader, Environment, TemplateNotFound

from kling_render.assets import template_library
from kling_render.expansion.templating.limits import MAX_SOURCE, TemplateLimitError
from kling_render.project import Project


class SearchPath(BaseLoader):
    """Loads templates below some folders; hidden files, `..` and links that lead out do not exist for it."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self.folders = tuple(folder.resolve() for folder in folders if _is_folder(folder))

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        """The source of a template, for Jinja."""
        file = self._find(template)
        if file is None:
            raise TemplateNotFound(template)
        try:
            source = file.read_text("utf-8-sig")
        except UnicodeDecodeError as error:
            raise TemplateLimitError(f"{template} is not UTF-8 text") from error
        except OSError as error:
            raise TemplateLimitError(f"{template} cannot be read: {error.strerror or error}") from error
        if len(source) > MAX_SOURCE:
            raise TemplateLimitError(f"{template} has more than {MAX_SOURCE:,} characters")
        return source, str(file), lambda: True

    def list_templates(self) -> list[str]:
        """The names of all templates (`*.j2`), sorted."""
        found = (file.relative_to(folder).as_posix() for folder in self.folders for file in folder.rglob("*.j2"))
        return sorted({name for name in found if not _is_hidden(name)})

    def name_of(self, file: Path) -> str:
        """The name under which templates find a file."""
        below = (file.relative_to(folder).as_posix() for folder in self.folders if file.is_relative_to(folder))
        return min(below, key=len, default=file.name)

    def _find(self, name: str) -> Path | None:
        if _is_hidden(name) or "\\" in name or "\0" in name or name.startswith("/"):
            return None
        for folder in self.folders:
            try:
                file = (folder / name).resolve()
                if file.is_relative_to(folder) and file.is_file():
                    return file
            except (OSError, RuntimeError):  # a name that no file can have, links in a circle
                continue
        return None


def search_path(project: Project) -> SearchPath:
    """The project's own folder, the folders it names, then the packaged library."""
    named = (project.folder / name for name in project.table.templates)
    return SearchPath([project.folder, *named, template_library()])


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name that no folder can have
        return False


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") or not part for part in name.split("/"))
