"""The snapshot: which files a build reads, and the build's identity.

A build's id is a hash of its inputs: the bytes and relative paths of its files, the vocabularies,
the settings that matter, and the package's own code. Nothing else may change a build.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from kg import __version__
from kg.config import KgConfig, curated_dir
from kg.errors import ConfigError
from kg.harvest import InputFile, find_files
from kg.harvest.live.reading import stored_files
from kg.model import Problem, Source
from kg.ontology import Vocabulary

#: Libraries that read the inputs, match the text or write the tables.
_LIBRARIES = ("biopython", "daachorse", "lxml", "markdown-it-py", "mdit-py-plugins", "polars", "pyyaml", "spacy")


class Snapshot(NamedTuple):
    """The files of a build, in the order of their addresses, with the sha256 of each."""

    files: tuple[InputFile, ...]
    sha256: tuple[str, ...]
    #: What is wrong with records before they are read: those of the record store that are stale or damaged.
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
            'add [sources.dandi] path = "…", or remove kg.toml to build the sample' if first is None else first.mend,
        )
    with ThreadPoolExecutor(4) as threads:  # hashing and reading release the interpreter
        digests = list(threads.map(lambda file: _sha256(file.path), found))
    taken = {(file.source, file.relative) for file in found}
    for file, digest in zip(stored.files, stored.sha256, strict=True):
        is_taken = (file.source, file.relative) in taken
        found.append(file._replace(relative=f"store/{file.relative}") if is_taken else file)
        digests.append(digest)
    order = sorted(range(len(found)), key=lambda index: (found[index].source, found[index].relative))
    return Snapshot(tuple(found[index] for index in order), tuple(digests[index] for index in order), stored.problems)


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
        # A record that is stale is in the report, with the day and the reason: another report is another build.
        [(problem.source.value, problem.path, problem.reason) for problem in snapshot.problems],
        vocabulary.fingerprint,
        curated_digest(config.vocabularies.curated or curated_dir()),
        settings_of(config),
        code_version(),
    )
    canonical = json.dumps(inputs, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogateescape")).hexdigest()[:12]


def curated_digest(folder: Path) -> str:
    """Hash of every curated table: some of them the vocabulary doesn't hold, as relation words and stop surfaces."""
    return _digest_of_tree(folder)


def settings_of(config: KgConfig) -> dict[str, Any]:
    """Give the settings that a build's contents depend on: not where it goes, nor how many processes make it."""
    return {"link": config.link.model_dump(mode="json")}


@cache
def code_version() -> str:
    """Hash of the package's files and of the libraries whose version shows in a build's bytes."""
    versions = ",".join(f"{name}={version(name)}" for name in _LIBRARIES)
    tree = _digest_of_tree(Path(str(files("kg"))))
    return hashlib.sha256(f"{__version__};{versions};{tree}".encode()).hexdigest()[:12]


def _digest_of_tree(folder: Path) -> str:
    digest = hashlib.sha256()
    found = (path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".pyc", ".pyo"))
    for path in sorted(found, key=lambda path: path.relative_to(folder).as_posix()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
