"""Numbers of a request in one spelling, so that what is identified and what is sent are the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def canonical_numbers(value: Any) -> Any:
    """The value with 1.0 written as 1, in lists and tables too."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: canonical_numbers(each) for key, each in value.items()}
    return [canonical_numbers(each) for each in value] if isinstance(value, (list, tuple)) else value
