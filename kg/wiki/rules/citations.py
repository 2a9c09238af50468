"""Rules about citations and references: each has the other, and references are what they say they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from kg.model import Reference, WikiPageRecord
from kg.wiki.context import LintContext
from kg.wiki.entries import Entries
from kg.wiki.findings import Finding
from kg.wiki.inline import placed_tokens
from kg.wiki.page import Page

_KEY: Final = re.compile(r"@([^\s;,]+)")
_WORD: Final = re.compile(r"[^\W_]+")
#: Of PubMed's words, so many are in a reference that means the same work, and so many at most in one that doesn't.
_SAME: Final = 0.5
#: A PMID with zeros before it: YAML reads one without quotes as another number, in octal.
_ZEROS: Final = re.compile(r"\bpmid[\"']?\s*:?\s*[\"']?(0\d{1,9})(?!\d)", re.IGNORECASE)
_FETCH: Final = "'kg harvest pubmed' fetches what harvested pages cite, for the next build"


def check_citations(page: Page, record: WikiPageRecord, context: LintContext) -> Iterator[Finding]:
    """Check a page's citations and references.

    Parameters
    ----------
    page : Page
        The page.
    record : WikiPageRecord
        The same page as it is harvested.
    context : LintContext
        With PubMed's titles; without them, PMIDs are not looked up.
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
    entries = Entries(page)
    for key, reference in references.items():
        for code, said in _faults(reference, is_cited=key in cited, context=context):
            yield Finding(code, *entries.place(reference), said)
    for problem in page.problems:
        if problem.rule == "malformed-reference" and re.search(r"is no (?:PMID|DOI)", problem.reason):
            key = problem.reason.partition(":")[0]
            yield Finding("KGW204", *entries.place(Reference(key=key)), problem.reason)
    for match in _ZEROS.finditer(page.own_text):
        said = f"PMID {match[1]} begins with 0, which no PMID does: a digit may be missing"
        yield Finding("KGW204", *match.span(1), said)


def _faults(reference: Reference, *, is_cited: bool, context: LintContext) -> Iterator[tuple[str, str]]:
    titles = context.titles
    name = reference.key.removeprefix("^")
    if not is_cited:
        yield "KGW202", f"reference '{name}' is never cited"
    if not reference.names_work and reference.authors is None:
        yield "KGW203", f"reference '{name}' names no author, and has neither PMID nor DOI"
    if reference.pmid is None:
        return
    if int(reference.pmid) > context.highest_pmid:
        yield "KGW204", f"PMID {reference.pmid} is none: PubMed's numbers don't go so far"
    elif titles is None:
        return
    elif (title := titles.get(reference.pmid)) is None:
        said = f"PMID {reference.pmid} is not among the build's articles, so its title isn't compared: {_FETCH}"
        yield "KGW205", said
    elif not is_same_title(title, reference):
        yield "KGW206", f"PMID {reference.pmid} is “{_short(title)}”, not “{_short(reference.title or '')}”"


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
