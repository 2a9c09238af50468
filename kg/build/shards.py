"""Read and link files in worker processes.

A shard is a run of files that fit together in size. Shards are cut from the sorted list of files
and their results are joined in that order, so that the number of processes leaves no trace.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

from kg.config import KgConfig
from kg.harvest import InputFile, read_file
from kg.link import Linker
from kg.model import ArticleRecord, DatasetRecord, Mention, Problem, Record
from kg.ontology import Vocabulary, load_vocabulary

#: Bytes of input in a shard: small enough to share the work out, large enough to be worth a message.
_SHARD_BYTES = 400_000

#: Below this many bytes of input a second process costs more than it gives.
_PARALLEL_BYTES = 4_000_000

#: MeSH descriptors that say which species an article is about (MeSH 2026, "check tags" and organisms).
_TAXON_OF_MESH = {
    "MESH:D006801": "NCBITaxon:9606",
    "MESH:D051379": "NCBITaxon:10090",
    "MESH:D051381": "NCBITaxon:10116",
    "MESH:D008253": "NCBITaxon:9544",
    "MESH:D008252": "NCBITaxon:9539",
    "MESH:D015027": "NCBITaxon:7955",
    "MESH:D004331": "NCBITaxon:7227",
    "MESH:D017173": "NCBITaxon:6239",
}


class LinkedRecord(NamedTuple):
    """A record with what the linker found in it."""

    record: Record
    mentions: tuple[Mention, ...]


class ShardResult(NamedTuple):
    """What came of a shard's files."""

    linked: list[LinkedRecord]
    problems: list[Problem]


#: The vocabulary and the linker of a worker process: a process lives for one build.
_of_worker: tuple[Vocabulary, Linker] | None = None


def _start_worker(config: KgConfig) -> None:
    global _of_worker  # noqa: PLW0603 - what a pool's initializer is for
    vocabulary = load_vocabulary(config)
    _of_worker = vocabulary, Linker.from_vocabulary(vocabulary, config.link, cache_dir=config.cache_dir)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    gc.freeze()  # a vocabulary is some million objects that stay: the collector need not look at them again


def _end_with_parent() -> None:
    """End this worker when the build that started it is gone: one that was killed can't end its workers itself."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _link_in_worker(files: Sequence[InputFile]) -> ShardResult:
    if _of_worker is None:
        raise RuntimeError("a worker was given work before it was started")
    return _link_shard(files, *_of_worker)


def read_and_link(files: Sequence[InputFile], config: KgConfig, vocabulary: Vocabulary) -> Iterator[ShardResult]:
    """Read every file and link every record.

    Parameters
    ----------
    files : sequence of InputFile
        In the order of the snapshot.
    config : KgConfig
        ``build.processes`` worker processes; 0 means one a core.
    vocabulary : Vocabulary
        What `config` names, loaded; worker processes load their own.

    Yields
    ------
    ShardResult
        In the order of `files`, whatever process was done first.
    """
    shards = _cut(files)
    total = sum(file.path.stat().st_size for file in files)
    processes = min(config.build.processes or os.cpu_count() or 1, len(shards))
    if processes == 1 or (not config.build.processes and total < _PARALLEL_BYTES):
        linker = Linker.from_vocabulary(vocabulary, config.link, cache_dir=config.cache_dir)
        for shard in shards:
            yield _link_shard(shard, vocabulary, linker)
        return
    # 'spawn', because a forked copy of Polars' threads can hang.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_start_worker, initargs=(config,)) as pool:
        yield from pool.map(_link_in_worker, shards)


def _cut(files: Sequence[InputFile]) -> list[tuple[InputFile, ...]]:
    shards: list[list[InputFile]] = []
    room = 0
    for file in files:
        size = file.path.stat().st_size * (6 if file.path.suffix == ".gz" else 1)
        if not shards or size > room:
            shards.append([])
            room = _SHARD_BYTES
        shards[-1].append(file)
        room -= size
    return [tuple(shard) for shard in shards]


def _link_shard(files: Sequence[InputFile], vocabulary: Vocabulary, linker: Linker) -> ShardResult:
    result = ShardResult([], [])
    for file in files:
        for item in read_file(file):
            if isinstance(item, Problem):
                result.problems.append(item)
            else:
                mentions = linker.link(item.passages, taxa=taxa_of(item, vocabulary))
                result.linked.append(LinkedRecord(item, tuple(mentions)))
    return result


def taxa_of(record: Record, vocabulary: Vocabulary) -> frozenset[str]:
    """Give the species that a record says it is about, as CURIEs; empty where it doesn't say."""
    if isinstance(record, DatasetRecord):
        ids = (vocabulary.resolve(entry.raw_id) for entry in record.species if entry.raw_id)
        return frozenset(curie for curie in ids if curie)
    if isinstance(record, ArticleRecord):
        return frozenset(_TAXON_OF_MESH[heading.curie] for heading in record.mesh if heading.curie in _TAXON_OF_MESH)
    return frozenset()
