"""A small graph in the shape of a build's tables: names and ids are real, the relations are made up."""

from __future__ import annotations

from typing import Any

import networkx as nx
import polars as pl
import pytest

from kg.graph.network import to_networkx
from kg.graph.tables import make_table
from kg.model.claim import Claim, ClaimStatus, Predicate
from kg.model.curie import iri_of
from kg.model.schema import EDGE_TYPES, Label

NODES: dict[str, tuple[Label, str]] = {
    "DANDI:000053": (
        Label.DATASET,
        "Allen Institute – Linear track recordings of mouse hippocampus and visual cortex",
    ),
    "DANDI:000115": (Label.DATASET, "Sharp-wave ripples in CA1 of a tau mouse"),
    "DANDI:000690": (Label.DATASET, "Vision2Hippocampus project"),
    "UBERON:0003881": (Label.BRAIN_REGION, "CA1 field of hippocampus"),
    "UBERON:0002421": (Label.BRAIN_REGION, "hippocampal formation"),
    "UBERON:0002436": (Label.BRAIN_REGION, "primary visual cortex"),
    "UBERON:0002728": (Label.BRAIN_REGION, "entorhinal cortex"),
    "UBERON:0002038": (Label.BRAIN_REGION, "substantia nigra"),
    "CL:0000598": (Label.CELL_TYPE, "pyramidal neuron"),
    "CL:0000700": (Label.CELL_TYPE, "dopaminergic neuron"),
    "mechanism:sharp-wave-ripple-disruption": (Label.MECHANISM, "Sharp-wave ripple disruption"),
    "mechanism:network-hyperexcitability": (Label.MECHANISM, "Network hyperexcitability"),
    "mechanism:synaptic-dysfunction": (Label.MECHANISM, "Synaptic dysfunction"),
    "mechanism:tau-aggregation": (Label.MECHANISM, "Tau aggregation and propagation"),
    "mechanism:alpha-synuclein-aggregation": (Label.MECHANISM, "Alpha-synuclein aggregation"),
    "MONDO:0004975": (Label.DISEASE, "Alzheimer disease"),
    "MONDO:0005180": (Label.DISEASE, "Parkinson disease"),
    "MONDO:0005027": (Label.DISEASE, "epilepsy"),
    "NCBITaxon:10090": (Label.SPECIES, "Mus musculus"),
    "OBI:0002176": (Label.TECHNIQUE, "extracellular electrophysiology recording assay"),
    "PMID:31086362": (Label.PUBLICATION, "A large-scale survey of the mouse visual system"),
    "wiki:datasets/linear-track": (Label.WIKI_PAGE, "Linear track"),
    "wiki:mechanisms/synaptic-dysfunction": (Label.WIKI_PAGE, "Synaptic dysfunction"),
    "wiki:notes/hippocampus": (Label.WIKI_PAGE, "Notes on the hippocampus"),
    "wiki:datasets/several": (Label.WIKI_PAGE, "Several datasets"),
    "wiki:notes/empty": (Label.WIKI_PAGE, "An empty page"),
}

P = Predicate
#: Subject, predicate, object, confidence, pieces of evidence, status.
EDGES: list[tuple[str, Predicate, str, float, int, ClaimStatus]] = [
    (subject, predicate, object_, confidence, count, ClaimStatus(status))
    for subject, predicate, object_, confidence, count, status in [
        ("DANDI:000053", P.RECORDS_FROM, "UBERON:0003881", 0.95, 3, "asserted"),
        ("DANDI:000053", P.RECORDS_FROM, "UBERON:0002436", 0.95, 2, "asserted"),
        ("DANDI:000053", P.TARGETS_CELL_TYPE, "CL:0000598", 0.8, 1, "asserted"),
        ("DANDI:000053", P.STUDIES_SPECIES, "NCBITaxon:10090", 0.99, 1, "asserted"),
        ("DANDI:000053", P.USES_TECHNIQUE, "OBI:0002176", 0.99, 1, "asserted"),
        ("DANDI:000053", P.DESCRIBED_BY, "PMID:31086362", 0.9, 1, "asserted"),
        ("DANDI:000115", P.RECORDS_FROM, "UBERON:0003881", 0.95, 2, "asserted"),
        ("DANDI:000115", P.RELEVANT_TO, "MONDO:0004975", 0.9, 2, "asserted"),
        ("DANDI:000115", P.RELEVANT_TO, "mechanism:sharp-wave-ripple-disruption", 0.9, 1, "asserted"),
        ("DANDI:000690", P.RECORDS_FROM, "UBERON:0002436", 0.9, 1, "asserted"),
        ("UBERON:0003881", P.PART_OF, "UBERON:0002421", 1.0, 1, "asserted"),
        ("UBERON:0002728", P.PART_OF, "UBERON:0002421", 1.0, 1, "asserted"),
        ("mechanism:sharp-wave-ripple-disruption", P.OCCURS_IN, "UBERON:0003881", 0.8, 3, "asserted"),
        ("mechanism:sharp-wave-ripple-disruption", P.CONTRIBUTES_TO, "MONDO:0004975", 0.8, 4, "asserted"),
        ("mechanism:sharp-wave-ripple-disruption", P.ASSOCIATED_WITH, "MONDO:0004975", 0.7, 2, "asserted"),
        ("mechanism:network-hyperexcitability", P.OCCURS_IN, "UBERON:0002421", 0.8, 2, "asserted"),
        ("mechanism:network-hyperexcitability", P.CONTRIBUTES_TO, "MONDO:0004975", 0.8, 2, "contested"),
        ("mechanism:network-hyperexcitability", P.CONTRIBUTES_TO, "MONDO:0005027", 0.8, 5, "asserted"),
        ("mechanism:synaptic-dysfunction", P.OCCURS_IN, "CL:0000598", 0.7, 1, "asserted"),
        ("mechanism:synaptic-dysfunction", P.CONTRIBUTES_TO, "MONDO:0004975", 0.9, 6, "asserted"),
        ("mechanism:tau-aggregation", P.OCCURS_IN, "UBERON:0002728", 0.8, 2, "asserted"),
        ("mechanism:tau-aggregation", P.CONTRIBUTES_TO, "MONDO:0004975", 0.9, 7, "asserted"),
        ("mechanism:tau-aggregation", P.CONTRIBUTES_TO, "mechanism:synaptic-dysfunction", 0.8, 2, "asserted"),
        ("mechanism:alpha-synuclein-aggregation", P.OCCURS_IN, "UBERON:0002038", 0.8, 2, "asserted"),
        ("mechanism:alpha-synuclein-aggregation", P.CONTRIBUTES_TO, "MONDO:0005180", 0.9, 7, "asserted"),
        ("CL:0000700", P.AFFECTED_IN, "MONDO:0005180", 0.9, 4, "asserted"),
        ("UBERON:0002728", P.AFFECTED_IN, "MONDO:0004975", 0.9, 3, "asserted"),
        ("UBERON:0002436", P.ASSOCIATED_WITH, "mechanism:network-hyperexcitability", 0.6, 1, "speculative"),
        ("wiki:datasets/linear-track", P.DOCUMENTS, "DANDI:000053", 1.0, 1, "asserted"),
        (
            "wiki:mechanisms/synaptic-dysfunction",
            P.DOCUMENTS,
            "mechanism:synaptic-dysfunction",
            1.0,
            1,
            "asserted",
        ),
        ("wiki:datasets/several", P.DOCUMENTS, "DANDI:000053", 1.0, 1, "asserted"),
        ("wiki:datasets/several", P.DOCUMENTS, "DANDI:000115", 1.0, 1, "asserted"),
        ("wiki:notes/hippocampus", P.MENTIONS, "UBERON:0003881", 0.9, 3, "asserted"),
        ("wiki:notes/hippocampus", P.MENTIONS, "mechanism:sharp-wave-ripple-disruption", 0.9, 2, "asserted"),
        ("wiki:notes/hippocampus", P.MENTIONS, "MONDO:0004975", 0.9, 2, "asserted"),
        ("wiki:notes/hippocampus", P.MENTIONS, "MONDO:0005180", 0.9, 1, "asserted"),
        ("wiki:notes/hippocampus", P.CITES, "DANDI:000115", 0.9, 1, "asserted"),
        ("wiki:notes/hippocampus", P.CITES, "PMID:31086362", 0.9, 1, "asserted"),
        ("wiki:notes/hippocampus", P.LINKS_TO, "wiki:notes/empty", 0.9, 1, "asserted"),
    ]
]


def make_tables(
    nodes: dict[str, tuple[Label, str]], edges: list[tuple[str, Predicate, str, float, int, ClaimStatus]]
) -> dict[str, pl.DataFrame]:
    """Make the tables of a build from short rows."""
    claim_rows: list[dict[str, Any]] = []
    evidence_rows: list[dict[str, Any]] = []
    for subject, predicate, object_, confidence, count, status in edges:
        kind = EDGE_TYPES[predicate].kind
        claim = Claim(
            subject=subject, predicate=predicate, object=object_, kind=kind, primary_source="infores:neurokg"
        )
        speculative = status is ClaimStatus.SPECULATIVE
        claim_rows.append(
            {
                "id": claim.id,
                "subject": subject,
                "object": object_,
                "predicate": predicate.value,
                "kind": kind.value,
                "status": status.value,
                "primary_source": "infores:neurokg",
                "qualifiers": [],
                "confidence": confidence,
                "evidence_count": 0 if speculative else count,
                "negated_count": int(status is ClaimStatus.CONTESTED),
                "speculative_count": count if speculative else 0,
                "knowledge_level": "knowledge_assertion",
                "agent_type": "automated_agent",
            }
        )
        polarities = ["speculative" if speculative else "asserted"] + ["negated"] * (
            status is ClaimStatus.CONTESTED
        )
        for polarity in polarities:
            evidence_rows.append(
                {
                    "id": f"evidence:{claim.id.partition(':')[2]}{polarity}",
                    "claim_id": claim.id,
                    "record_id": "PMID:31086362",
                    "section": "abstract",
                    "start": 0,
                    "end": 10,
                    "quote": f"It {polarity}: {nodes[subject][1]} | {nodes[object_][1]}.",
                    "polarity": polarity,
                    "method": "sentence_rule",
                    "eco": "ECO:0007669",
                    "cited": [],
                }
            )
    rows = [
        {"id": curie, "label": label.value, "name": name, "url": iri_of(curie), "in_snapshot": True}
        for curie, (label, name) in nodes.items()
    ]
    edge_columns = (
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
    edge_rows = [
        {"claim_id": row["id"], "sources": ["PMID:31086362"], **{name: row[name] for name in edge_columns}}
        for row in claim_rows
        if row["status"] in ("asserted", "contested")
    ]
    return {
        "nodes": make_table("nodes", rows),
        "claims": make_table("claims", claim_rows),
        "evidence": make_table("evidence", evidence_rows),
        "edges": make_table("edges", edge_rows),
    }


@pytest.fixture(scope="session")
def tables() -> dict[str, pl.DataFrame]:
    return make_tables(NODES, EDGES)


@pytest.fixture(scope="session")
def graph(tables: dict[str, pl.DataFrame]) -> nx.MultiDiGraph:
    return to_networkx(tables, build_id="4c09aa17")
