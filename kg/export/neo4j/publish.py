"""Publishing a build to Neo4j: the difference to what the server holds, applied, announced and read back.

The node ``(:Build)`` says which build a database holds (``id``, ``digest``), whether it is whole
(``status``: 'ready', 'publishing', 'damaged') and which was there before. Where its build is kept here,
the difference is that of two builds; where it isn't, or a publish was cut short, that of the new build
and what is in the database. So whatever interrupts a publish, the next one ends in the right state.
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
from kg.errors import BuildError, ServerError
from kg.export.neo4j import statements
from kg.export.neo4j.admin_import import IMPORTED, fill_lists
from kg.export.neo4j.apply import WRITERS, BaseDiffersError, BatchWriter, TakenOverError, apply_whole, lock_of
from kg.export.neo4j.connection import Target, is_passing, open_driver
from kg.export.neo4j.graph import Difference, Graph, find_difference, no_difference, schema_fingerprint
from kg.export.neo4j.local_builds import PublishedBuild, find_build, is_alive, load_graph
from kg.export.neo4j.read import BuildState, count_ours, parse_state, read_graph, read_state
from kg.export.neo4j.verify import MEND_DAMAGED, ReadBack, read_back, require_same
from kg.model.progress import Progress, silent

if TYPE_CHECKING:
    from neo4j import Driver, ManagedTransaction

#: How often a publish begins anew: after a lost connection, or when the database turns out to differ.
_TRIES: Final = 4
_AWAIT_SERVER_S: Final = 90.0
_POLL_S: Final = 0.5
#: A publisher that was silent so long is gone.
_SILENT_S: Final = 60.0
_INDEXES_S: Final = 600.0
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
    """

    builds: Path | None = None
    small_rows: int = 20_000
    batch_rows: int = 5000
    full: bool = False
    take_over: bool = False


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
        How long each step took.
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


def publish(
    target: Target,
    build: PublishedBuild,
    build_id: str,
    options: Options,
    *,
    dry_run: bool = False,
    progress: Progress = silent,
) -> Summary:
    """Take a database from what it holds to a build.

    Parameters
    ----------
    target : Target
        The database.
    build : Build
        The build.
    build_id : str
        Its name.
    options : Options
        How.
    dry_run : bool, default False
        Only find what would be done.
    progress : callable, optional
        Called now and then.

    Raises
    ------
    ServerError
        If the server fails, stays away, or another process publishes to it.
    ReadBackError
        If what was written is not what is there.
    """
    graph = load_graph(build)
    for attempt in range(1, _TRIES + 1):
        try:
            with open_driver(target) as driver:
                attempt_at = _Attempt(driver, target, graph, build.digest, build_id, options, progress)
                return attempt_at.preview() if dry_run else attempt_at.publish()
        except BaseDiffersError:
            # Somebody changed what we wrote, or another publish came in between: look at what is there.
            options = options._replace(full=True)
            if attempt == _TRIES:
                raise ServerError(
                    "the database goes on changing under the publish", target.place, "publish when nobody writes to it"
                ) from None
        except ServerError as error:
            if attempt == _TRIES or not is_passing(error):
                raise
            options = options._replace(full=True)
            progress("waiting for the server", 0, 0)
            _await_server(target, error)
    raise AssertionError("unreachable")


def held_state(target: Target) -> BuildState:
    """Ask which build a database holds."""
    with open_driver(target) as driver:
        return read_state(driver, target.database)


def rollback(target: Target, options: Options, *, dry_run: bool = False, progress: Progress = silent) -> Summary:
    """Take a database back to the build that it held before; once more takes it forth again.

    After a publish that was cut short, that is the build which the database still names.

    Raises
    ------
    ServerError
        If it remembers none.
    BuildError
        If that build isn't kept here any more.
    """
    state = held_state(target)
    is_under_way = bool(state.target_digest and state.target_digest != state.digest)
    before_id, before = (state.id, state.digest) if is_under_way else (state.previous_id, state.previous_digest)
    if not before:
        raise ServerError("the database remembers no build before", target.place, "publish the build that you want")
    assert options.builds is not None
    build = find_build(options.builds, before)
    if build is None:
        raise BuildError(
            f"build {before_id}, which the database held before, isn't kept here",
            str(options.builds),
            "publish another build with --build; build.keep says how many are kept",
        )
    return publish(target, build, before_id, options, dry_run=dry_run, progress=progress)


def _await_server(target: Target, error: ServerError) -> None:
    until = time.monotonic() + _AWAIT_SERVER_S
    while time.monotonic() < until:
        time.sleep(_POLL_S)
        try:
            with open_driver(target):
                return
        except ServerError as again:
            error = again
    raise error


class _Attempt:
    """One try at publishing over one connection."""

    def __init__(
        self,
        driver: Driver,
        target: Target,
        graph: Graph,
        digest: str,
        build_id: str,
        options: Options,
        progress: Progress,
    ) -> None:
        self._driver, self._target, self._database = driver, target, target.database
        self._graph, self._digest, self._build_id = graph, digest, build_id
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
        self._timed("indexes", self._prepare_schema)
        state = read_state(self._driver, self._database)
        self._check_turn(state)
        state = self._fence(state)
        if state.status == IMPORTED:
            self._progress("finishing the import", 0, 0)
            self._is_finished = self._timed(
                "finishing the import", lambda: fill_lists(self._driver, self._database, self._graph)
            )
        difference, compared = self._timed("comparing", lambda: self._compare(state))
        wanted = (self._build_id, self._digest, "ready", schema_fingerprint())
        is_fresh = (state.id, state.digest, state.status, state.schema) != wanted  # the same graph may get another id
        if not difference.rows and not is_fresh:
            manner = "unchanged"
        elif difference.rows <= self._options.small_rows:
            manner = "one transaction"
            self._timed("writing", lambda: self._write_whole(state, difference))
        else:
            manner = "batches"
            self._timed("writing", lambda: self._write_batches(state, difference))
        result = self._timed(
            "reading back",
            lambda: read_back(self._driver, self._database, self._graph, seed=self._digest, progress=self._progress),
        )
        if result.findings:
            self._set({"status": "damaged", "publisher": None})
        elif manner == "batches":
            self._stamp(state)
        require_same(result, self._target.place, MEND_DAMAGED)
        return self._summary(state, difference, manner, compared, result)

    def _compare(self, state: BuildState) -> tuple[Difference, str]:
        self._progress("comparing", 0, 0)
        is_known = (
            (state.status == "ready" or self._is_finished)
            and state.schema == schema_fingerprint()
            and not self._options.full
        )
        if is_known and state.digest == self._digest:
            return no_difference(), "build"
        if is_known and self._options.builds is not None:
            base = find_build(self._options.builds, state.digest)
            if base is not None:
                return find_difference(load_graph(base), self._graph), "build"
        if not state.status and count_ours(self._driver, self._database) == 0:
            return find_difference(Graph(), self._graph), "nothing"
        there = read_graph(self._driver, self._database, progress=self._progress)
        return find_difference(there, self._graph), "database"

    def _prepare_schema(self) -> None:
        with self._driver.session(database=self._database) as session:
            for statement in statements.schema_statements():
                session.run(statement).consume()
            until = time.monotonic() + _INDEXES_S
            while waiting := [r["name"] for r in session.run(statements.SHOW_INDEXES) if r["state"] != "ONLINE"]:
                failed = [r["name"] for r in session.run(statements.SHOW_INDEXES) if r["state"] == "FAILED"]
                if failed or time.monotonic() > until:
                    raise ServerError(
                        f"the index {(failed or waiting)[0]} {'has failed' if failed else 'is not online yet'}",
                        self._target.place,
                        "see SHOW INDEXES; drop a failed one and publish again",
                    )
                time.sleep(_POLL_S)

    def _check_turn(self, state: BuildState) -> None:
        if not state.publisher or self._options.take_over or state.idle_s > _SILENT_S:
            return
        host, pid, _ = (*state.publisher.split(":"), "", "")[:3]
        if host == socket.gethostname() and pid.isdigit() and (int(pid) == os.getpid() or not is_alive(int(pid))):
            return
        raise ServerError(
            f"process {pid} on {host} is publishing to this database, last heard of {state.idle_s:.0f} s ago",
            self._target.place,
            "wait for it; --take-over publishes in its place, and it stops",
        )

    def _fence(self, state: BuildState) -> BuildState:
        """Wait until what an earlier publisher sent is done, and see to it that nothing more comes of it."""

        def work(tx: ManagedTransaction) -> BuildState:
            found = parse_state(tx.run(statements.LOCK_BUILD).single())
            for writer in range(WRITERS):
                tx.run(statements.LOCK_WRITER, lock=lock_of(writer)).consume()
            if found.publisher != state.publisher:
                raise BaseDiffersError("(:Build)")
            if not found.publisher:
                return found
            tx.run(statements.SET_BUILD, values={"publisher": self._me}).consume()
            return found._replace(publisher=self._me)

        with self._driver.session(database=self._database) as session:
            return session.execute_write(work)

    def _lock(self, tx: ManagedTransaction, state: BuildState) -> None:
        # MERGE waits for whoever holds the node; what is read then is what they left.
        found = parse_state(tx.run(statements.LOCK_BUILD).single())
        if (found.digest, found.status, found.publisher) != (state.digest, state.status, state.publisher):
            raise BaseDiffersError("(:Build)")

    def _write_whole(self, state: BuildState, difference: Difference) -> None:
        self._detached = apply_whole(
            self._driver,
            self._database,
            difference,
            before=lambda tx: self._lock(tx, state),
            after=lambda tx: self._run_stamp(tx, state),
            batch_rows=self._options.batch_rows,
        )

    def _write_batches(self, state: BuildState, difference: Difference) -> None:
        announced = {
            "status": "publishing",
            "target_id": self._build_id,
            "target_digest": self._digest,
            "publisher": self._me,
        }

        def announce(tx: ManagedTransaction) -> None:
            self._lock(tx, state)
            tx.run(statements.SET_BUILD, values=announced).consume()

        with self._driver.session(database=self._database) as session:
            session.execute_write(announce)
        self._detached = BatchWriter(
            self._driver,
            self._database,
            me=self._me,
            batch_rows=self._options.batch_rows,
            progress=self._progress,
        ).write(difference)

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
        self, state: BuildState, difference: Difference, manner: str, compared: str, result: ReadBack | None
    ) -> Summary:
        return Summary(
            self._build_id, state.id, difference.counts, self._detached, manner, compared, self._seconds, result
        )
