"""Checks that a graph must pass before it is written: faults of ours, not of a record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from kg.errors import DanglingEdgeError, GraphError

#: Columns that the checks read.
CHECKED: Final = {
    "records": ("id",),
    "nodes": ("id",),
    "claims": ("id", "confidence"),
    "evidence": ("id", "claim_id", "record_id", "polarity", "quote"),
    "edges": ("subject", "object", "claim_id"),
}


def check_graph(tables: Mapping[str, pl.DataFrame]) -> None:
    """Refuse a graph that breaks its promises.

    Every id is there once; every edge has both its ends, its claim and at least one piece of
    asserting evidence; every piece of evidence has a quote, its claim and its record.

    Parameters
    ----------
    tables : mapping of str to polars.DataFrame
        The tables of a build, at least the columns of `CHECKED`.

    Raises
    ------
    GraphError
        Naming the first row that breaks a promise, and how many do.
    """
    nodes, edges, claims, evidence = (tables[name] for name in ("nodes", "edges", "claims", "evidence"))
    for name in ("nodes", "claims", "evidence", "records"):
        ids = tables[name]["id"]
        # Sorted tables, as builds have, need no table of a million ids to find one twice.
        is_twice = ids.eq(ids.shift()) if ids.is_sorted() else ids.is_duplicated()
        _none(tables[name].filter(is_twice), name, "id", "stands there twice")
        _none(tables[name].filter(~ids.str.contains(r"^[^:\s]+:\S")), name, "id", "is no CURIE")
    known = nodes["id"].implode()
    for end in ("subject", "object"):
        dangling = edges.filter(~pl.col(end).is_in(known))
        if dangling.height:
            raise DanglingEdgeError(
                f"{dangling.height} edges have no {end} (first: {dangling[end][0]})",
                "edges",
                "this is a fault of kg: report it with the build's inputs",
                first=dangling["claim_id"][0],
            )
    # From here a claim is its row's number: every text is looked up once, and numbers a tenth as long.
    of_edges, of_evidence = (_rows(table["claim_id"], claims["id"]) for table in (edges, evidence))
    _none(edges.filter(of_edges.is_null()), "edges", "claim_id", "has no claim")
    asserted = of_evidence.filter(evidence["polarity"] == "asserted").unique().implode()
    _none(edges.filter(~of_edges.is_in(asserted)), "edges", "claim_id", "has no asserting evidence")
    rows = pl.int_range(claims.height, dtype=pl.UInt32, eager=True)
    _none(claims.filter(~rows.is_in(of_evidence.unique().implode())), "claims", "id", "has no evidence")
    _none(evidence.filter(of_evidence.is_null()), "evidence", "id", "has no claim")
    _none(evidence.filter(~pl.col("record_id").is_in(known)), "evidence", "record_id", "is no node")
    _none(evidence.filter(pl.col("quote").str.strip_chars() == ""), "evidence", "id", "quotes nothing")
    _none(
        claims.filter(~pl.col("confidence").is_between(0, 1)),
        "claims",
        "id",
        "has a confidence outside [0, 1]",
    )


def _rows(ids: pl.Series, known: pl.Series) -> pl.Series:
    """Give the row of each id among those that are known, null where it isn't there."""
    rows = known.alias("id").to_frame().with_row_index("row")
    return ids.alias("id").to_frame().join(rows, on="id", how="left", maintain_order="left")["row"]


def _none(rows: pl.DataFrame, table: str, column: str, fault: str) -> None:
    if rows.height:
        raise GraphError(
            f"{rows[column][0]} {fault} ({rows.height} rows)",
            table,
            "this is a fault of kg: report it with the build's inputs",
        )
