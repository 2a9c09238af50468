"""Cypher that writes and reads our part of a database. Its only names are the schema's: data are parameters.

**Ours** are the nodes with the property ``_neurokg``, which is their id again: a uniqueness constraint on
it finds them fast and leaves alone the nodes of others, also those with our labels and our ids. Of
relationships, ours are those of our types between two of our nodes; one that stands for a claim has its id
(``docs/decisions`` says why it is a property and no label).

Rows come as ``$batch.rows``: of a list that is a parameter itself the server takes the size, in powers of ten,
for a part of the statement, and plans it anew for each.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from kg.export.neo4j.shape import EDGE_COLUMNS, NODE_PROPERTIES
from kg.model.schema import AUDIT_EDGES, ENTITY

#: Property of our nodes.
MARK: Final = "_neurokg"
BUILD_LABEL: Final = "Build"
LOCK_LABEL: Final = "NeurokgLock"
#: Mark of the node that says which build the database holds.
BUILD_MARK: Final = "build"
_BUILD: Final = f"(b:{BUILD_LABEL} {{{MARK}: '{BUILD_MARK}'}})"
#: There is one good plan for each statement that writes. Without this the server plans it again as the graph grows.
#: https://neo4j.com/docs/cypher-manual/5/planning-and-tuning/query-tuning/#cypher-replanning
_KEEP_PLAN: Final = "CYPHER replan=skip "
_ENDS: Final = f"MATCH (s:{ENTITY} {{{MARK}: row[0]}}), (o:{ENTITY} {{{MARK}: row[1]}})"


class SchemaItem(NamedTuple):
    """A constraint or an index.

    Parameters
    ----------
    name : str
        What it is called; so is a constraint's index.
    is_constraint : bool
        Which of them.
    cypher : str
        Makes it if there is none of its name.
    """

    name: str
    is_constraint: bool
    cypher: str


def schema_items() -> list[SchemaItem]:
    """Constraints and indexes, in an order that gives the labels' tokens the order of `labels(n)` elsewhere."""
    indexed = [*NODE_PROPERTIES, ENTITY]
    constraints = {"mark": ENTITY, "lock": LOCK_LABEL, "build": BUILD_LABEL}
    return [
        *(
            SchemaItem(name, False, f"CREATE INDEX {name} IF NOT EXISTS FOR (n:{label}) ON (n.id)")
            for name, label in ((f"neurokg_{label.lower()}_id", label) for label in indexed)
        ),
        *(
            SchemaItem(name, True, f"CREATE CONSTRAINT {name} IF NOT EXISTS FOR (n:{label}) REQUIRE n.{MARK} IS UNIQUE")
            for name, label in ((f"neurokg_{what}", label) for what, label in constraints.items())
        ),
    ]


SHOW_INDEXES: Final = (
    "SHOW INDEXES YIELD name, state, owningConstraint WHERE name STARTS WITH 'neurokg_' "
    "RETURN name, state, owningConstraint"
)


def create_nodes(label: str) -> str:
    """Create nodes of rows in the order of `NODE_PROPERTIES`."""
    values = ", ".join(f"{name}: row[{at}]" for at, name in enumerate(NODE_PROPERTIES[label]))
    return f"{_KEEP_PLAN}UNWIND $batch.rows AS row CREATE (:{label}:{ENTITY} {{{MARK}: row[0], {values}}})"


#: Set properties of nodes, of rows ``[id, {property: value}]``; those that others gave them stay.
CHANGE_NODES: Final = (
    f"{_KEEP_PLAN}UNWIND $batch.rows AS row MATCH (n:{ENTITY} {{{MARK}: row[0]}}) SET n.id = row[0], n += row[1]"
)


def move_nodes(label: str) -> str:
    """Give nodes another of our labels, and the properties that go with it."""
    others = ":".join(name for name in NODE_PROPERTIES if name != label)
    places = {name: f"row[{at}]" for at, name in enumerate(NODE_PROPERTIES[label])}
    every = sorted({name for names in NODE_PROPERTIES.values() for name in names})
    values = ", ".join(f"n.{name} = {places.get(name, 'null')}" for name in every)
    found = f"UNWIND $batch.rows AS row MATCH (n:{ENTITY} {{{MARK}: row[0]}})"
    return f"{_KEEP_PLAN}{found} REMOVE n:{others} SET n:{label}, {values}"


DELETE_NODES: Final = f"{_KEEP_PLAN}UNWIND $batch.rows AS row MATCH (n:{ENTITY} {{{MARK}: row[0]}}) DETACH DELETE n"


def create_edges(name: str) -> str:
    """Create edges of rows ``[subject, [[object, …], …]]``, the rest in the order of `EDGE_COLUMNS`.

    A subject is looked up once for all its edges, and they are written beside one another.
    """
    values = ", ".join(f"{p}: edge[{at}]" for at, p in enumerate(EDGE_COLUMNS[name][1:]) if at)
    return (
        f"{_KEEP_PLAN}UNWIND $batch.rows AS row MATCH (s:{ENTITY} {{{MARK}: row[0]}}) UNWIND row[1] AS edge "
        f"MATCH (o:{ENTITY} {{{MARK}: edge[0]}}) CREATE (s)-[:{name}{f' {{{values}}}' if values else ''}]->(o)"
    )


# Which of the edges between two nodes is meant, of rows that begin ``[subject, object, type, claim id]``.
_IS_MEANT: Final = "type(r) = row[2] AND (row[3] IS NULL OR r.claim_id = row[3])"
# One statement for all types: to plan one for each takes a server longer than to carry out a small difference.
_FOUND_EDGE: Final = f"{_KEEP_PLAN}UNWIND $batch.rows AS row {_ENDS} MATCH (s)-[r]->(o) WHERE {_IS_MEANT}"
#: Set properties of edges, of rows ``[subject, object, type, claim id, {property: value}]``.
CHANGE_EDGES: Final = f"{_FOUND_EDGE} SET r += row[4]"
#: Delete edges, of rows ``[subject, object, type, claim id]``, the last null for an edge that stands for no claim.
DELETE_EDGES: Final = f"{_FOUND_EDGE} DELETE r"


def read_nodes(label: str) -> str:
    """Read our nodes of a label, a list of values each, in the order of `NODE_PROPERTIES`."""
    values = ", ".join(f"n.{name}" for name in NODE_PROPERTIES[label][1:])
    return f"MATCH (n:{label}:{ENTITY}) WHERE n.{MARK} IS NOT NULL RETURN [n.{MARK}, {values}] AS row"


#: Our nodes that have none or several of our labels, or another id: somebody changed them.
READ_MISFITS: Final = (
    f"MATCH (n:{ENTITY}) WHERE n.{MARK} IS NOT NULL AND (size([l IN labels(n) WHERE l IN $labels]) <> 1 "
    f"OR n.id IS NULL OR n.id <> n.{MARK}) RETURN n.{MARK} AS id"
)
_OURS: Final = f"s.{MARK} IS NOT NULL AND o.{MARK} IS NOT NULL"


#: Types that any relationship in the database has, or had.
LIST_TYPES: Final = "CALL db.relationshipTypes() YIELD relationshipType RETURN relationshipType AS type"


def _edges(name: str) -> str:
    claim = "" if name in AUDIT_EDGES else " AND r.claim_id IS NOT NULL"
    return f"MATCH (s:{ENTITY})-[r:{name}]->(o:{ENTITY}) WHERE {_OURS}{claim}"


def read_edges(name: str) -> str:
    """Read our edges of a type, a list of values each, in the order of `EDGE_COLUMNS`."""
    values = "".join(f", r.{p}" for p in EDGE_COLUMNS[name][2:])
    return f"{_edges(name)} RETURN [s.{MARK}, o.{MARK}{values}] AS row"


#: Count our nodes by their labels of ours.
COUNT_NODES: Final = (
    f"MATCH (n:{ENTITY}) WHERE n.{MARK} IS NOT NULL "
    "RETURN [l IN labels(n) WHERE l IN $labels] AS labels, count(*) AS found"
)


def count_edges(name: str) -> str:
    """Count our edges of a type by whose knowledge they are, with the ids of their claims."""
    if name in AUDIT_EDGES:
        return f"{_edges(name)} RETURN null AS source, count(*) AS found, [] AS claims"
    return f"{_edges(name)} RETURN r.primary_source AS source, count(*) AS found, collect(r.claim_id) AS claims"


#: Count our claims likewise.
COUNT_CLAIMS: Final = (
    f"MATCH (n:Claim) WHERE n.{MARK} IS NOT NULL "
    "RETURN n.primary_source AS source, count(*) AS found, collect(n.id) AS claims"
)
#: Read some nodes by their ids, and some edges by their ends, type and claim.
SAMPLE_NODES: Final = (
    f"UNWIND $batch.rows AS row MATCH (n:{ENTITY} {{{MARK}: row[0]}}) RETURN row[0] AS id, properties(n) AS found"
)
SAMPLE_EDGES: Final = (
    f"UNWIND range(0, size($batch.rows) - 1) AS at WITH at, $batch.rows[at] AS row {_ENDS} MATCH (s)-[r]->(o) "
    f"WHERE {_IS_MEANT} RETURN at, properties(r) AS found"
)


def fill_nodes(label: str, name: str) -> str:
    """Give nodes without a list an empty one, in transactions of their own."""
    return (
        f"MATCH (n:{label}:{ENTITY}) WHERE n.{MARK} IS NOT NULL AND n.{name} IS NULL "
        f"CALL (n) {{ SET n.{name} = [] }} IN TRANSACTIONS OF 20000 ROWS"
    )


def fill_edges(kind: str, name: str) -> str:
    """Give edges without a list an empty one, in transactions of their own."""
    return f"{_edges(kind)} AND r.{name} IS NULL CALL (r) {{ SET r.{name} = [] }} IN TRANSACTIONS OF 20000 ROWS"


COUNT_OURS: Final = f"MATCH (n:{ENTITY}) WHERE n.{MARK} IS NOT NULL RETURN count(n) AS found"
READ_BUILD: Final = f"MATCH {_BUILD} RETURN properties(b) AS build, datetime() AS now"
#: The node is locked by writing to it before its state is read: of two that publish, one waits.
LOCK_BUILD: Final = (
    f"MERGE {_BUILD} SET b.locked = true REMOVE b.locked WITH b RETURN properties(b) AS build, datetime() AS now"
)
SET_BUILD: Final = f"MATCH {_BUILD} SET b += $values, b.heartbeat = datetime()"
STAMP_BUILD: Final = f"MATCH {_BUILD} SET b += $values, b.published_at = datetime()"
#: Each writer of batches has a node that it locks for each. Who locks them all waits until the batches of a
#: publisher before are done, also of one that was killed: the server goes on with what it was sent.
LOCK_WRITER: Final = (
    f"MERGE (l:{LOCK_LABEL} {{{MARK}: $lock}}) SET l.locked = true REMOVE l.locked "
    f"WITH l MATCH {_BUILD} RETURN b.publisher AS publisher"
)
BEAT: Final = f"MATCH {_BUILD} WHERE b.publisher = $me SET b.heartbeat = datetime()"


def all_statements() -> Iterable[str]:
    """Every statement that writes nodes or edges, for the tests."""
    for label in NODE_PROPERTIES:
        yield from (create_nodes(label), move_nodes(label), read_nodes(label))
    for name in EDGE_COLUMNS:
        yield from (create_edges(name), read_edges(name))
    yield from (CHANGE_NODES, DELETE_NODES, CHANGE_EDGES, DELETE_EDGES)
