"""Asking a build's graph in Cypher, with a time limit.

The engine has no time-out that can be relied on, so each session has a process of its own that can be
ended: when a query runs out of time, on Ctrl-C, and when this process ends. Any number of processes may
ask the same store, because it is opened read-only, which takes no lock.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from kg.errors import ExportError, QueryError
from kg.export._child import OUT_OF_MEMORY, Worker, WorkerDied
from kg.export.ahead import QUERY_HEAP
from kg.export.begun import Begun, begin_on
from kg.export.cypher import check_read_only, find_parameters, place, tokenize
from kg.export.embedded import GraphSource, Store, discard_store, open_store
from kg.export.parameters import check_parameters
from kg.export.pitfalls import check_pitfalls, find_unknown_names
from kg.export.result import QueryResult
from kg.export.waiting import out_of_time
from kg.model.progress import Progress

__all__ = ["QUERY_HEAP", "QueryResult", "QuerySession", "run_query"]

_LEAD = re.compile(r"^(?:(?:Query failed|Reading the result set failed): )?(?:[\w.$]+(?:Exception|Error): )?")
_CAUSE = re.compile(r"\s*\(caused by [\w.$]+(?:Exception|Error)?\)$")
_AT = re.compile(r"(?:Syntax error )?at line (\d+)(?::|, column )(\d+)(?: - )?")
_UNDEFINED = re.compile(r"Variable '(.*)' not defined")
#: What the engine says, and what helps.
_MENDS: Final = (
    ("UndefinedVariable", "name it in MATCH, UNWIND or CALL, and carry it through every WITH"),
    (
        "no viable alternative",
        "look just before this place for a bracket, comma or arrow too many or too few",
    ),
    ("SHORTEST", "use shortestPath((a)-[:TYPE*..6]-(b)) (docs/cypher.md)"),
    ("/ by zero", "guard it: CASE WHEN n = 0 THEN null ELSE m / n END"),
    ("overflow", "use floats: 1.0 * n"),
    ("Unknown function", "see docs/cypher.md for the functions that Neo4j and the embedded engine share"),
)
_MEND = "see docs/cypher.md for the Cypher that works here and on Neo4j"


class QuerySession:
    """A store and the process that answers queries about it; use it in a ``with``.

    A process takes about a second to start, a small query some milliseconds: keep the session where
    there is more than one query. It isn't for several threads at once.

    Parameters
    ----------
    build : Build
        The build to ask.
    cache_dir : Path
        Where stores are kept.
    progress : callable, optional
        Called now and then if the store must be loaded first.
    begun : Begun, optional
        A process that is opening the store already (`kg.export.begun.begin`).

    Raises
    ------
    ExportError
        If the store can't be loaded.
    """

    def __init__(
        self, build: GraphSource, *, cache_dir: Path, progress: Progress | None = None, begun: Begun | None = None
    ) -> None:
        self._build, self._cache_dir, self._progress = build, cache_dir, progress
        self._store = begun.store if begun is not None else open_store(build, cache_dir, progress=progress)
        self._worker: Worker | None = None
        self._begun = begun

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def store(self) -> Store:
        """The store that is asked."""
        return self._store

    def close(self) -> None:
        """End the process."""
        if self._begun is not None:
            self._begun.worker.end()
            self._begun = None
        if self._worker is not None:
            self._worker.end()
            self._worker = None

    def run(
        self,
        cypher: str,
        params: Mapping[str, Any] | None = None,
        *,
        timeout_s: float = 30.0,
        row_limit: int = 10_000,
    ) -> QueryResult:
        """Run a query.

        Parameters
        ----------
        cypher : str
            One statement that only reads.
        params : mapping of str to any, optional
            Values of its parameters: anything that JSON has.
        timeout_s : float, default 30
            Longest time for the query itself; starting the process isn't counted.
        row_limit : int, default 10,000
            Most rows to give; more are left out and ``truncated`` says so.

        Returns
        -------
        QueryResult
            The answer.

        Raises
        ------
        ReadOnlyError
            If the query would do anything but read.
        QueryTimeoutError
            If it ran out of time.
        QueryError
            If it is wrong, lacks a parameter, needs too much memory, or is one that the engine would
            answer wrongly.
        ExportError
            If the engine can't be started.
        """
        tokens = check_read_only(cypher)
        given = check_parameters(params or {}, find_parameters(tokens))
        check_pitfalls(cypher, tokens)
        statement = cypher[: tokens[-1].end]  # without the last ';'
        explains = tokens[0].is_word("EXPLAIN", "PROFILE")
        request = {
            "cypher": statement,
            "parameters": given,
            "row_limit": row_limit,
            "has_columns": not explains,
        }
        worker = self._worker if self._worker is not None and self._worker.is_alive else self._start()
        try:
            answer = _ask(worker, request, timeout_s)
        except BaseException:
            # Out of time, Ctrl-C, out of memory: whatever the process is doing, nobody waits for it.
            self.close()
            raise
        if "error" in answer:
            raise _query_error(cypher, answer["error"])
        width = len(answer["columns"])
        rows = [row + [None] * (width - len(row)) for row in answer["rows"]]
        return QueryResult(tuple(answer["columns"]), rows, answer["truncated"], tuple(find_unknown_names(tokens)))

    def _start(self) -> Worker:
        """Start the process; a store that doesn't open as its marker says is loaded again, once."""
        begun, self._begun = self._begun, None
        self.close()
        self._worker, fault = _await_worker(begun or begin_on(self._store))
        if self._worker is None:
            discard_store(self._build, self._cache_dir)
            self._store = open_store(self._build, self._cache_dir, progress=self._progress)
            self._worker, fault = _await_worker(begin_on(self._store))
        if self._worker is None:
            raise ExportError(
                f"the embedded store can't be opened: {fault}",
                str(self._store.path),
                "delete it; it is only a cache",
            )
        return self._worker


def run_query(
    build: GraphSource,
    cypher: str,
    params: Mapping[str, Any] | None = None,
    *,
    timeout_s: float = 30.0,
    row_limit: int = 10_000,
    cache_dir: Path,
    progress: Progress | None = None,
) -> QueryResult:
    """Run one query on a build's graph: a `QuerySession` for one query.

    Parameters
    ----------
    build : Build
        The build to ask.
    cypher, params, timeout_s, row_limit
        As for `QuerySession.run`.
    cache_dir, progress
        As for `QuerySession`.

    Returns
    -------
    QueryResult
        The answer.

    Raises
    ------
    QueryError, ExportError
        As for `QuerySession` and `QuerySession.run`. A query that wouldn't be run is refused before a
        store is loaded for it.
    """
    check_pitfalls(cypher, check_read_only(cypher))
    with QuerySession(build, cache_dir=cache_dir, progress=progress) as session:
        return session.run(cypher, params, timeout_s=timeout_s, row_limit=row_limit)


def _await_worker(begun: Begun) -> tuple[Worker | None, str]:
    """Wait until a process has opened its store; if it can't, end it and say why."""
    worker, store = begun
    try:
        answer = worker.receive()
    except WorkerDied as error:
        worker.end()
        return None, f"the engine's process ended with status {error.status}: {error.said}"
    except BaseException:
        worker.end()
        raise
    if "error" in answer:
        fault = answer["error"]
    elif answer["counts"] != dict(store.counts):
        found = answer["counts"]
        first = next(name for name, count in store.counts.items() if found.get(name) != count)
        fault = f"{first} has {found.get(first)} records, {store.counts[first]} were loaded"
    else:
        return worker, ""
    worker.end()
    return None, fault


def _ask(worker: Worker, request: dict[str, Any], timeout_s: float) -> dict[str, Any]:
    """Send a query and collect its answer. After an error the process is of no more use."""
    until = time.monotonic() + timeout_s
    rows: list[list[Any]] = []
    try:
        worker.send(request)
        answer = worker.receive(until=until)
        while "rows" in answer and "columns" not in answer:
            rows += answer["rows"]
            answer = worker.receive(until=until)
    except TimeoutError:
        raise out_of_time(timeout_s) from None
    except WorkerDied as error:
        if error.status == OUT_OF_MEMORY:
            raise QueryError(
                f"the query needs more than {QUERY_HEAP} of memory", "query", "bound its paths, or collect less at once"
            ) from error
        raise ExportError(f"the engine's process ended with status {error.status}", "query", error.said) from error
    return answer if "error" in answer else answer | {"rows": rows + answer["rows"]}


def _query_error(cypher: str, said: str) -> QueryError:
    """Make an error of what the engine says, with the place in the query if it names one."""
    what = _CAUSE.sub("", _LEAD.sub("", said)).strip()
    where, offset = "query", None
    if found := _AT.search(what):
        line, column = int(found[1]), int(found[2])
        offset = sum(len(text) for text in cypher.splitlines(keepends=True)[: line - 1]) + column
        where = place(cypher, offset)
        what = (what[: found.start()] + what[found.end() :]).split("\n")[0].strip()
    elif found := _UNDEFINED.search(what):
        token = next((token for token in tokenize(cypher) if token.is_name and token.text == found[1]), None)
        if token is not None:
            where, offset = place(cypher, token.start), token.start
    mend = next((mend for word, mend in _MENDS if word in said), _MEND)
    return QueryError(what, where, mend, offset=offset)
