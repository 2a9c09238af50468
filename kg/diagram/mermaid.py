"""Write a subgraph as a Mermaid flowchart.

Nothing from data reaches the text but labels, as entity codes, and https links, percent-encoded; ids of nodes are
hashes, and the words on edges are from a fixed list. One line a node and one a relation, each of which depends on
nothing but itself, so that a changed claim changes only its lines.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from kg.diagram.subgraph import DiagramNode, Link, Subgraph
from kg.diagram.text import escape_label, label_text, safe_url
from kg.diagram.words import KINDS, TEXT_COLOUR, WORDS
from kg.model.claim import ClaimStatus
from kg.model.curie import iri_of
from kg.model.schema import Label

#: Our own identifiers' addresses lead nowhere without a wiki behind them.
_UNRESOLVED = "https://w3id.org/neurokg/"
_ARROWS = {ClaimStatus.ASSERTED: "-->", ClaimStatus.SPECULATIVE: "-.->", ClaimStatus.CONTESTED: "--x"}
_NOTES = {ClaimStatus.ASSERTED: "", ClaimStatus.SPECULATIVE: " ?", ClaimStatus.CONTESTED: " (contested)"}


def write_mermaid(subgraph: Subgraph, *, base_url: str | None = None) -> str:
    """Write the Mermaid text of a subgraph.

    Parameters
    ----------
    subgraph : Subgraph
        From `kg.diagram.select_subgraph`.
    base_url : str, optional
        Where the wiki's pages are: nodes that have a page link to it. Without it, nodes link to their vocabulary,
        archive or publisher alone.

    Returns
    -------
    str
        A flowchart that ends with a newline; the same for the same subgraph.
    """
    ids = _node_ids(node.id for node in subgraph.nodes)
    lines = ["flowchart LR"]
    if subgraph.build_id:
        lines.append(f"  %% build {re.sub(r'[^0-9A-Za-z._-]', '', subgraph.build_id)}")
    labels = {node.id: node.label for node in subgraph.nodes}
    groups = sorted({node.label for node in subgraph.nodes}, key=lambda label: (KINDS[label].column, label))
    for label in groups:
        lines.append(f'  subgraph g_{KINDS[label].style}["{KINDS[label].title}"]')
        members = sorted(
            (node for node in subgraph.nodes if node.label is label), key=lambda node: (node.name, node.id)
        )
        lines += [f"    {_node(node, ids[node.id])}" for node in members]
        lines.append("  end")
    lines += [f"  {line}" for line in sorted(_edge(link, ids, labels) for link in subgraph.links)]
    for node in sorted(subgraph.nodes, key=lambda node: ids[node.id]):
        if url := _link(node, base_url):
            lines.append(f'  click {ids[node.id]} href "{url}" _blank')
    lines += _legend(subgraph.links)
    lines += _styles(groups)
    marked = sorted(ids[curie] for curie in subgraph.subjects if curie in ids)
    lines.append(f"  class {','.join(marked)} subject")
    return "\n".join(lines) + "\n"


def _node_ids(curies: Iterable[str]) -> dict[str, str]:
    """Give each node an id that depends on its CURIE alone and shows nothing of it."""
    ids: dict[str, str] = {}
    taken: set[str] = set()
    for curie in sorted(curies):
        digest = hashlib.sha256(curie.encode("utf-8", "surrogatepass")).hexdigest()
        length = next(length for length in range(5, 65) if f"n{digest[:length]}" not in taken)
        ids[curie] = f"n{digest[:length]}"
        taken.add(ids[curie])
    return ids


def _node(node: DiagramNode, synthetic: str) -> str:
    kind = KINDS[node.label]
    text = "<br/>".join(escape_label(line) for line in label_text(node.name))
    return f'{synthetic}{kind.opening}"{text}"{kind.closing}:::{kind.style}'


def _edge(link: Link, ids: dict[str, str], labels: dict[str, Label]) -> str:
    forward, backward = WORDS[link.predicate]
    start, end, words = link.subject, link.object, forward
    # All arrows read from left to right: one that would run back is drawn the other way round, in other words.
    if KINDS[labels[start]].column > KINDS[labels[end]].column:
        start, end, words = end, start, backward
    return f'{ids[start]} {_ARROWS[link.status]}|"{words}{_NOTES[link.status]}"| {ids[end]}'


def _link(node: DiagramNode, base_url: str | None) -> str | None:
    slug = node.slug if node.slug else node.id.partition(":")[2]
    if base_url is not None and node.label is Label.WIKI_PAGE:
        return safe_url(f"{base_url.rstrip('/')}/{node.id.partition(':')[2]}")
    if base_url is not None and node.label is Label.MECHANISM:
        return safe_url(f"{base_url.rstrip('/')}/mechanisms/{slug}")
    for url in (node.url, iri_of(node.id)):
        if url and not url.startswith(_UNRESOLVED) and (safe := safe_url(url)):
            return safe
    return None


def _legend(links: tuple[Link, ...]) -> list[str]:
    """Explain the lines that aren't plain; titles of the groups explain shapes and colours."""
    statuses = {link.status for link in links}
    lines = []
    if ClaimStatus.SPECULATIVE in statuses:
        lines.append('    k1[" "]:::key -.-> k2["only speculated"]:::key')
    if ClaimStatus.CONTESTED in statuses:
        lines.append('    k3[" "]:::key --x k4["also denied"]:::key')
    return (
        ['  subgraph g_key["Lines"]', "    direction LR", *lines, "  end", "  class g_key group"]
        if lines
        else []
    )


def _styles(groups: list[Label]) -> list[str]:
    lines = [
        f"  classDef {KINDS[label].style} fill:{KINDS[label].fill},stroke:{KINDS[label].stroke},color:{TEXT_COLOUR}"
        for label in groups
    ]
    lines.append("  classDef subject stroke-width:4px")
    lines.append("  classDef key fill:transparent,stroke:transparent")
    lines.append("  classDef group fill:transparent,stroke:#888888,stroke-width:1px")
    lines.append(f"  class {','.join(f'g_{KINDS[label].style}' for label in groups)} group")
    return lines
