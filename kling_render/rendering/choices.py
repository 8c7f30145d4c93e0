"""What was picked, as a plan needs it: of the project's own profile, and of the draft that it is finished from."""

from __future__ import annotations

from datetime import datetime

from kling_render.errors import InvalidProjectError
from kling_render.expansion import variant_of
from kling_render.ledger import Picks, Snapshot, read_picks
from kling_render.planning import plan
from kling_render.project import DEFAULT_PROFILE, Project, load_leniently
from kling_render.rendering.paths import PICKS


def read_own_picks(project: Project) -> Picks:
    """The picks of the project's profile.

    Raises:
        StorageError: the file cannot be read.
    """
    return read_picks(project.folder / PICKS, project.profile)


def read_choices(project: Project, snapshot: Snapshot, now: datetime) -> tuple[Picks, Picks]:
    """The picks of the project's profile and, for another than the default one, those of the draft.

    The draft's are named as its variants are named now, and only those of its requests as they are now count: nobody
    has seen what another prompt gives.

    Args:
        project: the project under its profile.
        snapshot: what was bought, under whatever profile.
        now: the time.

    Raises:
        StorageError: the file cannot be read.
    """
    own = read_own_picks(project)
    if project.profile == DEFAULT_PROFILE:
        return own, Picks()
    written = read_picks(project.folder / PICKS)
    return own, _of_draft(project, written, snapshot, now) if written.by_variant else written


def _of_draft(project: Project, written: Picks, snapshot: Snapshot, now: datetime) -> Picks:
    loading = load_leniently(project.path, project.catalog, DEFAULT_PROFILE)
    if loading.project is None or loading.faults:
        return Picks(outdated=tuple(written.by_variant))
    try:
        takes = plan(loading.project, snapshot=snapshot, now=now, picks=written).takes
    except InvalidProjectError:  # the draft alone is at fault: nobody can tell what its picks are of
        return Picks(outdated=tuple(written.by_variant))
    marks = {variant_of(each.address): each.fingerprint for each in takes}
    found = {variant: pick for variant, mark in marks.items() if (pick := written.of(variant, mark)) is not None}
    current = {variant: pick for variant, pick in found.items() if pick.fingerprint == marks[variant]}
    return Picks(current, tuple(variant for variant in found if variant not in current))
