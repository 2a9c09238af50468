"""Decide what becomes of one page's diagram: a pure function from the page and the diagram to the page's new bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from kg.diagram.block import Block
from kg.harvest.managed import is_marker
from kg.wiki.markers import (
    Marker,
    State,
    diagram_lines,
    digest,
    format_marker,
    own_heading,
    parse_marker,
    stale_lines,
    write_block,
)
from kg.wiki.page import OwnDiagram, Page
from kg.wiki.place import PLACES, find_places
from kg.wiki.splice import insert_lines, replace_lines

#: Counts the forms of a block: a new one is written into every page.
_FORM = 1
_NEVER_CLOSED: Final = "the code of its Mermaid diagram is never closed, and text of the page stands in it: close it"


class Action(StrEnum):
    """What becomes of a page."""

    UNCHANGED = "unchanged"
    NOTHING = "nothing"  # there is nothing to draw, and nothing was drawn
    ADDED = "added"
    UPDATED = "updated"
    REPLACED = "replaced"  # a diagram of its own that didn't parse
    STALE = "stale"
    ADOPTED = "adopted"
    LEFT = "left"  # something is amiss that a person has to decide


class Decision(NamedTuple):
    """What a person has decided about pages that are otherwise left alone."""

    adopt: bool = False
    force: bool = False
    replace_broken: bool = False


class Plan(NamedTuple):
    """What becomes of one page; `data` is None where its bytes stay."""

    action: Action
    reason: str = ""
    data: bytes | None = None
    line: int | None = None
    #: The first line of the page, from 0, that its text goes on with behind the diagram.
    behind: int | None = None


#: Says what is wrong with a Mermaid text, or None.
Fault = Callable[[str], str | None]
#: Says whether the build has anything to draw of a subject.
Draws = Callable[[str], bool]


def _draws_nothing(subject: str) -> bool:
    return False


def plan_update(
    page: Page,
    slug: str,
    block: Block | None,
    *,
    build_id: str,
    fault: Fault,
    draws: Draws = _draws_nothing,
    decision: Decision = Decision(),  # noqa: B008 - a tuple
    places: Mapping[str, tuple[str, ...]] = PLACES,
) -> Plan:
    """Decide what becomes of a page's diagram.

    Parameters
    ----------
    page : Page
        The page as it is.
    slug : str
        Its slug.
    block : Block, optional
        What the build draws of its subject; None where the build has nothing of it.
    build_id : str
        The build.
    fault : callable
        Asked about the page's own diagrams.
    draws : callable
        Asked about the subject of a diagram whose page has no subject now: has it left the graph, or the page?
    decision : Decision
        What to do about pages that are otherwise left alone.
    places : mapping of str to sequence of str
        See `kg.wiki.place.PLACES`.

    Returns
    -------
    Plan
        Applied, it gives a page for which the same call says ``unchanged``, ``nothing`` or ``left``.
    """
    blocks, strays = page.managed
    if (blocks or strays or block) and not page.is_utf8:
        return Plan(Action.LEFT, f"{page.complaint}: write it in UTF-8 first")
    if strays or len(blocks) > 1:
        line = strays[0] if strays else blocks[1].begin
        what = "a marker of its diagram has no partner" if strays else "it has more than one managed diagram"
        mend = "remove what is too much by hand"
        rewritten = [number for number in strays if not is_marker(page.line_texts[number])]
        if rewritten:
            line = rewritten[0]
            what = "its diagram stands in a list or a quote, or its marker was written anew"
            mend = "put both markers back as they were, each at its line's start, or remove the block"
        return Plan(Action.LEFT, f"{what}: {mend}", line=line + 1)
    if blocks:
        return _keep(page, block, build_id, fault, draws, decision)
    if block is None:
        return Plan(Action.NOTHING)
    return _begin(page, slug, block, build_id, fault, decision, places)


def content_of(block: Block) -> str:
    """Give the hash of what a block shows, whichever build drew it."""
    return hashlib.sha256(f"{_FORM} {block.content_hash}".encode()).hexdigest()[:24]


def _keep(page: Page, block: Block | None, build_id: str, fault: Fault, draws: Draws, decision: Decision) -> Plan:
    """Decide about a page that has a managed block."""
    begin, end, attributes = page.managed[0][0]
    inner = page.line_texts[begin + 1 : end]
    marker = parse_marker(attributes)
    edited = marker is None or digest(inner) != marker.sha256
    is_adopted = marker is not None and marker.state is State.ADOPTED
    if (is_adopted or (edited and decision.adopt)) and not decision.force:
        for own in page.diagrams:
            if begin < own.first < end and (said := fault(own.text)):
                what = f"its {'adopted' if is_adopted else 'edited'} diagram doesn't parse: {said}"
                return Plan(Action.LEFT, f"{what}; mend it, or draw anew with --force", line=own.first + 1)
    if is_adopted and not decision.force:
        if block is None:
            assert marker is not None
            return Plan(Action.UNCHANGED, f"stale: its diagram was adopted, and {_why_stale(marker.subject, draws)}")
        return Plan(Action.UNCHANGED, "its diagram was adopted and is kept as it is")
    if edited and decision.adopt:
        known = marker or Marker(block.subject if block else "unknown", build_id, "0" * 24, "")
        lines = write_block(known.subject, known.build, known.content, inner, State.ADOPTED)
        return Plan(Action.ADOPTED, "the edit is kept", replace_lines(page, begin, end + 1, lines), begin + 1)
    if edited and not decision.force:
        what = "its diagram was edited by hand: --adopt keeps the edit, --force draws anew"
        return Plan(Action.LEFT, what, line=begin + 1)
    if block is None:
        return _mark_stale(page, marker, inner, build_id, draws)
    content = content_of(block)
    if marker is not None and not edited:
        drawn = marker._replace(subject=block.subject, content=content, state=State.CURRENT)
        # As they are written: a subject may be spelt in more ways than one.
        if format_marker(marker) == format_marker(drawn):
            return Plan(Action.UNCHANGED)
    lines = write_block(
        block.subject, build_id, content, diagram_lines(block.markdown, own_heading(inner)), State.CURRENT
    )
    # What was found in an adopted diagram isn't of the page any more.
    behind = None if is_adopted else end + 1
    return Plan(Action.UPDATED, "", replace_lines(page, begin, end + 1, lines), begin + 1, behind)


def _why_stale(subject: str, draws: Draws) -> str:
    return (
        f"the page isn't about {subject} any more" if draws(subject) else f"the build has nothing to draw of {subject}"
    )


def _mark_stale(page: Page, marker: Marker | None, inner: list[str], build_id: str, draws: Draws) -> Plan:
    begin, end, _ = page.managed[0][0]
    if marker is None:
        return Plan(Action.LEFT, "its marker can't be read, and there is nothing to draw instead", line=begin + 1)
    reason = _why_stale(marker.subject, draws)
    if marker.state is State.STALE and digest(inner) == marker.sha256:
        return Plan(Action.UNCHANGED, f"stale: {reason}")
    noted = stale_lines(inner, marker.subject, build_id, left_page=draws(marker.subject))
    lines = write_block(marker.subject, build_id, marker.content, noted, State.STALE)
    return Plan(Action.STALE, reason, replace_lines(page, begin, end + 1, lines), begin + 1, end + 1)


def _begin(
    page: Page,
    slug: str,
    block: Block,
    build_id: str,
    fault: Fault,
    decision: Decision,
    places: Mapping[str, tuple[str, ...]],
) -> Plan:
    """Decide about a page that has no managed block yet."""

    def block_lines(heading: str | None) -> list[str]:
        inner = diagram_lines(block.markdown, heading)
        return write_block(block.subject, build_id, content_of(block), inner, State.CURRENT)

    broken = [(own, said) for own in page.diagrams if (said := fault(own.text))]
    if broken:
        own, said = broken[0]
        if not own.is_closed:
            return Plan(Action.LEFT, _NEVER_CLOSED, line=own.first + 1)
        if not decision.replace_broken:
            reason = f"a Mermaid diagram of its own doesn't parse: {said}; --replace-broken puts a grounded one there"
            return Plan(Action.LEFT, reason, line=own.first + 1)
        return _replace(page, [own for own, _ in broken], block_lines(None))
    for place in find_places(page, slug, places):
        data = insert_lines(page, place, block_lines(place.heading))
        if data is not None:
            return Plan(Action.ADDED, "", data, place.line + 1, place.line)
    return Plan(Action.LEFT, "there is no place for a diagram: code or HTML of the page is never closed")


def _replace(page: Page, broken: list[OwnDiagram], lines: list[str]) -> Plan:
    own = next((each for each in broken if each.movable and each.is_closed), None)
    if own is None:
        reason = "the Mermaid diagram that doesn't parse stands in HTML, a list or a quote: replace it by hand"
        return Plan(Action.LEFT, reason, line=broken[0].first + 1)
    data = replace_lines(page, own.first, own.end, lines)
    left = len(broken) - 1
    more = f"; {left} more of its own don't parse" if left else ""
    return Plan(Action.REPLACED, f"the diagram at line {own.first + 1} didn't parse{more}", data, own.first + 1)
