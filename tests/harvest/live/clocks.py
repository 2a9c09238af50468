"""Time that passes when somebody waits, and a little with every look at it."""

from __future__ import annotations


class FakeClock:
    """A clock that nobody waits for."""

    def __init__(self, start: float = 1_790_000_000.0) -> None:
        self.time = start
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds
