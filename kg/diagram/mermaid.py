"""Write a subgraph as a Mermaid flowchart.

Nothing from data reaches the text but labels, as entity codes, and https links, percent-encoded; ids of nodes are
hashes, and the words on edges are from a fixed list. One line a node and one a relation, each of which depends on
nothing but itself, so that a changed claim changes only its lines.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache

from kg.diagram.links import is_biological
from kg.diagram.subgraph import DiagramNode, Link, Subgraph
from kg.diagram.text import escape_label, label_text, safe_url
from kg.diagram.words import KINDS, LINE_COLOUR, TEXT_COLOUR, WORDS
from kg.model.claim import ClaimStatus, Predicate
from kg.model.curie import iri_of
from kg.model.schema import Label

#: Our own identifiers' addresses lead nowhere without a wiki behind them.
_UNRESOLVED = "https://w3id.org/neurokg/"
_ARROWS = {ClaimStatus.ASSERTED: "-->", ClaimStatus.SPECULATIVE: "-.->", ClaimStatus.CONTESTED: "--x"}
_THICK = "==>"
#: Pieces of evidence from which an arrow is thick.
_MUCH_EVIDENCE = 3
_NOTES = {ClaimStatus.ASSERTED: "", ClaimStatus.SPECULATIVE: " ?", ClaimStatus.CONTESTED: " ×"}
#: Words on an arrow that stay on one line.
_SHORT = 8
#: Close together, so that five columns can be read in the width of a page.
_SPACING = (
    '%%{init: {"flowchart": {"nodeSpacing": 16, "rankSpacing": 18, "padding": 8, '
    '"subGraphTitleMargin": {"top": 3, "bottom": 9}}}}%%'
)


def write_mermaid(subgraph: Subgraph, *, base_url: str | None = None, caption: str = "") -> str:
    """Write the Mermaid text of a subgraph.

    Parameters
    ----------
    subgraph : Subgraph
        From `kg.diagram.select_subgraph`.
    base_url : str, optional
        Where the wiki's pages are: nodes that have a page link to it. Without it, nodes link to their vocabulary,
        archive or publisher alone.
    caption : str, optional
        Words for the title, for a picture that goes without its text.

    Returns
    -------
    str
        A flowchart that ends with a newline; the same for the same subgraph.
    """
    ids = _node_ids(node.id for node in subgraph.nodes)
    lines = [*_title(subgraph.links, caption), _SPACING, "flowchart LR"]
    if subgraph.build_id:
        lines.append(f"%% build {re.sub(r'[^0-9A-Za-z._-]', '', subgraph.build_id)}")
    labels = {node.id: node.label for node in subgraph.nodes}
    present = sorted({node.label for node in subgraph.nodes}, key=lambda label: (KINDS[label].column, label))
    groups: list[Label] = []
    for label in present:
        members = sorted(
            (node for node in subgraph.nodes if node.label is label), key=lambda node: (node.name, node.id)
        )
        if len(members) == 1 and members[0].id in subgraph.subjects:
            # A box around the subject alone would be drawn out over the whole height by arrows from all sides.
            lines.append(_node(members[0], ids[members[0].id]))
            continue
        groups.append(label)
        lines.append(f'subgraph g_{KINDS[label].style}["{KINDS[label].title}"]')
        lines += [f"  {_node(node, ids[node.id])}" for node in members]
        lines.append("end")
    lines += sorted(_edge(link, ids, labels) for link in subgraph.links)
    for node in sorted(subgraph.nodes, key=lambda node: ids[node.id]):
        page = node.page if node.page != subgraph.focus else None
        if url := _link(node, page, base_url):
            lines.append(f'click {ids[node.id]} href "{url}" _blank')
    lines += _styles(present, groups)
    lines += sorted(f"class {ids[curie]} subject" for curie in subgraph.subjects if curie in ids)
    return "\n".join(lines) + "\n"


def _node_ids(curies: Iterable[str]) -> dict[str, str]:
    """Give each node an id that depends on its CURIE alone and shows nothing of it."""
    ids: dict[str, str] = {}
    taken: set[str] = set()
    for curie in sorted(curies):
        digest = _digest(curie)
        length = next(length for length in range(5, 65) if f"n{digest[:length]}" not in taken)
        ids[curie] = f"n{digest[:length]}"
        taken.add(ids[curie])
    return ids


@lru_cache(8192)
def _digest(curie: str) -> str:
    return hashlib.sha256(curie.encode("utf-8", "surrogatepass")).hexdigest()


def _node(node: DiagramNode, synthetic: str) -> str:
    kind = KINDS[node.label]
    return f'{synthetic}{kind.opening}"{_label(node.name)}"{kind.closing}:::{kind.style}'


@lru_cache(8192)
def _label(name: str) -> str:
    """Write a name as a label; the same things stand in many diagrams."""
    return "<br/>".join(escape_label(line) for line in label_text(name))


def _edge(link: Link, ids: dict[str, str], labels: dict[str, Label]) -> str:
    forward, backward = WORDS[link.predicate]
    start, end, words = link.subject, link.object, forward
    # All arrows read from left to right: one that would run back is drawn the other way round, in other words.
    if KINDS[labels[start]].column > KINDS[labels[end]].column:
        start, end, words = end, start, backward
    arrow = _THICK if _is_thick(link) else _ARROWS[link.status]
    return f'{ids[start]} {arrow}|"{_on_arrow(words)}{_NOTES[link.status]}"| {ids[end]}'


def _on_arrow(words: str) -> str:
    """Break words that would keep two columns apart: from left to right, their length is the picture's."""
    first, _, last = words.rpartition(" ")
    return f"{first}<br/>{last}" if first and len(words) > _SHORT else words


def _is_thick(link: Link) -> bool:
    is_strong = link.status is ClaimStatus.ASSERTED and link.evidence_count >= _MUCH_EVIDENCE
    return is_strong and (is_biological(link) or link.predicate is Predicate.RELEVANT_TO)


def _link(node: DiagramNode, page: str | None, base_url: str | None) -> str | None:
    if base_url is not None and node.label is Label.WIKI_PAGE:
        page = node.id
    # Where the wiki's address can't be linked to, the term's own still can.
    shown_at = f"{base_url.rstrip('/')}/{page.partition(':')[2]}" if base_url is not None and page is not None else ""
    if safe := safe_url(shown_at):
        return safe
    for url in (node.url, iri_of(node.id)):
        if url and not url.startswith(_UNRESOLVED) and (safe := safe_url(url)):
            return safe
    return None


def _title(links: tuple[Link, ...], caption: str) -> list[str]:
    """Explain the arrows that aren't plain, in the title; those of the groups explain shapes and colours.

    As a node of its own, a legend would stand in the way of arrows.
    """
    statuses = {link.status for link in links}
    words = []
    if any(_is_thick(link) for link in links):
        words.append(f"thick = {_MUCH_EVIDENCE} or more quotes")
    if ClaimStatus.SPECULATIVE in statuses:
        words.append("dashed = only speculated")
    if ClaimStatus.CONTESTED in statuses:
        words.append("crossed = also denied")
    legend = f"Arrows: {', '.join(words)}" if words else ""
    title = re.sub(r"[^0-9A-Za-z .,:=-]", "", f"{caption} {legend}").strip()
    return ["---", f'title: "{title}"', "---"] if title else []


def _styles(present: list[Label], groups: list[Label]) -> list[str]:
    lines = [
        f"classDef {KINDS[label].style} fill:{KINDS[label].fill},stroke:{KINDS[label].stroke},color:{TEXT_COLOUR}"
        for label in present
    ]
    lines.append("classDef subject stroke-width:4px")
    lines.append(f"classDef group fill:transparent,stroke:{LINE_COLOUR},stroke-width:1px,color:{LINE_COLOUR}")
    lines.append(f"linkStyle default stroke:{LINE_COLOUR}")
    lines += [f"class g_{KINDS[label].style} group" for label in groups]
    return lines
