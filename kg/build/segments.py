"""A store of tables that grows by segments: what was worked out of records, kept for the next build.

A segment is a folder of Parquet tables with a manifest of their checksums; it is written aside and renamed,
and never changed. Its table ``entries`` has a ``key`` for each entry; rows of its other tables say by
``entry`` whose they are. A segment that is damaged is removed: what it held is worked out again. Writers
add segments and never wait for each other; only `Store.tidy`, which does wait its turn, removes some.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final
from uuid import uuid4

import polars as pl

from kg.graph.locks import Reading, unread
from kg.graph.tables import write_table

_log = logging.getLogger(__name__)

#: Entries that no build of a place has used for so many of its builds are dropped.
IDLE_BUILDS: Final = 10
#: More segments than this are joined.
_MOST_SEGMENTS: Final = 12
#: A segment is written anew when this share of it is idle.
_IDLE_SHARE: Final = 0.25
_MANIFEST: Final = "segment.json"
_LOCK: Final = "lock"
_KEY: Final = pl.String()


class Segment:
    """One folder of tables, checked.

    Raises
    ------
    OSError, ValueError, KeyError
        If it is damaged or gone.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        manifest = json.loads((path / _MANIFEST).read_text(encoding="utf-8"))
        self.serial: int = manifest["serial"]
        self.rows: dict[str, int] = {}
        for name, info in manifest["tables"].items():
            with (path / f"{name}.parquet").open("rb") as stream:
                if hashlib.file_digest(stream, "sha256").hexdigest() != info["sha256"]:
                    raise ValueError(f"the checksum of {name} differs")
            self.rows[name] = info["rows"]
        self.keys: pl.Series = self.read("entries", ["key"])["key"]

    def read(self, name: str, columns: list[str] | None = None) -> pl.DataFrame:
        """Read a table or some of its columns."""
        return pl.read_parquet(self.path / f"{name}.parquet", columns=columns, memory_map=False)


def drop_old_versions(root: Path, kind: str, *, keep: int) -> None:
    """Remove the stores of a kind that were used longest ago, beyond `keep`, unless somebody reads them."""
    folders = sorted(root.glob(f"{kind}-*"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for folder in folders[keep:]:
        with unread(folder / _LOCK) as alone:
            if alone:
                shutil.rmtree(folder, ignore_errors=True)


class Store:
    """A folder of segments of one shape and one version.

    Parameters
    ----------
    folder : Path
        Where it is or will be.
    schemas : mapping of str to polars.Schema
        Tables beside ``key`` and ``entry``, which are added.
    """

    def __init__(self, folder: Path, schemas: Mapping[str, pl.Schema]) -> None:
        self.folder = folder
        self._schemas = {
            name: pl.Schema(
                {("key" if name == "entries" else "entry"): _KEY if name == "entries" else pl.UInt32()}
                | dict(schema)
            )
            for name, schema in ({"entries": pl.Schema()} | dict(schemas)).items()
        }
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _LOCK).touch()
        self._reading = Reading(folder / _LOCK)
        self.segments: list[Segment] = []
        self._serial = 0
        self.refresh()

    def refresh(self) -> None:
        """Find segments that are new, here or from another process; drop those that are damaged."""
        known = {segment.path.name: segment for segment in self.segments}
        found: list[Segment] = []
        for path in sorted(self.folder.iterdir()):
            if path.name.startswith(".") or not path.is_dir():
                continue
            try:
                segment = known.get(path.name) or Segment(path)
                if segment.rows.keys() != self._schemas.keys():
                    raise ValueError("it has other tables")
            except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError) as error:
                _log.warning("%s is damaged and is made again: %s", path, error)
                shutil.rmtree(path, ignore_errors=True)
                continue
            found.append(segment)
        # The newest first: of two entries of one key, that one counts.
        self.segments = sorted(found, key=lambda segment: (-segment.serial, segment.path.name))
        self._serial = max((segment.serial for segment in found), default=0)

    def keys(self) -> pl.Series:
        """Give every key, once."""
        keys = [segment.keys for segment in self.segments]
        return pl.concat(keys).unique() if keys else pl.Series("key", [], dtype=_KEY)

    def places(self) -> pl.DataFrame:
        """Give every entry: ``key``, ``segment`` (its number), ``entry``; the newest of a key first."""
        frames = [
            pl.DataFrame({"key": segment.keys})
            .with_row_index("entry")
            .with_columns(pl.lit(number, dtype=pl.UInt32).alias("segment"))
            for number, segment in enumerate(self.segments)
        ]
        empty = pl.DataFrame(schema={"entry": pl.UInt32, "key": _KEY, "segment": pl.UInt32})
        return pl.concat([empty, *frames]).select("key", "segment", "entry")

    def read(self, name: str, places: pl.DataFrame, columns: list[str] | None = None) -> pl.DataFrame:
        """Read the rows of a table that belong to some entries.

        Parameters
        ----------
        name : str
            The table.
        places : polars.DataFrame
            ``segment`` and ``entry`` of the entries that are wanted, each once; its other columns are added to the
            rows.
        columns : list of str, optional
            Only these.
        """
        pieces = []
        own = "key" if name == "entries" else "entry"
        wanted = [column for column in (columns or self._schemas[name].names()) if column != own]
        for (number,), part in places.group_by("segment", maintain_order=True):
            segment = self.segments[int(number)]
            if name == "entries":
                rows = segment.read(name, wanted).with_row_index("entry") if wanted else part.select("entry")
            else:
                rows = segment.read(name, ["entry", *wanted])
            extra = part.drop("segment")
            if len(part) == len(segment.keys) and extra.width == 1:
                pieces.append(rows.drop("entry"))  # all of it, as most nights
            elif extra.width == 1:
                pieces.append(rows.filter(pl.col("entry").is_in(part["entry"].implode())).drop("entry"))
            else:
                pieces.append(rows.join(extra, on="entry", maintain_order="left").drop("entry"))
        if pieces:
            return pl.concat(pieces)
        schema = {column: self._schemas[name][column] for column in wanted}
        extras = {
            column: kind for column, kind in places.schema.items() if column not in ("segment", "entry")
        }
        return pl.DataFrame(schema=schema | extras)

    def add(self, tables: Mapping[str, pl.DataFrame]) -> None:
        """Add a segment; its ``entries`` have no key twice, and rows of other tables follow their ``entry``."""
        if tables["entries"].height:
            self._serial += 1
            _write(self.folder, tables, self._serial)

    def tidy(self, used: pl.Series, place: Path) -> None:
        """Note what a build used, and drop what none has used for long. Does nothing while others read.

        Parameters
        ----------
        used : polars.Series of String
            Keys of the entries that the build at `place` used.
        place : Path
            Folder of builds: each place counts its own builds, so that a small one doesn't empty the store of a
            large one.
        """
        self._reading.close()
        try:
            with unread(self.folder / _LOCK) as alone:
                if alone:
                    self._tidy(used, place)
        finally:
            self._reading = Reading(self.folder / _LOCK)

    def _tidy(self, used: pl.Series, place: Path) -> None:
        self.refresh()
        for left_over in self.folder.glob(".*.part"):
            shutil.rmtree(left_over, ignore_errors=True)
        needed = pl.concat(_uses(self.folder, used, place)).unique()
        idle = [
            1 - segment.keys.is_in(needed.implode()).sum() / len(segment.keys) for segment in self.segments
        ]
        chosen = [segment for segment, share in zip(self.segments, idle, strict=True) if share > _IDLE_SHARE]
        if len(self.segments) > _MOST_SEGMENTS:
            by_size = sorted(self.segments, key=lambda segment: len(segment.keys))
            chosen = list(dict.fromkeys([*chosen, *by_size[: -_MOST_SEGMENTS // 3]]))
        if chosen:
            self._join(chosen, needed)

    def _join(self, chosen: list[Segment], needed: pl.Series) -> None:
        numbers = {segment.path: number for number, segment in enumerate(self.segments)}
        places = self.places().filter(
            pl.col("segment").is_in([numbers[segment.path] for segment in chosen])
            & pl.col("key").is_in(needed.implode())
        )
        new = places.with_row_index("new").select("segment", "entry", "new")
        tables: dict[str, pl.DataFrame] = {"entries": places.select("key")}
        own = self._schemas["entries"].names()[1:]
        if own:
            tables["entries"] = pl.concat(
                [places.select("key"), self.read("entries", new).sort("new").select(own)], how="horizontal"
            )
        for name in self._schemas:
            if name != "entries":
                rows = self.read(name, new).rename({"new": "entry"})
                tables[name] = rows.select(self._schemas[name].names()).sort("entry", maintain_order=True)
        # Written before the old ones go: a process that dies between leaves each entry twice, not never.
        if places.height:
            _write(self.folder, tables, min(segment.serial for segment in chosen))
        for segment in chosen:
            shutil.rmtree(segment.path, ignore_errors=True)
        self.refresh()


def joined(pieces: Iterable[Mapping[str, pl.DataFrame]]) -> dict[str, pl.DataFrame]:
    """Join the tables of several workers into those of one segment; entries are numbered on."""
    result: dict[str, list[pl.DataFrame]] = {}
    start = 0
    for tables in pieces:
        for name, table in tables.items():
            if name != "entries":
                table = table.with_columns((pl.col("entry") + start).cast(pl.UInt32))
            result.setdefault(name, []).append(table)
        start += tables["entries"].height
    return {name: pl.concat(tables) for name, tables in result.items()}


def size_of(tables: Mapping[str, pl.DataFrame]) -> int:
    """Give about how many bytes of memory tables hold."""
    return sum(int(table.estimated_size()) for table in tables.values())


def _write(folder: Path, tables: Mapping[str, pl.DataFrame], serial: int) -> None:
    name = uuid4().hex[:16]
    aside = folder / f".{name}.part"
    aside.mkdir()
    try:
        infos = {}
        for table_name, table in tables.items():
            file = aside / f"{table_name}.parquet"
            write_table(table, file, compression="zstd", compression_level=1, statistics=False)
            with file.open("rb") as stream:
                infos[table_name] = {
                    "rows": table.height,
                    "sha256": hashlib.file_digest(stream, "sha256").hexdigest(),
                }
        (aside / _MANIFEST).write_text(json.dumps({"serial": serial, "tables": infos}), encoding="utf-8")
        # Not flushed: after a power cut the checksums tell, and the segment is made again.
        aside.rename(folder / name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _uses(folder: Path, used: pl.Series, place: Path) -> list[pl.Series]:
    """Note the keys that a place's build used; give those that every place still counts on."""
    name = hashlib.sha256(os.fsencode(place)).hexdigest()[:16]
    (folder / f"uses-{name}.place").write_bytes(os.fsencode(place))
    now = pl.DataFrame({"key": used.unique()})
    runs = pl.DataFrame(schema={"key": _KEY, "run": pl.UInt32})
    counted = []
    for file in sorted(folder.glob("uses-*.parquet")):
        owner = file.with_suffix(".place")
        if file.name != f"uses-{name}.parquet" and not (
            owner.is_file() and Path(os.fsdecode(owner.read_bytes())).is_dir()
        ):
            file.unlink(missing_ok=True)  # those builds are gone
            owner.unlink(missing_ok=True)
            continue
        try:
            found = pl.read_parquet(file, memory_map=False).select("key", "run").cast({"run": pl.UInt32})
        except (OSError, pl.exceptions.PolarsError) as error:
            _log.warning("%s is damaged and is begun anew: %s", file, error)
            file.unlink(missing_ok=True)
            continue
        if file.name == f"uses-{name}.parquet":
            runs = found
        else:
            counted.append(found["key"])
    run = int(runs["run"].max() or 0) + 1  # type: ignore[arg-type]
    merged = pl.concat([now.with_columns(pl.lit(run, dtype=pl.UInt32).alias("run")), runs]).unique(
        "key", keep="first", maintain_order=True
    )
    merged = merged.filter(pl.col("run") + IDLE_BUILDS > run)
    aside = folder / f".uses-{name}.{uuid4().hex[:8]}"
    write_table(merged, aside)
    aside.replace(folder / f"uses-{name}.parquet")
    return [merged["key"], *counted]
