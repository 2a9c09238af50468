"""Having our constraints and indexes, online."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from kg.errors import ServerError
from kg.export.neo4j import statements

if TYPE_CHECKING:
    from neo4j import Driver, Session

_POLL_S: Final = 0.2
_AWAIT_S: Final = 600.0


def prepare_schema(driver: Driver, database: str, place: str) -> None:
    """Make the constraints and indexes that are missing, and wait until all are online.

    Parameters
    ----------
    driver, database
        Where.
    place : str
        For messages.

    Raises
    ------
    ServerError
        If one fails, or isn't online in time.
    """
    with driver.session(database=database) as session:
        there = _show(session)
        missing = [
            item
            for item in statements.schema_items()
            # What has the name of a constraint and is none is left to the server, which says so.
            if item.name not in there or (item.is_constraint and not there[item.name]["owningConstraint"])
        ]
        for item in missing:
            session.run(item.cypher).consume()
        until = time.monotonic() + _AWAIT_S
        states = {name: index["state"] for name, index in (_show(session) if missing else there).items()}
        while waiting := [name for name, state in states.items() if state != "ONLINE"]:
            failed = [name for name in waiting if states[name] == "FAILED"]
            if failed or time.monotonic() > until:
                raise ServerError(
                    f"the index {(failed or waiting)[0]} {'has failed' if failed else 'is not online yet'}",
                    place,
                    "see SHOW INDEXES; drop a failed one and publish again",
                )
            time.sleep(_POLL_S)
            states = {name: index["state"] for name, index in _show(session).items()}


def _show(session: Session) -> dict[str, Any]:
    return {record["name"]: record for record in session.run(statements.SHOW_INDEXES)}
