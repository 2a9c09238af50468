"""Starting the embedded engine on a build's store while this process still imports what it needs itself.

It imports little, because the engine's process waits for it.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from kg.export._child import WORKER, Worker, WorkerDied
from kg.export.embedded import GraphSource, Store, open_store

#: Most memory of the engine's heap for queries.
QUERY_HEAP: Final = "2g"
#: A graph of fewer nodes and edges is small.
_BRIEF_ROWS: Final = 200_000


class Begun(NamedTuple):
    """A process that is opening a store; nobody has heard its answer yet.

    Parameters
    ----------
    worker : Worker
        The process.
    store : Store
        The store.
    """

    worker: Worker
    store: Store


def begin(build: GraphSource, cache_dir: Path, worker: Worker | None = None) -> Begun:
    """Let a process open a build's store, and don't wait for it.

    Parameters
    ----------
    build : Build
        The build to ask.
    cache_dir : Path
        Where stores are kept; if this one isn't there, it is loaded first.
    worker : Worker, optional
        A process that was started before it was known for which store; it ends if this fails.

    Returns
    -------
    Begun
        For a `kg.export.query.QuerySession`.

    Raises
    ------
    ExportError
        If the store can't be loaded.
    """
    started = worker if worker is not None else Worker(WORKER)
    try:
        store = open_store(build, cache_dir)
        with suppress(WorkerDied):  # whoever waits for its answer hears of it
            started.send(opening(store))
    except BaseException:
        started.end()
        raise
    return Begun(started, store)


def opening(store: Store) -> dict[str, Any]:
    """Give the request that tells a process which store to open."""
    # On a small graph queries are over before compiling them well has paid.
    is_brief = sum(store.counts.values()) < _BRIEF_ROWS
    return {"store": str(store.path), "heap": QUERY_HEAP, "names": list(store.counts), "is_brief": is_brief}
