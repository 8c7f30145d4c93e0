"""What was submitted and paid: a pure snapshot to read, a durable store to write.

The store loads SQLAlchemy, so it is imported from `kling_render.ledger.store` by those who write.
"""

from kling_render.ledger.caps import Caps, Spent, broken_cap
from kling_render.ledger.snapshot import (
    BOUGHT_STATES,
    OPEN_STATES,
    Attempt,
    Clip,
    Identity,
    Snapshot,
    State,
)

__all__ = [
    "BOUGHT_STATES",
    "OPEN_STATES",
    "Attempt",
    "Caps",
    "Clip",
    "Identity",
    "Snapshot",
    "Spent",
    "State",
    "broken_cap",
]
