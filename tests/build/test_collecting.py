"""Garbage is looked for seldom during a build, and as before after it."""

from __future__ import annotations

import gc

import pytest

from kg.build.collecting import leave_out, seldom_collecting


def test_after_a_build_garbage_is_looked_for_as_before() -> None:
    before = gc.get_threshold()
    with seldom_collecting():
        leave_out()
        assert gc.get_threshold()[0] > before[0]
        assert gc.get_freeze_count() > 0
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0


def test_a_build_that_fails_leaves_no_trace_of_it() -> None:
    before = gc.get_threshold()
    with pytest.raises(ValueError, match="a fault"), seldom_collecting():
        raise ValueError("a fault")
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
