"""What is worth another try, and when."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final

#: A server that asks for longer has its number wrong, or we have.
_LONGEST_S: Final = 7 * 86_400.0


class TransientFault(Exception):  # noqa: N818 - it never leaves the session
    """A fault that another try may better: of the network, a status, a limit, a body."""

    def __init__(
        self, kind: str, reason: str, status: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(reason)
        self.kind, self.reason, self.status, self.retry_after = kind, reason, status, retry_after


def retry_after_of(headers: Mapping[str, str], now: float) -> float | None:
    """Read ``Retry-After``: seconds, or a date, which is compared with the server's own clock.

    Examples
    --------
    >>> retry_after_of({"Retry-After": "12"}, 0)
    12.0
    >>> retry_after_of({"Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT", "Date": "Sun, 06 Nov 1994 08:49:07 GMT"}, 0)
    30.0
    >>> retry_after_of({"Retry-After": "soon"}, 0) is None
    True
    """
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdecimal():
        return min(float(text), _LONGEST_S)
    moment = _moment(text)
    if moment is None:
        return None
    there = _moment(headers.get("Date", ""))
    return min(max(0.0, moment - (now if there is None else there)), _LONGEST_S)


def _moment(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None
