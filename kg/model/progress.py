"""How long work tells how far it is, without knowing who listens."""

from __future__ import annotations

from collections.abc import Callable

#: Called with a step's name, how much of it is done, and how much there is (0 where that isn't known).
Progress = Callable[[str, int, int], None]


def silent(step: str, done: int, total: int) -> None:
    """Tell nobody."""
