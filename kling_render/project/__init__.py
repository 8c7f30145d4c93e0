"""From TOML files to one typed, frozen project."""

from kling_render.project.load import UNNAMED, Loading, load, load_leniently
from kling_render.project.model import DEFAULT_PROFILE, Element, Matrix, Project, Shot, Sourced
from kling_render.project.positions import locate
from kling_render.project.tables import AssumedPrice, BudgetTable, CutTable, RenderTable

__all__ = [
    "DEFAULT_PROFILE",
    "UNNAMED",
    "AssumedPrice",
    "BudgetTable",
    "CutTable",
    "Element",
    "Loading",
    "Matrix",
    "Project",
    "RenderTable",
    "Shot",
    "Sourced",
    "load",
    "load_leniently",
    "locate",
]
