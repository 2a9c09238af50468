"""Which rows of a table two builds don't share, without holding the rows that they do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import polars as pl

from kg.graph.build_dir import Build
from kg.graph.tables import SORT_KEYS, TABLES

ADDED, REMOVED, CHANGED = CHANGES = ("added", "removed", "changed")
#: What is kept of a row that differs: no quotes and no lists, of which a million are more than a machine has room for.
_KEPT: Final = {
    "claims": ("id", "subject", "predicate", "object", "kind"),
    "evidence": ("id", "claim_id", "record_id", "via"),
    "nodes": ("id", "label", "name", "definition", "vocabulary"),
}


class Moved(NamedTuple):
    """How many rows of a table came, went or are otherwise."""

    added: int
    removed: int
    changed: int


def count_differences(before: Build, after: Build, name: str) -> Moved:
    """Count the rows that two tables don't share; rows of the same place are one that changed.

    Parameters
    ----------
    before, after : Build
        The builds.
    name : str
        Any table of theirs; of problems, whose every column says which it is, none changes.
    """
    if before.manifest.tables.get(name) == after.manifest.tables.get(name):
        return Moved(0, 0, 0)
    keys = list(SORT_KEYS[name])
    pairs = [
        pl.concat(
            [
                pl.DataFrame(schema={"key": pl.UInt64, "hash": pl.UInt64}),
                *(
                    pl.DataFrame({"key": rows.select(keys).hash_rows(), "hash": rows.hash_rows()})
                    for rows in build.batches(name)
                ),
            ]
        )
        for build in (before, after)
    ]
    gone, come = (pairs[i].join(pairs[1 - i], on=["key", "hash"], how="anti") for i in (0, 1))
    changed = come.join(gone, on="key", how="semi").height
    return Moved(come.height - changed, gone.join(come, on="key", how="anti").height, changed)


def find_differences(before: Build, after: Build, name: str, what: str) -> pl.DataFrame:
    """Give the rows that are in one table only, and the new ones of those that differ, with what does.

    Parameters
    ----------
    before, after : Build
        The builds.
    name : str
        The table: claims, evidence or nodes.
    what : str
        What a row is called.

    Returns
    -------
    polars.DataFrame
        The columns that tell what a row is about, ``what``, ``change``, ``fields`` (the columns that differ), and
        ``cause`` and ``detail``, which are null.
    """
    # Of two tables that are nearly the same, only the hashes of their rows are held at once.
    hashes = [_hashes(build, name) for build in (before, after)]
    moved = hashes[1].join(hashes[0], on="id").filter(pl.col("hash") != pl.col("hash_right")).select("id")
    gone = hashes[0].join(hashes[1], on="id", how="anti").select("id")
    come = hashes[1].join(hashes[0], on="id", how="anti").select("id")
    del hashes
    none = pl.lit([], dtype=pl.List(pl.String))
    null = pl.lit(None, dtype=pl.String)
    return pl.concat(
        [
            _rows(after, name, come).with_columns(fields=none, change=pl.lit(ADDED)),
            _rows(before, name, gone).with_columns(fields=none, change=pl.lit(REMOVED)),
            _changed(before, after, name, moved).with_columns(change=pl.lit(CHANGED)),
        ]
    ).with_columns(cause=null, detail=null, what=pl.lit(what))


def _hashes(build: Build, name: str) -> pl.DataFrame:
    """Give the id of every row of a table, and a hash of the rest."""
    pieces = [rows.select("id", hash=rows.drop("id").hash_rows()) for rows in build.batches(name)]
    return pl.concat([pl.DataFrame(schema={"id": pl.String, "hash": pl.UInt64}), *pieces])


def _rows(build: Build, name: str, ids: pl.DataFrame) -> pl.DataFrame:
    """Read the rows of some ids."""
    pieces = [rows.select(_KEPT[name]).join(ids, on="id", how="semi") for rows in build.batches(name)]
    return pl.concat([_no_rows(name), *pieces])


def _changed(before: Build, after: Build, name: str, moved: pl.DataFrame) -> pl.DataFrame:
    """Give the new rows of some ids that both tables have, with the columns that differ."""
    found = [_no_rows(name).with_columns(fields=pl.lit([], dtype=pl.List(pl.String)))]
    for now, was in _pairs(before, after, name, moved):
        names = [
            pl.when(was[column].ne_missing(now[column]))
            .then(pl.lit(column))
            .otherwise(pl.lit(None, dtype=pl.String))
            for column in now.columns
            if column != "id"
        ]
        fields = pl.concat_list(names).list.drop_nulls()
        # A row without a name had two equal hashes' worth of bad luck the other way round: it doesn't differ.
        found.append(now.select(*_KEPT[name], fields=fields).filter(pl.col("fields").list.len() > 0))
    return pl.concat(found)


def _pairs(
    before: Build, after: Build, name: str, moved: pl.DataFrame
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Read the rows of some ids in both tables side by side, a batch at a time; both tables are sorted by id."""
    earlier = before.batches(name)
    held = pl.DataFrame(schema=TABLES[name])
    for rows in after.batches(name):
        now = rows.join(moved, on="id", how="semi", maintain_order="left")
        if now.is_empty():
            continue
        last = now["id"][-1]
        while held.is_empty() or held["id"][-1] < last:
            following = next(earlier, None)
            if following is None:
                break
            held = pl.concat([held, following.join(moved, on="id", how="semi", maintain_order="left")])
        yield now, now.select("id").join(held, on="id", how="left", maintain_order="left").select(now.columns)
        held = held.filter(pl.col("id") > last)


def _no_rows(name: str) -> pl.DataFrame:
    return pl.DataFrame(schema={column: TABLES[name][column] for column in _KEPT[name]})
