"""Writing a difference to a server: in one transaction, or in batches by two writers that keep out of each other's way.

A relationship that is written locks the nodes at its ends. Two writers that take them in different
orders wait for one another until the server ends one of them. So nodes are put into four groups by
their ids, and edges are written in three rounds; in each, the groups of one writer are none of the
other's. The writers can't meet on a node, whatever they write. What remains is that the record format
also locks the neighbours of a new relationship in its nodes' chains: about one transaction in a hundred
thousand edges is undone for that, and the driver runs it again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from operator import itemgetter
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from kg.export.neo4j import statements
from kg.export.neo4j.graph import Difference
from kg.export.neo4j.turns import WRITERS, BaseDiffersError, TakenOverError, lock_of
from kg.model.progress import Progress, silent

if TYPE_CHECKING:
    from neo4j import Driver, ManagedTransaction

#: Groups of nodes of the first and the second writer in each round; together every pair of groups.
ROUNDS: Final = (((0, 1), (2, 3)), ((0, 2), (1, 3)), ((0, 3), (1, 2)))
GROUPS: Final = 4
#: Fewer rows of edges aren't worth a second writer.
_ALONE_ROWS: Final = 2000
#: Most nodes that one transaction deletes: their relationships come on top.
DELETED_AT_ONCE: Final = 500
_BEAT_S: Final = 10.0


def _as_they_are(part: pl.DataFrame) -> list[list[Any]]:
    return [list(row) for row in part.rows()]


def _by_subject(part: pl.DataFrame) -> list[list[Any]]:
    together = groupby(part.rows(), key=itemgetter(0))
    return [[subject, [list(row[1:]) for row in rows]] for subject, rows in together]


def _with_properties(part: pl.DataFrame, keys: int) -> list[list[Any]]:
    names = part.columns[keys:]
    return [[*row[:keys], dict(zip(names, row[keys:], strict=True))] for row in part.rows()]


@dataclass(frozen=True)
class Step:
    """A statement and its rows.

    Parameters
    ----------
    name : str
        What is done, for the progress.
    cypher : str
        The statement.
    rows : polars.DataFrame
        What it is given, in batches.
    encode : callable
        Makes of some rows what the statement wants.
    done : callable, optional
        How many rows the server's counters say were done; None where they don't say.
    """

    name: str
    cypher: str
    rows: pl.DataFrame
    encode: Callable[[pl.DataFrame], list[list[Any]]] = _as_they_are
    done: Callable[[Any], int] | None = None

    def batches(self, most: int) -> Iterator[pl.DataFrame]:
        """Give its rows in parts, those of a subject beside one another where that is wanted."""
        return (self.rows.sort("subject") if self.encode is _by_subject else self.rows).iter_slices(most)


def node_steps(difference: Difference) -> Iterator[Step]:
    """Nodes that come and change."""
    for label, rows in difference.moved_nodes.items():
        yield Step("nodes", statements.move_nodes(label), rows)
    for rows in difference.changed_nodes.values():
        yield Step("nodes", statements.CHANGE_NODES, rows, partial(_with_properties, keys=1))
    for label, rows in difference.created_nodes.items():
        yield Step("nodes", statements.create_nodes(label), rows, done=lambda counters: int(counters.nodes_created))


def edge_steps(difference: Difference) -> Iterator[Step]:
    """Edges that go, come and change; one that is there twice goes before it comes."""
    for name, rows in difference.deleted_edges.items():
        yield Step("edges", statements.DELETE_EDGES, _with_type(rows, name))
    for name, rows in difference.created_edges.items():
        yield Step(
            "edges",
            statements.create_edges(name),
            rows,
            _by_subject,
            lambda counters: int(counters.relationships_created),
        )
    for name, rows in difference.changed_edges.items():
        yield Step("edges", statements.CHANGE_EDGES, _with_type(rows, name), partial(_with_properties, keys=4))


def _with_type(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """Put the type after the ends, and an edge's claim, null where it stands for none, after the type."""
    ends = ("subject", "object")
    claim = pl.col("claim_id") if "claim_id" in rows.columns else pl.lit(None, pl.String).alias("claim_id")
    return rows.select(*ends, pl.lit(name).alias("type"), claim, pl.exclude(*ends, "claim_id"))


def deletion_steps(difference: Difference) -> Iterator[Step]:
    """Nodes that go."""
    if difference.deleted_nodes.height:
        yield Step(
            "nodes",
            statements.DELETE_NODES,
            difference.deleted_nodes,
            done=lambda counters: int(counters.nodes_deleted),
        )


def apply_whole(
    driver: Driver,
    database: str,
    difference: Difference,
    *,
    before: Callable[[ManagedTransaction], None],
    after: Callable[[ManagedTransaction], None],
    batch_rows: int,
) -> int:
    """Write a difference in one transaction: readers see either build and never a mixture.

    Parameters
    ----------
    driver, database
        Where.
    difference : Difference
        What.
    before, after : callable
        Called with the transaction first and last.
    batch_rows : int
        Most rows that are sent at once.

    Returns
    -------
    int
        Relationships of others that went with our nodes.

    Raises
    ------
    BaseDiffersError
        If a row doesn't find what it is to change.
    """

    def work(tx: ManagedTransaction) -> int:
        before(tx)
        detached = 0
        for steps in (node_steps, edge_steps, deletion_steps):
            for step in steps(difference):
                for part in step.batches(batch_rows):
                    detached += _run(tx, step, part)
        after(tx)
        return detached

    with driver.session(database=database) as session:
        return session.execute_write(work)


class BatchWriter:
    """Writes a difference in many transactions, each of which sees first that it is still this process's turn.

    Parameters
    ----------
    driver, database
        Where.
    me : str
        Who publishes, as the server's ``(:Build)`` node says.
    batch_rows : int
        Most rows of a transaction.
    progress : callable, optional
        Told how many rows are written.
    """

    def __init__(self, driver: Driver, database: str, *, me: str, batch_rows: int, progress: Progress = silent) -> None:
        self._driver, self._database, self._me = driver, database, me
        self._batch_rows, self._progress = batch_rows, progress
        self._lock = Lock()
        self._done, self._total = 0, 0
        self._beaten = time.monotonic()
        self._detached = 0
        #: How long nodes that come, edges, and nodes that go took, after `write`.
        self.seconds: dict[str, float] = {}

    def write(self, difference: Difference) -> int:
        """Write it: nodes that come, then edges, then nodes that go.

        Returns
        -------
        int
            Relationships of others that went with our nodes.
        """
        self._total = difference.rows
        began = time.perf_counter()
        self._write_alone(node_steps(difference))
        nodes_done = time.perf_counter()
        steps = list(edge_steps(difference))
        if sum(step.rows.height for step in steps) <= _ALONE_ROWS:
            self._write_alone(iter(steps))
        else:
            self._write_in_rounds(steps)
        edges_done = time.perf_counter()
        self._write_alone(deletion_steps(difference), most=DELETED_AT_ONCE)
        self.seconds = {
            "writing nodes": nodes_done - began,
            "writing edges": edges_done - nodes_done,
            "deleting nodes": time.perf_counter() - edges_done,
        }
        return self._detached

    def _write_alone(self, steps: Iterator[Step], *, writer: int = 0, most: int | None = None) -> None:
        for step in steps:
            self._write(step, writer=writer, most=most)

    def _write_in_rounds(self, steps: list[Step]) -> None:
        lanes = [lanes_of(step.rows) for step in steps]
        # A lane's rows are taken when they are due, so that there is no second copy of all the edges.
        with ThreadPoolExecutor(WRITERS) as pool:
            for turn in range(len(ROUNDS)):
                writers = [
                    pool.submit(self._write_alone, _of_lane(steps, lanes, turn * WRITERS + writer), writer=writer)
                    for writer in range(WRITERS)
                ]
                for writer in writers:
                    writer.result()

    def _write(self, step: Step, *, writer: int, most: int | None) -> None:
        with self._driver.session(database=self._database) as session:
            for part in step.batches(min(self._batch_rows, most or self._batch_rows)):
                detached = session.execute_write(self._work, step, part, writer)
                self._tell(part.height, detached)

    def _work(self, tx: ManagedTransaction, step: Step, part: pl.DataFrame, writer: int) -> int:
        found = tx.run(statements.LOCK_WRITER, lock=lock_of(writer)).single()
        if found is None or found["publisher"] != self._me:
            raise TakenOverError(
                "another process began to publish to this database meanwhile", self._database, "publish again"
            )
        return _run(tx, step, part)

    def _tell(self, rows: int, detached: int) -> None:
        with self._lock:
            self._done += rows
            self._detached += detached
            self._progress("publishing", self._done, self._total)
            is_due = time.monotonic() - self._beaten > _BEAT_S
            if is_due:
                self._beaten = time.monotonic()
        if is_due:
            with self._driver.session(database=self._database) as session:
                session.execute_write(lambda tx: tx.run(statements.BEAT, me=self._me).consume())


def lanes_of(rows: pl.DataFrame) -> pl.Series:
    """Say with which round and writer each edge goes.

    Parameters
    ----------
    rows : polars.DataFrame
        With columns 'subject' and 'object'.

    Returns
    -------
    polars.Series
        ``WRITERS * round + writer`` of each row.
    """
    lane_of = {}
    for turn, writers in enumerate(ROUNDS):
        for writer, (one, other) in enumerate(writers):
            lane = turn * WRITERS + writer
            lane_of[one * GROUPS + other] = lane
            if turn == 0:  # edges within a group go along in the first round
                lane_of[one * (GROUPS + 1)] = lane_of[other * (GROUPS + 1)] = lane
    subject, target = (pl.col(name).hash(seed=7) % GROUPS for name in ("subject", "object"))
    pair = pl.min_horizontal(subject, target) * GROUPS + pl.max_horizontal(subject, target)
    return rows.select(lane=pair.replace_strict(lane_of, return_dtype=pl.UInt8))["lane"]


def _of_lane(steps: list[Step], lanes: list[pl.Series], lane: int) -> Iterator[Step]:
    for step, of in zip(steps, lanes, strict=True):
        yield replace(step, rows=step.rows.filter(of == lane))


def _run(tx: ManagedTransaction, step: Step, part: pl.DataFrame) -> int:
    """Run a step for some rows; give how many relationships went with deleted nodes."""
    counters = tx.run(step.cypher, batch={"rows": step.encode(part)}).consume().counters
    if step.done is not None and step.done(counters) != part.height:
        raise BaseDiffersError(step.name)
    # Ours were deleted before their nodes.
    return int(counters.relationships_deleted) if step.cypher == statements.DELETE_NODES else 0
