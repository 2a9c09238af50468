"""PubMed into the record store: what is wanted, what of it is new, what of the rest may have changed.

A record is fetched when it isn't held, when PubMed says that it was modified since it was, or when its turn has come to
be looked at again. The day on which a query was listed whole is remembered, so that the next run asks only for what
was entered or modified since.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from kg.config import HarvestConfig, PubmedHarvestConfig
from kg.errors import AnswerError, FetchError, HarvestError, RateLimitedError
from kg.harvest.live.clock import Clock
from kg.harvest.live.entrez import EntrezClient
from kg.harvest.live.entrez_answers import FetchedRecord
from kg.harvest.live.harvester import Failure, SourceSummary
from kg.harvest.live.mirror import MirrorReader
from kg.harvest.live.pubmed_dois import STATE as DOI_STATE
from kg.harvest.live.pubmed_dois import Asked, known_dois, remember_doi, search_dois
from kg.harvest.live.pubmed_fetch import SOURCE, RecordFetcher, fail_record
from kg.harvest.live.pubmed_listing import Range, list_pmids
from kg.harvest.live.pubmed_plan import NAMED_MARK, Plan, listing_of, mark_of
from kg.harvest.live.pubmed_wanted import Named, configured_ids, ids_named_in_store, topic_queries
from kg.harvest.live.redact import Redactor
from kg.harvest.live.session import HttpSession
from kg.harvest.live.state import SourceStates
from kg.harvest.live.store import RecordStore
from kg.model.progress import Progress

#: PMIDs of one search for modified records.
_UIDS: Final = 400
#: NCBI allows three requests a second without a key, ten with one, and counts by its own clock: a little less, then.
_RATE: Final = 2.7
_RATE_WITH_KEY: Final = 9.0
#: Name under which the store keeps the PMIDs that PubMed hasn't got.
_ABSENT_STATE: Final = "pubmed-absent"


class PubmedHarvester:
    """PubMed, by E-utilities and from a mirror of its files.

    Parameters
    ----------
    config : HarvestConfig
        With ``pubmed``.
    slots : Path
        Folder of the hosts' slots.
    token : str, optional
        NCBI's API key.
    clock : Clock, optional
        Time.
    """

    source = "pubmed"

    def __init__(
        self, config: HarvestConfig, *, slots: Path, token: str | None = None, clock: Clock | None = None
    ) -> None:
        self._config, self._slots, self._key, self._clock = config, slots, token, clock
        self._settings = config.pubmed or PubmedHarvestConfig()
        # Read at once, so that a list with a fault in it ends the command before anything is harvested.
        self._named = configured_ids(self._settings)

    def make_session(self) -> HttpSession | None:
        """Make the session with NCBI's pace; None where a folder is all that is read."""
        mirror = self._settings.mirror
        if not self._settings.url and mirror and "://" not in mirror:
            return None
        rate = self._settings.rate_per_s
        return HttpSession(
            self._config,
            slots=self._slots,
            rate_per_s=(_RATE_WITH_KEY if self._key else _RATE) if rate is None else rate,
            secrets=[self._key] if self._key else (),
            clock=self._clock,
        )

    def plan(
        self, store: RecordStore | None, *, since: str | None, limit: int | None, refresh: bool
    ) -> list[str]:
        """Say what `harvest` would do."""
        settings = self._settings
        named = Named(set(self._named.pmids), set(self._named.dois))
        said = []
        if store is not None:
            named.update(ids_named_in_store(store, settings.named_by, remember=False))
            said.append(f"{store.count(SOURCE):,} records are held")
        if settings.mirror:
            said.append(
                f"read the files of {Redactor().text(settings.mirror)} that are new ({settings.mirror_records} records)"
            )
        if not settings.url:
            return said
        queries = self._queries()
        address = Redactor().text(settings.url)
        said.append(
            f"ask {address} for {len(named.pmids):,} PMIDs, {len(named.dois):,} DOIs, {len(queries)} queries"
        )
        for query in queries:
            mark = store.state(SOURCE).get(mark_of(query)) if store is not None and not refresh else None
            first = since or (mark["on"] if mark else None)
            said.append(
                f"query {query}: " + (f"what was entered or modified since {first}" if first else "all of it")
            )
        return said + ([f"at most {limit:,} records"] if limit is not None else [])

    def harvest(
        self,
        session: HttpSession | None,
        store: RecordStore,
        summary: SourceSummary,
        *,
        since: str | None,
        limit: int | None,
        refresh: bool,
        progress: Progress,
    ) -> None:
        """Bring the store up to date with PubMed; see `Harvester.harvest`."""
        settings = self._settings
        plan = Plan(
            store.now(), since=datetime.date.fromisoformat(since[:10]) if since else None, refresh=refresh
        )
        plan.look(store)
        plan.named.update(self._named)
        plan.named.update(ids_named_in_store(store, settings.named_by))
        held_before = set(plan.held)
        if settings.mirror:
            wanted = None if settings.mirror_records == "all" else plan.named
            MirrorReader(settings.mirror, session, store, summary, progress).read(
                wanted, limit=limit, refresh=refresh, rescan=not settings.url
            )
            plan.look(store)
        if settings.url and session is not None:
            client = EntrezClient(
                session,
                settings.url,
                tool=settings.tool,
                email=self._config.contact or "",
                api_key=self._key,
            )
            fetcher = RecordFetcher(client, store, summary, progress, batch=settings.batch)
            self._list_queries(client, store, plan, summary, progress)
            self._list_modified(client, store, plan, summary, progress)
            kept = self._resolve_dois(client, fetcher, store, plan, summary, limit)
            self._fetch(
                client, fetcher, store, plan, summary, limit=None if limit is None else max(0, limit - kept)
            )
            if client.failure is not None and not client.answered:
                raise client.failure
            if limit is None:
                self._remember(store, plan)
        else:
            _note_unheld(plan, summary)
        failed = {failure.key.removeprefix("PMID:") for failure in summary.failed}
        lost = {pmid for pmid in held_before if str(pmid) in failed}
        if summary.deleted:
            lost |= {pmid for pmid in held_before if store.get(SOURCE, str(pmid)) is None}
        summary.unchanged = max(0, len(held_before) - summary.changed - len(lost))

    def _remember(self, store: RecordStore, plan: Plan) -> None:
        """Note how far this run has come, now that everything it listed is held or known to be missing."""
        with store.batch():
            states = store.state(SOURCE)
            for name in plan.kept:
                states.pop(name, None)
            states.update(plan.marks)

    def _queries(self) -> list[str]:
        settings = self._settings
        return list(dict.fromkeys((*settings.queries, *topic_queries(settings.topics, settings.diseases))))

    # Listing.

    def _list_queries(
        self, client: EntrezClient, store: RecordStore, plan: Plan, summary: SourceSummary, progress: Progress
    ) -> None:
        states = store.state(SOURCE)
        queries = self._queries()
        for number, query in enumerate(queries, start=1):
            mark, kept = states.get(mark_of(query)), listing_of(query)
            window = plan.window(mark, self._settings.refresh_days)
            listing = _kept_listing(states, kept, window, plan)
            if listing is None:
                try:
                    listing = _list_query(client, query, plan, mark, window)
                except HarvestError as error:
                    if not _is_refused(error):
                        raise
                    summary.failed.append(Failure(f"query {query}", error.what))
                    continue
                states[kept] = {**listing, **_asked(window, plan)}
            plan.kept.append(kept)
            plan.listed |= set(listing["pmids"])
            plan.modified |= set(listing["modified"]) & plan.held.keys()
            if listing["ignored"]:
                words = ", ".join(listing["ignored"][:3])
                summary.notes.append(f"query {query}: PubMed doesn't know and left out: {words}")
            summary.failed += [Failure(f"query {query}", missing) for missing in listing["missing"]]
            if not listing["missing"]:
                plan.mark(query, mark, window)
            progress("queries", number, len(queries))

    def _list_modified(
        self, client: EntrezClient, store: RecordStore, plan: Plan, summary: SourceSummary, progress: Progress
    ) -> None:
        """Ask which held records that are wanted by name were modified since they were known to be current."""
        mark = store.state(SOURCE).get(NAMED_MARK)
        groups = [] if plan.refresh else plan.windows_of_named(mark)
        parts = [(window, due[start : start + _UIDS]) for window, due in groups for start in range(0, len(due), _UIDS)]
        is_whole = True
        for number, (window, part) in enumerate(parts, start=1):
            try:
                found = list_pmids(client, _uid_query(part), today=plan.today, modified=window)
            except HarvestError as error:
                if not _is_refused(error):
                    raise
                summary.failed.append(Failure("modified records", error.what))
                is_whole = False
                continue
            is_whole = is_whole and found.is_whole
            plan.modified |= found.pmids & set(part)
            progress("modified", number, len(parts))
        if is_whole:
            plan.mark_named(mark)

    def _resolve_dois(
        self,
        client: EntrezClient,
        fetcher: RecordFetcher,
        store: RecordStore,
        plan: Plan,
        summary: SourceSummary,
        limit: int | None,
    ) -> int:
        """Find the records of DOIs, keep them, and remember which DOIs have none; give how many were kept."""
        states = store.state(DOI_STATE)
        asked_for = sorted(plan.named.dois - plan.doi_of_held.keys())
        if not plan.refresh:
            known = known_dois(states, asked_for, today=plan.today, absent_days=self._settings.absent_days)
            plan.named.pmids |= {pmid for pmid in known.values() if pmid is not None}
            absent = sum(pmid is None for pmid in known.values())
            asked_for = [doi for doi in asked_for if doi not in known]
        else:
            absent = 0
        asked_for = asked_for[:limit]
        asked = search_dois(client, asked_for) if asked_for else Asked(set(), set(), {})
        for doi, reason in asked.failed.items():
            summary.failed.append(Failure(f"DOI:{doi}", reason))
        found: dict[str, int] = {}

        def wants(record: FetchedRecord) -> bool:
            own = [doi for doi in record.dois if doi in asked.dois]
            for doi in own:
                found[doi] = min(record.pmid, found.get(doi, record.pmid))
            return bool(own)

        before = summary.new + summary.changed
        failed_before = len(summary.failed)
        missing = fetcher.fetch(asked.candidates - plan.held.keys(), wants=wants, step="DOIs")
        # Of a candidate that couldn't be had nobody knows whether a DOI is its own.
        is_sure = not missing and len(summary.failed) == failed_before
        for pmid in missing:
            fail_record(store, summary, pmid, "PubMed finds it by a DOI, and EFetch doesn't give it")
        with store.batch():
            for doi in sorted(asked.dois):
                if doi in found or is_sure:
                    remember_doi(states, doi, found.get(doi), today=plan.today)
                    absent += doi not in found
        if absent:
            summary.notes.append(f"{absent:,} DOIs are not in PubMed")
        plan.look(store)
        return summary.new + summary.changed - before

    # Fetching.

    def _fetch(
        self,
        client: EntrezClient,
        fetcher: RecordFetcher,
        store: RecordStore,
        plan: Plan,
        summary: SourceSummary,
        *,
        limit: int | None,
    ) -> None:
        states = store.state(_ABSENT_STATE)
        again = {int(failure.key) for failure in store.failed(SOURCE)} | plan.lost
        absent = {} if plan.refresh else _believed_absent(states, plan, self._settings.absent_days)
        wanted = (plan.named.pmids | plan.listed | again) - plan.held.keys() - (absent.keys() - again)
        due = plan.due(self._settings.refresh_days) | (again & plan.held.keys())
        order = [*sorted(wanted, reverse=True), *sorted(due, reverse=True)]
        order = [pmid for pmid in order if not store.is_checked(SOURCE, str(pmid))]
        if limit is not None and len(order) > limit:
            summary.notes.append(f"{len(order) - limit:,} records are left for the next run by --limit")
            order = order[:limit]
        missing = fetcher.fetch(order)
        unsure = [pmid for pmid in missing if pmid not in plan.held.keys() | plan.listed | again]
        # That EFetch leaves a record out says little; that ESearch doesn't find its PMID either says more.
        listed = set(missing) - set(unsure)
        for start in range(0, len(unsure), _UIDS):
            part = unsure[start : start + _UIDS]
            listed |= list_pmids(client, _uid_query(part), today=plan.today).pmids & set(part)
        with store.batch():
            for pmid in missing:
                if pmid in listed:
                    fail_record(store, summary, pmid, "PubMed lists it, and EFetch doesn't give it")
                else:
                    states[str(pmid)] = absent[pmid] = plan.today.isoformat()
        for pmid in sorted(absent.keys() & plan.named.pmids):
            summary.withheld.append(
                Failure(f"PMID:{pmid}", f"PubMed has no such record (asked on {absent[pmid]})")
            )


def _list_query(
    client: EntrezClient, query: str, plan: Plan, mark: Any, window: Range | None
) -> dict[str, Any]:
    """List a query, whole or what was modified in a window; of a whole one also what was modified since the last."""
    found = list_pmids(client, query, today=plan.today, modified=window)
    modified, missing = found.pmids, found.missing
    if window is None:
        since = plan.since_mark(mark)
        second = list_pmids(client, query, today=plan.today, modified=since) if since is not None else None
        modified = second.pmids if second is not None else set()
        missing = [*missing, *(second.missing if second is not None else ())]
    return {
        "pmids": sorted(found.pmids),
        "modified": sorted(modified),
        "missing": missing,
        "ignored": list(found.ignored),
    }


def _uid_query(pmids: Sequence[int]) -> str:
    return " OR ".join(f"{pmid}[uid]" for pmid in pmids)


def _note_unheld(plan: Plan, summary: SourceSummary) -> None:
    for pmid in sorted(plan.named.pmids - plan.held.keys()):
        summary.withheld.append(Failure(f"PMID:{pmid}", "the mirror hasn't got it"))
    if lacking := len(plan.named.dois - plan.doi_of_held.keys()):
        summary.notes.append(f"{lacking:,} DOIs are not in the mirror")


def _kept_listing(states: SourceStates, name: str, window: Range | None, plan: Plan) -> dict[str, Any] | None:
    """Give the listing that a run made which was cut off, if it is of today and was asked for in the same way."""
    kept = states.get(name)
    return dict(kept) if kept is not None and _asked(window, plan).items() <= kept.items() else None


def _asked(window: Range | None, plan: Plan) -> dict[str, Any]:
    days = window.clause if window is not None else ""
    return {"window": days, "refresh": plan.refresh, "on": plan.today.isoformat()}


def _is_refused(error: HarvestError) -> bool:
    """Tell whether PubMed refuses this query, and may take others."""
    if isinstance(error, AnswerError):
        return error.kind != "key"
    return isinstance(error, FetchError) and not isinstance(error, RateLimitedError)


def _believed_absent(states: SourceStates, plan: Plan, days: int) -> dict[int, str]:
    last = plan.today - datetime.timedelta(days=days)
    return {int(pmid): on for pmid, on in states.items() if datetime.date.fromisoformat(on) > last}
