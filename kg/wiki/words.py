"""Where words of a page's plain text stand in its source.

markdown-it says on which lines a block is, and not where in it a word: words of the block's text and of its source are
laid side by side instead, in their order, so that of equal words the right one is meant.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Final

from kg.wiki.page import Page

_WORD: Final = re.compile(r"\w+")
#: What readers don't see: addresses of links, marks of citations, tags, and what a wikilink's label hides.
_UNSEEN: Final = re.compile(
    r"\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+\"[^\"\n]*\")?\)|\[[@^][^\]\n]*\]|<(?!https?:|mailto:)[^<>]*>"
    r"|\[\[[^\[\]|\n]*\|"
)


def find_words(page: Page, line: int, text: str, start: int = 0, end: int | None = None) -> tuple[int, int]:
    """Find where a piece of a block's text stands.

    Parameters
    ----------
    page : Page
        The page.
    line : int
        First line, from 0, of the block.
    text : str
        All of the block's plain text.
    start, end : int, optional
        The piece's span in it, half-open; without `end`, to the text's end.

    Returns
    -------
    (int, int)
        Span in the page's text, from the piece's first word to its last; the whole line where none is found.
    """
    line = min(line, len(page.lines) - 1)
    return find_within(page, (line, _block_end(page, line)), text, start, end)


def find_within(
    page: Page, lines: tuple[int, int], text: str, start: int = 0, end: int | None = None
) -> tuple[int, int]:
    """Find where a piece of a text stands, as `find_words` does, that lies within some lines, half-open."""
    first, last = lines
    low, high = page.lines[first].start, page.lines[max(first, last - 1)].end
    source = _UNSEEN.sub(lambda match: " " * len(match[0]), page.own_text[low:high])
    theirs = list(_WORD.finditer(source))
    ours = list(_WORD.finditer(text))
    stop = len(text) if end is None else end
    matcher = SequenceMatcher(None, [m[0] for m in ours], [m[0] for m in theirs], autojunk=False)
    spans = [
        theirs[block.b + number].span()
        for block in matcher.get_matching_blocks()
        for number in range(block.size)
        if start <= ours[block.a + number].start() < stop
    ]
    if spans:
        return low + spans[0][0], low + spans[-1][1]
    return line_span(page, first)


def line_span(page: Page, number: int) -> tuple[int, int]:
    """Give the span of a line, without the blanks around it."""
    shown = page.line_texts[number]
    start = page.lines[number].start + len(shown) - len(shown.lstrip())
    return start, max(start, page.lines[number].start + len(shown.rstrip()))


def _block_end(page: Page, line: int) -> int:
    if page.is_scraped:
        return line + 1
    ends = [
        token.map[1]
        for token in page.parsed.tokens
        if token.type in {"inline", "html_block"} and token.map and token.map[0] <= line < token.map[1]
    ]
    return min(max(ends, default=line + 1), len(page.lines))
