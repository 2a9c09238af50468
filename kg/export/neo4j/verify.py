"""Reading back what was published: counts by label, type and source, a sample of properties, the claims' ids."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import polars as pl

from kg.errors import ReadBackError, ServerError
from kg.export.neo4j import statements
from kg.export.neo4j.connection import Target, open_driver
from kg.export.neo4j.graph import NODE_PROPERTIES, Graph
from kg.export.neo4j.local_builds import PublishedBuild, load_graph
from kg.export.neo4j.read import read_state
from kg.model.progress import Progress, silent

if TYPE_CHECKING:
    from neo4j import Driver, Session

#: Nodes of each label, and edges of each type, whose properties are compared.
SAMPLE: Final = 25
_STEP: Final = "reading back"
MEND_DAMAGED: Final = "publish again: the database is then compared row by row"


class Finding(NamedTuple):
    """Something that is not as it was written.

    Parameters
    ----------
    what : str
        What was compared: 'nodes Dataset', 'edges CITES of infores:pubmed', ….
    expected, found : object
        What was written and what is there.
    first : str
        The first id that differs, if that is known.
    """

    what: str
    expected: object
    found: object
    first: str = ""

    def __str__(self) -> str:
        first = f" (first: {self.first})" if self.first else ""
        return f"{self.what}: wrote {self.expected}, read back {self.found}{first}"


class ReadBack(NamedTuple):
    """What was read back.

    Parameters
    ----------
    nodes, edges : int
        How many there are.
    claims_digest : str
        Hash of the ids of all claims, on the server.
    findings : tuple of Finding
        What differs; empty for a good one.
    """

    nodes: int
    edges: int
    claims_digest: str
    findings: tuple[Finding, ...]


def verify(target: Target, build: PublishedBuild, *, progress: Progress = silent) -> ReadBack:
    """Compare a database with a build, changing nothing.

    Raises
    ------
    ServerError
        If the database holds no build, another one, or one that is still being published.
    ReadBackError
        If it differs.
    """
    with open_driver(target) as driver:
        state = read_state(driver, target.database)
        if not state.status:
            raise ServerError("nothing was published to this database", target.place, "kg publish neo4j")
        if state.digest != build.digest:
            raise ServerError(
                f"the database holds build {state.id}",
                target.place,
                "name that build with --build, or publish this one",
                held=state.id,
            )
        if state.status == "publishing":
            raise ServerError("a publish is under way, or was cut short", target.place, "wait, or publish again")
        if state.status == "imported":
            raise ServerError("the import isn't finished", target.place, "kg publish neo4j finishes it")
        graph = load_graph(build)
        result = read_back(driver, target.database, graph, seed=build.digest, progress=progress)
    require_same(result, target.place, MEND_DAMAGED)
    return result


def read_back(driver: Driver, database: str, graph: Graph, *, seed: str, progress: Progress = silent) -> ReadBack:
    """Compare a database with the graph that it is to hold.

    Parameters
    ----------
    driver, database
        Where.
    graph : Graph
        What is to be there.
    seed : str
        Decides which rows' properties are compared: the build's digest.
    progress : callable, optional
        Called now and then.
    """
    findings: list[Finding] = []
    claims: list[str] = []
    with driver.session(database=database) as session:
        progress(_STEP, 0, 3)
        nodes = _count_nodes(session, graph, findings)
        progress(_STEP, 1, 3)
        found: dict[str, _Found] = {}
        for statement in (statements.COUNT_CLAIMS, statements.COUNT_EDGES, statements.COUNT_AUDIT):
            for record in session.run(statement):
                there = found.setdefault(record["what"], _Found({}, []))
                there.sources[record["source"]] = int(record["found"])
                there.claims.extend(record["claims"])
        expected = {"claims": graph.nodes.get("Claim"), **graph.edges}
        for what in sorted({*expected, *found}):
            there = found.get(what, _Found({}, []))
            _compare_counts(what, expected.get(what), there, findings)
            claims += there.claims
        progress(_STEP, 2, 3)
        seeded = int(hashlib.sha256(seed.encode()).hexdigest()[:8], 16)
        _compare_nodes(session, graph, seeded, findings)
        _compare_edges(session, graph, seeded, findings)
        progress(_STEP, 3, 3)
    edges = sum(sum(there.sources.values()) for what, there in found.items() if what != "claims")
    return ReadBack(nodes, edges, _digest(claims), tuple(findings))


def require_same(result: ReadBack, place: str, mend: str) -> None:
    """Raise what a read-back found.

    Raises
    ------
    ReadBackError
        With the first of the findings, and all as ``facts["findings"]``.
    """
    if not result.findings:
        return
    shown = "\n  ".join(str(finding) for finding in result.findings[:10])
    more = f"\n  and {len(result.findings) - 10} more" if len(result.findings) > 10 else ""
    raise ReadBackError(
        f"the database doesn't hold what was published:\n  {shown}{more}",
        place,
        mend,
        findings=[finding._asdict() for finding in result.findings],
    )


class _Found(NamedTuple):
    """What the server counted of a type: by source, and the claims' ids."""

    sources: dict[str | None, int]
    claims: list[str]


def _count_nodes(session: Session, graph: Graph, findings: list[Finding]) -> int:
    found: dict[str, int] = {}
    for record in session.run(statements.COUNT_NODES, labels=list(NODE_PROPERTIES)):
        found["+".join(sorted(record["labels"])) or "no label"] = int(record["found"])
    expected = {label: frame.height for label, frame in graph.nodes.items()}
    findings += [
        Finding(f"nodes {label}", expected.get(label, 0), found.get(label, 0))
        for label in sorted({*expected, *found})
        if expected.get(label, 0) != found.get(label, 0)
    ]
    return sum(found.values())


def _compare_counts(what: str, rows: pl.DataFrame | None, there: _Found, findings: list[Finding]) -> None:
    """Compare counts by source, and the ids of claims."""
    expected: dict[str | None, int] = {}
    ids: list[str] = []
    if rows is not None:
        source = pl.col("primary_source") if "primary_source" in rows.columns else pl.lit(None, pl.String)
        expected = dict(rows.group_by(source.alias("source")).len().iter_rows())
        key = "id" if what == "claims" else "claim_id"
        ids = rows[key].to_list() if key in rows.columns else []
    different = [s for s in {**expected, **there.sources} if expected.get(s, 0) != there.sources.get(s, 0)]
    name = what if what == "claims" else f"edges {what}"
    findings += [
        Finding(f"{name} of {source}" if source else name, expected.get(source, 0), there.sources.get(source, 0))
        for source in sorted(different, key=str)
    ]
    if _digest(there.claims) != _digest(ids):
        missing, strange = sorted(set(ids) - set(there.claims)), sorted(set(there.claims) - set(ids))
        findings.append(
            Finding(
                f"{name}, ids of claims",
                f"{len(ids)} ids",
                f"{len(missing)} fewer and {len(strange)} others",
                (missing or strange or ["one twice"])[0],
            )
        )


def _compare_nodes(session: Session, graph: Graph, seeded: int, findings: list[Finding]) -> None:
    sample = {
        row["id"]: (label, row)
        for label, frame in graph.nodes.items()
        for row in frame.sample(min(SAMPLE, frame.height), seed=seeded).iter_rows(named=True)
    }
    records = session.run(statements.SAMPLE_NODES, rows=[[node_id] for node_id in sample])
    there = {record["id"]: record["found"] for record in records}
    for node_id, (label, row) in sample.items():
        _compare_properties(label, node_id, row, there.get(node_id), findings)


def _compare_edges(session: Session, graph: Graph, seeded: int, findings: list[Finding]) -> None:
    sample = [
        (name, row)
        for name, frame in graph.edges.items()
        for row in frame.sample(min(SAMPLE, frame.height), seed=seeded).iter_rows(named=True)
    ]
    keys = [[row["subject"], row["object"], name, row.get("claim_id")] for name, row in sample]
    there = {record["at"]: record["found"] for record in session.run(statements.SAMPLE_EDGES, rows=keys)}
    for at, (name, row) in enumerate(sample):
        properties = {key: value for key, value in row.items() if key not in ("subject", "object")}
        key = row.get("claim_id") or f"{row['subject']} to {row['object']}"
        _compare_properties(name, key, properties, there.get(at), findings)


def _compare_properties(
    what: str, key: str, row: Mapping[str, Any], found: Mapping[str, Any] | None, findings: list[Finding]
) -> None:
    if found is None:
        findings.append(Finding(f"{what}, properties", "a row", "none", key))
        return
    findings += [
        Finding(f"{what}.{name}", _short(value), _short(found.get(name)), key)
        for name, value in row.items()
        if value != found.get(name)
    ]


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _digest(ids: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()[:24]
