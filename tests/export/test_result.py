"""Answers become dataframes and graphs, and say what they can't become."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from kg.errors import QueryError
from kg.export.result import QueryResult, Result

A = {"id": "m:a", "labels": ["Mechanism", "Entity"], "properties": {"id": "m:a", "name": "a", "xrefs": []}}
B = {"id": "d:b", "labels": ["Disease", "Entity"], "properties": {"id": "d:b", "name": "b", "xrefs": ["x"]}}
R = {"type": "CONTRIBUTES_TO", "start": "m:a", "end": "d:b", "properties": {"claim_id": "claim:1", "confidence": 0.5}}


def result(columns: str, *rows: list[Any]) -> Result:
    return Result(QueryResult(tuple(columns.split()), list(rows), truncated=False))


def test_rows_are_dicts_and_lists() -> None:
    found = result("id n", ["a", 1], ["b", None])
    assert list(found) == [{"id": "a", "n": 1}, {"id": "b", "n": None}]
    assert found[-1] == found[1:][0] == {"id": "b", "n": None}
    assert (len(found), found.rows[0], found.columns) == (2, ["a", 1], ("id", "n"))
    assert "2 rows of id, n" in repr(found)


def test_a_dataframe_has_the_types_of_the_values() -> None:
    frame = result("a b c d", [1, 1, ["x"], A], [None, 2.5, [], B]).to_polars()
    assert frame.schema["a"] == pl.Int64
    assert frame["b"].to_list() == [1.0, 2.5]
    assert frame["c"].to_list() == [["x"], []]
    assert frame["d"].struct.field("properties").struct.field("xrefs").to_list() == [[], ["x"]]
    assert result("a b").to_polars().columns == ["a", "b"]


def test_a_column_of_several_types_is_refused_by_name() -> None:
    with pytest.raises(QueryError, match="column 'b'"):
        result("a b", [1, 1], [2, "x"]).to_polars()
    assert "Result" in result("a b", [1, 1], [2, "<x>"])._repr_html_()


@pytest.mark.parametrize(
    "values",
    [
        [[1, True]],
        [[1], [True]],
        [["a", 1]],
        [{"k": 1}, {"k": "x"}],
        [[{"k": 1}, {"k": True}]],
        [1, True],
        ["a", ["a"]],
        [{"k": 1}, ["k"]],
        [[[1]], [["x"]]],
    ],
)
def test_lists_and_maps_of_several_types_are_refused_and_never_made_one(values: list[Any]) -> None:
    with pytest.raises(QueryError, match="column 'a' holds values of several types"):
        result("a", *([value] for value in values)).to_polars()


def test_integers_beside_floats_become_floats_within_lists_and_maps_too() -> None:
    values = [[[1, 2.5], {"k": 1}], [None, {"k": 0.5, "more": None}], [[None], {}], [[3], None]]
    frame = result("a b", *values).to_polars()
    assert frame["a"].to_list() == [[1.0, 2.5], None, [None], [3.0]]
    assert frame["b"].struct.field("k").to_list() == [1.0, 0.5, None, None]


def test_nodes_relationships_and_paths_become_a_graph_each_once() -> None:
    path = {"nodes": [A, B], "relationships": [R]}
    graph = result("p r more", [path, R, {"ends": [A]}], [path, R, None]).to_networkx()
    assert dict(graph.nodes(data="label")) == {"m:a": "Mechanism", "d:b": "Disease"}
    assert list(graph.edges(keys=True)) == [("m:a", "d:b", "claim:1")]
    assert graph["m:a"]["d:b"]["claim:1"] == {"claim_id": "claim:1", "confidence": 0.5, "type": "CONTRIBUTES_TO"}


def test_rows_with_subject_and_object_become_edges() -> None:
    graph = result("subject predicate object claim", ["a", "P", "b", "1"], ["a", "P", "b", "2"]).to_networkx()
    assert [(*edge[:3], edge[3]["predicate"]) for edge in graph.edges(keys=True, data=True)] == [
        ("a", "b", "1", "P"),
        ("a", "b", "2", "P"),
    ]


def test_every_row_of_a_claim_is_an_edge_and_any_name_may_be_a_column() -> None:
    graph = result("subject predicate object key", ["a", "P", "b", "one"], ["a", "P", "b", "two"]).to_networkx()
    assert [data["key"] for *_, data in graph.edges(data=True)] == ["one", "two"]


def test_rows_that_are_no_graph_are_refused() -> None:
    with pytest.raises(QueryError, match="subject of an edge is None"):
        result("subject predicate object", [None, "P", "b"]).to_networkx()
    with pytest.raises(QueryError, match="no nodes"):
        result("a", [1]).to_networkx()
    assert len(result("a").to_networkx()) == 0
