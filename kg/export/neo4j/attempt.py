"""One try at publishing: the difference found, whose turn it is, the writing, the reading back.

Nothing of polars is imported until rows are needed: while a server counts what it holds of a build that
is published again, the client has that to do.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar
from uuid import uuid4

from kg import __version__
from kg.export.neo4j import statements
from kg.export.neo4j.connection import Target
from kg.export.neo4j.local_builds import find_build, load_graph
from kg.export.neo4j.schema import prepare_schema
from kg.export.neo4j.shape import schema_fingerprint
from kg.export.neo4j.state import IMPORTED, BuildState, count_ours, parse_state, read_state
from kg.export.neo4j.turns import TakenOverError, check_turn, fence, lock_build
from kg.export.neo4j.verify import MEND_DAMAGED, ReadBack, read_back, require_same
from kg.model.progress import Progress

if TYPE_CHECKING:
    from neo4j import Driver, ManagedTransaction

    from kg.export.neo4j.graph import Difference, Graph

#: What a difference is counted by.
COUNTED: Final = ("nodes added", "nodes changed", "nodes deleted", "edges added", "edges changed", "edges deleted")
T = TypeVar("T")


class Options(NamedTuple):
    """How to publish.

    Parameters
    ----------
    builds : Path, optional
        Folder in which the build that the server holds may be kept.
    small_rows : int
        A difference of up to so many rows goes in one transaction.
    batch_rows : int
        Most rows of a transaction of a larger one.
    full : bool
        Compare with what is in the database, whatever it says of itself.
    take_over : bool
        Publish though another process seems to.
    run_id : str, optional
        The run of ``kg nightly`` that publishes; ``(:Build)`` keeps it.
    """

    builds: Path | None = None
    small_rows: int = 20_000
    batch_rows: int = 5000
    full: bool = False
    take_over: bool = False
    run_id: str | None = None


class Summary(NamedTuple):
    """What a publish did.

    Parameters
    ----------
    build_id, before_id : str
        The build that the database holds now, and the one that it held; '' for none.
    counts : mapping of str to int
        Nodes and edges added, changed and deleted, or that would be.
    detached : int
        Relationships of others that went with nodes of ours.
    manner : str
        'unchanged', 'one transaction', 'batches' or 'dry run'.
    compared : str
        What the build was compared with: 'build', 'database' or 'nothing'.
    seconds : mapping of str to float
        How long each step took; of writing in batches also its parts.
    read_back : ReadBack, optional
        None for a dry run.
    """

    build_id: str
    before_id: str
    counts: Mapping[str, int]
    detached: int
    manner: str
    compared: str
    seconds: Mapping[str, float]
    read_back: ReadBack | None


class Attempt:
    """One try at publishing over one connection."""

    def __init__(
        self,
        driver: Driver,
        target: Target,
        load: Callable[[], Graph],
        digest: str,
        build_id: str,
        options: Options,
        progress: Progress,
    ) -> None:
        self._driver, self._target, self._database = driver, target, target.database
        self._load, self._digest, self._build_id = load, digest, build_id
        self._options, self._progress = options, progress
        self._me = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self._seconds: dict[str, float] = {}
        self._detached = 0
        self._is_finished = False

    def preview(self) -> Summary:
        """Find what would be done."""
        state = read_state(self._driver, self._database)
        difference, compared = self._timed("comparing", lambda: self._compare(state))
        return self._summary(state, difference, "dry run", compared, None)

    def publish(self) -> Summary:
        """Do it."""
        self._progress("preparing indexes", 0, 0)
        self._timed("indexes", lambda: prepare_schema(self._driver, self._database, self._target.place))
        state = read_state(self._driver, self._database)
        if not self._options.take_over:
            check_turn(state, self._target.place)
        state = fence(self._driver, self._database, state, self._me)
        if state.status == IMPORTED:
            self._progress("finishing the import", 0, 0)
            self._is_finished = self._timed("finishing the import", self._finish_import)
        difference, compared = self._timed("comparing", lambda: self._compare(state))
        wanted = (self._build_id, self._digest, "ready", schema_fingerprint())
        is_fresh = (state.id, state.digest, state.status, state.schema) != wanted  # the same graph may get another id
        rows = 0 if difference is None else difference.rows
        if not rows and not is_fresh:
            manner = "unchanged"
        elif difference is None or rows <= self._options.small_rows:
            manner = "one transaction"
            self._timed("writing", lambda: self._write_whole(state, difference))
        else:
            manner = "batches"
            self._timed("writing", lambda: self._write_batches(state, difference))
        result = self._timed(
            "reading back",
            lambda: read_back(self._driver, self._database, self._load, seed=uuid4().hex, progress=self._progress),
        )
        if result.findings:
            self._set({"status": "damaged", "publisher": None})
        elif manner == "batches":
            self._stamp(state)
        require_same(result, self._target.place, MEND_DAMAGED)
        return self._summary(state, difference, manner, compared, result)

    def _compare(self, state: BuildState) -> tuple[Difference | None, str]:
        """Give the difference, or None where the database says that it holds this graph."""
        self._progress("comparing", 0, 0)
        is_known = (
            (state.status == "ready" or self._is_finished)
            and state.schema == schema_fingerprint()
            and not self._options.full
        )
        if is_known and state.digest == self._digest:
            return None, "build"
        from kg.export.neo4j.graph import Graph, find_difference
        from kg.export.neo4j.read import read_graph

        if is_known and self._options.builds is not None:
            base = find_build(self._options.builds, state.digest)
            if base is not None:
                return find_difference(load_graph(base), self._load()), "build"
        if not state.status and count_ours(self._driver, self._database) == 0:
            return find_difference(Graph(), self._load()), "nothing"
        there = read_graph(self._driver, self._database, progress=self._progress)
        return find_difference(there, self._load()), "database"

    def _finish_import(self) -> bool:
        from kg.export.neo4j.admin_import import fill_lists

        return fill_lists(self._driver, self._database, self._load())

    def _write_whole(self, state: BuildState, difference: Difference | None) -> None:
        from kg.export.neo4j.apply import apply_whole
        from kg.export.neo4j.graph import no_difference

        self._detached = apply_whole(
            self._driver,
            self._database,
            difference or no_difference(),
            before=lambda tx: lock_build(tx, state),
            after=lambda tx: self._run_stamp(tx, state),
            batch_rows=self._options.batch_rows,
        )

    def _write_batches(self, state: BuildState, difference: Difference) -> None:
        from kg.export.neo4j.apply import BatchWriter

        announced = {
            "status": "publishing",
            "target_id": self._build_id,
            "target_digest": self._digest,
            "publisher": self._me,
        }

        def announce(tx: ManagedTransaction) -> None:
            lock_build(tx, state)
            tx.run(statements.SET_BUILD, values=announced).consume()

        with self._driver.session(database=self._database) as session:
            session.execute_write(announce)
        writer = BatchWriter(
            self._driver,
            self._database,
            me=self._me,
            batch_rows=self._options.batch_rows,
            progress=self._progress,
        )
        self._detached = writer.write(difference)
        self._seconds |= writer.seconds

    def _stamp(self, state: BuildState) -> None:
        def work(tx: ManagedTransaction) -> None:
            if parse_state(tx.run(statements.LOCK_BUILD).single()).publisher != self._me:
                raise TakenOverError("another process published meanwhile", self._target.place, "publish again")
            self._run_stamp(tx, state)

        with self._driver.session(database=self._database) as session:
            session.execute_write(work)

    def _run_stamp(self, tx: ManagedTransaction, state: BuildState) -> None:
        tx.run(statements.STAMP_BUILD, values=self._stamped(state)).consume()

    def _set(self, values: Mapping[str, Any]) -> None:
        with self._driver.session(database=self._database) as session:
            session.execute_write(lambda tx: tx.run(statements.SET_BUILD, values=values).consume())

    def _stamped(self, state: BuildState) -> dict[str, Any]:
        is_other = state.digest != self._digest
        return {
            "id": self._build_id,
            "digest": self._digest,
            "status": "ready",
            "previous_id": (state.id if is_other else state.previous_id) or None,
            "previous_digest": (state.digest if is_other else state.previous_digest) or None,
            "schema": schema_fingerprint(),
            "kg_version": __version__,
            "run_id": self._options.run_id,
            "publisher": None,
            "target_id": None,
            "target_digest": None,
        }

    def _timed(self, step: str, work: Callable[[], T]) -> T:
        began = time.perf_counter()
        try:
            return work()
        finally:
            self._seconds[step] = time.perf_counter() - began

    def _summary(
        self, state: BuildState, difference: Difference | None, manner: str, compared: str, result: ReadBack | None
    ) -> Summary:
        counts = dict.fromkeys(COUNTED, 0) if difference is None else difference.counts
        return Summary(self._build_id, state.id, counts, self._detached, manner, compared, self._seconds, result)
