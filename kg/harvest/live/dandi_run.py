"""One run of DANDI's harvester: what must be asked for, and what is made of the answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from kg.config import DandiHarvestConfig
from kg.errors import FetchError, PayloadError, RateLimitedError, RecordError
from kg.harvest.live.dandi_api import GONE, WITHHELD, DandiApi, explain_denial
from kg.harvest.live.dandi_listing import (
    Listed,
    ListedVersion,
    Listing,
    is_older,
    parse_dandiset_entry,
    read_listing,
)
from kg.harvest.live.harvester import Failure, SourceSummary
from kg.harvest.live.rows import Change, StoredItem
from kg.harvest.live.session import HttpSession, Response
from kg.harvest.live.store import RecordStore

#: So many dandisets may be gone at once before that is doubted, or this share of them.
_MOST_GONE: Final = 10
_MOST_GONE_SHARE: Final = 0.1


class Wanted(NamedTuple):
    """A version to ask for."""

    identifier: str
    kind: str  # draft or published
    version: ListedVersion | None  # None: the listing at hand doesn't have it

    @property
    def key(self) -> str:
        """The item's key in the store."""
        return f"{self.identifier}/{self.kind}"


class Gone(NamedTuple):
    """A version that the archive says isn't there."""

    key: str
    reason: str


class DandiRun:
    """One run: what was found, and what is to be done about it.

    Parameters
    ----------
    config : DandiHarvestConfig
        Which versions, with or without assets.
    api : DandiApi
        The archive.
    session : HttpSession
        Knows what must not be written.
    store : RecordStore
        Open for writing.
    summary : SourceSummary
        Filled on the way.
    refresh : bool
        Ask for everything.
    """

    def __init__(
        self,
        config: DandiHarvestConfig,
        api: DandiApi,
        session: HttpSession,
        store: RecordStore,
        summary: SourceSummary,
        *,
        refresh: bool,
    ) -> None:
        self._config, self._api, self._session, self._store = config, api, session, store
        self._summary, self._refresh = summary, refresh
        self._gone: list[Gone] = []
        #: Records that are kept though their item couldn't be had.
        self.stale = 0

    def list_all(self, stop: float | None, *, may_widen: bool) -> Listing:
        """Read the listing, and all of it where the archive's count says that something is missing or gone."""
        listing = read_listing(self._api.list_page, stop_before=stop)
        if listing.is_full or not may_widen or listing.total is None:
            return listing
        known = set(self._store.state("dandi").get("listed", ()))
        if len(known | listing.found.keys()) == listing.total:
            return listing
        return read_listing(self._api.list_page, stop_before=None)

    def work(self, listing: Listing, *, check_missing: bool) -> Iterator[Wanted]:
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
            if is_due and kind in self._config.versions and not self._was_checked(key):
                yield Wanted(identifier, kind, None)

    def _versions(self, item: Listed) -> Iterator[Wanted]:
        if item.draft is not None and "draft" in self._config.versions:
            yield Wanted(item.identifier, "draft", item.draft)
        if item.published is not None and "published" in self._config.versions:
            yield Wanted(item.identifier, "published", item.published)

    def _is_due(self, wanted: Wanted, stored: StoredItem | None, failed: set[str]) -> bool:
        if self._refresh:
            return not self._was_checked(wanted.key)
        if stored is None or wanted.key in failed or wanted.version is None or wanted.version.modified is None:
            return True
        if not self._store.objects.has(stored.sha256, stored.size_bytes):
            return True
        known = (stored.meta.get("version"), stored.meta.get("modified"), stored.meta.get("assets"))
        return known != (wanted.version.version, wanted.version.modified, self._config.assets)

    def _was_checked(self, key: str) -> bool:
        return self._refresh and self._store.is_checked("dandi", key)

    def bring(self, wanted: Wanted) -> None:
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

    def _bring(self, wanted: Wanted) -> None:
        version = wanted.version or self._look_up(wanted)
        if version is None:
            return
        url = self._api.info_url(wanted.identifier, version.version)
        validators = None if self._refresh else self._store.validators(url)
        stored = self._store.get("dandi", wanted.key)
        if stored is None or stored.meta.get("assets") != self._config.assets:
            validators = None  # what is there isn't what is wanted now
        response = self._api.info(wanted.identifier, version.version, validators)
        if self._is_denied(wanted.key, response):
            return
        meta = {
            "version": version.version,
            "modified": version.modified,
            "assets": self._config.assets,
        }
        if response.not_modified:
            self._store.confirm("dandi", wanted.key, response.receipt, meta=meta)
            return
        payload = self._payload(wanted, version, response)
        if payload is None:
            return
        self._summary.add(self._put(wanted, version, payload, response, meta))
        answered = response.document.get("modified")
        if is_older(answered, version.modified):
            # A cache or a replica lags behind the listing: what came is kept, and what changed is asked for again.
            self._fail(wanted.key, f"its info is of {answered}, and the listing has one of {version.modified}")

    def _is_denied(self, key: str, response: Response) -> bool:
        """Note that something is gone or withheld, if the archive says so."""
        if response.status in GONE:
            self._gone.append(Gone(key, self._session.redact(explain_denial(response))))
        elif response.status in WITHHELD:
            self._withhold(key, self._session.redact(explain_denial(response)))
        return response.status in GONE | WITHHELD

    def _look_up(self, wanted: Wanted) -> ListedVersion | None:
        """Ask for a dandiset itself: the evidence that something isn't there is never that it isn't listed."""
        response = self._api.dandiset(wanted.identifier)
        if self._is_denied(wanted.key, response):
            return None
        item = parse_dandiset_entry(response.document)
        version = item.draft if wanted.kind == "draft" else item.published
        if version is None:
            self._gone.append(Gone(wanted.key, f"the archive says that it has no {wanted.kind} version"))
        return version

    def _put(
        self,
        wanted: Wanted,
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

    def _payload(self, wanted: Wanted, version: ListedVersion, response: Response) -> bytes | None:
        """Make what is stored of a version: the archive's own bytes where there is nothing to add to them."""
        info: dict[str, Any] = response.document
        added: dict[str, Any] = {}
        if not isinstance(info.get("metadata"), dict):
            found = self._api.metadata(wanted.identifier, version.version)
            if self._is_denied(wanted.key, found):
                return None
            added["metadata"] = found.document
        if self._config.assets:
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

    def drop_unwanted(self) -> None:
        """Take out of the builds the versions that the settings no longer ask for: nobody keeps them current."""
        with self._store.batch():
            for item in list(self._store.current("dandi")):
                kind = item.key.split("/")[1]
                if kind not in self._config.versions:
                    self._store.mark_deleted("dandi", item.key, f"harvest.dandi.versions no longer names {kind}")
                    self._summary.deleted += 1
