"""Rules about the diagrams that kg has written into a page."""

from __future__ import annotations

from collections.abc import Iterator

from kg.harvest.managed import is_marker
from kg.wiki.findings import Finding
from kg.wiki.markers import State, digest, parse_marker
from kg.wiki.page import Page


def check_blocks(page: Page) -> Iterator[Finding]:
    """Find managed diagrams that somebody has edited, and markers that can't be paired."""
    blocks, strays = page.managed
    for number in strays:
        said = "has no partner"
        if not is_marker(page.line_texts[number]):
            said = "stands in a list or a quote, or isn't as it was written"
        yield Finding("KGW602", *_span(page, number), f"this marker of a managed diagram {said}")
    for block in blocks[1:]:
        yield Finding("KGW602", *_span(page, block.begin), "the page has a managed diagram already")
    for begin, end, attributes in blocks[:1]:
        marker = parse_marker(attributes)
        if marker is None:
            yield Finding("KGW602", *_span(page, begin), "this marker of a managed diagram can't be read")
        elif marker.state is not State.ADOPTED and digest(page.line_texts[begin + 1 : end]) != marker.sha256:
            said = "this diagram was edited by hand: 'kg wiki update' keeps the edit with --adopt, or draws anew"
            yield Finding("KGW601", *_span(page, begin), said)


def _span(page: Page, number: int) -> tuple[int, int]:
    return page.lines[number].start, page.lines[number].end
