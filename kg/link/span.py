"""Where names stand in a text, before one of their meanings is chosen."""

from __future__ import annotations

from typing import NamedTuple

from kg.link.entries import Entry


class Span(NamedTuple):
    """Names that stand at one place, of one category."""

    start: int
    end: int
    entries: tuple[Entry, ...]
    #: Whether a definition in the record made it.
    defined: bool
    #: The pieces of a name that stands in several.
    parts: tuple[tuple[int, int], ...] = ()


def end_of(text: str, end: int) -> int:
    """Leave a possessive 's out of the span."""
    return end - 2 if text[end - 2 : end] in ("'s", "\u2019s") else end
