"""Links at a node, and their evidence: what is kept gives the same as what is worked out."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import polars as pl
import pytest

from kg.diagram import EvidenceIndex
from kg.diagram.links import Links
from kg.diagram.network import Network
from kg.model.claim import ClaimStatus, Predicate
from kg.model.schema import Label


@pytest.fixture(params=["tables", "files", "networkx"])
def network(
    request: pytest.FixtureRequest, tables: dict[str, pl.DataFrame], graph: nx.MultiDiGraph, tmp_path: Path
) -> Network:
    """The same graph in each of its forms."""
    if request.param == "tables":
        return Network.from_tables(tables, build_id="4c09aa17")
    if request.param == "networkx":
        return Network.from_networkx(graph)
    Network.write(tables, tmp_path)
    return Network.read(tmp_path, build_id="4c09aa17")


def test_a_network_has_the_nodes_and_relations_of_its_tables(
    network: Network, graph: nx.MultiDiGraph
) -> None:
    assert list(network) == sorted(graph)
    for node, data in graph.nodes(data=True):
        assert network.facts(node) == (data["label"], data["name"], data["url"], data["slug"])
        said = {
            (other, key, each["predicate"], each["status"], each["confidence"], each["evidence_count"])
            for _, other, key, each in graph.out_edges(node, keys=True, data=True)
            if each["predicate"] != Predicate.LINKS_TO
        }
        assert {
            (each.other, each.claim_id, each.predicate, each.status, each.confidence, each.evidence_count)
            for each in network.out(node)
            if each.status is not ClaimStatus.SPECULATIVE  # the fixture's graph has none
        } == said
    assert network.build_id == "4c09aa17"


def test_what_pages_say_of_a_node_is_no_relation_of_that_node(
    network: Network, graph: nx.MultiDiGraph
) -> None:
    links = Links(network)
    pages = {node for node, data in graph.nodes(data=True) if data["label"] == Label.WIKI_PAGE}
    assert links.at("wiki:datasets/linear-track")
    found = {link.other(node) for node in set(graph) - pages for link in links.at(node)}
    assert found
    assert not found & pages


def test_a_part_of_a_network_has_its_own_relations_alone(network: Network) -> None:
    part = network.only({"MONDO:0004975", "mechanism:tau-aggregation", "MONDO:0"})
    assert list(part) == ["MONDO:0004975", "mechanism:tau-aggregation"]
    assert {each.other for each in part.into("MONDO:0004975")} == {"mechanism:tau-aggregation"}
    assert len(network.into("MONDO:0004975")) > 1


def test_pages_are_those_that_document_a_node(network: Network, graph: nx.MultiDiGraph) -> None:
    links = Links(network)
    found = {node: set(links.pages(node)) for node in graph if links.pages(node)}
    expected: dict[str, set[str]] = {}
    for page, node, data in graph.edges(data=True):
        if data["predicate"] == Predicate.DOCUMENTS:
            expected.setdefault(node, set()).add(page)
    assert found == expected
    assert found


def test_few_nodes_are_remembered_and_the_answers_stay(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = {node: Links(network).at(node) for node in network}
    monkeypatch.setattr("kg.diagram.links._REMEMBERED", 2)
    links = Links(network)
    assert {node: links.at(node) for node in network} == expected


@pytest.mark.parametrize("remembered", [0, 1_000])
def test_evidence_asked_for_again_is_the_same(
    tables: dict[str, pl.DataFrame], monkeypatch: pytest.MonkeyPatch, remembered: int
) -> None:
    evidence = tables["evidence"]
    copies = [evidence.with_columns(id=pl.col("id") + f"-{number}") for number in range(9)]
    monkeypatch.setattr("kg.diagram.evidence._REMEMBERED", remembered)
    index = EvidenceIndex.from_tables(pl.concat(copies))
    claims = [*evidence["claim_id"].unique().sort()[:3], "claim:unknown"]
    first = index.of(claims)
    assert list(first) == claims[:3]
    assert all(len(rows) >= 9 and rows == sorted(rows, key=lambda row: row["id"]) for rows in first.values())
    assert index.of(claims) == index.of(reversed(claims)) == first
    assert index.of([]) == {}
