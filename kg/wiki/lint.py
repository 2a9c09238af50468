"""Lint one page: every rule over it, without what it silences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kg.wiki.context import LintContext
from kg.wiki.findings import Finding
from kg.wiki.page import Page
from kg.wiki.rules.blocks import check_blocks
from kg.wiki.rules.citations import check_citations
from kg.wiki.rules.evidence import check_claims, check_pairing
from kg.wiki.rules.links import check_links
from kg.wiki.rules.mermaid import check_mermaid_blocks
from kg.wiki.rules.text import check_readable, check_text
from kg.wiki.silence import read_silence


class Placed(NamedTuple):
    """A finding with its place as people and editors name it: lines and columns from 1, the end exclusive."""

    finding: Finding
    line: int
    column: int
    end_line: int
    end_column: int
    source: str


def lint_page(page: Page, context: LintContext) -> list[Placed]:
    """Find what is wrong with a page.

    Parameters
    ----------
    page : Page
        The page.
    context : LintContext
        What rules know beside it.

    Returns
    -------
    list of Placed
        In the order of the page. A finding with a `target` holds only where that is no page.
    """
    silence = read_silence(page)
    found = [
        placed
        for finding in (*silence.faults, *_check(page, context))
        if not silence.covers(finding.code, (placed := place(page, finding)).line - 1)
    ]
    return sorted(dict.fromkeys(found), key=lambda each: (each.line, each.column, each.finding.code, each.finding))


def _check(page: Page, context: LintContext) -> Iterator[Finding]:
    yield from check_readable(page)
    yield from check_blocks(page)
    yield from check_mermaid_blocks(page, context)
    yield from check_text(page)
    record = page.record
    if record is None:
        return
    yield from check_links(page, record.slug)
    yield from check_citations(page, record, context)
    yield from check_claims(page, record, context)
    yield from check_pairing(page, record, context)


def place(page: Page, finding: Finding) -> Placed:
    """Give a finding's lines and columns."""
    line, column = page.place(finding.start)
    end_line, end_column = page.place(finding.end)
    return Placed(finding, line, column, end_line, end_column, page.line_texts[line - 1])
