"""Where citations and links stand in a page's text.

markdown-it says on which lines a block is, and the inline rules where in its content a mark is; this joins the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from markdown_it.token import Token

from kg.harvest.html_in_markdown import html_address
from kg.wiki.page import Page

#: A tag that begins a link, in a block of HTML.
_ANCHOR: Final = re.compile(r"<a\s[^<>]*>", re.IGNORECASE)
_KINDS: Final = frozenset({"kg_cite", "kg_note", "kg_wikilink", "kg_doubled", "link_open"})


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


def html_links(page: Page) -> Iterator[tuple[str, Placed]]:
    """Give the links that a page writes in HTML: the address, and the place of the tag that begins one."""
    for token in page.parsed.tokens:
        if not token.map or "<" not in token.content:
            continue
        tags: list[str] = []
        if token.type == "inline":
            tags = [child.content for child in token.children or () if child.type == "html_inline"]
        elif token.type == "html_block":
            tags = _ANCHOR.findall(token.content)
        at = page.lines[min(token.map[0], len(page.lines) - 1)].start
        for tag in tags:
            address = html_address(tag)
            found = page.own_text.find(tag, at) if address is not None else -1
            if address is not None and found >= 0:
                at = found + len(tag)
                yield address, Placed("html", token, found, at)


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
