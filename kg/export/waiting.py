"""Waiting for a query's answer so that Ctrl-C and time limits are heard.

Polars has its own handler of SIGINT, after which a blocking read isn't interrupted by Ctrl-C. So a thread
reads, and who waits for what it reads wakes now and then.
"""

from __future__ import annotations

import time
from queue import Empty, SimpleQueue
from typing import Final, TypeVar

from kg.errors import QueryTimeoutError

_WAKE_S: Final = 0.1
T = TypeVar("T")


def take(queue: SimpleQueue[T], *, until: float | None = None) -> T:
    """Wait for the next item of a queue that a thread fills.

    Parameters
    ----------
    queue : SimpleQueue
        The queue.
    until : float, optional
        When to stop waiting, by `time.monotonic`.

    Raises
    ------
    TimeoutError
        If there is none in time.
    """
    while True:
        wait_s = _WAKE_S if until is None else min(_WAKE_S, until - time.monotonic())
        try:
            return queue.get(timeout=max(wait_s, 0))
        except Empty:
            if until is not None and time.monotonic() >= until:
                raise TimeoutError from None


def out_of_time(timeout_s: float) -> QueryTimeoutError:
    """Make the error of a query that ran out of time."""
    return QueryTimeoutError(
        f"there was no answer within {timeout_s:g} s",
        "query",
        "bound its paths ([:PART_OF*1..4]), name labels, add LIMIT, or allow more time (query.timeout_s)",
        timeout_s=timeout_s,
    )
