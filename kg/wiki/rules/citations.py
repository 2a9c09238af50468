"""Rules about citations and references: each has the other, and references are what they say they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from kg.model import Reference, WikiPageRecord
from kg.wiki.findings import Finding
from kg.wiki.inline import find_text, placed_tokens
from kg.wiki.page import Page

_KEY: Final = re.compile(r"@([^\s;,]+)")
_WORD: Final = re.compile(r"[^\W_]+")
#: Of PubMed's words, so many are in a reference that means the same work, and so many at most in one that doesn't.
_SAME: Final = 0.5


def check_citations(page: Page, record: WikiPageRecord, titles: Mapping[str, str] | None) -> Iterator[Finding]:
    """Check a page's citations and references.

    Parameters
    ----------
    page : Page
        The page.
    record : WikiPageRecord
        The same page as it is harvested.
    titles : mapping of str to str, optional
        PubMed's titles by PMID; without them, PMIDs are not looked up.
    """
    references = {reference.key: reference for reference in record.references}
    cited = {mark.key for passage in record.passages for mark in passage.marks}
    for placed in placed_tokens(page):
        keys: list[str] = []
        if placed.kind == "kg_cite":
            keys = [key.rstrip(".:") for key in _KEY.findall(placed.token.content)]
        elif placed.kind == "kg_note":
            keys = [f"^{placed.token.content.rstrip('.,;:')}"]
        cited.update(keys)
        for key in keys:
            if key not in references:
                mark = f"[{key}]" if key.startswith("^") else f"[@{key}]"
                yield Finding("KGW201", placed.start, placed.end, f"{mark} has no reference")
    for key, reference in references.items():
        yield from _reference(page, reference, is_cited=key in cited, titles=titles)
    for problem in page.problems:
        if problem.rule == "malformed-reference" and re.search(r"is no (?:PMID|DOI)", problem.reason):
            key = problem.reason.partition(":")[0]
            yield Finding("KGW204", *_place(page, Reference(key=key)), problem.reason)


def _reference(
    page: Page, reference: Reference, *, is_cited: bool, titles: Mapping[str, str] | None
) -> Iterator[Finding]:
    place = _place(page, reference)
    name = reference.key.removeprefix("^")
    if not is_cited:
        yield Finding("KGW202", *place, f"reference '{name}' is never cited")
    if reference.curie is None and reference.authors is None:
        yield Finding("KGW203", *place, f"reference '{name}' names no author, and has neither PMID nor DOI")
    if reference.pmid is None or titles is None:
        return
    title = titles.get(reference.pmid)
    if title is None:
        said = f"PMID {reference.pmid} is not among the build's articles: its title can't be compared"
        yield Finding("KGW205", *place, said)
    elif not is_same_title(title, reference):
        yield Finding(
            "KGW206", *place, f"PMID {reference.pmid} is “{_short(title)}”, not “{_short(reference.title or '')}”"
        )


def is_same_title(title: str, reference: Reference) -> bool:
    """Say whether a reference can mean the work of a title; one that gives no title can.

    Examples
    --------
    >>> is_same_title("Synaptic loss in mice.", Reference(key="a", title="Synaptic Loss in Mice"))
    True
    >>> is_same_title("Synaptic loss in mice.", Reference(key="a", title="Tau spreads along axons"))
    False
    """
    ours, theirs = _words(reference.title or ""), _words(title)
    if len(ours) < 3 or len(theirs) < 2:
        return True
    # A list's entry may have authors where a reader takes the title to begin: its whole text counts as well.
    said = ours | _words(reference.text)
    return len(theirs & said) >= _SAME * len(theirs) or len(ours & theirs) >= 0.9 * len(ours)


def _words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(text) if len(word) > 2}


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79].rstrip()}…"


def _place(page: Page, reference: Reference) -> tuple[int, int]:
    """Find where a reference is written: in the front matter, as a footnote, or in the page's list."""
    patterns = []
    if reference.key.startswith("^"):
        patterns.append(rf"^ {{0,3}}(\[{re.escape(reference.key)}\]:)")
    elif reference.key:
        quoted = re.escape(reference.key)
        patterns += [rf"^[ \t]+([\"']?@?{quoted}[\"']?)[ \t]*:", rf"([\"']@?{quoted}[\"'])[ \t]*:"]
    for pattern in patterns:
        if match := re.search(pattern, page.text, re.MULTILINE):
            return match.span(1)
    for name in (reference.pmid, reference.doi):
        if name and (match := re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", page.text, re.IGNORECASE)):
            return match.span()
    if len(reference.text) > 8:
        return find_text(page, _reference_line(page), reference.text, most_lines=10_000)
    return 0, len(page.line_texts[0])


def _reference_line(page: Page) -> int:
    return next((heading.line for heading in page.headings if heading.slug == "references"), 0)
