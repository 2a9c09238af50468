"""From claims and records to the tables of a graph.

Evidence for the same claim is brought together under one id; a claim with asserting evidence
becomes an edge; everything an edge touches becomes a node. A claim whose end is in no vocabulary
and no record doesn't enter the graph: it becomes a problem.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from kg.claims.confidence import confidence_of, deciding, status_of, weight_of, works_of
from kg.claims.species import ANIMALS
from kg.claims.studies import Study, System, studies_of, system_of
from kg.graph.nodes import NodeMaker
from kg.graph.tables import make_table
from kg.model import (
    Claim,
    ClaimKind,
    ClaimStatus,
    Evidence,
    Mention,
    Method,
    Polarity,
    Problem,
    Record,
    Severity,
    Source,
    Supported,
)
from kg.model.schema import EDGE_TYPES, Label
from kg.ontology import Vocabulary

#: Biolink knowledge_level and agent_type of a claim, by the most trustworthy method behind it.
_KNOWLEDGE: Mapping[Method, tuple[str, str]] = {
    Method.CURATED: ("knowledge_assertion", "manual_agent"),
    Method.STRUCTURED_FIELD: ("knowledge_assertion", "manual_agent"),
    Method.ONTOLOGY: ("knowledge_assertion", "manual_agent"),
    Method.CITATION: ("knowledge_assertion", "manual_agent"),
    Method.HYPERLINK: ("knowledge_assertion", "manual_agent"),
    Method.SENTENCE_RULE: ("not_provided", "text_mining_agent"),
    Method.TEXT_MENTION: ("not_provided", "text_mining_agent"),
}


#: Prefixes of publications.
_WORKS = ("PMID:", "DOI:")


class Graph(NamedTuple):
    """The tables of a graph, and what was left out of it."""

    tables: dict[str, pl.DataFrame]
    problems: list[Problem]


def assemble(
    supported: Iterable[Supported],
    records: Sequence[Record],
    mentions: Iterable[Mention],
    vocabulary: Vocabulary,
) -> Graph:
    """Bring claims together and make nodes and edges of them.

    Parameters
    ----------
    supported : iterable of Supported
        Claims, each with one piece of its evidence, in any order and with repetitions.
    records : sequence of Record
        The snapshot, one record an id.
    mentions : iterable of Mention
        What the linker found in them.
    vocabulary : Vocabulary
        Where terms' labels come from.

    Returns
    -------
    Graph
        Every table but ``problems``; and a problem for each claim that was left out.
    """
    claims: dict[str, Claim] = {}
    evidence: dict[str, dict[str, Evidence]] = defaultdict(dict)
    for claim, piece in supported:
        claims.setdefault(claim.id, claim)
        kept = evidence[claim.id].get(piece.id)
        # Two derivations may word `trigger` or `raw` differently for one address: the choice must not depend on order.
        if kept is None or _tiebreak(piece) < _tiebreak(kept):
            evidence[claim.id][piece.id] = piece

    maker = NodeMaker(records, vocabulary)
    studies = studies_of(records)
    problems: list[Problem] = []
    nodes: dict[str, dict[str, Any]] = {row["id"]: row for row in maker.record_nodes()}
    claim_rows, edge_rows, evidence_rows = [], [], []
    for claim_id in sorted(claims):
        claim, pieces = claims[claim_id], sorted(evidence[claim_id].values(), key=lambda piece: piece.id)
        ends = [claim.subject, claim.object, *{piece.record_id for piece in pieces}]
        missing = _add_nodes(ends, nodes, maker)
        fault = f"{missing} is in no vocabulary and no record" if missing else _schema_fault(claim, nodes)
        if fault:
            problems.append(_left_out(claim, pieces[0], fault, maker))
            continue
        row = _claim_row(claim, pieces, studies)
        claim_rows.append(row)
        evidence_rows += [_evidence_row(piece, claim, studies) for piece in pieces]
        if row["status"] in (ClaimStatus.ASSERTED, ClaimStatus.CONTESTED):
            edge_rows.append(_edge_row(row, pieces))

    return Graph(
        tables={
            "records": make_table("records", (_record_row(record) for record in records)),
            "mentions": make_table("mentions", (_mention_row(mention) for mention in mentions)),
            "claims": make_table("claims", claim_rows),
            "evidence": make_table("evidence", evidence_rows),
            "nodes": make_table("nodes", nodes.values()),
            "edges": make_table("edges", edge_rows),
        },
        problems=problems,
    )


def _tiebreak(piece: Evidence) -> tuple[str, str, tuple[str, ...], str]:
    return piece.trigger or "", piece.raw or "", piece.cited, piece.via or ""


def _add_nodes(ends: Iterable[str], nodes: dict[str, dict[str, Any]], maker: NodeMaker) -> str | None:
    """Add the nodes that are not there yet; give the first id that nothing knows."""
    added: list[dict[str, Any]] = []
    for curie in sorted(ends):
        if curie in nodes:
            continue
        row = maker.node(curie)
        if row is None:
            return curie
        added.append(row)
    nodes.update((row["id"], row) for row in added)
    return None


def _schema_fault(claim: Claim, nodes: Mapping[str, Mapping[str, Any]]) -> str | None:
    edge = EDGE_TYPES[claim.predicate]
    if claim.kind is not edge.kind:
        return f"a {claim.kind} claim can't be {claim.predicate}, which is {edge.kind} (rule 2)"
    for end, labels in ((claim.subject, edge.subjects), (claim.object, edge.objects)):
        if Label(nodes[end]["label"]) not in labels:
            return f"{end} is a {nodes[end]['label']}, and {claim.predicate} takes {', '.join(labels)} there"
    return None


def _left_out(claim: Claim, piece: Evidence, reason: str, maker: NodeMaker) -> Problem:
    receipt = maker.receipt(piece.record_id)
    return Problem(
        source=receipt.source if receipt else Source.WIKI,
        path=receipt.path if receipt else piece.record_id,
        record_id=piece.record_id,
        field=piece.section,
        rule="claim-left-out",
        severity=Severity.WARNING,
        reason=f"{claim.subject} {claim.predicate} {claim.object}: {reason}",
        mend="mend the record's field, or add the term to a vocabulary",
    )


def _claim_row(claim: Claim, pieces: Sequence[Evidence], studies: Mapping[str, Study]) -> dict[str, Any]:
    counts = {polarity: sum(piece.polarity is polarity for piece in pieces) for polarity in Polarity}
    decisive = deciding(pieces)
    surest = min(decisive, key=lambda piece: (-weight_of(piece, studies), piece.id))
    telling = min(decisive, key=lambda piece: _telling_first(piece, studies))
    level, agent = _KNOWLEDGE[min((piece.method for piece in decisive), key=list(_KNOWLEDGE).index)]
    works = {work for piece in decisive for work in works_of(piece) if work.startswith(_WORKS)}
    systems = {system for piece in decisive if (system := _system(piece, claim, studies))}
    return {
        "id": claim.id,
        "subject": claim.subject,
        "predicate": claim.predicate.value,
        "object": claim.object,
        "kind": claim.kind.value,
        "primary_source": claim.primary_source,
        "qualifiers": sorted(f"{name}={value}" for name, value in claim.qualifiers),
        "status": status_of(pieces).value,
        "confidence": confidence_of(pieces, studies),
        "evidence_count": counts[Polarity.ASSERTED],
        "negated_count": counts[Polarity.NEGATED],
        "speculative_count": counts[Polarity.SPECULATIVE],
        "knowledge_level": level,
        "agent_type": agent,
        "eco": surest.eco,
        "publications": sorted(works),
        "sentence": telling.quote,
        "systems": sorted(systems),
    }


def _telling_first(piece: Evidence, studies: Mapping[str, Study]) -> tuple[bool, float, int, str]:
    """Order evidence for a reader: a sentence before a bare name, then the surest, then the shorter."""
    is_name = piece.method is not Method.SENTENCE_RULE or piece.section.partition("/")[0] in (
        "keywords",
        "keyword",
    )
    return is_name, -weight_of(piece, studies), len(piece.quote), piece.id


def _system(piece: Evidence, claim: Claim, studies: Mapping[str, Study]) -> str | None:
    """Say in what a finding was made. Only a biological claim is a finding."""
    if claim.kind is not ClaimKind.BIOLOGICAL:
        return None
    if dict(claim.qualifiers).get("species_context") in ANIMALS:
        return System.ANIMAL
    return system_of(piece.quote, studies.get(piece.record_id))


def _edge_row(row: Mapping[str, Any], pieces: Sequence[Evidence]) -> dict[str, Any]:
    sources = sorted({piece.record_id for piece in pieces if piece.polarity is Polarity.ASSERTED})
    copied = (
        "subject",
        "predicate",
        "object",
        "kind",
        "confidence",
        "evidence_count",
        "status",
        "primary_source",
        "qualifiers",
    )
    return {"claim_id": row["id"], "sources": sources, **{column: row[column] for column in copied}}


def _evidence_row(piece: Evidence, claim: Claim, studies: Mapping[str, Study]) -> dict[str, Any]:
    study = studies.get(piece.record_id)
    return {
        "id": piece.id,
        "claim_id": piece.claim_id,
        "record_id": piece.record_id,
        "section": piece.section,
        "start": piece.start,
        "end": piece.end,
        "quote": piece.quote,
        "polarity": piece.polarity.value,
        "method": piece.method.value,
        "eco": piece.eco,
        "trigger": piece.trigger,
        "cited": list(piece.cited),
        "raw": piece.raw,
        "via": piece.via,
        "study": study.kind.value if study else None,
        "system": _system(piece, claim, studies),
    }


def _record_row(record: Record) -> dict[str, Any]:
    receipt = record.receipt
    return {
        "id": record.id,
        "record_type": type(record).__name__.removesuffix("Record"),
        "title": record.title,
        "source": receipt.source.value,
        "path": receipt.path,
        "sha256": receipt.sha256,
        "size_bytes": receipt.size_bytes,
        "position": receipt.position,
        "url": record.url,
        "date": record.date,
    }


def _mention_row(mention: Mention) -> dict[str, Any]:
    row = mention.model_dump(exclude={"parts"})
    row["category"] = mention.category.value
    return row


def problem_rows(problems: Iterable[Problem]) -> Iterator[dict[str, Any]]:
    """Give problems as rows of the table ``problems``, each once."""
    for problem in sorted(
        set(problems), key=lambda p: (p.source, p.path, p.record_id or "", p.rule, p.field or "", p.reason)
    ):
        yield {**problem.model_dump(), "source": problem.source.value, "severity": problem.severity.value}
