"""Links at a node, and their evidence: what is kept gives the same as what is worked out."""

from __future__ import annotations

import networkx as nx
import polars as pl
import pytest

from kg.diagram import EvidenceIndex
from kg.diagram.links import Links
from kg.model.claim import Predicate
from kg.model.schema import Label


def test_links_beyond_pages_are_all_links_without_those_of_pages(graph: nx.MultiDiGraph) -> None:
    links, others = Links(graph), Links(graph)
    pages = {node for node, data in graph.nodes(data=True) if data["label"] == Label.WIKI_PAGE}
    for node in graph:
        expected = tuple(link for link in others.at(node) if link.other(node) not in pages)
        assert links.beyond_pages(node) == expected == links.beyond_pages(node)


def test_pages_are_those_that_document_a_node(graph: nx.MultiDiGraph) -> None:
    links = Links(graph)
    found = {node: set(links.pages(node)) for node in graph if links.pages(node)}
    expected: dict[str, set[str]] = {}
    for page, node, data in graph.edges(data=True):
        if data["predicate"] == Predicate.DOCUMENTS:
            expected.setdefault(node, set()).add(page)
    assert found == expected
    assert found


def test_few_nodes_are_remembered_and_the_answers_stay(graph: nx.MultiDiGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = {node: Links(graph).at(node) for node in graph}
    monkeypatch.setattr("kg.diagram.links._REMEMBERED", 2)
    links = Links(graph)
    assert {node: links.at(node) for node in graph} == expected


@pytest.mark.parametrize("remembered", [0, 1_000])
def test_evidence_asked_for_again_is_the_same(
    tables: dict[str, pl.DataFrame], monkeypatch: pytest.MonkeyPatch, remembered: int
) -> None:
    evidence = tables["evidence"]
    copies = [evidence.with_columns(id=pl.col("id") + f"-{number}") for number in range(9)]
    monkeypatch.setattr("kg.diagram.evidence._REMEMBERED", remembered)
    index = EvidenceIndex(pl.concat(copies))
    claims = [*evidence["claim_id"].unique().sort()[:3], "claim:unknown"]
    first = index.of(claims)
    assert list(first) == claims[:3]
    assert all(len(rows) >= 9 and rows == sorted(rows, key=lambda row: row["id"]) for rows in first.values())
    assert index.of(claims) == index.of(reversed(claims)) == first
    assert index.of([]) == {}
