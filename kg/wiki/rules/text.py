"""Rules about a page's text: paragraphs that stand twice, and a page that can't be read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from kg.harvest.markdown import parse_inline, plain_text
from kg.wiki.findings import Finding
from kg.wiki.page import Page
from kg.wiki.words import find_words

#: Shorter lines may well stand twice ("Mouse").
_SHORTEST = 40
#: Rules of harvesting that mean a front matter which can't be read.
_FRONT = frozenset({"front-matter", "malformed-reference", "wrong-type", "malformed-id"})


def check_text(page: Page) -> Iterator[Finding]:
    """Find paragraphs that stand on a page twice."""
    seen: dict[str, int] = {}
    for line, text in _paragraphs(page):
        key = text.casefold()
        if len(key) <= _SHORTEST:
            continue
        if key in seen:
            start, end = find_words(page, line, text)
            said = "this paragraph stands at line {line} already"
            yield Finding("KGW401", start, end, said, refers=seen[key] + 1)
        seen.setdefault(key, line)


def _paragraphs(page: Page) -> Iterator[tuple[int, str]]:
    """Give each paragraph's line, from 0, and its plain text."""
    if page.is_scraped:
        references = next((heading.line for heading in page.headings if heading.slug == "references"), None)
        hidden = {at for block in page.managed[0] for at in range(block.begin, block.end + 1)}
        for number, line in enumerate(page.line_texts):
            if number not in hidden and (references is None or number < references) and len(line) > _SHORTEST:
                yield number, parse_inline(line.strip()).text
        return
    for before, token in pairwise(page.parsed.tokens):
        if token.type == "inline" and before.type == "paragraph_open" and token.map:
            yield token.map[0], plain_text(token)


def check_readable(page: Page) -> Iterator[Finding]:
    """Say what harvesting complains of: a page that can't be read, a front matter that can't."""
    first = (0, len(page.line_texts[0]))
    if page.complaint is not None:
        yield Finding("KGW001", *first, page.complaint)
    for problem in page.problems:
        if problem.severity.value == "error":
            yield Finding("KGW001", *first, problem.reason)
        elif problem.rule in _FRONT and not problem.reason.endswith((" is no PMID", " is no DOI")):
            yield Finding("KGW003", *first, f"{problem.field}: {problem.reason}" if problem.field else problem.reason)
