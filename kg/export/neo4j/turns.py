"""Whose turn it is to publish: publishers name themselves on ``(:Build)``, and their writers lock a node each."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Final

from kg.errors import ServerError
from kg.export.neo4j import statements
from kg.export.neo4j.local_builds import is_alive
from kg.export.neo4j.state import BuildState, parse_state

if TYPE_CHECKING:
    from neo4j import Driver, ManagedTransaction

WRITERS: Final = 2
#: A publisher that was silent so long is gone.
_SILENT_S: Final = 60.0


class BaseDiffersError(Exception):
    """The server doesn't hold what it was taken to hold: compare with what is there."""


class TakenOverError(ServerError):
    """Another process publishes to the server."""


def lock_of(writer: int) -> str:
    """Mark of the node that a writer locks."""
    return f"writer-{writer}"


def check_turn(state: BuildState, place: str) -> None:
    """See that nobody else is publishing, as far as one can know.

    Raises
    ------
    ServerError
        If somebody is.
    """
    if not state.publisher or state.idle_s > _SILENT_S:
        return
    host, pid, _ = (*state.publisher.split(":"), "", "")[:3]
    if host == socket.gethostname() and pid.isdigit() and (int(pid) == os.getpid() or not is_alive(int(pid))):
        return
    raise ServerError(
        f"process {pid} on {host} is publishing to this database, last heard of {state.idle_s:.0f} s ago",
        place,
        "wait for it; --take-over publishes in its place, and it stops",
    )


def fence(driver: Driver, database: str, state: BuildState, me: str) -> BuildState:
    """Wait until what an earlier publisher sent is done, and see to it that nothing more comes of it.

    Parameters
    ----------
    driver, database
        Where.
    state : BuildState
        As it was found.
    me : str
        Who publishes now.

    Returns
    -------
    BuildState
        As it is.

    Raises
    ------
    BaseDiffersError
        If somebody else came first.
    """

    def work(tx: ManagedTransaction) -> BuildState:
        found = parse_state(tx.run(statements.LOCK_BUILD).single())
        for writer in range(WRITERS):
            tx.run(statements.LOCK_WRITER, lock=lock_of(writer)).consume()
        if found.publisher != state.publisher:
            raise BaseDiffersError("(:Build)")
        if not found.publisher:
            return found
        tx.run(statements.SET_BUILD, values={"publisher": me}).consume()
        return found._replace(publisher=me)

    with driver.session(database=database) as session:
        return session.execute_write(work)


def lock_build(tx: ManagedTransaction, state: BuildState) -> None:
    """Lock the ``(:Build)`` node, and see that it says what it said.

    Raises
    ------
    BaseDiffersError
        If it doesn't.
    """
    # MERGE waits for whoever holds the node; what is read then is what they left.
    found = parse_state(tx.run(statements.LOCK_BUILD).single())
    if (found.digest, found.status, found.publisher) != (state.digest, state.status, state.publisher):
        raise BaseDiffersError("(:Build)")
