"""Comparing what a server counted, and a sample of its rows, with the graph that it is to hold."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from kg.export.neo4j import statements
from kg.export.neo4j.counts import CLAIMS, Counts, Found
from kg.export.neo4j.verify import Finding

if TYPE_CHECKING:
    from neo4j import Session

    from kg.export.neo4j.graph import Graph

#: Nodes of each label, and edges of each type, whose properties are compared.
SAMPLE: Final = 25
_HASHED: Final = 50_000


def compare_counts(graph: Graph, there: Counts) -> list[Finding]:
    """Compare counts by label, type and source, and the ids of claims.

    Parameters
    ----------
    graph : Graph
        What is to be there.
    there : Counts
        What is.
    """
    wanted = {label: frame.height for label, frame in graph.nodes.items()}
    findings = [
        Finding(f"nodes {label}", wanted.get(label, 0), there.nodes.get(label, 0))
        for label in sorted({*wanted, *there.nodes})
        if wanted.get(label, 0) != there.nodes.get(label, 0)
    ]
    expected = {CLAIMS: graph.nodes.get("Claim"), **graph.edges}
    for what in sorted({*expected, *there.edges}):
        findings += _compare_type(what, expected.get(what), there.edges.get(what, Found({}, [])))
    return findings


def compare_samples(session: Session, graph: Graph, seed: int) -> list[Finding]:
    """Compare the properties of some nodes of each label and some edges of each type.

    Parameters
    ----------
    session : neo4j.Session
        Asks for them.
    graph : Graph
        What they are to be.
    seed : int
        Chooses them.
    """
    return [*_compare_nodes(session, graph, seed), *_compare_edges(session, graph, seed)]


def digest_claims(there: Counts) -> str:
    """Hash the ids of all claims, of nodes and of edges, in the order of the ids."""
    ids = pl.concat([_ids(found.claims) for found in there.edges.values()]).sort()
    digest = hashlib.sha256()
    for start in range(0, len(ids), _HASHED):  # no text of them all
        digest.update((("\n" if start else "") + "\n".join(ids[start : start + _HASHED])).encode())
    return digest.hexdigest()[:24]


def _ids(found: Iterable[Any]) -> pl.Series:
    try:
        return pl.Series(found, dtype=pl.String)
    except TypeError:  # of another type than ours, which somebody put there
        return pl.Series(map(str, found), dtype=pl.String)


def _compare_type(what: str, rows: pl.DataFrame | None, there: Found) -> Iterable[Finding]:
    expected: dict[str | None, int] = {}
    ids = pl.Series(dtype=pl.String)
    if rows is not None:
        known = pl.col("primary_source") if "primary_source" in rows.columns else pl.lit(None, pl.String)
        expected = dict(rows.group_by(known.alias("source")).len().iter_rows())
        key = "id" if what == CLAIMS else "claim_id"
        ids = rows[key] if key in rows.columns else ids
    different = [s for s in {**expected, **there.sources} if expected.get(s, 0) != there.sources.get(s, 0)]
    name = what if what == CLAIMS else f"edges {what}"
    for source in sorted(different, key=str):
        yield Finding(f"{name} of {source}" if source else name, expected.get(source, 0), there.sources.get(source, 0))
    found = _ids(there.claims)
    if not found.sort().equals(ids.sort(), check_names=False):
        missing, strange = sorted({*ids} - {*found}), sorted({*found} - {*ids})
        yield Finding(
            f"{name}, ids of claims",
            f"{len(ids)} ids",
            f"{len(missing)} fewer and {len(strange)} others",
            (missing or strange or ["one twice"])[0],
        )


def _compare_nodes(session: Session, graph: Graph, seed: int) -> Iterable[Finding]:
    sample = {
        row["id"]: (label, row)
        for label, frame in graph.nodes.items()
        for row in frame.sample(min(SAMPLE, frame.height), seed=seed).iter_rows(named=True)
    }
    records = session.run(statements.SAMPLE_NODES, batch={"rows": [[node_id] for node_id in sample]})
    there = {record["id"]: record["found"] for record in records}
    for node_id, (label, row) in sample.items():
        yield from _compare_properties(label, node_id, row, there.get(node_id))


def _compare_edges(session: Session, graph: Graph, seed: int) -> Iterable[Finding]:
    sample = [
        (name, row)
        for name, frame in graph.edges.items()
        for row in frame.sample(min(SAMPLE, frame.height), seed=seed).iter_rows(named=True)
    ]
    keys = [[row["subject"], row["object"], name, row.get("claim_id")] for name, row in sample]
    there = {record["at"]: record["found"] for record in session.run(statements.SAMPLE_EDGES, batch={"rows": keys})}
    for at, (name, row) in enumerate(sample):
        properties = {key: value for key, value in row.items() if key not in ("subject", "object")}
        key = row.get("claim_id") or f"{row['subject']} to {row['object']}"
        yield from _compare_properties(name, key, properties, there.get(at))


def _compare_properties(
    what: str, key: str, row: Mapping[str, Any], found: Mapping[str, Any] | None
) -> Iterable[Finding]:
    if found is None:
        yield Finding(f"{what}, properties", "a row", "none", key)
        return
    for name, value in row.items():
        if value != found.get(name):
            yield Finding(f"{what}.{name}", _short(value), _short(found.get(name)), key)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
