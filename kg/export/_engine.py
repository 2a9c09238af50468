"""Starting ArcadeDB and opening a store; imported only by the worker processes, never by a command.

A JVM can't be stopped and started again in one process, logs where it likes and takes memory that it
doesn't give back. So `kg.export.load_worker` and `kg.export.query_worker` are processes of their own,
and this module is theirs. It imports little, because every query waits for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import arcadedb_embedded as arcadedb
import jpype
from arcadedb_embedded.jvm import start_jvm

#: The label that every node has besides its own.
ENTITY: Final = "Entity"
#: What an engine call may raise.
ENGINE_ERRORS: Final = (arcadedb.ArcadeDBError, jpype.JException)
_QUIET = Path(__file__).parent / "java-logging.properties"


def start_engine(heap: str, *, is_brief: bool = False) -> None:
    """Start the JVM, without its log files and log lines.

    Parameters
    ----------
    heap : str
        Most memory of its heap, such as '2g'. It takes what it needs up to that.
    is_brief : bool, default False
        Whether the work takes only seconds: compile less, which then costs a third less time.
    """
    # Without a logging configuration the engine makes a folder 'log' in the working directory.
    start_jvm(
        heap_size=heap,
        jvm_args=[
            f"-Djava.util.logging.config.file={_QUIET}",
            "-XX:+UseSerialGC",
            "-XX:+ExitOnOutOfMemoryError",
            *(["-XX:TieredStopAtLevel=1"] if is_brief else []),
            # Queries with LOAD CSV are refused before they come here; should one get through, it reads nothing.
            "-Darcadedb.opencypher.loadCsv.allowFileUrls=false",
            "-Darcadedb.opencypher.loadCsv.allowRemoteUrls=false",
        ],
    )


def engine_version() -> str:
    """Version of the engine, which decides whether it can read a store."""
    return str(arcadedb.__version__)


def open_read_only(folder: Path) -> Any:
    """Open a store so that it can't be changed and other processes may open it too.

    The engine takes no lock in this mode, but *closing* it writes two small files, which two
    processes would do at once: end the process without closing instead (``os._exit``).
    """
    factory = jpype.JClass("com.arcadedb.database.DatabaseFactory")(str(folder))
    mode = jpype.JClass("com.arcadedb.engine.ComponentFile$MODE").READ_ONLY
    return arcadedb.Database(factory.open(mode))


def count_records(database: Any, names: Iterable[str]) -> dict[str, int]:
    """Count the vertices of each label and the edges of each type, by the engine's own statistics."""
    return {name: int(database.count_type(name)) for name in names}
