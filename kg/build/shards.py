"""Read and link files in worker processes.

A shard is a run of files that fit together in size. Shards are cut from the sorted list of files
and their results are joined in that order, so that the number of processes leaves no trace.
"""

from __future__ import annotations

import multiprocessing
import os
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


_worker: tuple[Vocabulary, Linker] | None = None


def start_linker(config: KgConfig) -> tuple[Vocabulary, Linker]:
    """Load the vocabulary and the compiled lexicon, once a process."""
    global _worker  # noqa: PLW0603 - one linker a process is what a pool's initializer is for
    if _worker is None:
        vocabulary = load_vocabulary(config)
        _worker = vocabulary, Linker.from_vocabulary(vocabulary, config.link, cache_dir=config.cache_dir)
    return _worker


def read_and_link(files: Sequence[InputFile], config: KgConfig) -> Iterator[ShardResult]:
    """Read every file and link every record.

    Parameters
    ----------
    files : sequence of InputFile
        In the order of the snapshot.
    config : KgConfig
        ``build.processes`` worker processes; 0 means one a core.

    Yields
    ------
    ShardResult
        In the order of `files`, whatever process was done first.
    """
    shards = _cut(files)
    total = sum(file.path.stat().st_size for file in files)
    processes = min(config.build.processes or os.cpu_count() or 1, len(shards))
    if processes == 1 or (not config.build.processes and total < _PARALLEL_BYTES):
        for shard in shards:
            yield _link_shard(shard, config)
        return
    # 'spawn', because a forked copy of Polars' threads can hang.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=start_linker, initargs=(config,)) as pool:
        yield from pool.map(_link_shard, shards, [config] * len(shards))


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


def _link_shard(files: Sequence[InputFile], config: KgConfig) -> ShardResult:
    vocabulary, linker = start_linker(config)
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
