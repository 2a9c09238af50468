"""What of a build's tables goes into a property graph: vertices by label, edges by type. Pure polars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import polars as pl

from kg.errors import ExportError
from kg.model.claim import Predicate
from kg.model.schema import AUDIT_EDGES, EDGE_PROPERTIES, NODE_TYPES, Label

#: The tables of a build that the graph is made of.
GRAPH_TABLES: Final = ("nodes", "edges", "claims", "evidence")
#: Rows that cross to the engine, or are written, at once.
CHUNK_ROWS: Final = 20_000
#: Longest name of an evidence node, in code points.
_NAME_LENGTH: Final = 80


def vertex_frames(tables: Mapping[str, pl.DataFrame]) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield each label with its vertices.

    Parameters
    ----------
    tables : mapping of str to polars.DataFrame
        nodes, claims and evidence.

    Yields
    ------
    (str, polars.DataFrame)
        A label and one row a vertex, with the columns of the label's properties that the tables have.

    Raises
    ------
    ExportError
        If a node has a label that the schema doesn't know.
    """
    nodes = tables["nodes"]
    unknown = sorted(set(nodes["label"].unique()) - {*NODE_TYPES} - {None})
    if unknown:
        raise ExportError(f"the schema has no label {unknown[0]!r}", "nodes", "build again with this version")
    claims = tables["claims"].with_columns(name=pl.concat_str("subject", "predicate", "object", separator=" "))
    quote = pl.col("quote")
    short = (
        pl.when(quote.str.len_chars() > _NAME_LENGTH).then(quote.str.slice(0, _NAME_LENGTH - 1) + "…").otherwise(quote)
    )
    of = {Label.CLAIM: claims, Label.EVIDENCE: tables["evidence"].with_columns(name=short)}
    for label, node in NODE_TYPES.items():
        frame = of[label] if label in of else nodes.filter(pl.col("label") == label)
        if frame.height:
            yield str(label), frame.select([p.name for p in node.properties if p.name in frame.columns])


def edge_frames(tables: Mapping[str, pl.DataFrame]) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield each relationship type with its edges.

    Parameters
    ----------
    tables : mapping of str to polars.DataFrame
        edges, claims and evidence.

    Yields
    ------
    (str, polars.DataFrame)
        A type and one row an edge: 'subject' and 'object' are the ends, the rest its properties.

    Raises
    ------
    ExportError
        If an edge has a type that the schema doesn't know.
    """
    edges, claims, evidence = tables["edges"], tables["claims"], tables["evidence"]
    unknown = sorted(set(edges["predicate"].unique()) - {*Predicate} - {None})
    if unknown:
        raise ExportError(
            f"the schema has no relationship type {unknown[0]!r}", "edges", "build again with this version"
        )
    columns = ["subject", "object", *(p.name for p in EDGE_PROPERTIES)]
    for predicate in Predicate:
        frame = edges.filter(pl.col("predicate") == predicate)
        if frame.height:
            yield str(predicate), frame.select(columns)
    audit = {
        "SUBJECT": claims.select(subject="id", object="subject"),
        "OBJECT": claims.select(subject="id", object="object"),
        "SUPPORTED_BY": evidence.select(subject="claim_id", object="id"),
        "EXTRACTED_FROM": evidence.select(subject="id", object="record_id"),
    }
    for name in AUDIT_EDGES:
        if audit[name].height:
            yield name, audit[name]


def expected_counts(tables: Mapping[str, pl.DataFrame]) -> dict[str, int]:
    """Count the vertices of each label and the edges of each type that a store must hold.

    Returns
    -------
    dict of str to int
        For every label and type of the schema, also those with none.
    """
    counts = dict.fromkeys((*map(str, NODE_TYPES), *map(str, Predicate), *AUDIT_EDGES), 0)
    for frames in (vertex_frames(tables), edge_frames(tables)):
        counts |= {name: frame.height for name, frame in frames}
    return counts
