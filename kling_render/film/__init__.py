"""The film as it is cut now: which take stands for each shot, in order, once for each version."""

from kling_render.film.cut import Choice, Cut, Part, Reel, cut_film

__all__ = ["Choice", "Cut", "Part", "Reel", "cut_film"]
