"""What a server counts of ours: nodes by label, edges by type and source, with the ids of claims.

It takes the server a second or two for half a million edges, so two readers ask it at once, and whoever
wants the counts can do something else meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from kg.export.neo4j import statements
from kg.export.neo4j.shape import EDGE_COLUMNS, NODE_PROPERTIES

if TYPE_CHECKING:
    from neo4j import Driver

READERS: Final = 2
#: What the claims that are nodes are counted as, beside the types of edges.
CLAIMS: Final = "claims"


class Found(NamedTuple):
    """What is there of a type.

    Parameters
    ----------
    sources : dict of str to int
        How many by whose knowledge they are; those of no source under None.
    claims : list of str
        Ids of their claims, in no order.
    """

    sources: dict[str | None, int]
    claims: list[str]


class Counts(NamedTuple):
    """What is there.

    Parameters
    ----------
    nodes : dict of str to int
        How many of each label.
    edges : dict of str to Found
        Of each type, and of `CLAIMS`.
    """

    nodes: dict[str, int]
    edges: dict[str, Found]


@contextmanager
def counting(driver: Driver, database: str) -> Iterator[Callable[[], Counts]]:
    """Begin to count.

    Parameters
    ----------
    driver, database
        Where.

    Yields
    ------
    callable
        Waits for the counts and gives them.
    """

    def count_nodes() -> dict[str, int]:
        with driver.session(database=database) as session:
            records = session.run(statements.COUNT_NODES, labels=list(NODE_PROPERTIES))
            return {"+".join(sorted(record["labels"])) or "no label": int(record["found"]) for record in records}

    def count_edges(cypher: str) -> Found:
        with driver.session(database=database) as session:
            found = Found({}, [])
            for record in session.run(cypher):
                found.sources[record["source"]] = int(record["found"])
                found.claims.extend(record["claims"])
            return found

    with driver.session(database=database) as session:
        # What is there is asked first: a statement for nothing takes as long to plan as one for much.
        types = {str(record["type"]) for record in session.run(statements.LIST_TYPES)}
    pool = ThreadPoolExecutor(READERS)
    try:
        edges: dict[str, Future[Found]] = {
            name: pool.submit(count_edges, statements.count_edges(name)) for name in EDGE_COLUMNS if name in types
        }
        edges[CLAIMS] = pool.submit(count_edges, statements.COUNT_CLAIMS)
        nodes = pool.submit(count_nodes)
        yield lambda: Counts(nodes.result(), {name: future.result() for name, future in edges.items()})
    finally:
        pool.shutdown(cancel_futures=True)
