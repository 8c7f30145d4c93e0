"""The film as it is cut now: which take stands for each shot, in order, once for each version."""

from kling_render.film.cut import Choice, Cut, Part, Reel, cut_film
from kling_render.film.reading import Film, read_film, rehearsed_film

__all__ = ["Choice", "Cut", "Film", "Part", "Reel", "cut_film", "read_film", "rehearsed_film"]
