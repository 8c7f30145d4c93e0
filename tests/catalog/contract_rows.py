"""The contract as a table of requests: what every model takes, refuses and warns about, and in which words."""

from __future__ import annotations

import itertools

from . import field_rows, frame_rows, limit_rows, model_rows, reference_rows, sequence_rows, source_rows
from .row_builders import Row

ROWS: tuple[Row, ...] = tuple(
    itertools.chain(
        model_rows.rows(),
        field_rows.rows(),
        limit_rows.rows(),
        sequence_rows.rows(),
        frame_rows.rows(),
        reference_rows.rows(),
        source_rows.rows(),
    )
)
