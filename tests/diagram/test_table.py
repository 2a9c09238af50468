"""The table beneath a diagram."""

from __future__ import annotations

import networkx as nx
import polars as pl

from kg.diagram import DiagramNode, EvidenceIndex, Link, Subgraph, evidence_of, select_subgraph
from kg.diagram import edge_table as write_table
from kg.model.claim import ClaimStatus, Predicate
from kg.model.schema import Label


def edge_table(subgraph: Subgraph, evidence: pl.DataFrame, *, base_url: str | None = None) -> str:
    return write_table(subgraph, evidence_of(subgraph, EvidenceIndex.from_tables(evidence)), base_url=base_url)


def test_every_relation_has_its_quote_and_its_citation(
    tables: dict[str, pl.DataFrame], graph: nx.MultiDiGraph
) -> None:
    subgraph = select_subgraph(graph, "mechanism:alpha-synuclein-aggregation")
    rows = edge_table(subgraph, tables["evidence"]).splitlines()[2:]
    assert len(rows) == len(subgraph.links)
    assert all(
        "[PMID\\:31086362](<https://pubmed.ncbi.nlm.nih.gov/31086362>)" in row or "PMID:31086362" in row
        for row in rows
    )
    assert any("It asserted: Alpha\\-synuclein aggregation \\| Parkinson disease." in row for row in rows)


def test_a_contested_relation_has_a_row_for_what_denies_it(
    tables: dict[str, pl.DataFrame], graph: nx.MultiDiGraph
) -> None:
    table = edge_table(select_subgraph(graph, "mechanism:network-hyperexcitability"), tables["evidence"])
    assert "| contributes to (negated) |" in table


def test_a_sentence_goes_before_a_mention_and_others_are_counted(
    tables: dict[str, pl.DataFrame], graph: nx.MultiDiGraph
) -> None:
    subgraph = select_subgraph(graph, "mechanism:alpha-synuclein-aggregation")
    extra = tables["evidence"].with_columns(
        id=pl.col("id") + "x", quote=pl.lit("short"), method=pl.lit("text_mention")
    )
    table = edge_table(subgraph, pl.concat([extra, tables["evidence"]]))
    assert "| short |" not in table
    assert " and 1 more |" in table


def test_quotes_from_pages_link_to_the_wiki_only_where_it_is_known(
    tables: dict[str, pl.DataFrame], graph: nx.MultiDiGraph
) -> None:
    subgraph = select_subgraph(graph, "mechanism:alpha-synuclein-aggregation")
    evidence = tables["evidence"].with_columns(
        record_id=pl.lit("wiki:notes/a"), cited=pl.lit(["DOI:10.1/x|y"])
    )
    assert "](<https://w3id.org" not in edge_table(subgraph, evidence)
    table = edge_table(subgraph, evidence, base_url="https://wiki.example.org/")
    assert (
        "(<https://wiki.example.org/notes/a>), citing [DOI:10.1/x\\|y](<https://doi.org/10.1/x%7Cy>)" in table
    )


def test_a_relation_by_way_of_others_quotes_each_of_them(
    tables: dict[str, pl.DataFrame], graph: nx.MultiDiGraph
) -> None:
    edges = tables["edges"].filter(predicate="PART_OF")
    first, second = edges["claim_id"].to_list()
    subgraph = select_subgraph(graph, "UBERON:0003881", max_nodes=3)
    steps = tuple(
        Link("UBERON:0003881", Predicate.PART_OF, "UBERON:0002421", ClaimStatus.ASSERTED, 1, 1, (claim_id,))
        for claim_id in (first, second)
    )
    link = steps[0]._replace(claim_ids=(first, second), steps=steps)
    nodes = tuple(
        DiagramNode(curie, Label.BRAIN_REGION, curie) for curie in ("UBERON:0003881", "UBERON:0002421")
    )
    row = edge_table(subgraph._replace(nodes=nodes, links=(link,)), tables["evidence"]).splitlines()[2]
    assert row.count("It asserted") == 2
    assert row.count("[PMID:31086362]") == 1
