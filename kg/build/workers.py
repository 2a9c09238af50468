"""Worker processes, or none: who links records and derives claims.

The results are the same for any number of processes, since each is of one task and they are put together in
the order of the tasks.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from functools import lru_cache
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, TypeVar

import polars as pl

from kg.build.deriving import Keyed, derive_tables, index_of
from kg.build.linking import Linked, LinkTask, link_files, restore
from kg.claims.publications import PublicationIndex
from kg.config import KgConfig
from kg.errors import BuildError, out_of_memory
from kg.link import Linker
from kg.logs import LogSetup, log_as, log_setup
from kg.ontology import Vocabulary, load_vocabulary

Task = TypeVar("Task")
Result = TypeVar("Result")


#: Seconds that processes are given to end when one of them has.
_DYING: Final = 5.0


class Stored(NamedTuple):
    """Records of one segment of the store of records: a worker reads them itself, so that nothing is held twice."""

    folder: Path
    entries: tuple[int, ...]


class DeriveTask(NamedTuple):
    """Records whose claims are wanted, the papers that they need, and where the index's facts are."""

    records: Stored
    papers: tuple[Stored, ...]
    facts: Path


class _Worker(NamedTuple):
    vocabulary: Vocabulary
    linker: Linker
    known: Collection[str]
    #: Of the process that made it; others make their own of the facts.
    publications: PublicationIndex | None = None


#: What a worker process has: it lives for one build.
_of_process: _Worker | None = None


class Workers(AbstractContextManager["Workers"]):
    """Does tasks, in this process or in several.

    Parameters
    ----------
    config : KgConfig
        ``build.processes`` worker processes; 0 means one a core.
    vocabulary : Vocabulary
        What `config` names, loaded; worker processes load their own.
    known : collection of str
        Keys of records whose mentions are known.
    """

    def __init__(self, config: KgConfig, vocabulary: Vocabulary, known: Collection[str]) -> None:
        self._config, self._vocabulary, self._known = config, vocabulary, known
        self._pool: ProcessPoolExecutor | None = None
        self._own: _Worker | None = None
        self._index: PublicationIndex | None = None
        self._children: list[BaseProcess] = []

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the processes; after a fault, without waiting for what they were doing."""
        forget()
        if self._pool is not None:
            self._pool.shutdown(wait=kind is None, cancel_futures=True)
            self._pool = None

    def link(self, tasks: Sequence[LinkTask], *, is_small: bool) -> Iterator[Linked]:
        """Read and link files, in the order of the tasks."""
        return self._do(_link, tasks, is_small)

    def derive(
        self, tasks: Sequence[DeriveTask], index: PublicationIndex, *, is_small: bool
    ) -> Iterator[dict[str, pl.DataFrame]]:
        """Derive claims, in the order of the tasks; `index` is that of their facts."""
        if not is_small:
            forget()  # the texts that were read to cut the tasks
        self._index = index
        return self._do(_derive, tasks, is_small)

    @property
    def processes(self) -> int:
        """How many processes there may be."""
        return self._config.build.processes or os.cpu_count() or 1

    def _do(
        self, work: Callable[[Task, _Worker], Result], tasks: Sequence[Task], is_small: bool
    ) -> Iterator[Result]:
        if self.processes == 1 or len(tasks) < 2 or (is_small and not self._config.build.processes):
            worker = self._here()
            for task in tasks:
                yield work(task, worker)
            return
        before = multiprocessing.active_children()
        results = self._there().map(_in_process, [work] * len(tasks), tasks)
        self._children += [child for child in multiprocessing.active_children() if child not in before]
        try:
            yield from results
        except BrokenProcessPool as error:
            raise _out_of_memory(_told_of(self._children)) from error

    def _here(self) -> _Worker:
        if self._own is None:
            config = self._config
            linker = Linker.from_vocabulary(self._vocabulary, config.link, cache_dir=config.cache_dir)
            self._own = _Worker(self._vocabulary, linker, self._known)
        return self._own._replace(publications=self._index)

    def _there(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # 'spawn', because a forked copy of Polars' threads can hang.
            self._pool = ProcessPoolExecutor(
                self.processes,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_start,
                initargs=(self._config, self._known, log_setup()),
            )
        return self._pool


def _start(config: KgConfig, known: Collection[str], log: LogSetup | None = None) -> None:
    global _of_process  # noqa: PLW0603 - what a pool's initializer is for
    log_as(log)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    vocabulary = load_vocabulary(config)
    linker = Linker.from_vocabulary(vocabulary, config.link, cache_dir=config.cache_dir)
    _of_process = _Worker(vocabulary, linker, known)
    gc.freeze()  # a vocabulary is some million objects that stay: the collector need not look at them again


def _end_with_parent() -> None:
    """End this worker when the build that started it is gone: one that was killed can't end its workers itself."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _in_process(work: Callable[[Task, _Worker], Result], task: Task) -> Result:
    if _of_process is None:
        raise RuntimeError("a worker was given work before it was started")
    try:
        return work(task, _of_process)
    except (MemoryError, ImportError, OSError, RuntimeError) as error:
        if out_of_memory(error) is None:
            raise
        what = task.files[0][0].relative if isinstance(task, LinkTask) else "the claims of some records"
        raise _out_of_memory(f"worker process {os.getpid()} ran out of memory at {what}") from error


def _told_of(children: Sequence[BaseProcess]) -> str:
    """Say which worker ended by itself, and how; the others were ended because of it."""
    # A pipe that closed tells of the death before the system tells how it came about.
    until = time.monotonic() + _DYING
    while any(child.exitcode is None for child in children) and time.monotonic() < until:
        time.sleep(0.01)
    for number, child in enumerate(children, start=1):
        code = child.exitcode
        if code not in (None, 0, -signal.SIGTERM):
            how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
            # What the kernel does to a process when there is no memory, and what libraries do to themselves.
            why = ", as when memory runs out" if code in (-signal.SIGKILL, -signal.SIGABRT) else ""
            return f"worker process {number} of {len(children)} (pid {child.pid}) {how}{why}"
    return "a worker process couldn't start, or ran out of memory"


def _out_of_memory(what: str) -> BuildError:
    return BuildError(
        f"{what}; nothing was published",
        "read, link and derive",
        "free memory, or run fewer at once: --processes 1, or [build] processes in kg.toml (the system's log says "
        "whether it was memory). What was worked out before is kept",
    )


def _link(task: LinkTask, worker: _Worker) -> Linked:
    return link_files(task, worker.known, worker.vocabulary, worker.linker)


def _derive(task: DeriveTask, worker: _Worker) -> dict[str, pl.DataFrame]:
    papers = [keyed for stored in task.papers for keyed in read_stored(stored)]
    by_id = {paper.item.record.id: paper for paper in papers}
    index = worker.publications or _index_of(task.facts)
    return derive_tables(read_stored(task.records), by_id, index, worker.vocabulary)


def read_stored(stored: Stored) -> list[Keyed]:
    """Read records with their mentions, in the order of their entries."""
    rows = _texts(stored.folder)[list(stored.entries)]
    return [
        Keyed(key, restore(record_type, record, mentions))
        for key, record_type, record, mentions in rows.select(
            "key", "record_type", "record", "mentions"
        ).iter_rows()
    ]


@lru_cache(2)
def _texts(folder: Path) -> pl.DataFrame:
    """Read a segment's texts, a row an entry; tasks come segment by segment, so the last two are enough."""
    texts = pl.read_parquet(folder / "texts.parquet", memory_map=False)
    if not texts["entry"].is_sorted():  # they follow the entries when they are written; a copy would be large
        texts = texts.sort("entry")
    keys = pl.read_parquet(folder / "entries.parquet", columns=["key"], memory_map=False)
    return pl.concat([keys, texts], how="horizontal")


@lru_cache(1)
def _index_of(facts: Path) -> PublicationIndex:
    return index_of(pl.read_parquet(facts, memory_map=False))


def forget() -> None:
    """Let go of what this process holds for its next task."""
    _texts.cache_clear()
    _index_of.cache_clear()
