"""What a database says of itself on its ``(:Build)`` node."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from kg.export.neo4j import statements

if TYPE_CHECKING:
    from neo4j import Driver

#: Status after an import by ``neo4j-admin``.
IMPORTED: Final = "imported"


class BuildState(NamedTuple):
    """What the ``(:Build)`` node says.

    Parameters
    ----------
    id, digest : str
        The build that the database holds, or held before the one that is being published.
    status : str
        'ready', 'publishing' or 'damaged'; '' where nothing was ever published.
    previous_id, previous_digest : str
        The build before.
    target_digest : str
        The build that is being published in batches, or whose publish was cut short or read back badly.
    schema : str
        `kg.export.neo4j.graph.schema_fingerprint` of what it was published with.
    publisher : str
        Who is publishing.
    idle_s : float
        How long ago the publisher was last heard of.
    """

    id: str = ""
    digest: str = ""
    status: str = ""
    previous_id: str = ""
    previous_digest: str = ""
    target_digest: str = ""
    schema: str = ""
    publisher: str = ""
    idle_s: float = 0.0


def parse_state(record: Mapping[str, Any] | None) -> BuildState:
    """Read the answer of `statements.READ_BUILD` or `statements.LOCK_BUILD`."""
    if record is None:
        return BuildState()
    found, now = record["build"], record["now"].to_native()
    beat = found.get("heartbeat")
    last: datetime = beat.to_native() if hasattr(beat, "to_native") else now
    values = {name: str(found.get(name) or "") for name in BuildState._fields if name != "idle_s"}
    return BuildState(**values, idle_s=(now - last).total_seconds())


def read_state(driver: Driver, database: str) -> BuildState:
    """Ask which build a database holds."""
    with driver.session(database=database) as session:
        return parse_state(session.execute_read(lambda tx: tx.run(statements.READ_BUILD).single()))


def count_ours(driver: Driver, database: str) -> int:
    """Count our nodes."""
    with driver.session(database=database) as session:
        record = session.execute_read(lambda tx: tx.run(statements.COUNT_OURS).single())
    return int(record["found"]) if record is not None else 0
