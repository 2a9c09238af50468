"""Which code and which libraries a result depends on.

A build's id depends on all of the package. What is kept between builds depends on less: a record's mentions
on the readers, the vocabularies and the linker, its claims on the rules too. A test compares the lists here
with what those modules import.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Final

from kg import __version__

#: Libraries that read the inputs, match the text or write the tables.
_LIBRARIES: Final = (
    "biopython",
    "daachorse",
    "lxml",
    "markdown-it-py",
    "mdit-py-plugins",
    "mwparserfromhell",
    "polars",
    "pyyaml",
    "spacy",
)
_BASE: Final = ("model", "errors.py", "config", "__init__.py")
#: Part of the work -> modules and packages of ``kg`` that it depends on. `live` fetches records and reads none.
PARTS: Final[dict[str, tuple[str, ...]]] = {
    "harvest": (*_BASE, "harvest"),
    # Which records a file has: their keys are hashes of what they say.
    "files": (*_BASE, "harvest", "build/linking.py", "graph/facts.py"),
    "link": (*_BASE, "harvest", "ontology", "link"),
    "records": (
        *_BASE,
        "harvest",
        "ontology",
        "link",
        "build/linking.py",
        "graph/facts.py",
        "graph/nodes.py",
        "graph/tables.py",
        "claims/pairing.py",
        "claims/publications.py",
        "claims/studies.py",
        "claims/works.py",
    ),
    "claims": (*_BASE, "harvest", "ontology", "link", "claims"),
    "derive": (
        *_BASE,
        "harvest",
        "ontology",
        "link",
        "claims",
        "build/deriving.py",
        "build/linking.py",
        "graph/facts.py",
        "graph/nodes.py",
        "graph/tables.py",
    ),
    "graph": ("graph", "build/incremental.py", "build/pipeline.py"),
}
_NOT_READ: Final = ("harvest/live",)


@cache
def code_version() -> str:
    """Hash of the package's files and of the libraries whose version shows in a build's bytes."""
    root = Path(str(files("kg")))
    return _short(__version__, _libraries(), digest_of_tree(root))


@cache
def version_of(part: str) -> str:
    """Hash of the code and the libraries that a part of the work depends on: a key of `PARTS`."""
    root = Path(str(files("kg")))
    found: list[Path] = []
    for name in PARTS[part]:
        path = root / name
        found += [path] if path.is_file() else _files(path)
    left_out = [root / name for name in _NOT_READ]
    kept = sorted({path for path in found if not any(path.is_relative_to(folder) for folder in left_out)})
    return _short(_libraries(), _digest(root, kept))


def digest_of_tree(folder: Path, *, without: Iterable[str] = ()) -> str:
    """Hash of every file below a folder, with its path; those named in `without` don't count."""
    skipped = set(without)
    paths = [path for path in _files(folder) if path.relative_to(folder).as_posix() not in skipped]
    # Several parts of a build ask within a second: read once, unless a file has changed.
    stamps = tuple((path, (stat := path.stat()).st_mtime_ns, stat.st_ctime_ns, stat.st_size) for path in paths)
    return _digest_once(folder, stamps)


@lru_cache(16)
def _digest_once(folder: Path, stamps: tuple[tuple[Path, int, int, int], ...]) -> str:
    return _digest(folder, [path for path, *_ in stamps])


def _libraries() -> str:
    return ",".join(f"{name}={version(name)}" for name in _LIBRARIES)


def _files(folder: Path) -> list[Path]:
    found = (path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".pyc", ".pyo"))
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def _digest(root: Path, paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _short(*parts: str) -> str:
    return hashlib.sha256(";".join(parts).encode()).hexdigest()[:12]
