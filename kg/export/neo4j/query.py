"""Asking a server's graph in Cypher: read-only, with a time limit, and cancelled where nobody waits any more."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import uuid4

from kg.errors import QueryError, ReadOnlyError, ServerError
from kg.export.cypher import Token, check_read_only, find_parameters, place
from kg.export.neo4j.connection import Target, explain_error, open_driver, server_errors
from kg.export.neo4j.state import read_state
from kg.export.parameters import check_parameters
from kg.export.pitfalls import find_unknown_names
from kg.export.result import QueryResult
from kg.export.waiting import out_of_time, take

if TYPE_CHECKING:
    from neo4j import Driver, Transaction
    from neo4j.exceptions import Neo4jError

_FETCHED: Final = 1000
#: How much longer than the server, which ends the query itself, the client waits to hear of it.
_GRACE_S: Final = 3.0
_MARK: Final = "neurokg_query"
_CANCEL: Final = (
    f"SHOW TRANSACTIONS YIELD transactionId AS id, metaData AS about WHERE about.{_MARK} = $mark "
    "TERMINATE TRANSACTIONS id YIELD message RETURN message"
)
#: What the status of the (:Build) node means for who asks.
_NOT_READY: Final = {
    "": "no build was published to this database yet: kg publish neo4j",
    "publishing": "a publish is under way, or was cut short: what is there is on its way from one build to the next",
    "damaged": "what was read back after the last publish differed from the build: kg publish neo4j",
    "imported": "the import isn't finished: kg publish neo4j",
}
_PLACE: Final = re.compile(r"\s*\(line (\d+), column (\d+) \(offset: (\d+)\)\).*", re.DOTALL)
_MEND: Final = "see docs/cypher.md for the Cypher that works here and on the embedded store"


class ServerSession:
    """A connection to a server for queries; use it in a ``with``. It isn't for several threads at once.

    Parameters
    ----------
    target : Target
        Which database.

    Raises
    ------
    ServerError
        If the server can't be reached, refuses the password, or is too old.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._stack = ExitStack()
        self._driver: Driver = self._stack.enter_context(open_driver(target))
        self._is_ready = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        # Not `close()`, which hides what came up before from what comes up now: that may have been Ctrl-C.
        self._stack.__exit__(*sys.exc_info())

    def run(
        self,
        cypher: str,
        params: Mapping[str, Any] | None = None,
        *,
        timeout_s: float = 30.0,
        row_limit: int = 10_000,
    ) -> QueryResult:
        """Run a query in a transaction that the server lets only read.

        Parameters
        ----------
        cypher, params, timeout_s, row_limit
            As for `kg.export.query.QuerySession.run`.

        Returns
        -------
        QueryResult
            The answer, with values of the same plain types as the embedded store's.

        Raises
        ------
        ReadOnlyError
            If the query would do anything but read.
        QueryTimeoutError
            If it ran out of time.
        QueryError
            If it is wrong or lacks a parameter.
        ServerError
            If the server fails.
        """
        tokens = check_read_only(cypher)
        given = check_parameters(params or {}, find_parameters(tokens))
        statement, explains = cypher[: tokens[-1].end], tokens[0].is_word("EXPLAIN", "PROFILE")
        mark, answers = uuid4().hex, SimpleQueue[QueryResult | BaseException]()

        def work() -> None:
            try:
                answers.put(self._read(statement, given, mark, timeout_s, row_limit, explains))
            except BaseException as error:  # noqa: BLE001 - handed over to the thread that waits
                answers.put(error)

        Thread(target=work, daemon=True).start()
        try:
            answer = take(answers, until=time.monotonic() + timeout_s + _GRACE_S)
        except TimeoutError:
            self._cancel(mark)
            raise out_of_time(timeout_s) from None
        except BaseException:
            self._cancel(mark)
            raise
        if isinstance(answer, BaseException):
            raise self._explain(answer, cypher, timeout_s) from answer
        return self._with_notes(answer, tokens)

    def _read(
        self, statement: str, given: dict[str, Any], mark: str, timeout_s: float, row_limit: int, explains: bool
    ) -> QueryResult:
        from neo4j import READ_ACCESS

        fetched = min(row_limit + 1, _FETCHED)
        with (
            self._driver.session(
                database=self._target.database, default_access_mode=READ_ACCESS, fetch_size=fetched
            ) as session,
            session.begin_transaction(timeout=timeout_s, metadata={_MARK: mark}) as transaction,
        ):
            result = transaction.run(statement, given)
            columns = tuple(result.keys())
            records = result.fetch(row_limit + 1)
            summary = result.consume()  # what is left unread stays on the server
            if explains:
                plan: Any = summary.profile or summary.plan or {"args": {}}
                text = plan["args"].get("string-representation") or str(plan)
                return QueryResult(("plan",), [[line] for line in text.splitlines()], truncated=False)
            rows = _plain_rows(transaction, [list(record.values()) for record in records[:row_limit]])
        return QueryResult(columns, rows, truncated=len(records) > row_limit)

    def _with_notes(self, answer: QueryResult, tokens: list[Token]) -> QueryResult:
        """Say what the asker should know: that the graph isn't there, or not whole; labels that it can't have."""
        notes = list(answer.notes)
        if not self._is_ready:
            with server_errors(self._target):
                state = read_state(self._driver, self._target.database)
            self._is_ready = state.status == "ready"
            notes += filter(None, [_NOT_READY.get(state.status)])
        if not answer.rows:  # a server may hold labels of others; where there are rows, there are the labels
            notes += find_unknown_names(tokens)
        return answer._replace(notes=tuple(notes))

    def _cancel(self, mark: str) -> None:
        """End a query on the server; where that can't be asked for, its time limit ends it."""
        with suppress(ServerError), server_errors(self._target), self._driver.session(database="system") as session:
            session.run(_CANCEL, mark=mark).consume()

    def _explain(self, error: BaseException, cypher: str, timeout_s: float) -> BaseException:
        import neo4j.exceptions as driver

        if isinstance(error, driver.Neo4jError):
            code = str(error.code)
            if "TransactionTimedOut" in code or "Terminated" in code:
                return out_of_time(timeout_s)
            if code.startswith("Neo.ClientError.Statement.AccessMode"):
                return ReadOnlyError("the query would write, and queries only read", "query", "leave that out")
            if code.startswith("Neo.ClientError.Statement"):
                return _query_error(error, cypher)
        if isinstance(error, driver.Neo4jError | driver.DriverError):
            return explain_error(error, self._target)
        return error


def _plain_rows(transaction: Transaction, rows: list[list[Any]]) -> list[list[Any]]:
    """Turn the driver's values into plain ones; of ends that came bare, ask the ids."""
    from kg.export.neo4j.values import find_ends, to_plain

    bare = sorted({end.element_id for end in find_ends(rows)})
    ids: dict[str, Any] = {}
    if bare:
        asked = "UNWIND $bare AS element MATCH (n) WHERE elementId(n) = element RETURN element, n.id AS id"
        ids = {record["element"]: record["id"] for record in transaction.run(asked, bare=bare)}
    plain: list[list[Any]] = to_plain(rows, lambda node: node.get("id", ids.get(node.element_id)))
    return plain


def _query_error(error: Neo4jError, cypher: str) -> QueryError:
    """Make an error of what the server says, with the place in the query if it names one."""
    message = str(error.message or error.code)
    if found := _PLACE.search(message):
        offset = int(found[3])
        return QueryError(_first_lower(message[: found.start()]), place(cypher, offset), _MEND, offset=offset)
    return QueryError(_first_lower(message.splitlines()[0]), "query", _MEND, offset=None)


def _first_lower(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
