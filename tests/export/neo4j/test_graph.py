"""The difference of two graphs, and how writers share it."""

from __future__ import annotations

import re

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_graph import make_tables
from tiny_graph import make_tiny

from kg.export.neo4j import statements
from kg.export.neo4j.apply import GROUPS, ROUNDS, WRITERS, lanes_of
from kg.export.neo4j.graph import (
    EDGE_SCHEMAS,
    NODE_SCHEMAS,
    Difference,
    Graph,
    edge_key,
    find_difference,
    make_graph,
    no_difference,
)
from kg.export.neo4j.read import rows_frame

ids = st.sampled_from([f"X:{n}" for n in range(6)])
text = st.one_of(st.none(), st.sampled_from(["", "a", "b"]))
words = st.one_of(st.none(), st.lists(st.sampled_from(["x", "y"]), max_size=2))
labels = st.sampled_from(["Dataset", "Disease"])


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    nodes = draw(st.dictionaries(ids, st.tuples(labels, text, words), max_size=6))
    by_label: dict[str, list[dict[str, object]]] = {}
    for node_id, (label, name, listed) in nodes.items():
        lists = "keywords" if label == "Dataset" else "synonyms"
        by_label.setdefault(label, []).append({"id": node_id, "name": name, lists: listed})
    ends = sorted(nodes) or ["none"]
    edge = st.tuples(st.sampled_from(ends), st.sampled_from(ends), st.sampled_from("cde"), text, words)
    edges = draw(st.lists(edge, max_size=6, unique_by=lambda e: e[:3])) if nodes else []
    rows = [
        {"subject": s, "object": o, "claim_id": c, "status": status, "sources": sources}
        for s, o, c, status, sources in edges
    ]
    return Graph(
        {label: pl.DataFrame(found, schema=NODE_SCHEMAS[label]) for label, found in by_label.items()},
        {"CITES": pl.DataFrame(rows, schema=EDGE_SCHEMAS["CITES"])} if rows else {},
    )


def apply(graph: Graph, difference: Difference) -> Graph:
    """Do to rows what the statements do to a database."""
    nodes = {label: frame.join(difference.deleted_nodes, on="id", how="anti") for label, frame in graph.nodes.items()}
    for frames in (difference.moved_nodes, difference.changed_nodes):
        for moved in frames.values():
            nodes = {label: frame.join(moved, on="id", how="anti") for label, frame in nodes.items()}
    for frames in (difference.moved_nodes, difference.changed_nodes, difference.created_nodes):
        for label, frame in frames.items():
            nodes[label] = pl.concat([nodes.get(label, frame.clear()), frame])
    edges = dict(graph.edges)
    for frames in (difference.deleted_edges, difference.changed_edges):
        for name, frame in frames.items():
            edges[name] = edges[name].join(frame, on=edge_key(name), how="anti")
    for frames in (difference.created_edges, difference.changed_edges):
        for name, frame in frames.items():
            edges[name] = pl.concat([edges.get(name, frame.clear()), frame])
    return Graph(nodes, edges)


def same(one: Graph, other: Graph) -> bool:
    for left, right in ((one.nodes, other.nodes), (one.edges, other.edges)):
        for name in {**left, **right}:
            frames = [frames[name].sort(pl.all()) for frames in (left, right) if name in frames and len(frames[name])]
            if len(frames) == 1 or (frames and not frames[0].equals(frames[1])):
                return False
    return True


@settings(deadline=None)  # a busy machine takes its time
@given(graphs(), graphs())
def test_a_difference_turns_one_graph_into_the_other(old: Graph, new: Graph) -> None:
    difference = find_difference(old, new)
    assert same(apply(old, difference), new)
    assert (difference.rows == 0) == same(old, new)


def test_a_graph_doesnt_differ_from_itself() -> None:
    graph = make_graph(make_tables())
    assert find_difference(graph, graph).counts == no_difference().counts
    assert set(no_difference().counts.values()) == {0}


def test_an_edge_that_is_there_twice_is_made_anew() -> None:
    graph = make_graph(make_tiny())
    edges = graph.edges["RECORDS_FROM"]
    twice = Graph(graph.nodes, graph.edges | {"RECORDS_FROM": pl.concat([edges, edges.head(1)])})
    difference = find_difference(twice, graph)
    assert difference.deleted_edges["RECORDS_FROM"].rows() == edges.head(1).select(edge_key("RECORDS_FROM")).rows()
    assert difference.created_edges["RECORDS_FROM"].rows() == edges.head(1).rows()


def test_two_writers_never_meet_on_a_node() -> None:
    edges = make_graph(make_tables()).edges
    rows = pl.concat([frame.select("subject", "object") for frame in edges.values()])
    lanes = lanes_of(rows)
    assert set(lanes) == set(range(WRITERS * len(ROUNDS)))
    for turn in range(len(ROUNDS)):
        one, other = (rows.filter(lanes == turn * WRITERS + writer) for writer in range(WRITERS))
        assert not {*one["subject"], *one["object"]} & {*other["subject"], *other["object"]}


def test_every_pair_of_groups_has_a_lane() -> None:
    pairs = {frozenset(pair) for writers in ROUNDS for pair in writers}
    assert pairs == {frozenset((a, b)) for a in range(GROUPS) for b in range(a)}


def test_statements_hold_names_of_the_schema_and_nothing_else() -> None:
    known = {*NODE_SCHEMAS, *EDGE_SCHEMAS, "Entity"}
    for statement in statements.all_statements():
        assert "'" not in statement
        assert '"' not in statement
        assert set(re.findall(r":([A-Z]\w*)", statement)) <= known
    assert "claim_id" in statements.DELETE_EDGES


def test_values_of_another_type_than_ours_are_read_as_none() -> None:
    schema = {"a": pl.String(), "b": pl.Float64(), "c": pl.List(pl.String()), "d": pl.Boolean(), "e": pl.Int64()}
    rows = [["x", 1.5, ["y"], True, 3], [7, "z", "w", 2, 1.5], [None, None, [1], None, True]]
    assert rows_frame(rows, schema).rows() == [
        ("x", 1.5, ["y"], True, 3),
        (None, None, None, None, None),
        (None, None, None, None, None),
    ]
