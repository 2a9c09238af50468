"""Blocks that kg itself writes into pages: where they stand, so that no reader takes them for the page's own text.

A block is what stands between two comments, each alone on a line:

    <!-- kg:diagram build=… -->
    <!-- kg:diagram end -->

``kg.wiki`` writes them. Harvesting leaves them out: a diagram's quotes are evidence already, and a page that
was fed with them must not become evidence of them. That goes as well for a block that an editor has moved into a list
or a quote, or whose comments it has written in its own way; but nobody writes into such a block again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final, NamedTuple

from markdown_it import MarkdownIt
from mdit_py_plugins.front_matter import front_matter_plugin

BEGIN: Final = re.compile(r"^<!-- kg:diagram (?!end\b)([^<>]*?)[ \t]*-->[ \t]*$")
END: Final = re.compile(r"^<!-- kg:diagram end -->[ \t]*$")
#: A marker wherever it stands by itself and however it is written: in a list, in a quote, in capitals.
_MARK: Final = re.compile(
    r"^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t>]+)*<!--[ \t]*kg:diagram(?![\w-])[ \t]*(end\b)?", re.IGNORECASE
)


class ManagedLines(NamedTuple):
    """Where a block stands: indexes of the lines of its two markers, and what the first says."""

    begin: int
    end: int
    attributes: str


def managed_blocks(lines: Sequence[str]) -> tuple[list[ManagedLines], list[int]]:
    """Find the blocks of a page.

    Parameters
    ----------
    lines : sequence of str
        The page, without line ends.

    Returns
    -------
    blocks : list of ManagedLines
        In order.
    strays : list of int
        Lines of markers that have no partner, or aren't as kg writes them, and of their partners. Markers inside fenced
        code are text about markers.

    Examples
    --------
    >>> managed_blocks(["a", "<!-- kg:diagram build=1 -->", "b", "<!-- kg:diagram end -->"])
    ([ManagedLines(begin=1, end=3, attributes='build=1')], [])
    """
    pairs, strays = _pair(lines)
    blocks: list[ManagedLines] = []
    for begin, end in pairs:
        found = BEGIN.match(lines[begin])
        if found and END.match(lines[end]):
            blocks.append(ManagedLines(begin, end, found[1]))
        else:
            strays += [begin, end]
    return blocks, sorted(strays)


def is_marker(line: str) -> bool:
    """Say whether a line is a marker as kg writes it."""
    return bool(BEGIN.match(line) or END.match(line))


def without_managed(lines: Sequence[str]) -> list[str]:
    """Give the lines of a page with those of its blocks emptied, so that every other line keeps its number."""
    kept = list(lines)
    for begin, end in _pair(lines)[0]:
        kept[begin : end + 1] = [""] * (end + 1 - begin)
    return kept


def _pair(lines: Sequence[str]) -> tuple[list[tuple[int, int]], list[int]]:
    """Give the lines of markers that belong together, and of those that have no partner."""
    pairs: list[tuple[int, int]] = []
    strays: list[int] = []
    opened: int | None = None
    for number, is_end in _outside_fences(lines):
        if is_end and opened is not None:
            pairs.append((opened, number))
            opened = None
        elif is_end:
            strays.append(number)
        else:
            strays += [opened] if opened is not None else []
            opened = number
    return pairs, [*strays, opened] if opened is not None else strays


def _outside_fences(lines: Sequence[str]) -> Iterator[tuple[int, bool]]:
    """Give the lines of markers, and whether each ends a block."""
    found = ((number, _MARK.match(line)) for number, line in enumerate(lines) if "<!--" in line)
    candidates = [(number, mark[1] is not None) for number, mark in found if mark]
    if not candidates:
        return
    tokens = _blocks().parse("\n".join(lines))
    fences = [token.map for token in tokens if token.type == "fence" and token.map]
    for number, is_end in candidates:
        if not any(first <= number < end for first, end in fences):
            yield number, is_end


@cache
def _blocks() -> MarkdownIt:
    """Give a parser of blocks alone: what is code, CommonMark decides. Tables, which hold none, take it longest."""
    md = MarkdownIt("commonmark", {"html": True, "maxNesting": 40}).disable(["code", "reference"])
    front_matter_plugin(md)
    md.core.ruler.disable("inline")
    return md
