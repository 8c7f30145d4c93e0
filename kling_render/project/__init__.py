"""From TOML files to one typed, frozen project."""

from kling_render.project.load import UNNAMED, Loading, load, load_leniently
from kling_render.project.model import Element, Project, Shot, Sourced
from kling_render.project.tables import AssumedPrice, BudgetTable, CutTable, RenderTable

__all__ = [
    "UNNAMED",
    "AssumedPrice",
    "BudgetTable",
    "CutTable",
    "Element",
    "Loading",
    "Project",
    "RenderTable",
    "Shot",
    "Sourced",
    "load",
    "load_leniently",
]
