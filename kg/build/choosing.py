"""Which record stands for an id where several files have one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from kg.model import Problem, Severity, Source


def choose_records(members: pl.DataFrame) -> tuple[pl.DataFrame, list[Problem]]:
    """Keep one record of each id: the latest, then the fullest, then the one whose address sorts first.

    Parameters
    ----------
    members : polars.DataFrame
        Records with ``id``, ``version``, ``date``, ``characters``, ``headings``, ``source``, ``path`` and ``position``.

    Returns
    -------
    polars.DataFrame
        Sorted by id.
    list of Problem
        A note for each record that was passed over, naming the one that was kept; none for another version of the
        same dataset, of which an archive has two by design: a draft and what was published.
    """
    numbered = members.with_row_index("_row")
    repeated = numbered.filter(pl.col("id").is_duplicated())
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in repeated.iter_rows(named=True):
        groups.setdefault(row["id"], []).append(row)
    passed_over: list[int] = []
    problems: list[Problem] = []
    for record_id in sorted(groups):
        first, *rest = sorted(groups[record_id], key=_fullest_first)
        for row in rest:
            passed_over.append(row["_row"])
            if row["version"] != first["version"]:
                continue
            problems.append(
                Problem(
                    source=Source(row["source"]),
                    path=row["path"],
                    record_id=record_id,
                    rule="duplicate-record",
                    severity=Severity.NOTE,
                    reason=f"{first['path']} has the same record, and says no less; that one is used",
                    mend="remove one of the two",
                )
            )
    kept = numbered.filter(~pl.col("_row").is_in(pl.Series(passed_over, dtype=pl.UInt32).implode()))
    return kept.drop("_row").sort("id"), problems


def _fullest_first(row: Mapping[str, Any]) -> tuple[str, int, int, str, int]:
    # A later date first: strings sort upwards, so each digit is turned round.
    date = "".join(chr(0x7E - ord(c)) if c.isdigit() else c for c in row["date"] or "")
    return date or "~", -row["characters"], -row["headings"], row["path"], row["position"]
