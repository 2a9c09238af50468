"""What a run of PubMed has to do: what is held, what is wanted, what is due again. No request is made here."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from kg.harvest.live.clock import seconds_of
from kg.harvest.live.pubmed_listing import Range
from kg.harvest.live.pubmed_wanted import Named
from kg.harvest.live.store import RecordStore

#: Name under which the store keeps when the records wanted by name were known to be current.
NAMED_MARK: Final = "named"
#: PubMed's days begin in Washington, ours in Greenwich: a listing of a day may miss what that day still brought.
OVERLAP: Final = datetime.timedelta(days=2)
#: A record fetched within so many seconds is current: PubMed is updated once a day, and the overlap brings it up again.
_FRESH_S: Final = 20 * 3600


@dataclass
class Plan:
    """What a run has found out before it fetches."""

    now: str
    since: datetime.date | None = None
    refresh: bool = False
    #: PMID to the time when it was last asked for; what the store says of it also counts runs that didn't.
    held: dict[int, str] = field(default_factory=dict)
    doi_of_held: dict[str, int] = field(default_factory=dict)
    #: In the store, and its payload lost from the disk: fetched again whatever wants it.
    lost: set[int] = field(default_factory=set)
    named: Named = field(default_factory=Named)
    #: PMIDs that queries list.
    listed: set[int] = field(default_factory=set)
    #: Held ones that PubMed says were modified.
    modified: set[int] = field(default_factory=set)
    #: What to remember of each query when everything is fetched.
    marks: dict[str, Any] = field(default_factory=dict)
    #: Names of listings kept for a run that takes this one up.
    kept: list[str] = field(default_factory=list)

    @property
    def today(self) -> datetime.date:
        """The day, UTC."""
        return datetime.date.fromisoformat(self.now[:10])

    def look(self, store: RecordStore) -> None:
        """Find out what the store holds."""
        self.held, self.doi_of_held, self.lost = {}, {}, set()
        for item in store.current("pubmed"):
            pmid = int(item.key)
            if not store.objects.has(item.sha256, item.size_bytes):
                self.lost.add(pmid)
                continue
            self.held[pmid] = item.meta.get("asked") or item.fetched_at
            for doi in item.meta.get("dois", ()):
                self.doi_of_held[doi] = min(pmid, self.doi_of_held.get(doi, pmid))

    def is_fresh(self, pmid: int) -> bool:
        """Tell whether a held record came so lately that PubMed can't have changed it but in the overlap."""
        return seconds_of(self.now) - seconds_of(self.held[pmid]) < _FRESH_S

    def window(self, mark: Mapping[str, str] | None, refresh_days: int) -> Range | None:
        """Give the days of modification that a query is to be listed for; None for all of it."""
        if self.refresh:
            return None
        if self.since is not None:
            return self._modified_from(self.since)
        if mark is None or self.today - _date(mark["full_on"]) >= datetime.timedelta(days=refresh_days):
            return None
        return self.since_mark(mark)

    def since_mark(self, mark: Mapping[str, str] | None) -> Range | None:
        """Give the days of modification since something was listed whole; None where it never was."""
        return None if self.refresh or mark is None else self._modified_from(_date(mark["on"]) - OVERLAP)

    def _modified_from(self, first: datetime.date) -> Range:
        return Range("mdat", first, self.today + datetime.timedelta(days=1))

    def mark(self, query: str, mark: Mapping[str, str] | None, window: Range | None) -> None:
        """Note that a query is listed whole; `window` says for which days."""
        if window is not None and (mark is None or window.first > _date(mark["on"])):
            return  # --since left days out that no run has listed
        full_on = mark["full_on"] if window is not None and mark is not None else self.today.isoformat()
        self.marks[mark_of(query)] = {"query": query, "on": self.today.isoformat(), "full_on": full_on}

    def named_and_held(self) -> set[int]:
        """Give the held records that are wanted by name."""
        named = self.named.pmids | {
            self.doi_of_held[doi] for doi in self.named.dois if doi in self.doi_of_held
        }
        return named & self.held.keys()

    def unchecked(self) -> list[int]:
        """Give the held records that are wanted by name, of which nobody has said that they were modified."""
        return sorted(pmid for pmid in self.named_and_held() - self.modified if not self.is_fresh(pmid))

    def windows_of_named(self, mark: Mapping[str, Any] | None) -> list[tuple[Range, list[int]]]:
        """Give the records wanted by name that are to be looked at, with the days of modification to ask for.

        Those that were looked at in the last run are asked for since then, the others since they came.
        """
        due = self.unchecked()
        if self.since is not None:
            return [(self._modified_from(self.since), due)] if due else []
        looked_at = set(mark["pmids"]) if mark is not None and "pmids" in mark else set()
        known = [pmid for pmid in due if pmid in looked_at]
        others = [pmid for pmid in due if pmid not in looked_at]
        window = self.since_mark(mark)
        found = [(window, known)] if window is not None and known else []
        if others:
            oldest = min(self.held[pmid] for pmid in others)
            found.append((self._modified_from(_date(oldest) - OVERLAP), others))
        return found

    def mark_named(self, mark: Mapping[str, Any] | None) -> None:
        """Note that the records wanted by name are known to be current, but for those that are due."""
        if self.since is None:
            pmids = self.named_and_held()
        elif mark is not None and self.since <= _date(mark["on"]):
            pmids = self.named_and_held() & set(mark.get("pmids", ()))
        else:
            return
        self.marks[NAMED_MARK] = {"on": self.today.isoformat(), "pmids": sorted(pmids)}

    def due(self, refresh_days: int) -> set[int]:
        """Choose the held records to fetch again: modified ones, and the oldest, so that all have their turn."""
        if self.refresh:
            return set(self.held)
        half = datetime.timedelta(days=refresh_days / 2)
        old = sorted((asked, pmid) for pmid, asked in self.held.items() if self.today - _date(asked) >= half)
        share = -(-len(self.held) // refresh_days)
        return {pmid for pmid in self.modified if not self.is_fresh(pmid)} | {pmid for _, pmid in old[:share]}


def _date(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text[:10])


def mark_of(query: str) -> str:
    """Name under which the store keeps when a query was listed whole."""
    return f"query:{hashlib.sha256(query.encode()).hexdigest()[:16]}"


def listing_of(query: str) -> str:
    """Name under which the store keeps a query's listing, for a run that takes up one that was cut off."""
    return f"listing:{hashlib.sha256(query.encode()).hexdigest()[:16]}"
