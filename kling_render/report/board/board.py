"""The board of a project: read what is known, make the posters, render the page, write it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kling_render.bookkeeping import Status, list_notes, list_takes, read_rehearsed, read_status
from kling_render.errors import InvalidProjectError, StorageError
from kling_render.expansion.marking import mark_takes
from kling_render.inspection import inspect
from kling_render.ledger import read_picks
from kling_render.planning import Selection
from kling_render.pricing import known_catalog
from kling_render.project import DEFAULT_PROFILE
from kling_render.rendering.paths import LEDGER, PICKS
from kling_render.report.board.data import Known, board_view
from kling_render.report.board.media import EmbeddedClips, Links, Media, RelativeLinks, wanted_pictures
from kling_render.report.board.page import PAGE, render_page
from kling_render.report.board.posters import Posters
from kling_render.report.board.sums import bear_shared
from kling_render.settings import DEFAULT_BASE_URL, Settings, load_settings
from kling_render.whole_files import write_over

BOARD = "board.html"
_REHEARSAL = "rehearsal"
_REHEARSED = "A rehearsal on the mock server: the clips are placeholders, and nobody paid for them."


@dataclass(frozen=True)
class Source:
    """Which board is meant.

    Attributes:
        path: the project file, or its folder.
        profile: which set of overrides lies over the shots.
        selection: which takes are shown; all by default.
        rehearsal: the folder of the rehearsal whose clips are shown; None for those that were bought.
    """

    path: Path
    profile: str = DEFAULT_PROFILE
    selection: Selection | None = None
    rehearsal: Path | None = None

    @classmethod
    def rehearsed(
        cls, path: Path, profile: str = DEFAULT_PROFILE, selection: Selection | None = None, folder: Path | None = None
    ) -> Source:
        """The board of a rehearsal: of the one beside the project file, unless another folder is given."""
        project = path if path.is_dir() else path.parent
        return cls(path, profile, selection, folder or project / _REHEARSAL)

    @property
    def folder(self) -> Path:
        """The project's folder."""
        return self.path if self.path.is_dir() else self.path.parent

    @property
    def default_out(self) -> Path:
        """Where the page goes if nobody says: beside the project file, or with the clips of the rehearsal."""
        return (self.rehearsal or self.folder) / BOARD

    @property
    def poster_cache(self) -> Path:
        """Where posters are kept: beside the ledger that the clips stand in."""
        return (self.rehearsal or self.folder) / LEDGER.parent / "posters"


def read_source(source: Source, settings: Settings | None = None) -> tuple[Status, Known]:
    """What the board of a source shows.

    Raises:
        InvalidProjectError: the project has faults.
        UsageError: the selection matches nothing.
        StorageError: a ledger, lock, picks or notes cannot be read, or there was no rehearsal.
    """
    settings = settings or load_settings()
    if source.rehearsal:
        status = read_rehearsed(source.path, folder=source.rehearsal, profile=source.profile, settings=settings)
    else:
        status = read_status(source.path, profile=source.profile, settings=settings)
    plan = status.plan
    if plan is None:
        raise InvalidProjectError(inspect(source.path, known_catalog(settings)).errors)
    chosen = bear_shared(source.selection.choose(plan.takes), plan.takes) if source.selection else plan.takes
    known = Known(
        plan=plan,
        snapshot=status.snapshot,
        chosen=chosen,
        picks=read_picks(status.folder / PICKS, status.project.profile),
        candidates=list_takes(status),
        notes=list_notes(status),
        marks=mark_takes(status.project, [each.take for each in chosen]),
        clip_folder=source.rehearsal.parent if source.rehearsal else status.folder,
        now=status.now,
        banner=_banner(status, source),
        is_rehearsal=source.rehearsal is not None,
    )
    return status, known


def board_html(known: Known, links: Links, posters: Posters, *, is_live: bool = False) -> str:
    """The page: the view of what is known, with posters made where there are none yet."""
    folder = known.clip_folder
    made = posters.make(wanted_pictures(known.chosen, known.snapshot, folder))
    return render_page(board_view(known, Media(folder, links, made)), is_live=is_live)


def write_board(
    source: Source, out: Path | None = None, *, embed: bool = False, settings: Settings | None = None
) -> Path:
    """Write the board of a project as one HTML file; returns its path.

    Args:
        source: which board.
        out: where it goes; by default `board.html` beside the project file, or in `rehearsal/`. Only an earlier board
            is written over.
        embed: whether the clips go into the page, rather than being linked.
        settings: whose base URL says which books count; read from the environment by default.

    Raises:
        InvalidProjectError: the project has faults.
        UsageError: the selection matches nothing.
        StorageError: something cannot be read, or the page cannot be written.
    """
    out = out or source.default_out
    if out.is_dir():
        raise StorageError(f"{out} is a folder", hint=f"Name a file: {out / BOARD}")
    _, known = read_source(source, settings)
    links = EmbeddedClips() if embed else RelativeLinks(out.parent.resolve())
    write_over(out, board_html(known, links, Posters(source.poster_cache)).encode(), PAGE)
    return out


def _banner(status: Status, source: Source) -> str:
    if source.rehearsal:
        return _REHEARSED
    if status.origin != DEFAULT_BASE_URL:
        return f"Takes of {status.origin}: this is not RunAPI."
    return ""
