"""Linking many records for the command line, in one process or several, in the order in which they were read."""

from __future__ import annotations

import gc
import json
import multiprocessing
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from kg.config import KgConfig
from kg.model import Category, Mention, Passage

if TYPE_CHECKING:
    from kg.link import Linker
    from kg.link.explain import Step
    from kg.link.inputs import RawRecord
    from kg.link.primed import PrimedLinker

#: Characters or bytes that are sent to a worker at once.
_BATCH_CHARS = 200_000

Record = tuple[Passage, ...]


class MentionFormat(StrEnum):
    """How mentions are written."""

    TSV = "tsv"
    JSONL = "jsonl"
    VIEW = "view"


@dataclass(frozen=True)
class LinkJob:
    """What to link with, and how to write what is found; small enough to be sent to a worker."""

    config: KgConfig
    lexicon: Path | None = None
    #: A compiled copy of `lexicon`, so that workers needn't compile it each.
    compiled: Path | None = None
    priors: Path | None = None
    category: Category | None = None
    format: MentionFormat = MentionFormat.TSV
    explain: bool = False
    in_colour: bool = False

    def make_linker(self) -> Linker | PrimedLinker:
        """Load what the job links with."""
        from kg.link import Lexicon, Linker

        if self.compiled is not None:
            linker = Linker(Lexicon.load(self.compiled))
        elif self.lexicon is not None:
            linker = Linker.from_lexicon_file(self.lexicon)
        else:
            from kg.ontology import load_vocabulary

            vocabulary = load_vocabulary(self.config)
            linker = Linker.from_vocabulary(vocabulary, self.config.link, cache_dir=self.config.cache_dir)
        if self.priors is None:
            return linker
        from kg.link.primed import PrimedLinker
        from kg.link.priors_file import read_priors

        return PrimedLinker(linker, read_priors(self.priors))


def link_records(job: LinkJob, records: Iterable[RawRecord], processes: int) -> Iterator[str]:
    """Link records and write what is found.

    Parameters
    ----------
    job : LinkJob
        What to link with and how to write.
    records : iterable of RawRecord
        Read as they are needed.
    processes : int
        Worker processes; with fewer than two, or with a single batch of records, none is started.

    Yields
    ------
    str
        Whole lines, in the order of `records`.
    """
    batches = _batches(records)
    first = next(batches, None)
    second = next(batches, None) if first is not None and processes > 1 else None
    if first is None:
        return
    batches = chain((batch for batch in (first, second) if batch is not None), batches)
    if second is None:
        linker = job.make_linker()
        for batch in batches:
            yield _link_batch(job, linker, batch)
        return
    if _may_fork():
        _start(job)
        yield from _link_in_workers(None, batches, processes)
        return
    with tempfile.TemporaryDirectory() as folder:
        if job.lexicon is not None:
            from kg.link import Linker

            compiled = Path(folder) / "lexicon.bin"
            Linker.from_lexicon_file(job.lexicon).lexicon.save(compiled)
            job = replace(job, compiled=compiled)
        yield from _link_in_workers(job, batches, processes)


def _may_fork() -> bool:
    """Say whether a forked copy of this process is sound: one of another library's threads could hang."""
    return sys.platform == "linux" and threading.active_count() == 1 and "polars" not in sys.modules


def _link_in_workers(job: LinkJob | None, batches: Iterator[list[RawRecord]], processes: int) -> Iterator[str]:
    """Link batches in workers: forked with this process's linker, or spawned with a job to make their own."""
    if job is None:
        gc.freeze()  # what the workers share is not to be copied because a collector has looked at it
        pool = ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("fork"))
    else:
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_start, initargs=(job,))
    with pool:
        waiting: deque[Future[str]] = deque()
        for batch in batches:
            waiting.append(pool.submit(_work, batch))
            if len(waiting) > 3 * processes:  # no more is read than is soon linked
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    gc.unfreeze()


def _batches(records: Iterable[RawRecord]) -> Iterator[list[RawRecord]]:
    batch: list[RawRecord] = []
    size = 0
    for record in records:
        batch.append(record)
        size += len(record.content)
        if size >= _BATCH_CHARS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


_worker: tuple[LinkJob, Linker | PrimedLinker] | None = None


def _start(job: LinkJob) -> None:
    global _worker  # noqa: PLW0603 - one linker a process is what a pool's initializer is for
    _worker = job, job.make_linker()


def _work(batch: list[RawRecord]) -> str:
    assert _worker is not None
    return _link_batch(*_worker, batch)


def _link_batch(job: LinkJob, linker: Linker | PrimedLinker, batch: Sequence[RawRecord]) -> str:
    return "".join(_link_record(job, linker, record.parse()) for record in batch)


def _link_record(job: LinkJob, linker: Linker | PrimedLinker, record: Record) -> str:
    if job.explain:
        from kg.link.explain import explain

        return _explained(job, explain(linker, record))
    mentions = linker.link(record)
    if job.category is not None:
        mentions = [mention for mention in mentions if mention.category is job.category]
    return write_mentions(record, mentions, job.format, in_colour=job.in_colour)


def write_mentions(
    record: Record, mentions: Sequence[Mention], format: MentionFormat, *, in_colour: bool = False
) -> str:
    """Write a record's mentions as lines.

    In TSV a mention of a record with several passages has ``record#section`` for its document, as its offsets
    count from there.
    """
    from kg.link import json_row, tsv_rows

    if format is MentionFormat.VIEW:
        from kg.cli._view import view_text

        return view_text(record, mentions, in_colour=in_colour)
    if format is MentionFormat.JSONL:
        return "".join(f"{json.dumps(json_row(mention), ensure_ascii=False)}\n" for mention in mentions)
    if len(record) > 1:
        mentions = [m.model_copy(update={"record_id": f"{m.record_id}#{m.section}"}) for m in mentions]
    return "".join("\t".join(map(str, row)) + "\n" for row in tsv_rows(mentions))


def _explained(job: LinkJob, steps: Iterable[Step]) -> str:
    lines = []
    for step in steps:
        if job.category is not None and step.category != job.category:
            continue
        if job.format is MentionFormat.JSONL:
            row = {**step._asdict(), "made": step.is_made, "sentence": step.sentence}
            lines.append(json.dumps(row, ensure_ascii=False))
            continue
        sign = "+" if step.is_made else "-"
        score = f", score {step.score:.2f}" if step.is_made else ""
        rivals = f"; rivals {', '.join(step.rivals)}" if step.rivals else ""
        surface = " ".join(step.surface.split())
        place = f"{step.record_id}#{step.section} {step.start}-{step.end}"
        lines.append(f"{sign} {surface}  {step.curie}  {step.sentence}{score}{rivals}  ({place})")
    return "".join(f"{line}\n" for line in lines)
