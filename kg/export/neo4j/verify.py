"""Reading back what was published: counts by label, type and source, a sample of properties, the claims' ids."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import uuid4

from kg.errors import ReadBackError, ServerError
from kg.export.neo4j.connection import Target, open_driver
from kg.export.neo4j.counts import CLAIMS, counting
from kg.export.neo4j.local_builds import PublishedBuild, load_graph
from kg.export.neo4j.state import read_state
from kg.model.progress import Progress, silent

if TYPE_CHECKING:
    from neo4j import Driver

    from kg.export.neo4j.graph import Graph

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

    Which rows have their properties compared is another choice each time: what one night misses, a later one finds.

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
        result = read_back(driver, target.database, lambda: load_graph(build), seed=uuid4().hex, progress=progress)
    require_same(result, target.place, MEND_DAMAGED)
    return result


def read_back(
    driver: Driver, database: str, load: Callable[[], Graph], *, seed: str, progress: Progress = silent
) -> ReadBack:
    """Compare a database with the graph that it is to hold.

    Parameters
    ----------
    driver, database
        Where.
    load : callable
        Gives what is to be there; called while the server counts.
    seed : str
        Decides which rows' properties are compared.
    progress : callable, optional
        Called now and then.
    """
    progress(_STEP, 0, 3)
    with counting(driver, database) as counts:
        graph = load()
        progress(_STEP, 1, 3)
        there = counts()
    progress(_STEP, 2, 3)
    from kg.export.neo4j.compare import compare_counts, compare_samples, digest_claims

    findings = compare_counts(graph, there)
    with driver.session(database=database) as session:
        findings += compare_samples(session, graph, int(hashlib.sha256(seed.encode()).hexdigest()[:8], 16))
    progress(_STEP, 3, 3)
    edges = sum(sum(found.sources.values()) for what, found in there.edges.items() if what != CLAIMS)
    return ReadBack(sum(there.nodes.values()), edges, digest_claims(there), tuple(findings))


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
