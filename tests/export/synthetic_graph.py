"""A small graph, made up by a seeded generator, in the shape of a build's tables."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from kg.graph.tables import TABLES
from kg.model.claim import Claim, ClaimKind, Evidence, Method, Predicate
from kg.model.schema import EDGE_TYPES, Label

#: Label -> (prefix of its ids, how many).
SIZES: dict[Label, tuple[str, int]] = {
    Label.DATASET: ("DANDI:", 40),
    Label.PUBLICATION: ("PMID:", 60),
    Label.WIKI_PAGE: ("wiki:pages/", 20),
    Label.BRAIN_REGION: ("UBERON:", 60),
    Label.CELL_TYPE: ("CL:", 20),
    Label.MECHANISM: ("mechanism:m", 15),
    Label.DISEASE: ("MONDO:", 20),
    Label.SPECIES: ("NCBITaxon:", 5),
    Label.VOCABULARY: ("infores:v", 2),
}
_PREDICATES = {
    Predicate.RECORDS_FROM: 150,
    Predicate.TARGETS_CELL_TYPE: 40,
    Predicate.STUDIES_SPECIES: 60,
    Predicate.RELEVANT_TO: 40,
    Predicate.CONTRIBUTES_TO: 120,
    Predicate.AFFECTED_IN: 40,
    Predicate.OCCURS_IN: 40,
    Predicate.PART_OF: 80,
    Predicate.SUBCLASS_OF: 40,
    Predicate.DESCRIBED_BY: 40,
    Predicate.CITES: 60,
    Predicate.MENTIONS: 60,
}


class Tables(dict[str, pl.DataFrame]):
    """A build as `kg.export.embedded` wants it: tables and a digest."""

    def __init__(self, tables: Mapping[str, pl.DataFrame], digest: str) -> None:
        super().__init__(tables)
        self.digest = digest

    def table(self, name: str) -> pl.DataFrame:
        return self[name]


def table(name: str, rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Make a table of a build; columns that a row lacks are null."""
    return pl.DataFrame([dict(row) for row in rows], schema=TABLES[name])


def make_tables(seed: int = 1, digest: str = "synthetic") -> Tables:
    """Make a graph of some hundred nodes: parallel claims, null properties, a negated claim and all."""
    rng = random.Random(seed)
    ids = {label: [f"{prefix}{number:04d}" for number in range(size)] for label, (prefix, size) in SIZES.items()}
    nodes = [_node(rng, label, node_id) for label, node_ids in ids.items() for node_id in node_ids]
    claims: dict[str, dict[str, Any]] = {}
    evidence: dict[str, dict[str, Any]] = {}
    edges: list[dict[str, Any]] = []
    for predicate, size in _PREDICATES.items():
        kind = EDGE_TYPES[predicate].kind
        for _ in range(size):
            subject, target = _ends(rng, predicate, ids)
            qualifiers = (("species_context", "NCBITaxon:0001"),) if rng.random() < 0.2 else ()
            source = rng.choice(["infores:pubmed", "infores:neurowiki"])
            claim = Claim(
                subject=subject,
                predicate=predicate,
                object=target,
                kind=kind,
                primary_source=source,
                qualifiers=qualifiers,
            )
            if claim.id in claims:
                continue
            status = "negated" if rng.random() < 0.05 else "asserted"
            pieces = [_evidence(rng, claim, ids, number) for number in range(rng.randint(1, 3))]
            evidence |= {piece["id"]: piece for piece in pieces}
            shared = {
                "kind": str(kind),
                "primary_source": source,
                "qualifiers": [f"{name}={value}" for name, value in qualifiers],
                "status": status,
                "confidence": round(rng.random(), 3),
                "evidence_count": len(pieces),
            }
            ends = {"subject": subject, "predicate": str(predicate), "object": target}
            claims[claim.id] = {
                "id": claim.id,
                **ends,
                **shared,
                "negated_count": 0,
                "speculative_count": 0,
                "knowledge_level": "knowledge_assertion",
                "agent_type": "text_mining_agent",
            }
            if status == "asserted":
                sources = sorted({piece["record_id"] for piece in pieces})
                edges.append({"claim_id": claim.id, **ends, **shared, "sources": sources})
    return Tables(
        {
            "nodes": table("nodes", nodes).sort("id"),
            "claims": table("claims", claims.values()).sort("id"),
            "evidence": table("evidence", evidence.values()).sort("id"),
            "edges": table("edges", edges).sort("predicate", "subject", "object", "claim_id"),
        },
        digest,
    )


def _node(rng: random.Random, label: Label, node_id: str) -> dict[str, Any]:
    node: dict[str, Any] = {"id": node_id, "label": str(label), "name": f"{label} {node_id[-4:]}"}
    if label is Label.DATASET:
        node |= {
            "archive": "DANDI",
            "keywords": rng.sample(["ephys", "imaging", "mouse"], rng.randint(0, 3)),
            "size_bytes": rng.choice([None, rng.randrange(10**12)]),
            "is_open": rng.choice([True, False, None]),
        }
    if label in (Label.PUBLICATION, Label.WIKI_PAGE):
        node["in_snapshot"] = rng.random() < 0.7
    if label in (Label.DISEASE, Label.BRAIN_REGION):
        node["synonyms"] = sorted(f"synonym {rng.randrange(40)}" for _ in range(rng.randint(0, 3)))
    return node


def _ends(rng: random.Random, predicate: Predicate, ids: Mapping[Label, list[str]]) -> tuple[str, str]:
    edge = EDGE_TYPES[predicate]
    subjects = [label for label in edge.subjects if label in ids]
    subject_label = rng.choice(subjects)
    if predicate is Predicate.SUBCLASS_OF:
        object_label = subject_label
    else:
        object_label = rng.choice([label for label in edge.objects if label in ids])
    subject, target = rng.choice(ids[subject_label]), rng.choice(ids[object_label])
    # Hierarchies point from later to earlier, so that they have no cycle.
    if edge.kind is ClaimKind.ONTOLOGICAL and subject_label is object_label and subject < target:
        subject, target = target, subject
    return subject, target


def _evidence(rng: random.Random, claim: Claim, ids: Mapping[Label, list[str]], number: int) -> dict[str, Any]:
    record_id = rng.choice(ids[rng.choice([Label.DATASET, Label.PUBLICATION, Label.WIKI_PAGE])])
    piece = Evidence(
        claim_id=claim.id,
        record_id=record_id,
        section="abstract",
        start=number,
        end=number + 40,
        quote=f"{claim.subject} does something to {claim.object}, as the {number}. sentence says.",
        method=Method.SENTENCE_RULE,
    )
    return {"id": piece.id, "eco": piece.eco, **piece.model_dump(mode="json", exclude={"id"})}
