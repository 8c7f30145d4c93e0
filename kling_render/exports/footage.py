"""What is exported: the film of each version, and where its clips are; as it was bought, or as it was rehearsed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from kling_render.api import load, plan
from kling_render.errors import UsageError
from kling_render.expansion import Address
from kling_render.film import Part, Reel, cut_film, rehearsal_reels
from kling_render.ledger.store import Ledger
from kling_render.planning import Plan
from kling_render.planning import plan as plan_against
from kling_render.pricing import known_catalog
from kling_render.project import DEFAULT_PROFILE, Project
from kling_render.rehearsal import FOLDER, ORIGIN, Rehearsal
from kling_render.rehearsal import LEDGER as REHEARSED
from kling_render.rendering import output_folder
from kling_render.rendering.choices import read_choices, read_own_picks
from kling_render.rendering.paths import clip_path, named_clip
from kling_render.settings import Settings, load_settings


@dataclass(frozen=True)
class Footage:
    """The film of a project under one profile, and where its clips are.

    Attributes:
        reels: one for each version.
        folder: what places of clips are relative to: the project's folder, unless it was rehearsed elsewhere.
        output: the folder of its clips in it: `renders`, or `rehearsal`.
        is_rehearsal: whether its clips are the placeholders of a rehearsal.
    """

    project: Project
    reels: tuple[Reel, ...]
    folder: Path
    output: str
    is_rehearsal: bool = False

    def place(self, part: Part) -> PurePosixPath:
        """Where the clip of a part lies, or will lie once it is made; relative to `folder`."""
        attempt, planned = part.attempt, part.planned
        if attempt is None:
            mark, number = planned.key
            return named_clip(self.output, self.project.profile, planned.take.title, number, mark)
        return PurePosixPath(attempt.clip.path) if attempt.clip else clip_path(self.output, attempt)

    def clip(self, part: Part) -> Path | None:
        """The clip of a part; None where it is not on this disk."""
        file = self.folder / self.place(part)
        return file if part.attempt and part.attempt.clip and file.is_file() else None

    def of_versions(self, versions: tuple[str, ...]) -> tuple[Reel, ...]:
        """The reels of these versions, each named by its values (`de,9:16`) or some of them (`de`); all without any.

        Raises:
            UsageError: there is no such version.
        """
        found: dict[str, Reel] = {}
        for text in versions:
            wanted = _values(text)
            fitting = [reel for reel in self.reels if wanted and wanted <= _values(reel.version)]
            if not fitting:
                known = ", ".join(reel.version for reel in self.reels if reel.version)
                hint = f"There are {known}." if known else "This film has no versions."
                raise UsageError(f"there is no version {text}", hint=hint)
            found.update((reel.version, reel) for reel in fitting)
        return tuple(reel for reel in self.reels if reel.version in found) if versions else self.reels


def read_footage(
    path: Path | str,
    *,
    profile: str = DEFAULT_PROFILE,
    rehearsal: bool = False,
    settings: Settings | None = None,
) -> Footage:
    """The film as it is cut now. No network.

    Args:
        path: the project file, or its folder.
        profile: which set of overrides lies over the shots.
        rehearsal: whether the clips of the last rehearsal stand in it, instead of those that were bought.
        settings: whose base URL says which books count; read from the environment by default.

    Raises:
        InvalidProjectError: with every fault of the project.
        UsageError: there is no such profile, or no rehearsal.
        StorageError: ledger or picks cannot be read.
    """
    settings = settings or load_settings()
    project = load(path, profile=profile, catalog=known_catalog(settings))
    if rehearsal:
        planned, output = _rehearsed(project), FOLDER
    else:
        planned = plan(project, settings=settings)
        output = output_folder(settings.origin, is_default_origin=settings.is_default_origin)
    reels = cut_film(planned, planned.snapshot, read_own_picks(project))
    return Footage(project, reels, project.folder, output, is_rehearsal=rehearsal)


def rehearsed_footage(rehearsal: Rehearsal) -> Footage:
    """The film of a rehearsal that has just been made, wherever its clips went."""
    outcome = rehearsal.outcome
    output = outcome.manifest.parents[1].name
    return Footage(outcome.plan.project, rehearsal_reels(outcome), outcome.folder, output, is_rehearsal=True)


def _rehearsed(project: Project) -> Plan:
    """The plan against what was rehearsed."""
    path, now = project.folder / FOLDER / REHEARSED, datetime.now(UTC)
    if not path.is_file():
        raise UsageError("there is no rehearsal yet", hint="Make one, for nothing: kling-render rehearse")
    with Ledger.reading(path) as ledger:
        snapshot = ledger.snapshot(project.table.id, ledger.last_identity(project.table.id, ORIGIN))
    picks, drafts = read_choices(project, snapshot, now)
    return plan_against(project, snapshot=snapshot, now=now, picks=picks, drafts=drafts)


def _values(version: str) -> frozenset[str]:
    try:
        return frozenset(value for _, value in Address.parse(f"{version}/shot#1").version)
    except ValueError:
        return frozenset()
