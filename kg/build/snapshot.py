"""The snapshot: which files a build reads, and the build's identity.

A build's id is a hash of its inputs: the bytes and relative paths of its files, the vocabularies,
the settings that matter, and the package's own code. Nothing else may change a build.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from kg import __version__
from kg.config import KgConfig
from kg.errors import ConfigError
from kg.harvest import InputFile, find_files
from kg.model import Source
from kg.ontology import Vocabulary


class Snapshot(NamedTuple):
    """The files of a build, in the order of their addresses, with the sha256 of each."""

    files: tuple[InputFile, ...]
    sha256: tuple[str, ...]

    def count_by_source(self) -> dict[str, int]:
        """How many files each source has; a source that isn't configured has none."""
        counts = dict.fromkeys((source.value for source in Source), 0)
        for file in self.files:
            counts[file.source.value] += 1
        return counts


def take_snapshot(config: KgConfig) -> Snapshot:
    """Find every input file and hash it.

    Raises
    ------
    ConfigError
        If no source is configured, or one has no files.
    """
    found: list[InputFile] = []
    for source in Source:
        settings = getattr(config.sources, source.value)
        if settings is not None:
            found += find_files(source, settings)
    if not found:
        raise ConfigError(
            "no source is configured",
            "kg.toml",
            'add [sources.dandi] path = "…", or remove kg.toml to build the sample',
        )
    found.sort(key=lambda file: (file.source, file.relative))
    with ThreadPoolExecutor(4) as threads:  # hashing and reading release the interpreter
        digests = tuple(threads.map(lambda file: _sha256(file.path), found))
    return Snapshot(tuple(found), digests)


def build_id_of(snapshot: Snapshot, vocabulary: Vocabulary, settings: Mapping[str, Any]) -> str:
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
        vocabulary.fingerprint,
        dict(settings),
        code_version(),
    )
    canonical = json.dumps(inputs, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogateescape")).hexdigest()[:12]


def settings_of(config: KgConfig) -> dict[str, Any]:
    """Give the settings that a build's contents depend on: not where it goes, nor how many processes make it."""
    return {"link": config.link.model_dump(mode="json")}


@cache
def code_version() -> str:
    """Hash of the package's own source: a build by other code is another build."""
    package = Path(str(files("kg")))
    digest = hashlib.sha256(__version__.encode())
    for file in sorted(package.rglob("*.py"), key=lambda path: path.relative_to(package).as_posix()):
        digest.update(file.relative_to(package).as_posix().encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
