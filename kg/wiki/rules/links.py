"""Rules about links: doubled ones, relative ones, and those to pages that there aren't."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from kg.harvest.slugs import is_file, link_target, page_id, page_slug
from kg.wiki.findings import Edit, Finding
from kg.wiki.inline import Placed, html_links, placed_tokens
from kg.wiki.page import Page

_ADDRESS: Final = re.compile(r"\]\(\s*<?([^)\s<>]*)")
_ABSOLUTE: Final = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|/|#)", re.IGNORECASE)


def check_links(page: Page, slug: str) -> Iterator[Finding]:
    """Check a page's links.

    Parameters
    ----------
    page : Page
        The page.
    slug : str
        Its slug, for links with '..'.

    Yields
    ------
    Finding
        Every link to a page has one with its `target`: whether there is such a page is for the caller to say.
    """
    for placed in placed_tokens(page):
        if placed.kind == "kg_doubled":
            yield _doubled(page, placed)
        elif placed.kind == "kg_wikilink":
            target, written = page_slug(placed.token.content), placed.token.content.strip()
            # A heading of this page, and "[[1, 2]]", are no pages' names.
            if target is not None or (not written.startswith("#") and any(map(str.isalpha, written))):
                yield _to_page(placed, page_id(target) if target else None, placed.token.content)
        elif placed.kind == "link_open":
            yield from _link(page, placed, str(placed.token.attrGet("href") or ""), slug)
    for address, placed in html_links(page):
        yield from _link(page, placed, address, slug)


def _link(page: Page, placed: Placed, href: str, slug: str) -> Iterator[Finding]:
    target = link_target(href, source=slug)
    if target is None:
        return
    if not target.startswith("wiki:"):
        yield from _to_nowhere(placed, target, href)
        return
    yield _to_page(placed, target, href)
    if _ABSOLUTE.match(href):
        return
    wanted = f"/{target.removeprefix('wiki:')}"
    raw = page.text[placed.start : placed.end]
    at = raw.rfind("](")
    written = _ADDRESS.match(raw, at) if at >= 0 else None
    edits: tuple[Edit, ...] = ()
    # Only what stands in the link itself: an address from a definition elsewhere may serve other links too.
    if written and link_target(written[1], source=slug) == target:
        rest = re.search(r"[?#].*$", written[1])
        start = placed.start + written.start(1)
        edits = (Edit(start, start + len(written[1]), wanted + (rest[0] if rest else "")),)
    yield Finding("KGW303", placed.start, placed.end, f"'{href}' depends on where the page is: write '{wanted}'", edits)


def _to_nowhere(placed: Placed, target: str, href: str) -> Iterator[Finding]:
    """Find links that are meant for pages, and that no page's address can be."""
    bare = re.split(r"[?#]", target, maxsplit=1)[0]
    if is_file(bare) or bare.startswith("//"):
        return
    if bare.startswith("/") and bare.strip("/"):
        slug = page_slug(bare)
        yield _to_page(placed, page_id(slug) if slug else None, href)
    elif bare.startswith("."):
        yield _to_page(placed, None, href)
        said = f"'{href}' depends on where the page is, and leads out of the wiki"
        yield Finding("KGW303", placed.start, placed.end, said)


def _to_page(placed: Placed, target: str | None, written: str) -> Finding:
    if target is None:
        return Finding("KGW302", placed.start, placed.end, f"no page can have the address '{written}'")
    slug = target.removeprefix("wiki:")
    return Finding("KGW302", placed.start, placed.end, f"there is no page '{slug}' ('{written}')", target=target)


def _doubled(page: Page, placed: Placed) -> Finding:
    edits = [Edit(placed.start, placed.end, "")]
    link = placed.previous
    if link is not None and link.start > 0 and page.text[link.start - 1] == "[":
        edits.insert(0, Edit(link.start - 1, link.start, ""))
    address = page.text[placed.start : placed.end].removeprefix("](").removesuffix(")")
    return Finding("KGW301", placed.start, placed.end, f"the address '{address}' stands twice", tuple(edits))
