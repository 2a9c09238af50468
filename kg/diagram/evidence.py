"""Evidence of a build, looked up by claim: sorted once, then a binary search a claim.

A build may hold millions of quotes. They stay in their table; only those of the claims asked for become rows.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

import polars as pl

from kg.diagram.rows import FileRows, FileStrings, FrameRows, Rows, write_rows, write_strings
from kg.graph.build_dir import Build

COLUMNS: Final = ("id", "claim_id", "record_id", "quote", "polarity", "method", "cited")
_ROWS: Final = "evidence.jsonl"
_CLAIMS: Final = "evidence.claims"
_DATES: Final = "dates.arrow"
#: A claim with so many pieces of evidence is shown on many pages: its rows are kept, up to so many of all claims.
_MANY: Final = 8
_REMEMBERED: Final = 20_000


class EvidenceIndex:
    """The evidence of each claim, and the date of each record.

    Parameters
    ----------
    claims : sequence of str
        The claim of each piece of evidence, sorted.
    rows : Rows
        The pieces, in that order, by `COLUMNS`; those of one claim by id.
    dates : mapping of str to str
        Date of each record that has one, as it says it.
    """

    def __init__(self, claims: Sequence[str], rows: Rows, dates: Mapping[str, str]) -> None:
        self._claims = claims
        self._pieces = rows
        self._dates = dates
        self._known: dict[str, list[dict[str, Any]]] = {}
        self._remembered = 0

    @classmethod
    def from_tables(cls, evidence: pl.DataFrame, records: pl.DataFrame | None = None) -> EvidenceIndex:
        """Make it of a build's tables; without its records no date is known."""
        in_order = evidence.select(COLUMNS).sort("claim_id", "id")
        # A series is searched as any sequence is: Polars' own search costs milliseconds, however few are asked for.
        claims = cast("Sequence[str]", in_order["claim_id"])
        return cls(claims, FrameRows(in_order), {} if records is None else _dates_of(records))

    @staticmethod
    def write(build: Build, folder: Path) -> None:
        """Write what `read` takes into a folder."""
        evidence = pl.scan_parquet(build.path / "evidence.parquet").select(COLUMNS)
        order = evidence.select("claim_id", "id").with_row_index("row").collect().sort("claim_id", "id")
        write_rows(evidence, folder / _ROWS, order["row"])
        write_strings(order["claim_id"], folder / _CLAIMS)
        build.read("records", ("id", "date")).write_ipc(folder / _DATES)

    @classmethod
    def read(cls, folder: Path) -> EvidenceIndex:
        """Read what `write` wrote: processes that read the same files share their memory."""
        dates = _dates_of(pl.read_ipc(folder / _DATES))
        return cls(FileStrings(folder / _CLAIMS), FileRows(folder / _ROWS), dates)

    def of(self, claim_ids: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
        """Give each claim's pieces of evidence, sorted by id; a claim without any is left out."""
        wanted = sorted(set(claim_ids))
        new: dict[str, list[dict[str, Any]]] = {}
        for claim_id in wanted:
            if claim_id not in self._known and (rows := self._rows(claim_id)):
                pieces = self._pieces.slice(rows.start, rows.stop)
                new[claim_id] = [dict(zip(COLUMNS, piece, strict=True)) for piece in pieces]
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


def _dates_of(records: pl.DataFrame) -> dict[str, str]:
    # ISO dates begin with the day; a record may have a time behind it.
    dated = records.select("id", "date").drop_nulls().sort("id", "date")
    return {record: date[:10] for record, date in dated.iter_rows()}
