"""The shapes catch a graph that breaks each rule, and pass one that breaks none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from kg.errors import ConfigError
from kg.export.shapes import GENERATED, check_shapes, predicate_shapes, shapes_path
from kg.graph.tables import make_table
from kg.model.schema import EDGE_TYPES

DATASET, PAPER, PAGE, TOOL = "DANDI:000001", "PMID:1", "wiki:datasets/x", "wiki:tools/y"
REGION, DISEASE, MECHANISM = "UBERON:0003881", "MONDO:0005027", "mechanism:synaptic-dysfunction"

NODES: dict[str, dict[str, Any]] = {
    DATASET: {"label": "Dataset", "name": "Recordings"},
    PAPER: {"label": "Publication", "name": "A paper", "is_peer_reviewed": True},
    PAGE: {
        "label": "WikiPage",
        "name": "A dataset's page",
        "archives": ["DANDI:000001"],
        "is_infrastructure": False,
    },
    TOOL: {"label": "WikiPage", "name": "A tool's page", "is_infrastructure": True},
    REGION: {"label": "BrainRegion", "name": "CA1"},
    DISEASE: {"label": "Disease", "name": "epilepsy"},
    MECHANISM: {"label": "Mechanism", "name": "synaptic dysfunction"},
}
#: Subject, predicate, object, record, and what its evidence has beside.
CLAIMS: dict[str, tuple[str, str, str, str, dict[str, Any]]] = {
    "records": (DATASET, "RECORDS_FROM", REGION, DATASET, {}),
    "relevant": (
        DATASET,
        "RELEVANT_TO",
        DISEASE,
        DATASET,
        {"method": "sentence_rule", "trigger": "patients"},
    ),
    "carried": (
        DATASET,
        "RELEVANT_TO",
        MECHANISM,
        PAPER,
        {"method": "sentence_rule", "trigger": "we studied"},
    ),
    "described": (DATASET, "DESCRIBED_BY", PAPER, DATASET, {"method": "citation"}),
    "contributes": (
        MECHANISM,
        "CONTRIBUTES_TO",
        DISEASE,
        PAPER,
        {"method": "sentence_rule", "trigger": "leads to"},
    ),
    "cites": (PAGE, "CITES", PAPER, PAGE, {"method": "citation"}),
    "documents": (TOOL, "DOCUMENTS", DATASET, TOOL, {}),
}


def claim_row(number: int, name: str, **changes: Any) -> dict[str, Any]:
    subject, predicate, object_, _, _ = CLAIMS[name]
    kind = next(edge.kind.value for edge in EDGE_TYPES.values() if edge.predicate.value == predicate)
    row = {
        "id": f"claim:{number}",
        "subject": subject,
        "predicate": predicate,
        "object": object_,
        "kind": kind,
        "primary_source": "infores:pubmed",
        "qualifiers": [],
        "status": "asserted",
        "confidence": 0.7,
        "evidence_count": 1,
        "negated_count": 0,
        "speculative_count": 0,
        "knowledge_level": "not_provided",
        "agent_type": "text_mining_agent",
        "eco": "ECO:0007669",
        "publications": [],
        "sentence": "Words.",
        "systems": [],
    }
    return row | changes


def evidence_row(number: int, name: str, **changes: Any) -> dict[str, Any]:
    row = {
        "id": f"evidence:{number}",
        "claim_id": f"claim:{number}",
        "record_id": CLAIMS[name][3],
        "quote": "Words.",
        "section": "abstract",
        "start": 0,
        "end": 6,
        "polarity": "asserted",
        "method": "structured_field",
        "eco": "ECO:0007669",
        "cited": [],
    }
    return row | CLAIMS[name][4] | changes


def graph(
    *,
    nodes: Mapping[str, dict[str, Any] | None] | None = None,
    claims: Mapping[str, dict[str, Any]] | None = None,
    evidence: Mapping[str, dict[str, Any] | None] | None = None,
    without: str = "",
) -> dict[str, pl.DataFrame]:
    """Make a graph that breaks nothing, but for what is changed in it."""
    made = NODES | dict(nodes or {})
    names = [name for name in CLAIMS if name != without]
    pieces = {name: (evidence or {}).get(name, {}) for name in names}
    return {
        "nodes": make_table(
            "nodes", [{"id": curie, **row} for curie, row in made.items() if row is not None]
        ),
        "claims": make_table(
            "claims", [claim_row(n, name, **(claims or {}).get(name, {})) for n, name in enumerate(names)]
        ),
        "evidence": make_table(
            "evidence",
            [
                evidence_row(n, name, **found)
                for n, (name, found) in enumerate(pieces.items())
                if found is not None
            ],
        ),
    }


def test_a_graph_that_keeps_the_rules_breaks_no_shape() -> None:
    report = check_shapes(graph())
    assert report.breaks == []
    assert (report.checked, report.claims, report.nodes) == (len(CLAIMS), len(CLAIMS), len(NODES))


BROKEN: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a mention alone as relevance": (
        "rule-1-gate",
        DATASET,
        {"evidence": {"relevant": {"method": "text_mention"}}},
    ),
    "relevance without a trigger": ("rule-1-gate", DATASET, {"evidence": {"relevant": {"trigger": None}}}),
    "relevance from a stranger's paper": ("rule-1-gate", PAPER, {"without": "described"}),
    "a claim of the wrong kind": (
        "rule-2-kinds",
        DATASET,
        {"claims": {"records": {"kind": "bibliographic"}}},
    ),
    "the wrong subject": ("rule-2-kinds", DATASET, {"claims": {"records": {"subject": PAPER}}}),
    "the wrong object": ("rule-2-kinds", DATASET, {"claims": {"records": {"object": DISEASE}}}),
    "biology from a dataset": (
        "rule-2-kinds",
        DATASET,
        {"evidence": {"contributes": {"record_id": DATASET}}},
    ),
    "biology from a mention": (
        "rule-2-kinds",
        PAPER,
        {"evidence": {"contributes": {"method": "text_mention"}}},
    ),
    "an archive alone": ("rule-3-pairing", PAGE, {"without": "cites"}),
    "an archive beside a preprint": (
        "rule-3-pairing",
        PAGE,
        {"nodes": {PAPER: NODES[PAPER] | {"is_peer_reviewed": False}}},
    ),
    "biology from a tool's page": (
        "rule-4-infrastructure",
        TOOL,
        {"evidence": {"contributes": {"record_id": TOOL}}},
    ),
    "a page as the subject of biology": (
        "rule-4-infrastructure",
        PAPER,
        {"claims": {"contributes": {"subject": TOOL}}},
    ),
    "a tool's page about a mechanism": (
        "rule-4-infrastructure",
        TOOL,
        {"claims": {"documents": {"object": MECHANISM}}},
    ),
    "a claim without evidence": ("evidence", "", {"evidence": {"contributes": None}}),
    "an asserted claim that only guesses": (
        "evidence",
        PAPER,
        {"evidence": {"contributes": {"polarity": "speculative"}}},
    ),
    "a contested claim that nobody denies": (
        "evidence",
        PAPER,
        {"claims": {"contributes": {"status": "contested"}}},
    ),
    "a negated claim with support": ("evidence", PAPER, {"claims": {"contributes": {"status": "negated"}}}),
    "evidence that quotes nothing": ("evidence", PAPER, {"evidence": {"contributes": {"quote": ""}}}),
    "evidence from no record": ("evidence", "PMID:9", {"evidence": {"contributes": {"record_id": "PMID:9"}}}),
    "confidence over 1": ("evidence", PAPER, {"claims": {"contributes": {"confidence": 1.5}}}),
    "a node without a label": ("node", REGION, {"nodes": {REGION: {"label": "BrainRegion", "name": None}}}),
    "an id of an odd namespace": (
        "node",
        "SNOMEDCT:1",
        {
            "nodes": {"SNOMEDCT:1": {"label": "Disease", "name": "x"}},
            "claims": {"relevant": {"object": "SNOMEDCT:1"}},
        },
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_rule_is_caught_with_its_record(what: str) -> None:
    rule, record, changes = BROKEN[what]
    breaks = check_shapes(graph(**changes)).breaks
    assert (rule, record) in {(found.rule, found.record or "") for found in breaks}


def test_the_shapes_of_predicates_are_those_of_the_schema() -> None:
    text = shapes_path().read_text(encoding="utf-8")
    assert text.partition(GENERATED)[2] == f"\n{predicate_shapes()}", "run scripts/schema"


def test_of_a_large_graph_what_the_rules_are_about_is_checked_first() -> None:
    report = check_shapes(graph(evidence={"contributes": {"record_id": DATASET}}), most=1)
    assert (report.checked, report.claims) == (1, len(CLAIMS))
    assert {found.rule for found in report.breaks} >= {"rule-2-kinds"}
    assert check_shapes(graph(claims={"records": {"kind": "bibliographic"}}), most=None).checked == len(
        CLAIMS
    )


def test_shapes_that_can_t_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "s.ttl").write_text("this is no Turtle", encoding="utf-8")
    with pytest.raises(ConfigError, match="can't be read"):
        check_shapes(graph(), shapes=tmp_path / "s.ttl")


@pytest.mark.slow
def test_the_sample_keeps_the_rules(sample_build: Any) -> None:
    assert check_shapes(sample_build.tables).breaks == []
