"""Where citations and links stand in a page's text.

markdown-it says on which lines a block is, and the inline rules where in its content a mark is; this joins the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from markdown_it.token import Token

from kg.wiki.page import Page

_KINDS = frozenset({"kg_cite", "kg_note", "kg_wikilink", "kg_doubled", "link_open"})


class Placed(NamedTuple):
    """A citation or a link, and its span in the page's text; `previous` is the link that a doubled one repeats."""

    kind: str
    token: Token
    start: int
    end: int
    previous: Placed | None = None


def placed_tokens(page: Page) -> Iterator[Placed]:
    """Give a page's citations and links in order, with their places."""
    # Cells of a table's row have its line in common: each is looked for behind the last.
    row, behind = -1, 0
    for token in page.parsed.tokens:
        if token.type != "inline" or not token.map or not token.children:
            continue
        if token.map[0] != row:
            row, behind = token.map[0], 0
        lines = _Lines(page, token, behind)
        links: list[Placed] = []
        for child in token.children:
            span = child.meta.get("span") if child.type in _KINDS else None
            if span is None:
                continue
            start, end = lines.find(*span)
            placed = Placed(child.type, child, start, end, links[-1] if child.type == "kg_doubled" and links else None)
            if child.type == "link_open":
                links.append(placed)
            yield placed
        behind = lines.behind


class _Lines:
    """Leads from offsets of a block's content to offsets of the page's text."""

    def __init__(self, page: Page, token: Token, behind: int) -> None:
        assert token.map is not None
        self._page = page
        self._content = token.content
        self._first = token.map[0]
        self._starts: list[int | None] = []
        #: Column of the last line behind which the next cell of the same row begins.
        self.behind = behind
        for number, line in enumerate(token.content.split("\n")):
            at = min(self._first + number, len(page.lines) - 1)
            found = page.line_texts[at].find(line, behind if number == 0 else 0)
            self._starts.append(page.lines[at].start + found if found >= 0 else None)
            if found >= 0:
                self.behind = found + len(line)

    def find(self, start: int, end: int) -> tuple[int, int]:
        """Give the place of a span of the content."""
        begin, last = self._offset(start), self._offset(end)
        if begin is not None and last is not None:
            return begin, last
        # A cell with escapes, or one whose citation stands behind its row: the mark itself is there all the same.
        raw = self._content[start:end]
        number = min(self._first + self._content.count("\n", 0, start), len(self._page.lines) - 1)
        line = self._page.lines[number]
        found = self._page.line_texts[number].find(raw)
        if found < 0:
            return line.start, line.end
        return line.start + found, line.start + found + len(raw)

    def _offset(self, at: int) -> int | None:
        number = self._content.count("\n", 0, at)
        start = self._starts[number]
        return None if start is None else start + at - (self._content.rfind("\n", 0, at) + 1)


def find_text(page: Page, line: int, text: str, *, most_lines: int = 12) -> tuple[int, int]:
    """Find where a piece of a page's plain text stands in its Markdown.

    Parameters
    ----------
    page : Page
        The page.
    line : int
        Line, from 0, on which to begin.
    text : str
        Plain text, in which marks and links are left out: as much of its beginning as is there counts.
    most_lines : int
        How far to look.

    Returns
    -------
    (int, int)
        Span in the page's text: of the first words, or of the whole line where they can't be found.
    """
    line = min(line, len(page.lines) - 1)
    last = min(line + most_lines, len(page.lines)) - 1
    low, high = page.lines[line].start, page.lines[last].end
    area = page.text[low:high]
    words = text.split(" ")
    for count in (len(words), 12, 6, 4, 3, 2):
        if count <= len(words) and (head := " ".join(words[:count])) and len(head) > 5:
            found = area.find(head)
            if found >= 0:
                return low + found, low + found + len(head)
    shown = page.line_texts[line]
    start = page.lines[line].start + len(shown) - len(shown.lstrip())
    return start, max(start, page.lines[line].start + len(shown.rstrip()))
