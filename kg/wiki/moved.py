"""Findings of a page whose diagram was just written: those it had, on the lines that they stand on now.

A managed block is no text of the page's own to any rule, so that a page which got one has the findings that it had.
Whoever writes the block keeps from which line on the page has moved, and nobody need lint 17,000 pages again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from kg.wiki.cache import make_key


class Moved(NamedTuple):
    """From which line on, from 0, a page's lines have moved, and by how many."""

    line: int
    by: int


def moved_key(relative: str, sha256: str) -> bytes:
    """Give the key of where a page comes from."""
    return make_key("moved", relative, sha256)


def moved_entry(before: str, moved: Moved) -> dict[str, Any]:
    """Give what is kept for it: the hash of the page before."""
    return {"sha256": before, "line": moved.line, "by": moved.by}


def move_findings(row: Mapping[str, Any], moved: Moved, sha256: str) -> dict[str, Any] | None:
    """Give what is known of a page from what is known of it before, or None where that can't be said.

    Parameters
    ----------
    row : mapping
        What `kg.wiki.linting` keeps of a page.
    moved : Moved
        What became of its lines.
    sha256 : str
        Its hash now.
    """
    # What was wrong with the block itself is mended, or isn't.
    if any(found["code"].startswith("KGW6") for found in row["findings"]):
        return None
    return {**row, "sha256": sha256, "findings": [_moved(found, moved) for found in row["findings"]]}


def _moved(found: Mapping[str, Any], moved: Moved) -> dict[str, Any]:
    line, column, end_line, end_column = found["place"]
    refers = found["refers"]
    return {
        **found,
        "place": [_line(line, moved), column, _line(end_line, moved), end_column],
        "refers": None if refers is None else _line(refers, moved),
    }


def _line(number: int, moved: Moved) -> int:
    return number + moved.by if number > moved.line else number
