"""Blocks that kg itself writes into pages: where they stand, so that no reader takes them for the page's own text.

A block is what stands between two comments, each alone on a line:

    <!-- kg:diagram build=… -->
    <!-- kg:diagram end -->

``kg.wiki`` writes them. Harvesting leaves them out: a diagram's quotes are evidence already, and a page that
was fed with them must not become evidence of them.
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
_MARK: Final = "<!-- kg:diagram"


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
        Lines of markers that have no partner. Markers inside fenced code are text about markers.

    Examples
    --------
    >>> managed_blocks(["a", "<!-- kg:diagram build=1 -->", "b", "<!-- kg:diagram end -->"])
    ([ManagedLines(begin=1, end=3, attributes='build=1')], [])
    """
    blocks: list[ManagedLines] = []
    strays: list[int] = []
    opened: tuple[int, str] | None = None
    for number, line in _outside_fences(lines):
        if found := BEGIN.match(line):
            if opened:
                strays.append(opened[0])
            opened = (number, found[1])
        elif END.match(line):
            if opened:
                blocks.append(ManagedLines(opened[0], number, opened[1]))
                opened = None
            else:
                strays.append(number)
    return blocks, [*strays, opened[0]] if opened else strays


def without_managed(lines: Sequence[str]) -> list[str]:
    """Give the lines of a page with those of its blocks emptied, so that every other line keeps its number."""
    kept = list(lines)
    for block in managed_blocks(lines)[0]:
        kept[block.begin : block.end + 1] = [""] * (block.end + 1 - block.begin)
    return kept


def _outside_fences(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    candidates = [number for number, line in enumerate(lines) if line.startswith(_MARK)]
    if not candidates:
        return
    tokens = _blocks().parse("\n".join(lines))
    fences = [token.map for token in tokens if token.type == "fence" and token.map]
    for number in candidates:
        if not any(first <= number < end for first, end in fences):
            yield number, lines[number]


@cache
def _blocks() -> MarkdownIt:
    """Give a parser of blocks alone: what is code, CommonMark decides. Tables, which hold none, take it longest."""
    md = MarkdownIt("commonmark", {"html": True, "maxNesting": 40}).disable(["code", "reference"])
    front_matter_plugin(md)
    md.core.ruler.disable("inline")
    return md
