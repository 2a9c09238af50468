"""Turning the engine's values into plain Python; imported only by the query worker.

Nodes become ``{"id", "labels", "properties"}``, relationships ``{"type", "start", "end", "properties"}``
with the ids of their ends, paths ``{"nodes", "relationships"}``. The engine's own record ids are left
out: they mean nothing outside one store.
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from functools import cache
from typing import Any

import jpype
from arcadedb_embedded.type_conversion import convert_java_to_python

from kg.export._engine import ENTITY

_PLAIN = (str, bool, int, float, type(None))


@cache
def _java(name: str) -> Any:
    return jpype.JClass(name)


def to_plain(value: Any) -> Any:
    """Turn a value of a result into str, int, float, bool, None, list or dict.

    Times and durations become ISO 8601 strings.
    """
    if type(value) in _PLAIN:
        return value
    if isinstance(value, dict):
        return {str(key): to_plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime.date | datetime.datetime | datetime.time):
        return value.isoformat()
    if isinstance(value, _java("com.arcadedb.graph.Vertex")):
        return _node(value)
    if isinstance(value, _java("com.arcadedb.graph.Edge")):
        return _relationship(value)
    if isinstance(value, _java("com.arcadedb.query.opencypher.traversal.TraversalPath")):
        nodes, relationships = value.getVertices(), value.getEdges()
        return {
            "nodes": [_node(n) for n in nodes],
            "relationships": [_relationship(r) for r in relationships],
        }
    converted = convert_java_to_python(value)
    return str(value) if converted is value else to_plain(converted)


def _properties(record: Any) -> dict[str, Any]:
    return {
        str(name): to_plain(convert_java_to_python(record.get(name)))
        for name in sorted(map(str, record.getPropertyNames()))
    }


def _node(vertex: Any) -> dict[str, Any]:
    properties = _properties(vertex)
    return {
        "id": properties.get("id"),
        "labels": [str(vertex.getTypeName()), ENTITY],
        "properties": properties,
    }


def _relationship(edge: Any) -> dict[str, Any]:
    ends = {"start": str(edge.getOutVertex().get("id")), "end": str(edge.getInVertex().get("id"))}
    return {"type": str(edge.getTypeName()), **ends, "properties": _properties(edge)}


def find_columns(database: Any, cypher: str) -> list[str]:
    """Find the names of a query's columns without its rows.

    The engine's answer names columns only in its rows, of which there may be none; so the engine's
    parser is asked.

    Returns
    -------
    list of str
        In the order of RETURN; empty for ``RETURN *`` and queries that end otherwise.
    """
    statement = _java("com.arcadedb.query.opencypher.parser.Cypher25AntlrParser")(database.get_java_database()).parse(
        cypher
    )
    if isinstance(statement, _java("com.arcadedb.query.opencypher.ast.UnionStatement")):
        statement = statement.getFirstQuery()
    returned = statement.getReturnClause()
    if returned is None or returned.isReturnAll():
        return []
    items = returned.getReturnItems()
    return [] if any(item.isStar() for item in items) else [str(item.getOutputName()) for item in items]
