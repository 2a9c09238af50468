"""What a diagram shows: the subject explained, within limits, nothing dangling, the same every time."""

from __future__ import annotations

import random

import networkx as nx
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.diagram import Subgraph, select_subgraph
from kg.diagram.network import Network
from kg.errors import DiagramError
from kg.graph.network import to_networkx
from kg.model.claim import ClaimStatus, Predicate
from kg.model.schema import EDGE_TYPES, Label


def links(subgraph: Subgraph) -> set[tuple[str, str, str]]:
    return {link.key for link in subgraph.links}


def ids(subgraph: Subgraph) -> set[str]:
    return {node.id for node in subgraph.nodes}


def assert_sound(subgraph: Subgraph, *, max_nodes: int = 24, max_edges: int = 30) -> None:
    """Nothing repeats, nothing dangles, everything hangs together with the subjects."""
    assert len(subgraph.nodes) == len(ids(subgraph)) <= max_nodes
    assert len(subgraph.links) == len(links(subgraph)) <= max_edges
    drawn: nx.Graph = nx.Graph()
    drawn.add_nodes_from(ids(subgraph))
    for link in subgraph.links:
        assert {link.subject, link.object} <= ids(subgraph)
        drawn.add_edge(link.subject, link.object)
    if subgraph.links:
        reached = set().union(
            *(
                nx.node_connected_component(drawn, s)
                for s in (*subgraph.subjects, subgraph.focus)
                if s in drawn
            )
        )
        assert reached == ids(subgraph)


def test_a_dataset_leads_to_regions_mechanisms_and_diseases(graph: nx.MultiDiGraph) -> None:
    chosen = select_subgraph(graph, "DANDI:000053")
    assert_sound(chosen)
    assert {
        ("DANDI:000053", "RECORDS_FROM", "UBERON:0003881"),
        ("mechanism:sharp-wave-ripple-disruption", "OCCURS_IN", "UBERON:0003881"),
        ("mechanism:sharp-wave-ripple-disruption", "CONTRIBUTES_TO", "MONDO:0004975"),
        ("DANDI:000053", "STUDIES_SPECIES", "NCBITaxon:10090"),
        ("DANDI:000053", "DESCRIBED_BY", "PMID:31086362"),
    } <= links(chosen)


def test_a_region_leads_on_through_what_it_is_part_of(graph: nx.MultiDiGraph) -> None:
    chosen = select_subgraph(graph, "DANDI:000053")
    assert {
        ("UBERON:0003881", "PART_OF", "UBERON:0002421"),
        ("mechanism:network-hyperexcitability", "OCCURS_IN", "UBERON:0002421"),
    } <= links(chosen)


def test_a_dataset_shows_no_other_dataset(graph: nx.MultiDiGraph) -> None:
    assert not {"DANDI:000115", "DANDI:000690"} & ids(select_subgraph(graph, "DANDI:000053"))


def test_a_disease_leads_back_to_mechanisms_regions_and_datasets(graph: nx.MultiDiGraph) -> None:
    chosen = select_subgraph(graph, "MONDO:0004975")
    assert_sound(chosen)
    assert {"DANDI:000115", "DANDI:000053", "UBERON:0002728", "mechanism:tau-aggregation"} <= ids(chosen)
    assert "MONDO:0005180" not in ids(chosen)


def test_a_mechanism_is_explained_both_ways(graph: nx.MultiDiGraph) -> None:
    chosen = select_subgraph(graph, "mechanism:network-hyperexcitability")
    assert_sound(chosen)
    assert {"MONDO:0005027", "UBERON:0002421", "DANDI:000115"} <= ids(chosen)


def test_a_species_leads_to_its_datasets(graph: nx.MultiDiGraph) -> None:
    chosen = select_subgraph(graph, "NCBITaxon:10090")
    assert ("DANDI:000053", "STUDIES_SPECIES", "NCBITaxon:10090") in links(chosen)


def test_paths_that_reach_a_disease_come_before_loose_ends(graph: nx.MultiDiGraph) -> None:
    chosen = select_subgraph(graph, "DANDI:000053", max_nodes=4, max_edges=3)
    assert_sound(chosen, max_nodes=4, max_edges=3)
    assert "NCBITaxon:10090" not in ids(chosen)


def test_the_strongest_evidence_comes_first(graph: nx.MultiDiGraph) -> None:
    chosen = select_subgraph(graph, "MONDO:0004975", max_nodes=3, max_edges=2, depth=0)
    assert ids(chosen) == {"MONDO:0004975", "DANDI:000115", "mechanism:tau-aggregation"}


def test_what_is_left_out_is_counted(graph: nx.MultiDiGraph) -> None:
    assert select_subgraph(graph, "MONDO:0004975", max_nodes=3, max_edges=3).left_out > 0
    assert select_subgraph(graph, "MONDO:0004975").left_out == 0


def test_a_vague_word_gives_way_to_an_exact_one(graph: nx.MultiDiGraph) -> None:
    chosen = select_subgraph(graph, "mechanism:sharp-wave-ripple-disruption")
    assert {p for s, p, o in links(chosen) if o == "MONDO:0004975" and s.startswith("mechanism:sharp")} == {
        "CONTRIBUTES_TO"
    }


def test_a_contested_relation_keeps_its_status(graph: nx.MultiDiGraph) -> None:
    chosen = select_subgraph(graph, "MONDO:0005027")
    statuses = {
        link.key: link.status for link in select_subgraph(graph, "mechanism:network-hyperexcitability").links
    }
    assert (
        statuses[("mechanism:network-hyperexcitability", "CONTRIBUTES_TO", "MONDO:0004975")]
        is ClaimStatus.CONTESTED
    )
    assert all(link.status is ClaimStatus.ASSERTED for link in chosen.links)


def test_a_page_is_explained_as_what_it_documents(graph: nx.MultiDiGraph) -> None:
    chosen = select_subgraph(graph, "wiki:mechanisms/synaptic-dysfunction")
    assert chosen.subjects == ("mechanism:synaptic-dysfunction",)
    assert links(chosen) == links(select_subgraph(graph, "mechanism:synaptic-dysfunction"))


def test_a_page_of_several_things_holds_them_together(graph: nx.MultiDiGraph) -> None:
    chosen = select_subgraph(graph, "wiki:datasets/several")
    assert_sound(chosen)
    assert {
        ("wiki:datasets/several", "DOCUMENTS", "DANDI:000053"),
        ("wiki:datasets/several", "DOCUMENTS", "DANDI:000115"),
    } <= links(chosen)


def test_a_page_without_a_subject_shows_what_it_mentions_and_how_that_is_related(
    graph: nx.MultiDiGraph,
) -> None:
    chosen = select_subgraph(graph, "wiki:notes/hippocampus")
    assert_sound(chosen)
    assert ("mechanism:sharp-wave-ripple-disruption", "CONTRIBUTES_TO", "MONDO:0004975") in links(chosen)
    assert "mechanism:tau-aggregation" not in ids(chosen)  # related to what is mentioned, but not mentioned


def test_a_page_with_nothing_is_a_node_alone(graph: nx.MultiDiGraph) -> None:
    chosen = select_subgraph(graph, "wiki:notes/empty")
    assert (ids(chosen), links(chosen)) == ({"wiki:notes/empty"}, set())


def test_an_unknown_node_is_named(graph: nx.MultiDiGraph) -> None:
    with pytest.raises(DiagramError, match="MONDO:1 is no node"):
        select_subgraph(graph, "MONDO:1")


@pytest.mark.parametrize("limits", [{"max_nodes": 1}, {"max_edges": 0}, {"depth": -1}])
def test_limits_that_leave_no_room_are_refused(graph: nx.MultiDiGraph, limits: dict[str, int]) -> None:
    with pytest.raises(DiagramError, match="nothing can be drawn"):
        select_subgraph(graph, "DANDI:000053", **limits)


def test_the_order_of_the_tables_makes_no_difference(
    tables: dict[str, pl.DataFrame], graph: nx.MultiDiGraph
) -> None:
    shuffled: nx.MultiDiGraph = nx.MultiDiGraph(build_id="4c09aa17")
    nodes, edges = list(graph.nodes(data=True)), list(graph.edges(keys=True, data=True))
    random.Random(3).shuffle(nodes)
    random.Random(3).shuffle(edges)
    shuffled.add_nodes_from(nodes)
    for subject, object_, key, data in edges:
        shuffled.add_edge(subject, object_, key=key, **data)
    one, other = Network.from_networkx(graph), Network.from_networkx(shuffled)
    for focus in graph:
        assert select_subgraph(one, focus) == select_subgraph(other, focus)


@st.composite
def graphs(draw: st.DrawFn) -> nx.MultiDiGraph:
    graph: nx.MultiDiGraph = nx.MultiDiGraph()
    labels = [label for label in Label if label not in (Label.CLAIM, Label.EVIDENCE)]
    count = draw(st.integers(2, 25))
    for number in range(count):
        graph.add_node(
            f"X:{number}", label=draw(st.sampled_from(labels)).value, name=f"node {number}", url=None
        )
    by_label = {
        label: [n for n, data in graph.nodes(data=True) if data["label"] == label] for label in labels
    }
    for number in range(draw(st.integers(0, 60))):
        edge = EDGE_TYPES[draw(st.sampled_from(list(Predicate)))]
        subjects = [n for label in edge.subjects for n in by_label[label]]
        objects = [n for label in edge.objects for n in by_label[label]]
        if subjects and objects:
            graph.add_edge(
                draw(st.sampled_from(subjects)),
                draw(st.sampled_from(objects)),
                key=f"claim:{number}",
                predicate=edge.predicate.value,
                kind=edge.kind.value,
                status=draw(st.sampled_from(["asserted", "contested", "speculative"])),
                confidence=draw(st.floats(0, 1)),
                evidence_count=draw(st.integers(1, 9)),
            )
    return graph


@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(graphs(), st.integers(2, 24), st.integers(1, 30), st.integers(0, 3))
def test_any_subgraph_is_sound(graph: nx.MultiDiGraph, max_nodes: int, max_edges: int, depth: int) -> None:
    network = Network.from_networkx(graph)
    for focus in graph:
        chosen = select_subgraph(network, focus, max_nodes=max_nodes, max_edges=max_edges, depth=depth)
        assert_sound(chosen, max_nodes=max_nodes, max_edges=max_edges)


def test_a_graph_with_a_node_of_many_relations_is_explained_quickly(tables: dict[str, pl.DataFrame]) -> None:
    graph = to_networkx(tables)
    for number in range(3000):
        graph.add_node(f"DANDI:9{number:05}", label="Dataset", name=f"Dataset {number}", url=None)
        graph.add_edge(
            f"DANDI:9{number:05}",
            "UBERON:0003881",
            key=f"claim:many{number}",
            predicate="RECORDS_FROM",
            kind="resource",
            status="asserted",
            confidence=0.9,
            evidence_count=1,
        )
    assert_sound(select_subgraph(graph, "UBERON:0003881"))


def relate(graph: nx.MultiDiGraph, subject: str, predicate: Predicate, object_: str) -> None:
    graph.add_edge(
        subject,
        object_,
        key=f"claim:{subject}{predicate}{object_}",
        predicate=predicate.value,
        kind=EDGE_TYPES[predicate].kind.value,
        status="asserted",
        confidence=0.9,
        evidence_count=1,
    )


def test_no_kind_crowds_out_the_others() -> None:
    graph: nx.MultiDiGraph = nx.MultiDiGraph()
    graph.add_node("MONDO:1", label="Disease", name="A disease")
    for number in range(40):
        graph.add_node(f"DANDI:{number:06}", label="Dataset", name=f"Dataset {number}")
        graph.add_node(f"mechanism:{number}", label="Mechanism", name=f"Mechanism {number}")
        relate(graph, f"DANDI:{number:06}", Predicate.RELEVANT_TO, "MONDO:1")
        relate(graph, f"mechanism:{number}", Predicate.CONTRIBUTES_TO, "MONDO:1")
    chosen = select_subgraph(graph, "MONDO:1")
    assert_sound(chosen)
    kinds = [node.label for node in chosen.nodes]
    assert kinds.count(Label.DATASET) == kinds.count(Label.MECHANISM) == 6
    assert chosen.left_out == 68


def test_words_that_contradict_each_other_are_both_shown() -> None:
    graph: nx.MultiDiGraph = nx.MultiDiGraph()
    graph.add_node("MONDO:1", label="Disease", name="A disease")
    graph.add_node("mechanism:1", label="Mechanism", name="A mechanism")
    for predicate in (Predicate.CONTRIBUTES_TO, Predicate.PROTECTS_FROM, Predicate.AFFECTED_IN):
        relate(graph, "mechanism:1", predicate, "MONDO:1")
    assert {link.predicate for link in select_subgraph(graph, "MONDO:1").links} == {
        Predicate.CONTRIBUTES_TO,
        Predicate.PROTECTS_FROM,
    }


def test_a_ladder_of_a_vocabulary_is_one_relation_with_all_its_claims() -> None:
    graph: nx.MultiDiGraph = nx.MultiDiGraph()
    graph.add_node("DANDI:000001", label="Dataset", name="A dataset")
    graph.add_node("mechanism:1", label="Mechanism", name="A mechanism")
    for number in range(3):
        graph.add_node(f"UBERON:{number}", label="BrainRegion", name=f"Region {number}")
    relate(graph, "DANDI:000001", Predicate.RECORDS_FROM, "UBERON:0")
    relate(graph, "UBERON:0", Predicate.PART_OF, "UBERON:1")
    relate(graph, "UBERON:1", Predicate.PART_OF, "UBERON:2")
    relate(graph, "mechanism:1", Predicate.OCCURS_IN, "UBERON:2")
    chosen = select_subgraph(graph, "DANDI:000001")
    assert links(chosen) == {
        ("DANDI:000001", "RECORDS_FROM", "UBERON:0"),
        ("UBERON:0", "PART_OF", "UBERON:2"),
        ("mechanism:1", "OCCURS_IN", "UBERON:2"),
    }
    ladder = next(link for link in chosen.links if link.predicate is Predicate.PART_OF)
    assert ladder.claim_ids == ("claim:UBERON:0PART_OFUBERON:1", "claim:UBERON:1PART_OFUBERON:2")
    back = select_subgraph(graph, "mechanism:1")
    assert links(back) == links(chosen)
    assert next(link for link in back.links if link.steps) == ladder
    # Where what a ladder leads through is shown, so are its rungs.
    relate(graph, "DANDI:000001", Predicate.RECORDS_FROM, "UBERON:1")
    assert ("UBERON:0", "PART_OF", "UBERON:2") not in links(select_subgraph(graph, "DANDI:000001"))


def test_nothing_is_built_on_what_is_only_speculated() -> None:
    graph: nx.MultiDiGraph = nx.MultiDiGraph()
    for curie, label in [("UBERON:1", "BrainRegion"), ("mechanism:1", "Mechanism"), ("MONDO:1", "Disease")]:
        graph.add_node(curie, label=label, name=curie)
    relate(graph, "mechanism:1", Predicate.OCCURS_IN, "UBERON:1")
    relate(graph, "mechanism:1", Predicate.CONTRIBUTES_TO, "MONDO:1")
    for _, _, data in graph.in_edges("UBERON:1", data=True):
        data["status"] = "speculative"
    assert ids(select_subgraph(graph, "UBERON:1")) == {"UBERON:1", "mechanism:1"}


def test_what_is_said_of_the_subject_comes_before_what_is_said_of_its_neighbours() -> None:
    graph: nx.MultiDiGraph = nx.MultiDiGraph()
    graph.add_node("MONDO:1", label="Disease", name="A disease")
    for name in "abc":
        graph.add_node(f"mechanism:{name}", label="Mechanism", name=name)
    relate(graph, "mechanism:a", Predicate.CONTRIBUTES_TO, "MONDO:1")
    relate(graph, "mechanism:b", Predicate.CONTRIBUTES_TO, "mechanism:a")
    relate(graph, "mechanism:c", Predicate.CONTRIBUTES_TO, "MONDO:1")
    for _, _, data in graph.in_edges("mechanism:a", data=True):
        data["evidence_count"] = 9
    assert ids(select_subgraph(graph, "MONDO:1", max_nodes=3)) == {"MONDO:1", "mechanism:a", "mechanism:c"}


def general_page(*mentioned: str) -> nx.MultiDiGraph:
    """Make a page that mentions things, some of which are related to a general disease."""
    graph: nx.MultiDiGraph = nx.MultiDiGraph()
    graph.add_node("wiki:notes/x", label="WikiPage", name="X")
    for curie, label in [
        ("UBERON:0000955", "BrainRegion"),
        ("UBERON:0003881", "BrainRegion"),
        ("CL:0000540", "CellType"),
        ("CL:0000598", "CellType"),
        ("mechanism:1", "Mechanism"),
        ("MONDO:0005559", "Disease"),
        ("MONDO:0004975", "Disease"),
    ]:
        if curie in mentioned:
            graph.add_node(curie, label=label, name=curie)
            relate(graph, "wiki:notes/x", Predicate.MENTIONS, curie)
    for subject in ("CL:0000540", "CL:0000598", "mechanism:1"):
        for disease in ("MONDO:0005559", "MONDO:0004975"):
            if {subject, disease} <= set(mentioned):
                relate(graph, subject, Predicate.CONTRIBUTES_TO, disease)
    return graph


def test_relations_between_general_terms_are_not_drawn() -> None:
    chosen = select_subgraph(
        general_page("UBERON:0000955", "CL:0000540", "mechanism:1", "MONDO:0005559"), "wiki:notes/x"
    )
    assert_sound(chosen)
    assert ids(chosen) == {"wiki:notes/x", "mechanism:1", "MONDO:0005559"}


def test_a_general_term_gives_way_to_a_specific_one_of_its_kind() -> None:
    chosen = select_subgraph(
        general_page("CL:0000540", "CL:0000598", "mechanism:1", "MONDO:0005559", "MONDO:0004975"), "wiki:notes/x"
    )
    assert_sound(chosen)
    assert ids(chosen) == {"wiki:notes/x", "CL:0000598", "mechanism:1", "MONDO:0004975"}


def test_a_general_term_is_drawn_where_there_is_nothing_else() -> None:
    chosen = select_subgraph(general_page("UBERON:0000955"), "wiki:notes/x")
    assert ids(chosen) == {"wiki:notes/x", "UBERON:0000955"}


def test_a_general_term_is_explained_as_any_other_is() -> None:
    chosen = select_subgraph(general_page("CL:0000540", "CL:0000598", "mechanism:1", "MONDO:0005559"), "MONDO:0005559")
    assert ids(chosen) == {"MONDO:0005559", "CL:0000598", "mechanism:1"}
