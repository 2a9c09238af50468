"""List every PMID that a query matches, around ESearch's limit, and say so where some can't be had.

ESearch reaches the first 9,999 records of a query. A query with more is asked in parts, by ranges of the date
on which records entered PubMed: each record has exactly one, and it never changes. A part of more than a page is paged
over the history server, whose set stays as it was when the listing began.
"""

from __future__ import annotations

import datetime
import logging
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from kg.errors import AnswerError
from kg.harvest.live.entrez_answers import SearchAnswer

logger = logging.getLogger(__name__)

#: Records of a query that ESearch reaches: "'retstart' cannot be larger than 9998".
REACH: Final = 9_999
#: Ids of one answer: 90 KB of XML.
PAGE: Final = 5_000
#: No record entered before; MEDLINE's oldest come from its paper forerunner.
FIRST_DAY: Final = datetime.date(1800, 1, 1)
#: How often a listing that changes under the paging is begun again.
_TRIES: Final = 4


class Range(NamedTuple):
    """Days, both included, on one of PubMed's dates: ``edat`` (entered), ``mdat`` (modified)."""

    field: str
    first: datetime.date
    last: datetime.date

    @property
    def params(self) -> dict[str, str]:
        """ESearch's parameters."""
        return {
            "datetype": self.field,
            "mindate": f"{self.first:%Y/%m/%d}",
            "maxdate": f"{self.last:%Y/%m/%d}",
        }

    @property
    def clause(self) -> str:
        """A clause of a query, for a second range beside that of the parameters."""
        return f'("{self.first:%Y/%m/%d}"[{self.field}] : "{self.last:%Y/%m/%d}"[{self.field}])'


class Searching(Protocol):
    """What runs one search."""

    def search(
        self,
        term: str,
        *,
        dates: Range | None = None,
        start: int = 0,
        most: int = PAGE,
        after: SearchAnswer | None = None,
    ) -> SearchAnswer:
        """Ask ESearch; `after` is the first page of the same search, on the history server."""
        ...


@dataclass
class Listing:
    """What a query matches, as far as it could be had."""

    pmids: set[int] = field(default_factory=set)
    #: What is missing or was left out of the query, in sentences; empty where the listing is whole.
    missing: list[str] = field(default_factory=list)
    #: Words that PubMed doesn't know and left out.
    ignored: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether every match is in it."""
        return not self.missing


def list_pmids(
    client: Searching, term: str, *, today: datetime.date, modified: Range | None = None, reach: int = REACH
) -> Listing:
    """List what a query matches.

    Parameters
    ----------
    client : Searching
        Runs one search.
    term : str
        The query.
    today : date
        No record entered after the next day, whatever the time zone.
    modified : Range, optional
        Only what was modified in these days.
    reach : int, default `REACH`
        Records of a query that ESearch reaches; a server that says that it reaches fewer is believed.

    Returns
    -------
    Listing

    Raises
    ------
    HarvestError
        If PubMed can't be asked, or refuses the query.
    """
    return _Lister(client, term, modified, today, reach).run()


class _TooFar(Exception):  # noqa: N818 - never leaves this module
    """A search has more records than can be reached."""


class _Lister:
    """One query's listing."""

    def __init__(
        self, client: Searching, term: str, modified: Range | None, today: datetime.date, reach: int
    ) -> None:
        self._client, self._term, self._modified = client, term, modified
        self._today, self._reach = today, reach
        self._listing = Listing()

    def run(self) -> Listing:
        listing = self._listing
        for attempt in range(_TRIES):
            listing.missing.clear()
            first = self._search(None)
            listing.ignored = first.ignored
            try:
                self._list_part(None, first)
                return listing
            except _TooFar:
                self._list_ranges(Range("edat", FIRST_DAY, self._today + datetime.timedelta(days=1)))
            # What was added meanwhile lies in the last part or in none; the parts must hold what the whole has now.
            total = self._search(None, most=0).total
            if len(listing.pmids) >= total or listing.missing:
                return listing
            logger.info("%s: %d of %d listed (try %d)", self._term, len(listing.pmids), total, attempt + 1)
        listing.missing.append(f"its parts hold {len(listing.pmids):,} of {total:,} records: {self._term}")
        return listing

    def _search(
        self, days: Range | None, *, start: int = 0, most: int = PAGE, after: SearchAnswer | None = None
    ) -> SearchAnswer:
        """Search for what was entered in a range of days; None for all."""
        # ESearch's parameters take one range; with two, the second is a clause of the query.
        if self._modified is None or days is None:
            return self._client.search(
                self._term, dates=days or self._modified, start=start, most=most, after=after
            )
        term = f"({self._term}) AND {days.clause}"
        return self._client.search(term, dates=self._modified, start=start, most=most, after=after)

    def _list_ranges(self, days: Range) -> None:
        """List a range of days, in halves where it has too many."""
        waiting = [(days, self._search(days, most=0))]
        while waiting:
            part, answer = waiting.pop()
            try:
                self._list_part(part, answer)
            except _TooFar:
                if part.first < part.last:
                    halves = _halves(part)
                    # Of a half that will be halved again the ids are of no use.
                    most = 0 if answer.total > 4 * self._reach else PAGE
                    answers = [self._search(half, most=most) for half in halves]
                    found = sum(half.total for half in answers)
                    if found > 1.5 * answer.total + 2:
                        self._listing.missing.append(
                            f"ranges of dates make no difference to the server: two halves have {found:,} "
                            f"records, the whole {answer.total:,}: {self._term}"
                        )
                        return
                    waiting += zip(halves, answers, strict=True)
                    continue
                self._list_part(part, answer, reach=self._reach)
                self._listing.missing.append(
                    f"{answer.total:,} records entered on {part.first}, and PubMed gives the first "
                    f"{self._reach:,}: narrow {self._term}"
                )

    def _list_part(self, days: Range | None, first: SearchAnswer, *, reach: int | None = None) -> None:
        """List a search page by page; one that changes under the paging is begun again.

        With `reach`, its first records; without, all, and `_TooFar` where they are too many.
        """
        listed: set[int] = set()
        for attempt in range(_TRIES):
            answer = first if attempt == 0 else self._search(days)
            if reach is None and answer.total > self._reach:
                raise _TooFar
            wanted = min(answer.total, reach or answer.total)
            found = dict.fromkeys(answer.pmids)
            try:
                while len(found) < wanted:
                    page = self._search(days, start=len(found), after=answer)
                    if page.total != answer.total or not set(page.pmids) - found.keys():
                        break
                    found |= dict.fromkeys(page.pmids)
            except AnswerError as error:
                if error.kind == "too-far" and found:
                    self._reach = min(self._reach, len(found))
                    raise _TooFar from None
                if error.kind != "history":
                    raise
                logger.info("%s: %s; the search is run again", self._term, error.what)
            listed.update(found)
            if len(found) >= wanted:
                break
        self._listing.pmids |= listed
        if len(listed) < wanted:
            self._listing.missing.append(
                f"{len(listed):,} of {wanted:,} records could be listed: {self._term}"
            )


def _halves(days: Range) -> tuple[Range, Range]:
    middle = days.first + (days.last - days.first) // 2
    return days._replace(last=middle), days._replace(first=middle + datetime.timedelta(days=1))
