"""Waiting for what a thread puts into a queue."""

from __future__ import annotations

import time
from queue import SimpleQueue
from threading import Timer

import pytest

from kg.export.waiting import take


def test_what_comes_is_taken() -> None:
    queue: SimpleQueue[int] = SimpleQueue()
    Timer(0.15, queue.put, [7]).start()  # after the first look
    assert take(queue) == 7


def test_nobody_waits_longer_than_they_said() -> None:
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        take(SimpleQueue(), until=began + 0.05)
    assert 0.05 <= time.monotonic() - began < 1
    queue: SimpleQueue[int] = SimpleQueue()
    queue.put(1)
    assert take(queue, until=began) == 1
