"""Harvest a DANDI archive: its listing for what has changed, and each version that has.

A dandiset's key is its number and which of its versions it is, ``000053/draft`` or ``000053/published``
(the most recent one). What is stored is the version's ``info`` as the archive sends it, which holds the
metadata; with assets, the summary of their listing is added as ``assetListing``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, NamedTuple

from kg.config import DandiHarvestConfig, HarvestConfig
from kg.errors import FetchError, HarvestError, PayloadError, RateLimitedError, RecordError
from kg.harvest.live.clock import Clock, SystemClock, seconds_of
from kg.harvest.live.dandi_api import GONE, WITHHELD, DandiApi, explain_denial
from kg.harvest.live.dandi_listing import Listed, ListedVersion, Listing, parse_dandiset_entry, read_listing
from kg.harvest.live.harvester import Failure, SourceSummary
from kg.harvest.live.rows import Change, StoredItem
from kg.harvest.live.session import HttpSession, Response
from kg.harvest.live.store import RecordStore
from kg.model.progress import Progress

#: How far behind the newest change of the last run the next one reads: transactions end after their stamps.
_MARGIN_S: Final = 3600.0
#: So many dandisets may be gone at once before that is doubted, or this share of them.
_MOST_GONE: Final = 10
_MOST_GONE_SHARE: Final = 0.1


class _Wanted(NamedTuple):
    """A version to ask for."""

    identifier: str
    kind: str  # draft or published
    version: ListedVersion | None  # None: the listing at hand doesn't have it

    @property
    def key(self) -> str:
        return f"{self.identifier}/{self.kind}"


class _Gone(NamedTuple):
    """A version that the archive says isn't there."""

    key: str
    reason: str


class DandiHarvester:
    """Brings the store up to date with one archive.

    Parameters
    ----------
    config : HarvestConfig
        With a table for DANDI.
    slots : Path
        Folder of the hosts' slots.
    token : str, optional
        For an archive, or dandisets, that need one.
    clock : Clock, optional
        Time.
    """

    source = "dandi"

    def __init__(
        self, config: HarvestConfig, *, slots: Path, token: str | None = None, clock: Clock | None = None
    ) -> None:
        self._config, self._slots, self._token, self._clock = config, slots, token, clock or SystemClock()
        self._dandi = config.dandi or DandiHarvestConfig()

    def make_session(self) -> HttpSession:
        """Make the session with the archive's pace."""
        return HttpSession(
            self._config,
            slots=self._slots,
            rate_per_s=self._dandi.rate_per_s,
            secrets=[self._token] if self._token else (),
            clock=self._clock,
        )

    def plan(self, store: RecordStore | None, *, since: str | None, limit: int | None, refresh: bool) -> list[str]:
        """Say what `harvest` would do."""
        stop, why = self._stop(store, since=since, refresh=refresh)
        kinds = " and ".join(self._dandi.versions)
        rate = f"{self._dandi.rate_per_s:g} requests a second" if self._dandi.rate_per_s else "no limit of pace"
        steps = [
            f"list the dandisets of {self._dandi.url}, {why}; {rate}",
            f"ask for the {kinds} version of each that is new or has changed"
            + (", and for the listing of its assets" if self._dandi.assets else ""),
        ]
        if stop is None and not since:
            steps.append("ask for each one that is in the store and no longer listed, whether it is gone")
        if store is not None:
            failed = sum(1 for _ in store.failed(self.source))
            steps.append(f"the store has {store.count(self.source):,} versions; {failed} that failed are tried again")
        if limit is not None:
            steps.append(f"stop after {limit} versions")
        return steps

    def _stop(self, store: RecordStore | None, *, since: str | None, refresh: bool) -> tuple[float | None, str]:
        """Decide how far back the listing is read, and say why."""
        if since is not None:
            return seconds_of(since), f"back to {since}"
        state = store.state(self.source) if store is not None else {}
        watermark, full_at = state.get("watermark"), state.get("full_at")
        settings = self._settings()
        if refresh or watermark is None or full_at is None or state.get("settings") != settings:
            return None, "all of them"
        age_days = (self._clock.now() - seconds_of(full_at)) / 86_400
        if age_days >= self._dandi.full_every_days:
            return None, f"all of them, as every {self._dandi.full_every_days:g} days"
        return float(watermark) - _MARGIN_S, "the last changed first, until what is known"

    def _settings(self) -> dict[str, Any]:
        return {
            "url": self._dandi.url,
            "versions": sorted(self._dandi.versions),
            "assets": self._dandi.assets,
        }

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
        """Bring the store up to date; see `Harvester.harvest`."""
        if session is None:
            raise HarvestError("a DANDI archive can't be harvested without a session", self._dandi.url)
        run = _Run(self, DandiApi(session, self._dandi, self._token), session, store, summary, refresh=refresh)
        stop, _ = self._stop(store, since=since, refresh=refresh)
        progress("dandi: listing", 0, 0)
        listing = run.list_all(stop, may_widen=since is None)
        progress("dandi: listing", 1, 1)
        if listing.nameless:
            summary.notes.append(f"{listing.nameless} entries of the listing name no dandiset and are left out")
        if since is not None and stop is not None:  # the last page has older ones as well
            newer = {key: item for key, item in listing.found.items() if item.order is None or item.order >= stop}
            listing = listing._replace(found=newer)
        work = list(run.work(listing, check_missing=since is None))
        if limit is not None and len(work) > limit:
            summary.notes.append(f"{len(work) - limit} versions are left for the next run")
        before = store.count(self.source)
        todo = work if limit is None else work[:limit]
        for done, wanted in enumerate(todo):
            progress("dandi: versions", done, len(todo))
            run.bring(wanted)
        progress("dandi: versions", len(todo), len(todo))
        run.delete_gone(before)
        summary.unchanged = max(0, store.count(self.source) - summary.new - summary.changed - run.stale)
        if not listing.is_stable:
            summary.notes.append("the listing kept changing while it was read: the next run reads all of it")
        elif since is None and len(todo) == len(work):
            self._remember(store, listing)

    def _remember(self, store: RecordStore, listing: Listing) -> None:
        state = store.state(self.source)
        newest = max((item.order for item in listing.found.values() if item.order is not None), default=0.0)
        with store.batch():
            state["watermark"] = max(newest, float(state.get("watermark") or 0.0))
            state["settings"] = self._settings()
            if listing.is_full:
                state["full_at"] = store.now()

    @property
    def wants_assets(self) -> bool:
        """Whether the listings of assets are read."""
        return self._dandi.assets

    @property
    def kinds(self) -> tuple[str, ...]:
        """Which versions are wanted."""
        return self._dandi.versions


class _Run:
    """One run: what was found, and what is to be done about it."""

    def __init__(
        self,
        harvester: DandiHarvester,
        api: DandiApi,
        session: HttpSession,
        store: RecordStore,
        summary: SourceSummary,
        *,
        refresh: bool,
    ) -> None:
        self._harvester, self._api, self._session, self._store = harvester, api, session, store
        self._summary, self._refresh = summary, refresh
        self._gone: list[_Gone] = []
        #: Records that are kept though their item couldn't be had.
        self.stale = 0

    def list_all(self, stop: float | None, *, may_widen: bool) -> Listing:
        """Read the listing, and all of it where the archive's count says that something is missing or gone."""
        listing = read_listing(self._api.list_page, stop_before=stop)
        if listing.is_full or not may_widen or listing.total is None:
            return listing
        known = {item.key.split("/")[0] for item in self._store.current("dandi")}
        if len(known | listing.found.keys()) == listing.total:
            return listing
        return read_listing(self._api.list_page, stop_before=None)

    def work(self, listing: Listing, *, check_missing: bool) -> Iterator[_Wanted]:
        """Give what must be asked for: what changed, what failed, and what is stored and no longer listed."""
        stored = {item.key: item for item in self._store.current("dandi")}
        failed = {item.key for item in self._store.failed("dandi")}
        wanted: set[str] = set()
        for listed in listing.found.values():
            for candidate in self._versions(listed):
                wanted.add(candidate.key)
                if self._is_due(candidate, stored.get(candidate.key), failed):
                    yield candidate
        for key in sorted((stored.keys() | failed) - wanted):
            identifier, kind = key.split("/")
            is_listed = identifier in listing.found
            item = stored.get(key)
            is_lost = item is not None and not self._store.objects.has(item.sha256, item.size_bytes)
            is_due = key in failed or is_lost or (check_missing and (is_listed or listing.is_full))
            if is_due and kind in self._harvester.kinds and not self._was_checked(key):
                yield _Wanted(identifier, kind, None)

    def _versions(self, item: Listed) -> Iterator[_Wanted]:
        if item.draft is not None and "draft" in self._harvester.kinds:
            yield _Wanted(item.identifier, "draft", item.draft)
        if item.published is not None and "published" in self._harvester.kinds:
            yield _Wanted(item.identifier, "published", item.published)

    def _is_due(self, wanted: _Wanted, stored: StoredItem | None, failed: set[str]) -> bool:
        if self._refresh:
            return not self._was_checked(wanted.key)
        if stored is None or wanted.key in failed or wanted.version is None or wanted.version.modified is None:
            return True
        if not self._store.objects.has(stored.sha256, stored.size_bytes):
            return True
        known = (stored.meta.get("version"), stored.meta.get("modified"), stored.meta.get("assets"))
        return known != (wanted.version.version, wanted.version.modified, self._harvester.wants_assets)

    def _was_checked(self, key: str) -> bool:
        return self._refresh and self._store.is_checked("dandi", key)

    def bring(self, wanted: _Wanted) -> None:
        """Bring one version up to date; whatever is wrong with it is noted."""
        try:
            self._bring(wanted)
        except RateLimitedError:
            raise  # the next request would be refused as this one
        except (FetchError, RecordError) as error:
            self._fail(wanted.key, error.what)

    def _fail(self, key: str, reason: str) -> None:
        reason = self._session.redact(reason)
        self.stale += self._store.get("dandi", key) is not None
        self._store.mark_failed("dandi", key, reason)
        self._summary.failed.append(Failure(key, reason))

    def _bring(self, wanted: _Wanted) -> None:
        version = wanted.version or self._look_up(wanted)
        if version is None:
            return
        url = self._api.info_url(wanted.identifier, version.version)
        validators = None if self._refresh else self._store.validators(url)
        stored = self._store.get("dandi", wanted.key)
        if stored is None or stored.meta.get("assets") != self._harvester.wants_assets:
            validators = None  # what is there isn't what is wanted now
        response = self._api.info(wanted.identifier, version.version, validators)
        if self._is_denied(wanted.key, response):
            return
        meta = {
            "version": version.version,
            "modified": version.modified,
            "assets": self._harvester.wants_assets,
        }
        if response.not_modified:
            self._store.confirm("dandi", wanted.key, response.receipt, meta=meta)
            return
        payload = self._payload(wanted, version, response)
        if payload is not None:
            self._summary.add(self._put(wanted, version, payload, response, meta))

    def _is_denied(self, key: str, response: Response) -> bool:
        """Note that something is gone or withheld, if the archive says so."""
        if response.status in GONE:
            self._gone.append(_Gone(key, explain_denial(response)))
        elif response.status in WITHHELD:
            self._withhold(key, explain_denial(response))
        return response.status in GONE | WITHHELD

    def _look_up(self, wanted: _Wanted) -> ListedVersion | None:
        """Ask for a dandiset itself: the evidence that something isn't there is never that it isn't listed."""
        response = self._api.dandiset(wanted.identifier)
        if self._is_denied(wanted.key, response):
            return None
        item = parse_dandiset_entry(response.document)
        version = item.draft if wanted.kind == "draft" else item.published
        if version is None:
            self._gone.append(_Gone(wanted.key, f"the archive says that it has no {wanted.kind} version"))
        return version

    def _put(
        self,
        wanted: _Wanted,
        version: ListedVersion,
        payload: bytes,
        response: Response,
        meta: dict[str, Any],
    ) -> Change:
        relative = f"dandi/{wanted.key}.json"
        try:
            return self._store.put("dandi", wanted.key, payload, response.receipt, relative=relative, meta=meta)
        except PayloadError as error:
            if not error.facts.get("is_shrunk"):
                raise
            again = self._api.info(wanted.identifier, version.version, None)
            if again.status != HTTPStatus.OK or self._payload(wanted, version, again) != payload:
                raise
            return self._store.put(
                "dandi", wanted.key, payload, again.receipt, relative=relative, meta=meta, confirmed=True
            )

    def _payload(self, wanted: _Wanted, version: ListedVersion, response: Response) -> bytes | None:
        """Make what is stored of a version: the archive's own bytes where there is nothing to add to them."""
        info: dict[str, Any] = response.document
        added: dict[str, Any] = {}
        if not isinstance(info.get("metadata"), dict):
            found = self._api.metadata(wanted.identifier, version.version)
            if self._is_denied(wanted.key, found):
                return None
            added["metadata"] = found.document
        if self._harvester.wants_assets:
            assets = self._api.assets(wanted.identifier, version.version)
            if assets is None:
                self._fail(wanted.key, "the listing of its assets is withheld, or gone")
                return None
            added["assetListing"] = assets
        if not added:
            return response.body
        # Added at the end of the archive's own text, so that what it sent stays as it is, numbers and all.
        text = response.body.decode(json.detect_encoding(response.body)).rstrip()
        return f"{text[:-1].rstrip()}, {json.dumps(added, sort_keys=True)[1:]}".encode()

    def _withhold(self, key: str, reason: str) -> None:
        """Note what may not be read: no fault where it never could be; else its record stays and is stale."""
        if self._store.get("dandi", key) is None:
            self._summary.withheld.append(Failure(key, reason))
        else:
            self._fail(key, f"it is withheld now: {reason}")

    def delete_gone(self, before: int) -> None:
        """Take back what the archive says isn't there, unless it is so much that the archive is in doubt."""
        stored = [gone for gone in self._gone if self._store.get("dandi", gone.key) is not None]
        for gone in self._gone:
            if gone not in stored:
                self._summary.notes.append(f"{gone.key} is listed, and then isn't there: {gone.reason}")
                self._store.mark_deleted("dandi", gone.key, gone.reason)
        dandisets = {gone.key.split("/")[0] for gone in stored}
        if len(dandisets) > max(_MOST_GONE, _MOST_GONE_SHARE * before) and not self._refresh:
            for gone in stored:
                self._fail(gone.key, f"{gone.reason}; {len(dandisets)} at once are doubted: --refresh believes it")
            return
        with self._store.batch():
            for gone in stored:
                self._summary.deleted += self._store.mark_deleted("dandi", gone.key, gone.reason)
