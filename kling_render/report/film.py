"""What stands for each shot of a film, for people and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.cells import cell_len
from rich.console import Console

from kling_render.film import Choice, Film, Scene
from kling_render.report.console import console, table
from kling_render.report.paths import shorten

_WORDS = {
    Choice.PICKED: "picked",
    Choice.LOCKED: "locked, of an older prompt",
    Choice.STALE: "picked, of an older prompt",
    Choice.FIRST: "first take",
}


def print_films(films: Sequence[Film]) -> None:
    """Print a row for each shot of each film, then the files."""
    out = console()
    for film in films:
        rows = table("at", "take", "stands there", "seconds", right=("at", "seconds"), title=film.version or None)
        for scene in film.scenes:
            rows.add_row(f"{scene.start:.2f}", scene.part.address, _stands(scene), f"{scene.seconds:.2f}")
        out.print(rows)
        out.print()
    for film in films:
        _print_file(film, out)


def print_film_notes(films: Sequence[Film], *, is_rehearsal: bool = False) -> None:
    """Print to standard error what a person should know: picks of older prompts, missing clips."""
    err = console(err=True)
    unknown = "not known here: is takes.lock up to date?"
    reason = "a rehearsal makes the takes of the plan alone" if is_rehearsal else unknown
    for film in films:
        name = f"{film.version}: " if film.version else ""
        for scene in film.stale:
            err.print(f"{name}{scene.part.address} was picked for an older prompt", style="yellow")
        for address in film.unknown_picks:
            err.print(f"{name}{address} is picked, but {reason}", style="yellow")
        if film.placeholders:
            missing = ", ".join(dict.fromkeys(scene.part.address for scene in film.placeholders))
            err.print(f"{name}placeholders stand for {missing}", style="yellow")


def print_animatic(films: Sequence[Film]) -> None:
    """Print where the films of a rehearsal are."""
    for film in films:
        _print_file(film, console())


def films_json(films: Sequence[Film]) -> dict[str, Any]:
    """The films as JSON: files, formats, and what stands for each shot."""
    return {"films": [_film_json(film) for film in films]}


def _film_json(film: Film) -> dict[str, Any]:
    made = film.stitched
    return {
        "version": film.version,
        "path": str(made.path),
        "seconds": round(made.seconds, 3),
        "width": made.form.width,
        "height": made.form.height,
        "fps": round(float(made.form.rate), 3),
        "picture": made.picture,
        "sound": made.sound,
        "shots": [_scene_json(scene) for scene in film.scenes],
    }


def _scene_json(scene: Scene) -> dict[str, Any]:
    return {
        "shot": scene.part.shot,
        "address": scene.part.address,
        "choice": scene.part.choice.value,
        "clip": str(scene.clip) if scene.clip else None,
        "missing": scene.missing or None,
        "start_seconds": round(scene.start, 3),
        "seconds": round(scene.seconds, 3),
    }


def _stands(scene: Scene) -> str:
    if scene.clip is None:
        return f"MISSING: {scene.missing}"
    part = scene.part
    is_kept = part.choice is Choice.PICKED and part.pick is not None and part.pick.locked
    return "picked, locked" if is_kept else _WORDS[part.choice]


def _print_file(film: Film, out: Console) -> None:
    made = film.stitched
    size = f"{made.form.width}x{made.form.height}, {float(made.form.rate):g} fps"
    sound = "no sound" if made.sound == "none" else f"sound {made.sound}"
    path, facts = str(Path(shorten(made.path))), f"{made.seconds:.2f} s, {size}, picture {made.picture}, {sound}"
    gap = "  " if cell_len(f"{path}  {facts}") <= out.width else "\n  "
    out.print(f"{path}{gap}{facts}", soft_wrap=True)
