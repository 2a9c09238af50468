"""Where the entries of a page's bibliography are written: in the front matter, as footnotes, or in its list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from typing import Final

from kg.harvest.markdown import REFERENCE_HEADINGS, parse_inline, plain_text, slugify_heading
from kg.model import Reference
from kg.wiki.page import Page
from kg.wiki.words import find_words, line_span

_FIELD: Final = "refs_json"


class Entries:
    """Finds the entries of a page's bibliography, each in its turn: two may have the same words."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._taken: set[int] = set()
        self._places: dict[str, tuple[int, int]] = {}

    def place(self, reference: Reference) -> tuple[int, int]:
        """Give the span of an entry's key, of its words, or of what else there is of it; else of the first line."""
        if reference.key not in self._places:
            self._places[reference.key] = self._find(reference)
        return self._places[reference.key]

    def _find(self, reference: Reference) -> tuple[int, int]:
        return (
            self._by_key(reference.key)
            or self._listed(reference.text)
            or self._by_identifier(reference)
            or line_span(self._page, self._first_line)
        )

    def _by_key(self, key: str) -> tuple[int, int] | None:
        if key.startswith("^"):
            match = re.search(rf"^ {{0,3}}(\[{re.escape(key)}\]:)", self._page.own_text, re.MULTILINE)
            return match.span(1) if match else None
        if not key or not self._front:
            return None
        low, high, indent = self._front
        name = rf"[\"']?@?{re.escape(key)}[\"']?"
        # An entry's key stands in a line of its own, as far in as the first; in brackets, or as text, anywhere.
        for pattern in (
            rf"^{indent}({name})[ \t]*:",
            rf"(?<=[{{,])\s*({name})[ \t]*:",
            rf"\b(?:key|id)[\"']?[ \t]*:[ \t]*({name})(?![\w-])",
        ):
            if match := re.compile(pattern, re.MULTILINE).search(self._page.own_text, low, high):
                return match.span(1)
        return None

    @cached_property
    def _front(self) -> tuple[int, int, str] | None:
        """Give where the front matter's references stand, and the blanks before the first of their keys."""
        lines = self._page.front_lines(_FIELD)
        if lines is None:
            return None
        first, end = lines
        texts = (self._page.line_texts[number] for number in range(first + 1, end))
        text = next((text for text in texts if text.strip() and not text.lstrip().startswith("#")), "")
        indent = re.escape(text[: len(text) - len(text.lstrip())])
        return self._page.lines[first].start, self._page.lines[end - 1].end, indent

    def _listed(self, text: str) -> tuple[int, int] | None:
        wanted = " ".join(text.split())
        for line, shown in self._lines:
            if line not in self._taken and wanted and " ".join(shown.split()) == wanted:
                self._taken.add(line)
                return find_words(self._page, line, shown)
        return None

    @cached_property
    def _lines(self) -> list[tuple[int, str]]:
        return list(self._read_list())

    def _read_list(self) -> Iterator[tuple[int, str]]:
        """Give the lines, from 0, of the entries of the page's list, and their words."""
        if self._page.is_scraped:
            for number in range(self._first_line + 1, len(self._page.lines)):
                yield number, parse_inline(self._page.line_texts[number].strip()).text
            return
        within = False
        for before, token in pairwise(self._page.parsed.tokens):
            if token.type != "inline" or not token.map:
                continue
            if before.type == "heading_open":
                within = slugify_heading(plain_text(token)) in REFERENCE_HEADINGS
            elif within:
                yield token.map[0], plain_text(token)

    def _by_identifier(self, reference: Reference) -> tuple[int, int] | None:
        for name in (reference.pmid, reference.doi, reference.pmc):
            if name and (match := re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", self._page.own_text, re.IGNORECASE)):
                return match.span()
        return None

    @cached_property
    def _first_line(self) -> int:
        """Give the line of the heading of the page's list; 0 where it has none."""
        return next((heading.line for heading in self._page.headings if heading.slug in REFERENCE_HEADINGS), 0)
