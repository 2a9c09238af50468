"""Where a page's diagram goes: under its heading, or where pages of its type have it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from kg.harvest.slugs import page_type
from kg.wiki.markers import HEADING
from kg.wiki.page import Heading, Page

#: Headings under which a diagram belongs, as slugs.
_OWN: Final = frozenset({"pathway-diagram", "pathway-diagrams"})
#: What stands at a page's end, and behind its diagram.
_TAIL: Final = frozenset(
    {"see-also", "external-links", "further-reading", "references", "reference", "bibliography", "literature"}
    | {"citations", "sources", "footnotes", "notes"}
)
#: Type of a page -> slugs of the headings behind whose section its diagram goes, the first that it has. Pages of other
#: types, and those that have none of these, have it before their references, or at their end.
PLACES: Final[Mapping[str, tuple[str, ...]]] = {
    "datasets": ("overview", "introduction"),
    "technologies": ("overview", "introduction"),
    "mechanisms": ("overview", "introduction", "summary"),
    "diseases": ("overview", "introduction", "summary"),
    "brain-regions": ("overview", "introduction", "anatomy"),
    "cell-types": ("overview", "introduction"),
    "pathways": ("description", "overview"),
    "genes": ("function", "overview", "introduction"),
    "proteins": ("function", "overview", "introduction"),
}


class Place(NamedTuple):
    """The line, from 0, before which a block goes, and the heading that it has to bring along."""

    line: int
    heading: str | None


def find_places(page: Page, slug: str, places: Mapping[str, tuple[str, ...]] = PLACES) -> list[Place]:
    """Give the places of a page's diagram, the best first; the last is the page's end."""
    headings = page.headings
    level = min((heading.level for heading in headings if heading.level > 1), default=2)
    brought = HEADING if page.is_scraped else f"{'#' * level} {HEADING}"
    end = len(page.lines)
    found: list[Place] = []
    for number, heading in enumerate(headings):
        if heading.slug in _OWN:
            # Behind what the section says of the diagram, before whatever comes next.
            found.append(Place(_section_end(headings, number, end), None))
    for wanted in places.get(page_type(slug) or "", ()):
        for number, heading in enumerate(headings):
            if heading.slug == wanted:
                found.append(Place(_section_end(headings, number, end), brought))
    tail = next((heading.line for heading in headings if heading.slug in _TAIL), None)
    if tail is not None:
        found.append(Place(tail, brought))
    found.append(Place(end, brought))
    return found


def _section_end(headings: tuple[Heading, ...], number: int, end: int) -> int:
    return headings[number + 1].line if number + 1 < len(headings) else end
