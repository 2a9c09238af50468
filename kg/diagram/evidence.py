"""Evidence of a build, looked up by claim: sorted once, then a binary search a diagram.

A build may hold millions of quotes. They stay in their table; only those of the claims asked for become rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import polars as pl

_COLUMNS: Final = ("id", "claim_id", "record_id", "quote", "polarity", "method", "cited")


class EvidenceIndex:
    """The evidence of each claim, and the date of each record.

    Parameters
    ----------
    evidence : polars.DataFrame
        The build's table.
    records : polars.DataFrame, optional
        The build's table; without it no date is known.
    """

    def __init__(self, evidence: pl.DataFrame, records: pl.DataFrame | None = None) -> None:
        self._evidence = evidence.select(_COLUMNS).sort("claim_id", "id")
        dated = (
            []
            if records is None
            else records.select("id", "date").drop_nulls().sort("id", "date").iter_rows()
        )
        #: ISO dates begin with the day; a record may have a time behind it.
        self._dates: dict[str, str] = {record: date[:10] for record, date in dated}

    def of(self, claim_ids: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
        """Give each claim's pieces of evidence, sorted by id; a claim without any is left out."""
        wanted = pl.Series(sorted(set(claim_ids)), dtype=pl.String())
        if wanted.is_empty():
            return {}
        keys = self._evidence["claim_id"]
        starts = keys.search_sorted(wanted, side="left").to_list()
        ends = keys.search_sorted(wanted, side="right").to_list()
        rows = [at for start, end in zip(starts, ends, strict=True) for at in range(start, end)]
        found: dict[str, list[dict[str, Any]]] = {}
        for row in self._evidence[rows].iter_rows(named=True):
            found.setdefault(row["claim_id"], []).append(row)
        return found

    def date(self, record_id: str) -> str | None:
        """Give the day of a record, as it says it."""
        return self._dates.get(record_id)
