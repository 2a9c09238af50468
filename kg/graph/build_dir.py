"""A build on disk: a folder of Parquet tables and a manifest, whole or not there.

A build is written aside, flushed and renamed, so a reader sees all of it or none. Its manifest
holds the size, rows and sha256 of each table; opening a build checks them, because a truncated
Parquet file may still open with rows missing.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, ValidationError

from kg.errors import BuildError
from kg.graph.layout import CURRENT, MANIFEST, SCHEMA_VERSION, TABLE_NAMES, choose_path, digest_tables
from kg.graph.locks import Reading

if TYPE_CHECKING:
    import polars as pl  # where a table is read: who only asks whether a build is whole needn't wait for it

#: Arguments of renameat2(2): paths as they are, and both names change places.
_HERE, _EXCHANGE = -100, 2
#: Rows that are compressed together, and read together.
_GROUP_ROWS = 100_000
_REPORTS = ("report.html", "report.json")


class TableInfo(BaseModel):
    """What the manifest says of a table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int
    size_bytes: int
    sha256: str


class Manifest(BaseModel):
    """What a build is made of. It holds no time and no place, so that equal inputs give equal bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    build_id: str
    schema_version: int = SCHEMA_VERSION
    code_version: str
    #: Code that parts of the work depend on: readers, linker, rules, graph.
    code: dict[str, str] = {}
    package_version: str
    vocabulary: str
    vocabularies: dict[str, str]
    #: Hash of the curated tables, some of which no vocabulary holds.
    curated: str = ""
    #: Hash of each of them, and the sources that the configuration names; none in builds of before.
    curated_tables: dict[str, str] = {}
    sources: tuple[str, ...] = ()
    configuration: dict[str, Any]
    inputs: dict[str, int]
    counts: dict[str, dict[str, int]]
    tables: dict[str, TableInfo] = {}


class Build:
    """A finished build, open for reading.

    Parameters
    ----------
    path : Path
        The build's folder.
    manifest : Manifest
        Its manifest, already read.
    """

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path = path
        self.manifest = manifest
        # Its tables are read when they are asked for: until then nobody removes them.
        self._reading = Reading(path / MANIFEST)
        self._tables: dict[str, pl.DataFrame] = {}

    @classmethod
    def open(cls, path: Path) -> Build:
        """Open a build and check that it is whole.

        Raises
        ------
        BuildError
            If there is no build, or a table's size or sha256 is not what the manifest says.
        """
        manifest_path = path / MANIFEST
        try:
            manifest = Manifest.model_validate_json(manifest_path.read_bytes())
        except (FileNotFoundError, NotADirectoryError) as error:
            raise BuildError(
                "there is no build here", str(path), "make one with 'kg build', or name one that is there"
            ) from error
        except ValidationError as error:
            raise BuildError(
                f"the manifest can't be read: {error.errors()[0]['msg']}", str(manifest_path), "build again"
            ) from error
        if manifest.schema_version != SCHEMA_VERSION:
            raise BuildError(
                f"the build's tables have shape {manifest.schema_version}, this version of kg reads {SCHEMA_VERSION}",
                str(path),
                "build again with this version",
            )
        for name, info in manifest.tables.items():
            table = path / f"{name}.parquet"
            if not table.is_file() or table.stat().st_size != info.size_bytes or _sha256(table) != info.sha256:
                raise BuildError(f"table {name!r} is damaged or missing", str(table), "build again: 'kg build --force'")
        return cls(path, manifest)

    def table(self, name: str) -> pl.DataFrame:
        """Read a table, once."""
        import polars as pl

        if name not in self._tables:
            self._tables[name] = pl.read_parquet(self.path / f"{name}.parquet", memory_map=False)
        return self._tables[name]

    def read(self, name: str, columns: Sequence[str]) -> pl.DataFrame:
        """Read some columns of a table, which isn't kept: for what lives long and needs few of them."""
        import polars as pl

        if name in self._tables:
            return self._tables[name].select(columns)
        return pl.read_parquet(self.path / f"{name}.parquet", columns=list(columns), memory_map=False)

    def batches(self, name: str) -> Iterator[pl.DataFrame]:
        """Read a table a hundred thousand rows at a time: for what goes over all of it and keeps little."""
        import polars as pl

        rows = self.manifest.tables[name].rows
        table = pl.scan_parquet(self.path / f"{name}.parquet")
        for start in range(0, rows, _GROUP_ROWS):
            yield table.slice(start, _GROUP_ROWS).collect()

    @property
    def tables(self) -> Mapping[str, pl.DataFrame]:
        """Every table by its name."""
        return {name: self.table(name) for name in TABLE_NAMES}

    @cached_property
    def digest(self) -> str:
        """Hash of the tables' contents: two builds with the same one are the same graph."""
        return digest_tables({name: info.sha256 for name, info in self.manifest.tables.items()})


class Draft:
    """A build under way: its tables are written aside one by one, and nobody sees it until it is whole.

    A context: what is aside when it ends is removed.

    Parameters
    ----------
    path : Path
        The build's folder. One that is there is replaced, and is whole until the moment it is.

    Raises
    ------
    BuildError
        If something else is in the way.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        check_replaceable(self._path)
        self._aside = self._path.parent / f".{self._path.name}.{uuid4().hex[:8]}"
        self._infos: dict[str, TableInfo] = {}

    def __enter__(self) -> Self:
        """Make room aside."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._aside.mkdir()
        return self

    def __exit__(self, *fault: object) -> None:
        """Remove what is aside."""
        shutil.rmtree(self._aside, ignore_errors=True)

    def put(self, name: str, table: pl.DataFrame) -> None:
        """Write a table of `kg.graph.tables.TABLES`, sorted."""
        from kg.graph.tables import write_table

        file = self._aside / f"{name}.parquet"
        # Level 1: Parquet's own coding leaves little, and higher levels take half as long again for no gain.
        write_table(table, file, compression="zstd", compression_level=1, statistics=True, row_group_size=_GROUP_ROWS)
        _flush(file)
        self._infos[name] = TableInfo(rows=table.height, size_bytes=file.stat().st_size, sha256=_sha256(file))

    def read(self, name: str, columns: Sequence[str]) -> pl.DataFrame:
        """Read some columns of a table back."""
        import polars as pl

        return pl.read_parquet(self._aside / f"{name}.parquet", columns=list(columns), memory_map=False)

    def finish(self, manifest: Manifest, texts: Mapping[str, str]) -> Build:
        """Put the build into its place.

        Parameters
        ----------
        manifest : Manifest
            Without its tables, which are filled in here.
        texts : mapping of str to str
            More files of the build, by name: its report.

        Returns
        -------
        Build
            The build as written, opened and checked.
        """
        infos = {name: self._infos[name] for name in sorted(TABLE_NAMES)}
        whole = manifest.model_copy(update={"tables": infos})
        for name, text in texts.items():
            (self._aside / name).write_text(text, encoding="utf-8")
            _flush(self._aside / name)
        text = json.dumps(whole.model_dump(mode="json"), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        (self._aside / MANIFEST).write_text(text, encoding="utf-8")
        _flush(self._aside / MANIFEST)
        _flush(self._aside)
        _replace(self._aside, self._path)
        return Build.open(self._path)


def write_build(
    path: Path,
    tables: Mapping[str, pl.DataFrame],
    manifest: Manifest,
    *,
    texts: Mapping[str, str] | None = None,
) -> Build:
    """Write a build aside, then rename it into place: `Draft`, of tables that are all there.

    Parameters
    ----------
    path : Path
        The build's folder.
    tables : mapping of str to polars.DataFrame
        Every table of `kg.graph.tables.TABLES`.
    manifest : Manifest
        Without its tables, which are filled in here.
    texts : mapping of str to str, optional
        More files of the build, by name: its report.

    Returns
    -------
    Build
        The build as written, opened and checked.
    """
    with Draft(path) as draft:
        for name in sorted(TABLE_NAMES):
            draft.put(name, tables[name])
        return draft.finish(manifest, texts or {})


def point_current(out: Path, build_path: Path) -> None:
    """Make ``out/current`` point at a build, in one step that no reader can see half done."""
    link = out / CURRENT
    if link.is_dir() and not link.is_symlink():
        raise BuildError(
            "a folder is where the link to the newest build goes", str(link), "move it away, and build again"
        )
    aside = out / f".{CURRENT}.{uuid4().hex[:8]}"
    aside.symlink_to(os.path.relpath(build_path, out), target_is_directory=True)
    aside.replace(link)
    _flush(out)


def resolve_build(given: Path | None, out: Path) -> Build:
    """Open the build that a command reads.

    Parameters
    ----------
    given : Path, optional
        A build's folder; without it, ``out/current``.
    out : Path
        The folder of builds.
    """
    return Build.open(choose_path(given, out))


def check_replaceable(path: Path) -> None:
    """Refuse to put a build where something else is.

    Parameters
    ----------
    path : Path
        Where a build is to go: nothing, an empty folder, or a build with nothing beside it.

    Raises
    ------
    BuildError
        If a link, a file, or a folder with anything but a build in it is there.
    """
    mend = "name a new or empty folder with --out"
    if path.is_symlink():
        raise BuildError("a link is in the way; builds go into folders of their own", str(path), mend)
    if not path.exists():
        return
    if not path.is_dir():
        raise BuildError("a file is in the way", str(path), mend)
    names = {entry.name for entry in path.iterdir()}
    if not names:
        return
    ours = {MANIFEST, *_REPORTS, *(f"{name}.parquet" for name in TABLE_NAMES)}
    if strangers := sorted(names - ours):
        raise BuildError(f"the folder is no build, it holds {strangers[0]!r}; it is left alone", str(path), mend)
    try:
        Manifest.model_validate_json((path / MANIFEST).read_bytes())
    except (OSError, ValidationError) as error:
        raise BuildError("the folder has no manifest of a build; it is left alone", str(path), mend) from error


def remove_left_overs(path: Path) -> None:
    """Remove what a build of this folder left beside it when it was killed while it wrote.

    Only folders named as `write_build` names them are removed: ``.NAME.`` and eight hexadecimal digits.
    """
    pattern = re.compile(rf"\.{re.escape(path.name)}\.(old\.)?[0-9a-f]{{8}}")
    for entry in path.parent.iterdir() if path.parent.is_dir() else ():
        if pattern.fullmatch(entry.name) and entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)


def _replace(aside: Path, path: Path) -> None:
    check_replaceable(path)  # again: a build takes a while, and somebody may have put something there
    if not path.exists():
        aside.rename(path)
    elif not _is_same(aside, path) and not _exchange(aside, path):
        # Two renames, with a moment between them at which there is none.
        old = path.parent / f".{path.name}.old.{uuid4().hex[:8]}"
        path.rename(old)
        aside.rename(path)
        shutil.rmtree(old, ignore_errors=True)


def _is_same(aside: Path, path: Path) -> bool:
    """Say whether a build is there already, whole: then it stays, and its readers notice nothing."""
    if (aside / MANIFEST).read_bytes() != (path / MANIFEST).read_bytes():
        return False
    try:
        Build.open(path)
    except BuildError:
        return False
    return all((path / name).is_file() for name in _REPORTS if (aside / name).is_file())


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step, where the system can (Linux)."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    return bool(rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
