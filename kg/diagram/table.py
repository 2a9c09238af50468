"""The table beneath a diagram: each relation with its quote and where that stands."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from kg.diagram.evidence import EvidenceIndex
from kg.diagram.subgraph import Link, Subgraph
from kg.diagram.text import clean, escape_markdown, safe_url, shorten
from kg.diagram.words import WORDS
from kg.model.claim import ClaimStatus, Method, Polarity
from kg.model.curie import iri_of

_HEADER = "| From | | To | In the words of the source | Source |\n|---|---|---|---|---|\n"
_QUOTE_LENGTH = 300
_POLARITIES = {
    ClaimStatus.ASSERTED: (Polarity.ASSERTED,),
    ClaimStatus.SPECULATIVE: (Polarity.SPECULATIVE,),
    ClaimStatus.CONTESTED: (Polarity.ASSERTED, Polarity.NEGATED),
}
#: A sentence tells a reader more than a field, a field more than a mention.
_METHODS = tuple(
    method.value
    for method in (
        Method.SENTENCE_RULE,
        Method.STRUCTURED_FIELD,
        Method.TEXT_MENTION,
        Method.CURATED,
        Method.ONTOLOGY,
        Method.CITATION,
        Method.HYPERLINK,
    )
)


#: Pieces of evidence of each claim.
Evidence = dict[str, list[dict[str, Any]]]


def evidence_of(subgraph: Subgraph, index: EvidenceIndex) -> Evidence:
    """Give the evidence of the claims that a diagram shows."""
    return index.of(claim_id for link in subgraph.links for claim_id in link.claim_ids)


def edge_table(subgraph: Subgraph, evidence: Evidence, *, base_url: str | None = None) -> str:
    """Write the relations of a diagram as a Markdown table.

    Parameters
    ----------
    subgraph : Subgraph
        What the diagram shows.
    evidence : dict
        From `evidence_of`.
    base_url : str, optional
        Where the wiki's pages are, for quotes from them.

    Returns
    -------
    str
        A row for each relation with its best quote; a contested one has a second row, with what denies it. The same
        for the same subgraph and evidence.
    """
    names = {node.id: escape_markdown(clean(node.name) or node.id) for node in subgraph.nodes}
    rows = []
    for link in sorted(subgraph.links, key=lambda link: (names[link.subject], link.key)):
        if link.steps:
            rows.append(_chain_row(link, names, evidence, base_url))
            continue
        found = [row for claim_id in link.claim_ids for row in evidence.get(claim_id, ())]
        for polarity in _POLARITIES[link.status]:
            matching = [row for row in found if row["polarity"] == polarity]
            rows += [_row(link, names, matching, polarity, base_url)]
    return _HEADER + "".join(f"{row}\n" for row in rows)


def _chain_row(link: Link, names: dict[str, str], evidence: Evidence, base_url: str | None) -> str:
    """Write a relation that holds by way of others, with the words for each of them."""
    best = [
        _best([row for claim_id in step.claim_ids for row in evidence.get(claim_id, ())])
        for step in link.steps
    ]
    quotes = [escape_markdown(shorten(clean(row["quote"]), _QUOTE_LENGTH)) for row in best if row]
    sources = dict.fromkeys(_cite(row["record_id"], base_url) for row in best if row)
    cells = [
        names[link.subject],
        WORDS[link.predicate][0],
        names[link.object],
        "; ".join(quotes),
        ", ".join(sources),
    ]
    return f"| {' | '.join(cells)} |"


def _best(found: list[dict[str, Any]]) -> dict[str, Any] | None:
    return min(
        found, key=lambda row: (_METHODS.index(row["method"]), len(row["quote"]), row["id"]), default=None
    )


def _row(
    link: Link, names: dict[str, str], found: list[dict[str, Any]], polarity: Polarity, base_url: str | None
) -> str:
    words = WORDS[link.predicate][0]
    if polarity is not Polarity.ASSERTED:
        words = f"{words} ({polarity})"
    cells = [names[link.subject], words, names[link.object]]
    if best := _best(found):
        cells += [
            escape_markdown(shorten(clean(best["quote"]), _QUOTE_LENGTH)),
            _source(best, len(found), base_url),
        ]
    else:
        cells += ["", ""]
    return f"| {' | '.join(cells)} |"


def _source(row: dict[str, Any], count: int, base_url: str | None) -> str:
    sources = [_cite(row["record_id"], base_url), *(_cite(curie, base_url) for curie in row["cited"] or ())]
    more = f" and {count - 1} more" if count > 1 else ""
    return ", citing ".join([sources[0], ", ".join(sources[1:])] if len(sources) > 1 else sources) + more


@lru_cache(8192)
def _cite(curie: str, base_url: str | None) -> str:
    prefix, _, rest = curie.partition(":")
    in_wiki = base_url is not None and prefix == "wiki"
    url = safe_url(f"{base_url.rstrip('/')}/{rest}" if base_url is not None and in_wiki else iri_of(curie))
    text = escape_markdown(clean(curie))
    return (
        f"[{text}](<{url}>)" if url and (in_wiki or prefix not in ("wiki", "mechanism", "infores")) else text
    )
