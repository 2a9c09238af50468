"""Letting the embedded engine open a build's store while this process still imports what it needs itself.

It imports little, because the engine waits for it.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from kg.export._child import Worker, WorkerDied
from kg.export.ahead import start_engine
from kg.export.embedded import GraphSource, Store, open_store

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
        A process that `kg.export.ahead.start_engine` started; it ends if this fails.

    Returns
    -------
    Begun
        For a `kg.export.query.QuerySession`.

    Raises
    ------
    ExportError
        If the store can't be loaded.
    """
    try:
        store = open_store(build, cache_dir)
    except BaseException:
        if worker is not None:
            worker.end()
        raise
    return begin_on(store, worker)


def begin_on(store: Store, worker: Worker | None = None) -> Begun:
    """Let a process open a store: the one that was started ahead, unless the graph turns out to be too large for it."""
    # On a small graph queries are over before compiling them well has paid.
    is_brief = sum(store.counts.values()) < _BRIEF_ROWS
    if worker is not None and not (is_brief and worker.is_alive):
        worker.end()
        worker = None
    chosen = start_engine(is_brief=is_brief) if worker is None else worker
    with suppress(WorkerDied):  # whoever waits for its answer hears of it
        chosen.send({"store": str(store.path), "names": list(store.counts)})
    return Begun(chosen, store)
