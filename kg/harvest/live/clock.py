"""Time that tests can replace."""

from __future__ import annotations

import datetime
import time
from typing import Protocol


class Clock(Protocol):
    """What tells the time and waits."""

    def now(self) -> float:
        """Seconds since 1970, the same in every process."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


def iso_time(seconds: float) -> str:
    """Write a moment in ISO 8601, UTC, to the second.

    Examples
    --------
    >>> iso_time(0)
    '1970-01-01T00:00:00Z'
    """
    moment = datetime.datetime.fromtimestamp(seconds, tz=datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_of(moment: str) -> float:
    """Read what `iso_time` wrote, or any other ISO 8601 time.

    Examples
    --------
    >>> seconds_of("1970-01-01T00:01:00Z"), seconds_of("2021-07-01T20:14:18.116542+00:00")
    (60.0, 1625170458.116542)
    """
    parsed = datetime.datetime.fromisoformat(moment)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=datetime.UTC)).timestamp()
