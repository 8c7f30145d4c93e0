"""What stands in a request where a URL or id will be: local files, and references to other shots."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kling_render.expansion.media import LocalFile
from kling_render.expansion.references import Reference

StandIn = LocalFile | Reference
_PLAIN = frozenset({str, int, float, bool, type(None)})


def replace_stand_ins(value: Any, replace: Callable[[StandIn], Any]) -> Any:
    """A request value with each stand-in replaced, everything else as it is; itself where it holds none."""
    if not _may_hold(value):
        return value
    if isinstance(value, LocalFile | Reference):
        return replace(value)
    if isinstance(value, Mapping):
        return {key: replace_stand_ins(each, replace) for key, each in value.items()}
    return [replace_stand_ins(each, replace) for each in value] if isinstance(value, (list, tuple)) else value


def _may_hold(value: Any) -> bool:
    """Whether there is more than plain values in a value: most requests are flat and hold none."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else (value,)
    return not _PLAIN.issuperset(map(type, inner))


def stand_ins_in(value: Any) -> list[StandIn]:
    """All stand-ins in a request value, in its order."""
    found: list[StandIn] = []
    replace_stand_ins(value, found.append)
    return found


def judged_value(stand_in: StandIn) -> str:
    """A value of the right shape, for judging a request before anything is uploaded or rendered."""
    return stand_in.stand_in_url if isinstance(stand_in, LocalFile) else stand_in.stand_in
