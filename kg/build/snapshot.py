"""The snapshot: which files a build reads, and the build's identity.

A build's id is a hash of its inputs: the bytes and relative paths of its files, the vocabularies,
the settings that matter, and the package's own code. Nothing else may change a build.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from kg.build.stat_cache import StatCache
from kg.build.versions import code_version, digest_of_tree
from kg.config import KgConfig, curated_dir
from kg.errors import ConfigError
from kg.harvest import InputFile, find_files
from kg.harvest.live.reading import stored_files
from kg.model import Problem, Source
from kg.ontology import Vocabulary


class Snapshot(NamedTuple):
    """The files of a build, in the order of their addresses, with the sha256 of each."""

    files: tuple[InputFile, ...]
    sha256: tuple[str, ...]
    #: What is wrong with records before they are read: those of the record store that are damaged, or aren't there.
    problems: tuple[Problem, ...] = ()

    def count_by_source(self) -> dict[str, int]:
        """How many files each source has; a source that isn't configured has none."""
        counts = dict.fromkeys((source.value for source in Source), 0)
        for file in self.files:
            counts[file.source.value] += 1
        return counts


def take_snapshot(config: KgConfig) -> Snapshot:
    """Find every input file and hash it: those of ``[sources]``, and the record store's of ``[harvest]``.

    Raises
    ------
    ConfigError
        If no source is configured, or one has no files.
    StoreError
        If the record store can't be read.
    """
    stored = stored_files(config.harvest)
    found: list[InputFile] = []
    for source in Source:
        settings = getattr(config.sources, source.value)
        if settings is not None:
            found += find_files(source, settings)
    if not found and not stored.files:
        first = stored.problems[0] if stored.problems else None
        raise ConfigError(
            "no source is configured" if first is None else f"{first.path} {first.reason}",
            "kg.toml",
            'add [sources.dandi] path = "…", or remove kg.toml to build the sample'
            if first is None
            else first.mend,
        )
    companions = [companion_of(file) for file in found]
    beside = [path for path in companions if path is not None]
    place = hashlib.sha256(os.fsencode(config.build.out)).hexdigest()[:16]
    hashes = StatCache(config.cache_dir / "hashes" / f"{place}.json").hash_files(
        [*(f.path for f in found), *beside]
    )
    of_companions = dict(zip(beside, hashes[len(found) :], strict=True))
    digests = [
        # A page is its own bytes and those of its bibliography.
        digest if path is None else hashlib.sha256(f"{digest} {of_companions[path]}".encode()).hexdigest()
        for digest, path in zip(hashes, companions, strict=False)
    ]
    taken = {(file.source, file.relative) for file in found}
    for file, digest in zip(stored.files, stored.sha256, strict=True):
        is_taken = (file.source, file.relative) in taken
        found.append(file._replace(relative=f"store/{file.relative}") if is_taken else file)
        digests.append(digest)
    order = sorted(range(len(found)), key=lambda index: (found[index].source, found[index].relative))
    return Snapshot(
        tuple(found[index] for index in order), tuple(digests[index] for index in order), stored.problems
    )


def build_id_of(snapshot: Snapshot, vocabulary: Vocabulary, config: KgConfig) -> str:
    """Give the id of the build that these inputs make.

    Returns
    -------
    str
        12 hexadecimal digits.
    """
    inputs: Sequence[object] = (
        [
            (file.source.value, file.relative, digest)
            for file, digest in zip(snapshot.files, snapshot.sha256, strict=True)
        ],
        # They are in the build's report: another report is another build. That a record is stale is told by the run.
        [(problem.source.value, problem.path, problem.reason) for problem in snapshot.problems],
        vocabulary.fingerprint,
        # A folder of one's own takes the place of the terms; stop surfaces and relation words stay the package's.
        sorted({curated_digest(curated_dir()), curated_digest(config.vocabularies.curated or curated_dir())}),
        settings_of(config),
        code_version(),
    )
    canonical = json.dumps(inputs, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogateescape")).hexdigest()[:12]


def curated_digest(folder: Path) -> str:
    """Hash of every curated table: some of them the vocabulary doesn't hold, as relation words and stop surfaces."""
    return digest_of_tree(folder)


def digests_of_tables(config: KgConfig) -> dict[str, str]:
    """Give the start of the sha256 of each curated table: the package's, and those of a folder of one's own.

    A copy in a folder of one's own that is the same as the package's changes nothing.
    """
    contents: dict[str, set[str]] = {}
    for folder in {curated_dir(), config.vocabularies.curated or curated_dir()}:
        for path in folder.iterdir():
            if path.is_file():
                contents.setdefault(path.name, set()).add(hashlib.sha256(path.read_bytes()).hexdigest())
    return {
        name: (found.pop() if len(found) == 1 else hashlib.sha256("".join(sorted(found)).encode()).hexdigest())[:12]
        for name, found in sorted(contents.items())
    }


def configured_sources(config: KgConfig) -> tuple[str, ...]:
    """Name the sources that the configuration has, whether they are harvested or lie in files."""
    return tuple(
        source.value
        for source in Source
        if getattr(config.sources, source.value) is not None or getattr(config.harvest, source.value) is not None
    )


def companion_of(file: InputFile) -> Path | None:
    """Give the ``page.refs.json`` that is read with a wiki page, if it is there."""
    if file.source is not Source.WIKI:
        return None
    folder, name = os.path.split(file.path)
    stem = name.removesuffix(".gz").rpartition(".")[0]
    companion = os.path.join(folder, f"{stem}.refs.json")  # noqa: PTH118 - a path for each page costs as much
    return Path(companion) if stem and os.path.isfile(companion) else None  # noqa: PTH113


def settings_of(config: KgConfig) -> dict[str, Any]:
    """Give the settings that a build's contents depend on: not where it goes, nor how many processes make it."""
    return {"link": config.link.model_dump(mode="json")}
