"""The garbage collector: paused, and kept from what was there before; as it was in the end."""

from __future__ import annotations

import contextlib
import gc

from kling_render.expansion.collector import collector_for_new_values, collector_paused


def test_collector_is_paused_and_goes_on_after_an_error() -> None:
    seen = []
    with contextlib.suppress(RuntimeError), collector_paused():
        seen.append(gc.isenabled())
        raise RuntimeError("of the block")
    assert (seen, gc.isenabled()) == ([False], True)


def test_collector_looks_at_new_values_inside_a_pause_and_at_no_older_ones() -> None:
    older = [object()]
    with collector_paused():
        with collector_for_new_values():
            newer = [object()]
            tracked = {id(each) for each in gc.get_objects()}
            assert gc.isenabled()
            assert id(older) not in tracked
            assert id(newer) in tracked
        assert not gc.isenabled()
    assert gc.isenabled()
    assert id(older) in {id(each) for each in gc.get_objects()}
