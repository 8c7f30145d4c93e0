"""The colours of placeholders: a shot keeps its own."""

from __future__ import annotations

from hashlib import sha256

from kling_render.report.board.view import Slate

_SCHEMES = (
    Slate("#16283e", "#f0b458"),
    Slate("#5e2429", "#ffd2a8"),
    Slate("#143c33", "#f0cd8c"),
    Slate("#3b2a66", "#9ae2cf"),
    Slate("#4a1a2e", "#f6b4ae"),
    Slate("#0f4c5a", "#ffd470"),
    Slate("#2c2e32", "#ff9a70"),
    Slate("#26407c", "#ffd860"),
    Slate("#5c3216", "#ffca92"),
    Slate("#3a2140", "#f2a6c4"),
    Slate("#3c4620", "#ece484"),
    Slate("#0c444a", "#ffb298"),
)


def slate_of(shot: str) -> Slate:
    """The colours of a shot's placeholder."""
    return _SCHEMES[sha256(shot.encode()).digest()[0] % len(_SCHEMES)]
