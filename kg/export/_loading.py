"""Loading a build's tables into a new store and reading it back; imported only by the load worker."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import arcadedb_embedded as arcadedb
import jpype
import polars as pl

from kg.errors import ExportError
from kg.export._engine import ENTITY
from kg.export._tables import CHUNK_ROWS, edge_frames, vertex_frames
from kg.model.claim import Predicate
from kg.model.schema import AUDIT_EDGES, EDGE_PROPERTIES, NODE_TYPES, Property, PropertyType

_JAVA_TYPE: Final[dict[PropertyType, tuple[str, str | None]]] = {
    "string": ("STRING", None),
    "integer": ("LONG", None),
    "float": ("DOUBLE", None),
    "boolean": ("BOOLEAN", None),
    "strings": ("LIST", "STRING"),
}
#: What tells an edge from others.
EDGE_IDENTITY: Final = ("type", "subject", "object", "claim_id")
#: Edges that the engine connects at once, about.
_BATCH_EDGES: Final = 150_000


def create_store(folder: Path, tables: Mapping[str, pl.DataFrame], report: Callable[[str, int], None]) -> None:
    """Create a store and load a build's tables into it.

    Parameters
    ----------
    folder : Path
        Where the store goes; it must not exist.
    tables : mapping of str to polars.DataFrame
        nodes, edges, claims and evidence.
    report : callable
        Told the label or type and the rows of each chunk that is in.

    Raises
    ------
    ExportError
        If an edge's end is no node.
    """
    with arcadedb.create_database(str(folder)) as database:
        with database.transaction():  # one write of the schema's file in place of 150
            _create_schema(database)
        rids = _load_vertices(database, tables, report)
        _load_edges(database, tables, rids, report)
        # Built after the load, the index is packed; a duplicate id fails here.
        database.schema.create_index(ENTITY, ["id"], unique=True)


def _load_vertices(
    database: Any, tables: Mapping[str, pl.DataFrame], report: Callable[[str, int], None]
) -> dict[str, str]:
    """Load every vertex; give the engine's record id of each node id."""
    # The package's create_vertices and new_edges send rows with lists value by value, at a twentieth of
    # the speed; the Java methods under them take lists in their JSON just as well.
    batcher = jpype.JClass("com.arcadedb.python.VertexBatcher")
    rids: dict[str, str] = {}
    with database.graph_batch() as batch:
        for label, frame in vertex_frames(tables):
            for part in frame.iter_slices(CHUNK_ROWS):
                rows = [_present(row) for row in part.iter_rows(named=True)]
                made = str(
                    batcher.createVerticesJson(batch._java_graph_batch, label, json.dumps(rows, allow_nan=False))
                )
                rids.update(zip(part["id"], made.split(";"), strict=True))
                report(label, len(rows))
    return rids


def _load_edges(
    database: Any, tables: Mapping[str, pl.DataFrame], rids: Mapping[str, str], report: Callable[[str, int], None]
) -> None:
    batcher = jpype.JClass("com.arcadedb.python.EdgeBatcher")
    parts = ((name, part) for name, frame in edge_frames(tables) for part in frame.iter_slices(CHUNK_ROWS))
    waiting = next(parts, None)
    while waiting is not None:
        # When a batch is closed, it connects the incoming ends of its edges in memory, and writes each
        # vertex that they touch: a batch a type takes long, and one of two million edges more than 2 GB.
        room = _BATCH_EDGES
        with database.graph_batch(batch_size=_BATCH_EDGES + CHUNK_ROWS) as batch:
            while waiting is not None and room > 0:
                name, part = waiting
                rows = [_edge_row(name, row, rids) for row in part.iter_rows(named=True)]
                batcher.newEdgesJson(batch._java_graph_batch, name, json.dumps(rows, allow_nan=False))
                report(name, len(rows))
                room -= len(rows)
                waiting = next(parts, None)


def _present(row: dict[str, Any]) -> dict[str, Any]:
    # A null given is stored as a property that is there and null: keys(n) would list it.
    return {name: value for name, value in row.items() if value is not None}


def _edge_row(name: str, row: dict[str, Any], rids: Mapping[str, str]) -> dict[str, Any]:
    subject, target = row.pop("subject"), row.pop("object")
    try:
        return {"_src": rids[subject], "_dst": rids[target], **_present(row)}
    except KeyError as error:
        raise ExportError(
            f"{name} from {subject} to {target}: there is no node {error}", "embedded store", "build again"
        ) from error


def _create_schema(database: Any) -> None:
    schema = database.schema
    schema.create_vertex_type(ENTITY)
    schema.create_property(ENTITY, "id", "STRING")
    for label, node in NODE_TYPES.items():
        # Names are quoted because some are keywords of the engine's SQL.
        database.command("sql", f"CREATE VERTEX TYPE `{label}` EXTENDS `{ENTITY}`")
        _create_properties(schema, label, [p for p in node.properties if p.name != "id"])
    for name in (*Predicate, *AUDIT_EDGES):
        schema.create_edge_type(str(name))
        if name not in AUDIT_EDGES:
            _create_properties(schema, str(name), EDGE_PROPERTIES)


def _create_properties(schema: Any, owner: str, properties: Iterable[Property]) -> None:
    for found in properties:
        kind, of = _JAVA_TYPE[found.type]
        schema.create_property(owner, found.name, kind, of_type=of)


def read_vertices(database: Any, label: str) -> pl.DataFrame:
    """Read back the id of each vertex of a label.

    Parameters
    ----------
    database : arcadedb_embedded.Database
        An open store.
    label : str
        A label.

    Returns
    -------
    polars.DataFrame
        Column 'id'.
    """
    return _read(database, f"MATCH (n:{label}) RETURN n.id AS id", ["id"])


def read_edges(database: Any, names: Collection[str]) -> pl.DataFrame:
    """Read back the ends and the claim of each edge of some types.

    The records themselves are read, not statistics. Edges are found from their *objects*: the engine
    keeps each edge at both ends, and this is the end that it writes last.

    Parameters
    ----------
    database : arcadedb_embedded.Database
        An open store.
    names : collection of str
        Relationship types: each call looks at every vertex, so ask for few at once only where there
        are too many edges for the memory.

    Returns
    -------
    polars.DataFrame
        Columns 'type', 'subject', 'object' and 'claim_id', which is null for audit edges.
    """
    query = (
        f"MATCH (o:{ENTITY})<-[r:{'|'.join(names)}]-(s:{ENTITY}) "
        "RETURN type(r) AS type, s.id AS subject, o.id AS object, r.claim_id AS claim_id"
    )
    return _read(database, query, EDGE_IDENTITY)


def _read(database: Any, query: str, columns: Iterable[str]) -> pl.DataFrame:
    rows = database.query("opencypher", query).to_list()
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String))
