"""The graph as rows by label and by relationship type, and the difference of two such graphs. Pure polars.

The rows are `kg.export._tables`', the same that the embedded store is loaded with, so the same Cypher
gives the same answers on both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import polars as pl

from kg.errors import ExportError
from kg.export._tables import edge_frames, vertex_frames
from kg.export.neo4j.shape import EDGE_COLUMNS, NODE_PROPERTIES
from kg.graph.tables import TABLES
from kg.model.schema import AUDIT_EDGES

# A property has one type wherever it is.
_TYPES: Final[dict[str, pl.DataType]] = {
    name: kind for table in ("edges", "evidence", "claims", "nodes") for name, kind in TABLES[table].items()
}
NODE_SCHEMAS: Final[dict[str, dict[str, pl.DataType]]] = {
    label: {name: _TYPES[name] for name in names} for label, names in NODE_PROPERTIES.items()
}
EDGE_SCHEMAS: Final[dict[str, dict[str, pl.DataType]]] = {
    kind: {name: _TYPES[name] for name in names} for kind, names in EDGE_COLUMNS.items()
}
#: Longest id: the server's indexes take 8 kB, in UTF-8.
_ID_BYTES: Final = 4000
#: Of the hashes by which rows are known to be the same.
_SEEDS: Final = (7, 11)


@dataclass(frozen=True)
class Graph:
    """Rows of nodes by label and of edges by type; labels and types without rows are absent."""

    nodes: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    edges: Mapping[str, pl.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True)
class Difference:
    """What turns one graph into another: rows to create and to change, keys to delete.

    Parameters
    ----------
    created_nodes, changed_nodes : mapping of str to polars.DataFrame
        By label, whole rows.
    moved_nodes : mapping of str to polars.DataFrame
        Nodes whose label changes, by the new one, whole rows.
    deleted_nodes : polars.DataFrame
        Column 'id'.
    created_edges, changed_edges, deleted_edges : mapping of str to polars.DataFrame
        By type; of the deleted ones the key alone.
    """

    created_nodes: Mapping[str, pl.DataFrame]
    changed_nodes: Mapping[str, pl.DataFrame]
    moved_nodes: Mapping[str, pl.DataFrame]
    deleted_nodes: pl.DataFrame
    created_edges: Mapping[str, pl.DataFrame]
    changed_edges: Mapping[str, pl.DataFrame]
    deleted_edges: Mapping[str, pl.DataFrame]

    @property
    def counts(self) -> dict[str, int]:
        """How many nodes and edges are added, changed and deleted."""
        return {
            "nodes added": _height(self.created_nodes),
            "nodes changed": _height(self.changed_nodes) + _height(self.moved_nodes),
            "nodes deleted": self.deleted_nodes.height,
            "edges added": _height(self.created_edges),
            "edges changed": _height(self.changed_edges),
            "edges deleted": _height(self.deleted_edges),
        }

    @property
    def rows(self) -> int:
        """How many rows there are in all."""
        return sum(self.counts.values())


def _height(frames: Mapping[str, pl.DataFrame]) -> int:
    return sum(frame.height for frame in frames.values())


def make_graph(tables: Mapping[str, pl.DataFrame]) -> Graph:
    """Give a build's graph.

    Parameters
    ----------
    tables : mapping of str to polars.DataFrame
        nodes, edges, claims and evidence.

    Raises
    ------
    ExportError
        If an id is too long for the server's indexes.
    """
    nodes = {label: whole(frame, NODE_SCHEMAS[label]) for label, frame in vertex_frames(tables)}
    edges = {name: whole(frame, EDGE_SCHEMAS[name]) for name, frame in edge_frames(tables)}
    for label, frame in nodes.items():
        long = frame.filter(pl.col("id").str.len_bytes() > _ID_BYTES)
        if long.height:
            raise ExportError(
                f"an id of {label} has more than {_ID_BYTES} bytes: {long['id'][0][:60]}…",
                "Neo4j's indexes can't hold it",
                "give the record a shorter id",
            )
    return Graph(nodes, edges)


def whole(frame: pl.DataFrame, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Give a frame all columns of a schema, in its order; those that it lacks are null."""
    return frame.select(
        pl.col(name) if name in frame.columns else pl.lit(None, kind).alias(name) for name, kind in schema.items()
    )


def edge_key(name: str) -> list[str]:
    """Columns that tell an edge of a type from others."""
    return ["subject", "object"] if name in AUDIT_EDGES else ["subject", "object", "claim_id"]


def find_difference(old: Graph, new: Graph) -> Difference:
    """Find what turns one graph into another.

    Parameters
    ----------
    old : Graph
        What is there. Unlike a build's it may have an edge twice, which is then made anew, and labels that
        the schema doesn't know: their nodes move to the label that they have in `new`.
    new : Graph
        What is to be there.
    """
    if not old.nodes and not old.edges:  # the first publish, of everything: no copy of it
        nothing = no_difference()
        return replace(nothing, created_nodes=new.nodes, created_edges=new.edges)
    old_labels, new_labels = _labels(old), _labels(new)
    created, changed, moved = {}, {}, {}
    for label, frame in new.nodes.items():
        was = frame.select("id").join(old_labels, on="id", how="left", maintain_order="left")["label"]
        created[label] = frame.filter(was.is_null())
        moved[label] = frame.filter(was.is_not_null() & (was != label))
        if label in old.nodes:
            changed[label] = _align(old.nodes[label], frame, ["id"]).changed
    edges_created, edges_changed, edges_deleted = {}, {}, {}
    for name in {**old.edges, **new.edges}:
        key, none = edge_key(name), pl.DataFrame(schema=EDGE_SCHEMAS[name])
        before, after = old.edges.get(name, none), new.edges.get(name, none)
        # Twice on the server: both go, and one comes again.
        twice = before.filter(before.select(key).is_duplicated()).select(key).unique()
        if twice.height:
            before = before.join(twice, on=key, how="anti")
        aligned = _align(before, after, key)
        edges_created[name], edges_changed[name] = aligned.added, aligned.changed
        edges_deleted[name] = pl.concat([aligned.gone, twice])
    return Difference(
        _present(created),
        _present(changed),
        _present(moved),
        old_labels.join(new_labels, on="id", how="anti").select("id"),
        _present(edges_created),
        _present(edges_changed),
        _present(edges_deleted),
    )


def no_difference() -> Difference:
    """Give the difference of a graph and itself."""
    return Difference({}, {}, {}, pl.DataFrame(schema={"id": pl.String()}), {}, {}, {})


def _labels(graph: Graph) -> pl.DataFrame:
    none = pl.DataFrame(schema={"id": pl.String(), "label": pl.String()})
    return pl.concat([none, *(f.select("id", label=pl.lit(label)) for label, f in graph.nodes.items())])


def _present(frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    return {name: frame for name, frame in frames.items() if frame.height}


class _Aligned(NamedTuple):
    """Rows whose key is new, rows whose key is old with other values, and keys that are gone."""

    added: pl.DataFrame
    changed: pl.DataFrame
    gone: pl.DataFrame


def _align(before: pl.DataFrame, after: pl.DataFrame, key: list[str]) -> _Aligned:
    """Lay rows beside one another by their keys, which are unique."""
    # Most rows are the same in both. To leave them out first takes far less time and memory than to join them all.
    before, after = _unlike(before, after), _unlike(after, before)
    here, there = after.select(key).with_row_index("here"), before.select(key).with_row_index("there")
    pairs = here.join(there, on=key, how="inner").select("here", "there")
    added, gone = (_without(frame.height, pairs[name]) for frame, name in ((after, "here"), (before, "there")))
    differs = pl.repeat(False, pairs.height, eager=True)
    for name in after.columns:
        if name not in key:
            differs |= after[name].gather(pairs["here"]).ne_missing(before[name].gather(pairs["there"]))
    return _Aligned(after[added], after[pairs["here"].filter(differs)], before.select(key)[gone])


def _unlike(frame: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """Leave out the rows that are in another frame, known by two hashes of each."""
    there = other.select(frame.columns)
    differs = pl.repeat(False, frame.height, eager=True)
    for seed in _SEEDS:
        differs |= ~frame.hash_rows(seed).is_in(there.hash_rows(seed).implode())
    return frame.filter(differs)


def _without(height: int, matched: pl.Series) -> pl.Series:
    """Give the numbers of rows up to a height that aren't among some."""
    left = pl.int_range(height, dtype=pl.UInt32, eager=True)
    return left.filter(~left.is_in(matched.implode()))
