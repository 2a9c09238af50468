"""Starting the embedded engine before it is known for which build: it takes about as long as reading the settings.

It imports next to nothing, because it comes before everything else.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from kg.export._child import Worker, WorkerDied

#: Module of the process that answers queries.
WORKER: Final = "kg.export.query_worker"
#: Most memory of the engine's heap for queries.
QUERY_HEAP: Final = "2g"


def start_engine(*, is_brief: bool = True) -> Worker:
    """Start a process and the engine in it, and don't wait for it.

    Parameters
    ----------
    is_brief : bool, default True
        Whether its queries take little time, as those of small graphs do.

    Returns
    -------
    Worker
        For `kg.export.begun.begin`; whoever doesn't hand it on must end it.
    """
    worker = Worker(WORKER)
    with suppress(WorkerDied):  # whoever waits for its answer hears of it
        worker.send({"heap": QUERY_HEAP, "is_brief": is_brief})
    return worker
