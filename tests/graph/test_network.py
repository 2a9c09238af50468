"""The networkx view of a build's tables."""

from __future__ import annotations

import polars as pl
import pytest

from kg.errors import DanglingEdgeError
from kg.graph.network import to_networkx
from kg.graph.tables import make_table
from kg.model.claim import Predicate


@pytest.fixture
def tables() -> dict[str, pl.DataFrame]:
    nodes = [
        {
            "id": "DANDI:000053",
            "label": "Dataset",
            "name": "A dandiset",
            "url": "https://dandiarchive.org/dandiset/000053",
        },
        {"id": "UBERON:0003881", "label": "BrainRegion", "name": "CA1 field of hippocampus"},
    ]
    shared = {"kind": "resource", "confidence": 0.9, "qualifiers": []}
    ends = {"subject": "DANDI:000053", "object": "UBERON:0003881"}
    edges = [
        {
            **shared,
            **ends,
            "claim_id": "claim:a",
            "predicate": "RECORDS_FROM",
            "status": "asserted",
            "evidence_count": 2,
        },
        {
            **shared,
            **ends,
            "claim_id": "claim:b",
            "predicate": "RECORDS_FROM",
            "status": "contested",
            "evidence_count": 1,
        },
        {
            **shared,
            **ends,
            "claim_id": "claim:c",
            "predicate": "MENTIONS",
            "status": "asserted",
            "evidence_count": 1,
        },
    ]
    claims = [
        {
            **shared,
            **ends,
            "id": "claim:d",
            "predicate": "TARGETS_CELL_TYPE",
            "status": "speculative",
            "evidence_count": 0,
            "speculative_count": 3,
        },
        {
            **shared,
            **ends,
            "id": "claim:e",
            "predicate": "TARGETS_CELL_TYPE",
            "status": "negated",
            "evidence_count": 0,
            "speculative_count": 0,
        },
    ]
    return {
        "nodes": make_table("nodes", nodes),
        "edges": make_table("edges", edges),
        "claims": make_table("claims", claims),
    }


def test_nodes_keep_what_a_diagram_shows(tables: dict[str, pl.DataFrame]) -> None:
    graph = to_networkx(tables, build_id="4c09aa")
    assert graph.nodes["DANDI:000053"]["label"] == "Dataset"
    assert graph.nodes["UBERON:0003881"]["name"] == "CA1 field of hippocampus"
    assert graph.graph["build_id"] == "4c09aa"


def test_parallel_claims_stay_two_edges(tables: dict[str, pl.DataFrame]) -> None:
    graph = to_networkx(tables)
    assert set(graph["DANDI:000053"]["UBERON:0003881"]) == {"claim:a", "claim:b", "claim:c"}
    assert graph["DANDI:000053"]["UBERON:0003881"]["claim:b"]["status"] == "contested"


def test_predicates_can_be_chosen(tables: dict[str, pl.DataFrame]) -> None:
    graph = to_networkx(tables, predicates=[Predicate.MENTIONS])
    assert [key for *_, key in graph.edges(keys=True)] == ["claim:c"]


def test_speculative_claims_come_only_where_asked_for_and_negated_ones_never(
    tables: dict[str, pl.DataFrame],
) -> None:
    graph = to_networkx(tables, include_speculative=True)
    assert graph["DANDI:000053"]["UBERON:0003881"]["claim:d"]["evidence_count"] == 3
    assert "claim:e" not in graph["DANDI:000053"]["UBERON:0003881"]


def test_an_edge_without_its_end_is_named(tables: dict[str, pl.DataFrame]) -> None:
    broken = {**tables, "nodes": tables["nodes"].filter(pl.col("id") != "UBERON:0003881")}
    with pytest.raises(DanglingEdgeError, match="UBERON:0003881") as caught:
        to_networkx(broken)
    assert caught.value.facts["missing"] == ["UBERON:0003881"]
