"""The embedded Cypher store: a build's graph in ArcadeDB, kept in the cache.

A store is projected from a build's tables whenever it is missing or damaged. It lies in the cache and
not in the build, because its bytes differ from load to load and a build's don't. It is loaded aside by
a process of its own, closed, opened again, read back, and only then renamed into place; a marker
beside it has its counts and the size and checksum of each file, since a truncated store opens without
a word and misses rows.

Asking a store is `kg.export.query`'s part.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from filelock import FileLock
from pydantic import BaseModel, ConfigDict, ValidationError

from kg.errors import ExportError, ReadBackError
from kg.export._child import OUT_OF_MEMORY, Worker, WorkerDied
from kg.model.progress import Progress

if TYPE_CHECKING:
    import polars as pl  # who asks a store that is there needs no tables, and needn't wait for it

#: Shape of a store. Raise it when what is loaded changes, so that old stores are loaded again.
FORMAT: Final = 1
#: Stores kept in the cache, the last used ones.
KEEP: Final = 5
#: A load of fewer rows takes seconds.
_BRIEF_ROWS: Final = 100_000
_MARKER = "store.json"
_DATABASE = "database"
_FOLDER = "embedded"


class GraphSource(Protocol):
    """What a store is projected from: a `kg.graph.build_dir.Build`."""

    @property
    def digest(self) -> str:
        """Hash of the tables' contents."""

    def table(self, name: str) -> pl.DataFrame:
        """Read a table."""


class StoreSummary(NamedTuple):
    """What was loaded.

    Parameters
    ----------
    path : Path
        Folder of the engine's database.
    counts : mapping of str to int
        Vertices of each label and edges of each type, read back from the store.
    engine : str
        The engine's version.
    """

    path: Path
    counts: Mapping[str, int]
    engine: str


class Store(NamedTuple):
    """A store that is ready to be asked.

    Parameters
    ----------
    path : Path
        Folder of the engine's database.
    counts : mapping of str to int
        Vertices of each label and edges of each type.
    """

    path: Path
    counts: Mapping[str, int]


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    size_bytes: int
    mtime_ns: int
    sha256: str


class _Marker(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int
    engine: str
    counts: dict[str, int]
    files: dict[str, _File]


def load_store(tables: Mapping[str, pl.DataFrame], target: Path, *, progress: Progress | None = None) -> StoreSummary:
    """Load a build's graph into a new store and read it back.

    Parameters
    ----------
    tables : mapping of str to polars.DataFrame
        nodes, edges, claims and evidence.
    target : Path
        Folder of the new database; it must not exist. After an error it is incomplete: load into a
        temporary place.
    progress : callable, optional
        Called now and then.

    Returns
    -------
    StoreSummary
        With the counts as read back.

    Raises
    ------
    ReadBackError
        If the store, opened again, hasn't exactly the tables' nodes and edges; names what differs.
    ExportError
        If the tables can't be loaded, or the engine fails.
    """
    from kg.export._tables import GRAPH_TABLES, expected_counts

    counts = expected_counts(tables)
    total = 2 * sum(counts.values())  # each row is written once and read back once
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".tables-", dir=target.parent) as folder:
        for name in GRAPH_TABLES:
            tables[name].write_parquet(Path(folder) / f"{name}.parquet", compression="lz4")
        worker = Worker("kg.export.load_worker")
        try:
            rows = sum(counts.values())
            heap = f"{768 + rows // 2000}m"
            request = {"tables": folder, "target": str(target), "heap": heap, "is_brief": rows < _BRIEF_ROWS}
            worker.send(request)
            done, answer = 0, worker.receive()
            while "rows" in answer:
                done += answer["rows"]
                if progress is not None:
                    progress("loading the embedded store", min(done, total), total)
                answer = worker.receive()
        except WorkerDied as error:
            reason = "ran out of memory" if error.status == OUT_OF_MEMORY else f"ended with status {error.status}"
            raise ExportError(
                f"the process that loads the graph {reason}",
                str(target),
                error.said or "see whether memory and disk suffice",
            ) from error
        finally:
            worker.end()
    if "error" in answer:
        raise ExportError(*answer["error"])
    if answer["differences"]:
        raise _read_back_error(answer["differences"], target)
    return StoreSummary(target, counts, answer["engine"])


def _read_back_error(differences: list[dict[str, object]], target: Path) -> ReadBackError:
    def sentence(found: dict[str, object]) -> str:
        first = f" (first missing: {found['first']})" if found.get("first") else ""
        return f"{found['name']}: wrote {found['wrote']}, read back {found['found']}{first}"

    more = f" and {len(differences) - 3} more" if len(differences) > 3 else ""
    what = "; ".join(sentence(found) for found in differences[:3]) + more
    return ReadBackError(
        what,
        str(target),
        "load again; if it stays so, report it with the build's id",
        differences=differences,
    )


def open_store(build: GraphSource, cache_dir: Path, *, progress: Progress | None = None) -> Store:
    """Find a build's store in the cache, or load it.

    Parameters
    ----------
    build : Build
        The build to ask.
    cache_dir : Path
        Stores are in its folder 'embedded', by the build's digest.
    progress : callable, optional
        Called now and then while a store is loaded.

    Returns
    -------
    Store
        Whole, as far as its files' sizes, times and checksums say.

    Raises
    ------
    ExportError
        If it can't be loaded.

    Notes
    -----
    Two processes that want the same store wait for one another; those that only open it don't.
    """
    home = cache_dir / _FOLDER
    folder = home / build.digest
    if (store := _open_whole(folder)) is not None:
        return store
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        mend = "set cache_dir in kg.toml, or KG_CACHE_DIR, to a folder that can be written"
        raise ExportError(f"the cache can't be written: {error.strerror}", str(home), mend) from error
    with FileLock(home / f"{build.digest}.lock"):
        # Another process may have loaded it while this one waited.
        if (store := _open_whole(folder)) is None:
            for left in home.glob(f".{build.digest}-*"):  # of a load that was killed: this process has the lock
                shutil.rmtree(left, ignore_errors=True)
            store = _load_aside(build, folder, progress)
        _prune(home, keep=folder)
    return store


def discard_store(build: GraphSource, cache_dir: Path) -> None:
    """Take a store out of the cache, because it was found to be damaged."""
    home = cache_dir / _FOLDER
    with FileLock(home / f"{build.digest}.lock"):
        _remove(home / build.digest)


def _load_aside(build: GraphSource, folder: Path, progress: Progress | None) -> Store:
    from kg.export._tables import GRAPH_TABLES

    with _aside(folder) as aside:
        tables = {name: build.table(name) for name in GRAPH_TABLES}
        summary = load_store(tables, aside / _DATABASE, progress=progress)
        files = {path.name: _fingerprint(path) for path in sorted(summary.path.iterdir())}
        marker = _Marker(format=FORMAT, engine=summary.engine, counts=dict(summary.counts), files=files)
        (aside / _MARKER).write_text(marker.model_dump_json(indent=1), encoding="utf-8")
        _remove(folder)
        aside.rename(folder)
    return Store(folder / _DATABASE, summary.counts)


@contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    """Make a temporary folder beside `folder`, and remove what is left of it."""
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield aside
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _open_whole(folder: Path) -> Store | None:
    """Open a store if it is there and whole, and note its use."""
    marker_path = folder / _MARKER
    try:
        marker = _Marker.model_validate_json(marker_path.read_bytes())
        if marker.format != FORMAT or marker.engine != version("arcadedb-embedded"):
            return None
        for name, expected in marker.files.items():
            path = folder / _DATABASE / name
            status = path.stat()
            if status.st_size != expected.size_bytes:
                return None
            # A file that was touched may still be the same; one that wasn't is taken to be.
            if status.st_mtime_ns != expected.mtime_ns and _sha256(path) != expected.sha256:
                return None
        os.utime(marker_path)
    except (OSError, ValidationError):
        return None
    return Store(folder / _DATABASE, marker.counts)


def _fingerprint(path: Path) -> _File:
    status = path.stat()
    return _File(size_bytes=status.st_size, mtime_ns=status.st_mtime_ns, sha256=_sha256(path))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remove(folder: Path) -> None:
    """Remove a folder so that nobody sees half of it."""
    if not folder.exists():
        return
    grave = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    folder.rename(grave / "old")
    shutil.rmtree(grave, ignore_errors=True)


def _prune(home: Path, *, keep: Path) -> None:
    """Remove all but the last used stores."""
    used = [
        (marker.stat().st_mtime, marker.parent)
        for marker in home.glob(f"*/{_MARKER}")
        if marker.parent != keep and not marker.parent.name.startswith(".")
    ]
    for _, folder in sorted(used, reverse=True)[KEEP - 1 :]:
        _remove(folder)
        (home / f"{folder.name}.lock").unlink(missing_ok=True)
