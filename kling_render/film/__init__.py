"""The film as it is cut now, by version: which take stands for each shot, and the files that are made of them."""

from kling_render.film.assembly import Film, FilmWishes, OnFilm, Scene
from kling_render.film.cut import Choice, Cut, Part, Reel, cut_film, read_cuts
from kling_render.film.films import make_films, rehearsal_films, rehearsal_reels
from kling_render.film.parts import SplitTake, split_takes

__all__ = [
    "Choice",
    "Cut",
    "Film",
    "FilmWishes",
    "OnFilm",
    "Part",
    "Reel",
    "Scene",
    "SplitTake",
    "cut_film",
    "make_films",
    "read_cuts",
    "rehearsal_films",
    "rehearsal_reels",
    "split_takes",
]
