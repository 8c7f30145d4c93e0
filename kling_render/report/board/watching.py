"""Which files a board depends on, and what tells that one of them has changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path

from kling_render.expansion.templating.sources import search_path
from kling_render.planning import Plan

_SUFFIXES = (".toml", ".csv", ".j2", ".txt", ".md", ".lock", ".sqlite", ".sqlite-wal")
_SKIPPED = frozenset({".git", ".venv", "node_modules", "__pycache__", "posters"})
_MOST_FILES = 2_000

Signature = Mapping[Path, tuple[int, int]]


def signature(files: Iterable[Path], folders: Iterable[Path]) -> Signature:
    """Change time and size of these files, and of what says something in these folders; without what is not there."""
    found: dict[Path, tuple[int, int]] = {}
    for path in chain(files, chain.from_iterable(map(_telling, folders))):
        try:
            facts = path.stat()
        except (OSError, ValueError):
            continue
        found[path] = (facts.st_mtime_ns, facts.st_size)
    return found


def files_of(plan: Plan) -> frozenset[Path]:
    """The files that a plan was made from, wherever they lie: TOML and rows, prompts, pictures, videos and sounds."""
    media = {file.path for planned in plan.takes for file in planned.take.local_files}
    return frozenset({*plan.project.files, *_prompt_files(plan), *media})


def _prompt_files(plan: Plan) -> Iterator[Path]:
    """Every place where the prompt files of the shots may lie."""
    folders = search_path(plan.project).folders
    for shot in plan.project.shots.values():
        for name in (shot.table.prompt_file, *(cut.prompt_file for cut in shot.cuts)):
            yield from (folder / name for folder in folders if name)


def _telling(folder: Path) -> Iterator[Path]:
    """The files of a folder that say something: TOML, CSV, texts, ledgers; as many as can be looked at often."""
    pending, count = [folder], 0
    while pending and count < _MOST_FILES:
        try:
            entries = sorted(pending.pop().iterdir())
        except OSError:
            continue
        for path in entries:
            count += 1
            if path.name.endswith(_SUFFIXES):
                yield path
            elif path.is_dir() and not path.is_symlink() and path.name not in _SKIPPED:
                pending.append(path)
