"""Evidence of a build, looked up by claim: sorted once, then a binary search a claim.

A build may hold millions of quotes. They stay in their table; only those of the claims asked for become rows.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Any, Final, cast

import polars as pl

COLUMNS: Final = ("id", "claim_id", "record_id", "quote", "polarity", "method", "cited")
#: A claim with so many pieces of evidence is shown on many pages: its rows are kept, up to so many of all claims.
_MANY: Final = 8
_REMEMBERED: Final = 20_000


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
        self._evidence = evidence.select(COLUMNS).sort("claim_id", "id")
        # A series is searched as any sequence is: Polars' own search costs milliseconds, however few are asked for.
        self._claims = cast("Sequence[str]", self._evidence["claim_id"])
        self._known: dict[str, list[dict[str, Any]]] = {}
        self._remembered = 0
        dated = [] if records is None else records.select("id", "date").drop_nulls().sort("id", "date").iter_rows()
        #: ISO dates begin with the day; a record may have a time behind it.
        self._dates: dict[str, str] = {record: date[:10] for record, date in dated}

    def of(self, claim_ids: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
        """Give each claim's pieces of evidence, sorted by id; a claim without any is left out."""
        wanted = sorted(set(claim_ids))
        new: dict[str, list[dict[str, Any]]] = {}
        rows = [at for claim_id in wanted if claim_id not in self._known for at in self._rows(claim_id)]
        if rows:
            for row in self._evidence[rows].iter_rows(named=True):
                new.setdefault(row["claim_id"], []).append(row)
        found = {claim_id: self._known.get(claim_id) or new.get(claim_id) for claim_id in wanted}
        self._remember(new)
        return {claim_id: pieces for claim_id, pieces in found.items() if pieces}

    def _rows(self, claim_id: str) -> range:
        start = end = bisect_left(self._claims, claim_id)
        while end < len(self._claims) and self._claims[end] == claim_id:
            end += 1
        return range(start, end)

    def _remember(self, new: dict[str, list[dict[str, Any]]]) -> None:
        many = {claim_id: pieces for claim_id, pieces in new.items() if len(pieces) >= _MANY}
        self._remembered += sum(map(len, many.values()))
        if self._remembered > _REMEMBERED:
            self._known.clear()
            self._remembered = sum(map(len, many.values()))
        self._known.update(many)

    def date(self, record_id: str) -> str | None:
        """Give the day of a record, as it says it."""
        return self._dates.get(record_id)
