"""Which rows of a table two builds don't share, without holding the rows that they do."""

from __future__ import annotations

import polars as pl

from kg.graph.build_dir import Build

ADDED, REMOVED, CHANGED = CHANGES = ("added", "removed", "changed")


def find_differences(before: Build, after: Build, name: str, what: str) -> pl.DataFrame:
    """Give the rows that are in one table only, and the new ones of those that differ, with what does.

    Parameters
    ----------
    before, after : Build
        The builds.
    name : str
        The table; its rows have an ``id``.
    what : str
        What a row is called.

    Returns
    -------
    polars.DataFrame
        The table's columns, ``what``, ``change``, ``fields`` (the columns that differ), and ``cause`` and ``detail``,
        which are null.
    """
    # Of two tables that are nearly the same, only the hashes of their rows are held at once.
    hashes = [_hashes(build, name) for build in (before, after)]
    moved = hashes[1].join(hashes[0], on="id").filter(pl.col("hash") != pl.col("hash_right")).select("id")
    gone = hashes[0].join(hashes[1], on="id", how="anti").select("id")
    come = hashes[1].join(hashes[0], on="id", how="anti").select("id")
    del hashes
    old, new = _rows(before, name, pl.concat([gone, moved])), _rows(after, name, pl.concat([come, moved]))
    rest = [column for column in new.columns if column != "id"]
    removed = old.join(moved, on="id", how="anti")
    added = new.join(moved, on="id", how="anti")
    changed = new.join(moved, on="id", how="semi")
    was = changed.select("id").join(old, on="id", how="left", maintain_order="left")
    names = [
        pl.when(was[column].ne_missing(changed[column]))
        .then(pl.lit(column))
        .otherwise(pl.lit(None, dtype=pl.String))
        for column in rest
    ]
    # A row without a name had two equal hashes' worth of bad luck the other way round: it doesn't differ.
    changed = changed.with_columns(fields=pl.concat_list(names).list.drop_nulls()).filter(
        pl.col("fields").list.len() > 0
    )
    none = pl.lit([], dtype=pl.List(pl.String))
    empty = {
        "cause": pl.lit(None, dtype=pl.String),
        "detail": pl.lit(None, dtype=pl.String),
        "what": pl.lit(what),
    }
    return pl.concat(
        [
            added.with_columns(fields=none, change=pl.lit(ADDED), **empty),
            removed.with_columns(fields=none, change=pl.lit(REMOVED), **empty),
            changed.with_columns(change=pl.lit(CHANGED), **empty),
        ]
    )


def _hashes(build: Build, name: str) -> pl.DataFrame:
    """Give the id of every row of a table, and a hash of the rest."""
    pieces = [rows.select("id", hash=rows.drop("id").hash_rows()) for rows in build.batches(name)]
    return (
        pl.concat(pieces)
        if pieces
        else build.read(name, ["id"]).with_columns(hash=pl.lit(0, dtype=pl.UInt64))
    )


def _rows(build: Build, name: str, ids: pl.DataFrame) -> pl.DataFrame:
    """Read the rows of some ids."""
    pieces = [rows.join(ids, on="id", how="semi") for rows in build.batches(name)]
    return pl.concat(pieces) if pieces else build.table(name)
