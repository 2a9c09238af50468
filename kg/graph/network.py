"""A networkx view of a build's tables, for what walks the graph in memory.

Queries go to the embedded Cypher store; this view is for algorithms that need neighbours, such as
choosing what a diagram shows. It holds what these need and no more: quotes stay in the evidence table.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import networkx as nx
import polars as pl

from kg.errors import DanglingEdgeError
from kg.model.claim import ClaimStatus, Predicate

#: Columns of the nodes table that the view keeps, beside ``id``.
NODE_ATTRIBUTES = ("label", "name", "url", "slug")

EDGE_ATTRIBUTES = ("predicate", "kind", "status", "confidence", "evidence_count")
#: Columns that `to_networkx` asks of each table.
COLUMNS = {
    "nodes": ("id", *NODE_ATTRIBUTES),
    "edges": ("claim_id", "subject", "object", *EDGE_ATTRIBUTES),
    "claims": ("id", "subject", "object", "predicate", "kind", "status", "confidence", "speculative_count"),
}


def to_networkx(
    tables: Mapping[str, pl.DataFrame],
    *,
    predicates: Collection[Predicate] | None = None,
    include_speculative: bool = False,
    build_id: str = "",
) -> nx.MultiDiGraph[str]:
    """Make a directed multigraph of a build.

    Parameters
    ----------
    tables : mapping of str to polars.DataFrame
        ``nodes`` and ``edges`` of a build; ``claims`` too where `include_speculative` is set.
    predicates : collection of Predicate, optional
        Keep these alone. A build's citations outnumber everything else, and few walks need them.
    include_speculative : bool, default False
        Add an edge, with status ``speculative``, for each claim that is only speculated. Claims that are only
        negated never become edges.
    build_id : str, optional
        Kept as ``graph.graph["build_id"]``.

    Returns
    -------
    networkx.MultiDiGraph
        Nodes by CURIE with ``label``, ``name``, ``url`` and ``slug``; edges keyed by claim id with ``predicate``,
        ``kind``, ``status``, ``confidence`` and ``evidence_count``. Nodes and edges are added in order of their ids.

    Raises
    ------
    DanglingEdgeError
        If an edge has an end that is no node; ``facts["missing"]`` has the CURIEs.
    """
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph(build_id=build_id)
    nodes = tables["nodes"].sort("id")
    kept = [name for name in NODE_ATTRIBUTES if name in nodes.columns]
    for curie, *values in nodes.select("id", *kept).iter_rows():
        graph.add_node(curie, **dict(zip(kept, values, strict=True)))

    edges = edges_of(tables, predicates=predicates, include_speculative=include_speculative)
    # Each row has strings of its own; kept once each, a graph takes half the memory.
    once: dict[str, str] = {curie: curie for curie in graph}
    keep = once.setdefault
    for claim_id, subject, object_, predicate, kind, status, confidence, count in edges.sort("claim_id").iter_rows():
        graph.add_edge(
            once[subject],
            once[object_],
            key=claim_id,
            predicate=keep(predicate, predicate),
            kind=keep(kind, kind),
            status=keep(status, status),
            confidence=confidence,
            evidence_count=count,
        )
    return graph


def edges_of(
    tables: Mapping[str, pl.DataFrame],
    *,
    predicates: Collection[Predicate] | None = None,
    include_speculative: bool = False,
) -> pl.DataFrame:
    """Give the rows that `to_networkx` makes edges of, as ``COLUMNS["edges"]`` has them; it says what is taken.

    Raises
    ------
    DanglingEdgeError
        If an edge has an end that is no node.
    """
    columns = COLUMNS["edges"]
    edges = tables["edges"].select(columns)
    if include_speculative:
        speculative = tables["claims"].filter(pl.col("status") == ClaimStatus.SPECULATIVE)
        # Asserting evidence is counted in evidence_count; what is only speculated has none.
        counted = speculative.with_columns(evidence_count=pl.col("speculative_count"))
        edges = pl.concat([edges, counted.rename({"id": "claim_id"}).select(columns)], how="vertical_relaxed")
    if predicates is not None:
        edges = edges.filter(pl.col("predicate").is_in([p.value for p in predicates]))
    _check_ends(edges, tables["nodes"])
    return edges


def _check_ends(edges: pl.DataFrame, nodes: pl.DataFrame) -> None:
    ends = pl.concat([edges.select(id="subject"), edges.select(id="object")]).unique()
    missing = ends.join(nodes.select("id"), on="id", how="anti")["id"].sort().to_list()
    if missing:
        raise DanglingEdgeError(
            f"{len(missing)} ends of edges are no nodes (first: {', '.join(missing[:3])})",
            "edges",
            "build again; if it stays, the build's assembling is at fault",
            missing=missing,
        )
