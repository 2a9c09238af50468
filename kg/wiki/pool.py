"""Work on many pages in worker processes, or in this one where there are few."""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Final, TypeVar

from kg.logs import LogSetup, log_as, log_setup
from kg.wiki.files import PageFile

#: Pages of one message to a worker.
_BATCH: Final = 64
#: Below so many pages a second process costs more than it gives.
_FEW: Final = 400

Job = TypeVar("Job")
Worker = TypeVar("Worker")
Begun = TypeVar("Begun")
Result = TypeVar("Result")


def work_on(
    pages: Sequence[PageFile],
    job: Job,
    make_worker: Callable[[Job], Worker],
    work: Callable[[Worker, PageFile], Begun],
    finish: Callable[[Worker, list[Begun]], list[Result]],
    *,
    processes: int = 0,
) -> Iterator[list[Result]]:
    """Do something with every page.

    Parameters
    ----------
    pages : sequence of PageFile
        In the order of the results.
    job : object
        What a worker is made of; it can be pickled, as the functions can.
    make_worker : callable
        Called once a process, with `job`.
    work : callable
        Called for each page.
    finish : callable
        Called with what `work` gave for a batch: gives the results, and puts by what the worker has learnt.
    processes : int, default 0
        Worker processes; 0 means one a core.

    Yields
    ------
    list
        Results of a run of pages, in their order.
    """
    batches = [pages[at : at + _BATCH] for at in range(0, len(pages), _BATCH)]
    count = min(processes or os.cpu_count() or 1, len(batches))
    if count < 2 or (not processes and len(pages) < _FEW):
        worker = make_worker(job) if batches else None
        for batch in batches:
            assert worker is not None
            yield _batch(worker, work, finish, batch)
        return
    # 'spawn', because a forked copy of Polars' threads can hang.
    context = multiprocessing.get_context("spawn")
    start = (job, make_worker, log_setup())
    with ProcessPoolExecutor(count, mp_context=context, initializer=_start, initargs=start) as pool:
        waiting: deque[Future[list[Result]]] = deque()
        for batch in batches:
            waiting.append(pool.submit(_in_worker, work, finish, batch))
            if len(waiting) > 3 * count:  # results may be large: no more of them wait than are soon read
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _batch(
    worker: Worker,
    work: Callable[[Worker, PageFile], Begun],
    finish: Callable[[Worker, list[Begun]], list[Result]],
    batch: Sequence[PageFile],
) -> list[Result]:
    return finish(worker, [work(worker, page) for page in batch])


#: The worker of a worker process.
_worker: object = None


def _start(job: Job, make_worker: Callable[[Job], Worker], log: LogSetup | None = None) -> None:
    global _worker  # noqa: PLW0603 - what a pool's initializer is for
    log_as(log)
    # What a worker is made of stays: looking through it for garbage, while it grows and ever after, would be in vain.
    gc.disable()
    _worker = make_worker(job)
    gc.freeze()
    gc.enable()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this worker when the process that started it is gone: one that was killed can't end its workers itself."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _in_worker(
    work: Callable[[Worker, PageFile], Begun],
    finish: Callable[[Worker, list[Begun]], list[Result]],
    batch: Sequence[PageFile],
) -> list[Result]:
    return _batch(_worker, work, finish, batch)  # type: ignore[arg-type]  # set by _start
