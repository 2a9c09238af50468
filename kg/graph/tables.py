"""Tables of a build: their columns and their order.

A build is these tables, each sorted by a key that makes its bytes depend on nothing but its
contents. The columns of ``nodes`` follow ``kg.model.schema``.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from kg.errors import GraphError
from kg.model.schema import EDGE_PROPERTIES, NODE_TYPES, Label, Property, PropertyType

#: How Polars' errors end that come of the system.
_SYSTEM_FAULT: Final = re.compile(r"\(os error (\d+)\)")
_TYPES: Final[dict[PropertyType, pl.DataType]] = {
    "string": pl.String(),
    "integer": pl.Int64(),
    "float": pl.Float64(),
    "boolean": pl.Boolean(),
    "strings": pl.List(pl.String()),
}


def _columns(properties: Iterable[Property]) -> dict[str, pl.DataType]:
    return {p.name: _TYPES[p.type] for p in properties}


def _node_columns() -> dict[str, pl.DataType]:
    columns: dict[str, pl.DataType] = {"id": pl.String(), "label": pl.String()}
    for node in NODE_TYPES.values():
        if node.label not in (Label.CLAIM, Label.EVIDENCE):
            columns.update(_columns(node.properties))
    return columns


def _audit_columns(label: Label) -> dict[str, pl.DataType]:
    return {name: kind for name, kind in _columns(NODE_TYPES[label].properties).items() if name != "name"}


_STRING, _INTEGER, _FLOAT = pl.String(), pl.Int64(), pl.Float64()

#: Table -> column -> type. What changes here raises `kg.graph.layout.SCHEMA_VERSION`.
TABLES: Final[dict[str, pl.Schema]] = {
    "records": pl.Schema(
        {
            "id": _STRING,
            "record_type": _STRING,
            "title": _STRING,
            "source": _STRING,
            "path": _STRING,
            "sha256": _STRING,
            "size_bytes": _INTEGER,
            "position": _INTEGER,
            "url": _STRING,
            "date": _STRING,
            # Hash of all that the record says: of a file that holds many, `sha256` changes when any of them does.
            "content": _STRING,
        }
    ),
    "mentions": pl.Schema(
        {
            "record_id": _STRING,
            "section": _STRING,
            "start": _INTEGER,
            "end": _INTEGER,
            "surface": _STRING,
            "curie": _STRING,
            "category": _STRING,
            "score": _FLOAT,
            "method": _STRING,
        }
    ),
    "claims": pl.Schema(
        {
            "id": _STRING,
            "subject": _STRING,
            "object": _STRING,
            **_audit_columns(Label.CLAIM),
        }
    ),
    "evidence": pl.Schema(
        {
            "id": _STRING,
            "claim_id": _STRING,
            "record_id": _STRING,
            **_audit_columns(Label.EVIDENCE),
        }
    ),
    "nodes": pl.Schema(_node_columns()),
    "edges": pl.Schema({"subject": _STRING, "predicate": _STRING, "object": _STRING, **_columns(EDGE_PROPERTIES)}),
    "problems": pl.Schema(
        {
            "source": _STRING,
            "path": _STRING,
            "record_id": _STRING,
            "field": _STRING,
            "rule": _STRING,
            "severity": _STRING,
            "reason": _STRING,
            "mend": _STRING,
        }
    ),
}

#: Table -> columns that sort it.
SORT_KEYS: Final[dict[str, tuple[str, ...]]] = {
    "records": ("id",),
    "mentions": ("record_id", "section", "start", "end", "curie"),
    "claims": ("id",),
    "evidence": ("id",),
    "nodes": ("id",),
    "edges": ("predicate", "subject", "object", "claim_id"),
    "problems": ("source", "path", "record_id", "rule", "field", "reason", "severity", "mend"),
}


def sort_by_id(table: pl.DataFrame) -> pl.DataFrame:
    """Sort rows by their ``id``."""
    table = table.rechunk()
    ids = table["id"]
    if ids.is_sorted():
        return table
    order = _order_of_hashes(ids)
    if order is None or ((ordered := ids[order])[1:] == ordered[:-1]).any():
        return table.sort("id", nulls_last=False, maintain_order=True)
    return table[order]


def one_an_id(table: pl.DataFrame) -> pl.DataFrame:
    """Sort rows by their ``id`` and keep one of each, any."""
    # Rows of a table in pieces are looked up a tenth as fast.
    table = table.rechunk()
    ids = table["id"]
    order = _order_of_hashes(ids)
    if order is None:
        return sort_by_id(table.unique("id", keep="any"))
    ordered = ids[order]
    return table[order.filter(ordered.ne_missing(ordered.shift()))]


def may_repeat(ids: pl.Series) -> pl.Series | None:
    """Tell which ids may stand there twice, those that do among them; None if none does."""
    numbers = _numbers_of_hashes(ids)
    found = ids if numbers is None else numbers
    if numbers is not None:
        ordered = numbers.sort()
        if (ordered[1:] != ordered[:-1]).all():
            return None
    repeated = found.is_duplicated()
    return repeated if repeated.any() else None


def _order_of_hashes(ids: pl.Series) -> pl.Series | None:
    """Give the order of ids that are hashes, as claims and evidence have; None where they aren't.

    Texts that begin alike take several times as long to sort as the numbers that their digits are.
    """
    numbers = _numbers_of_hashes(ids)
    if numbers is None:
        return None
    order = numbers.arg_sort()
    return order if ids[order].is_sorted() else None


def _numbers_of_hashes(ids: pl.Series) -> pl.Series | None:
    """Give the numbers that the first digits of ids are, equal for equal ids; None where they have none."""
    if not ids.len() or ids.null_count():
        return None
    start = str(ids[0]).partition(":")[0]
    numbers = ids.str.slice(len(start) + 1, 16).str.to_integer(base=16, dtype=pl.UInt64, strict=False)
    return None if numbers.null_count() else numbers


class LazyTables(Mapping[str, pl.DataFrame]):
    """Tables that are read whenever they are asked for, so that none is held between.

    Parameters
    ----------
    readers : mapping of str to callable
        What reads each.
    """

    def __init__(self, readers: Mapping[str, Callable[[], pl.DataFrame]]) -> None:
        self._readers = readers

    def __getitem__(self, name: str) -> pl.DataFrame:
        """Read a table."""
        return self._readers[name]()

    def __iter__(self) -> Iterator[str]:
        """Give the tables' names."""
        return iter(self._readers)

    def __len__(self) -> int:
        """Count the tables."""
        return len(self._readers)


def make_table(name: str, rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Make a table from rows: its columns, its types, its order.

    Parameters
    ----------
    name : str
        A key of `TABLES`.
    rows : iterable of mapping
        Column -> value; a column that a row leaves out is null.

    Returns
    -------
    polars.DataFrame
        Sorted by `SORT_KEYS`, so that the order of `rows` leaves no trace.

    Raises
    ------
    GraphError
        If a row has a column that the table hasn't.
    """
    return sort_table(name, frame_of(rows, TABLES[name], name))


def sort_table(name: str, table: pl.DataFrame) -> pl.DataFrame:
    """Give a table its columns' order and its rows' order."""
    table, keys = table.select(TABLES[name].names()), SORT_KEYS[name]
    return sort_by_id(table) if keys == ("id",) else table.sort(keys, nulls_last=False, maintain_order=True)


def write_table(table: pl.DataFrame, path: Path, **options: Any) -> None:
    """Write a table as Parquet.

    Raises
    ------
    OSError
        If it can't be written: Polars makes of a full disk an error of its own, as if the table were at fault.
    """
    try:
        table.write_parquet(path, **options)
    except pl.exceptions.PolarsError as error:
        found = _SYSTEM_FAULT.search(str(error))
        if found is None and shutil.disk_usage(path.parent).free > table.estimated_size():
            raise
        # Polars doesn't always say what the system said; where there is no room, that is what it was.
        number = int(found[1]) if found else errno.ENOSPC
        raise OSError(number, os.strerror(number), str(path)) from error


def frame_of(rows: Iterable[Mapping[str, Any]], schema: pl.Schema, name: str = "rows") -> pl.DataFrame:
    """Make a frame of rows, unsorted; a column that a row leaves out is null.

    Raises
    ------
    GraphError
        If a row has a column that `schema` hasn't.
    """
    columns: dict[str, list[Any]] = {column: [] for column in schema}
    for row in rows:
        if unknown := row.keys() - columns.keys():
            raise GraphError(
                f"the table has no column {sorted(unknown)[0]!r}",
                name,
                f"its columns are {', '.join(schema)}",
            )
        for column, values in columns.items():
            values.append(row.get(column))
    return pl.DataFrame(
        [
            _lists(column, values) if isinstance(schema[column], pl.List) else pl.Series(column, values, schema[column])
            for column, values in columns.items()
        ]
    )


def _lists(name: str, values: Sequence[Sequence[str] | None]) -> pl.Series:
    """Make a column of lists of strings.

    Polars makes a series of every list, which takes twenty times as long as all of them in one.
    """
    items = [item for value in values if value for item in value]
    owners = [number for number, value in enumerate(values) if value for _ in value]
    joined = (
        pl.DataFrame({"owner": pl.Series(owners, dtype=pl.UInt32), name: pl.Series(items, dtype=pl.String)})
        .group_by("owner", maintain_order=True)
        .agg(name)
    )
    blank = pl.Series([value is not None and not value for value in values], dtype=pl.Boolean)
    return (
        pl.DataFrame({"owner": pl.Series(range(len(values)), dtype=pl.UInt32), "blank": blank})
        .join(joined, on="owner", how="left", maintain_order="left")
        .select(pl.when("blank").then(pl.lit([], dtype=pl.List(pl.String))).otherwise(pl.col(name)).alias(name))
        .to_series()
    )
