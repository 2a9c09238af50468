"""Harvest a DANDI archive: its listing for what has changed, and each version that has.

A dandiset's key is its number and which of its versions it is, ``000053/draft`` or ``000053/published``
(the most recent one). What is stored is the version's ``info`` as the archive sends it, which holds the
metadata; with assets, the summary of their listing is added as ``assetListing``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from kg.config import DandiHarvestConfig, HarvestConfig
from kg.errors import HarvestError
from kg.harvest.live.clock import Clock, SystemClock, seconds_of
from kg.harvest.live.dandi_api import DandiApi
from kg.harvest.live.dandi_listing import Listing
from kg.harvest.live.dandi_run import DandiRun
from kg.harvest.live.harvester import Failure, SourceSummary
from kg.harvest.live.redact import Redactor
from kg.harvest.live.session import HttpSession
from kg.harvest.live.store import RecordStore
from kg.model.progress import Progress

#: How far behind the newest change of the last run the next one reads: transactions end after their stamps.
_MARGIN_S: Final = 3600.0


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
            f"list the dandisets of {Redactor().text(self._dandi.url)}, {why}; {rate}",
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
            "url": Redactor().text(self._dandi.url),
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
        api = DandiApi(session, self._dandi, self._token)
        run = DandiRun(self._dandi, api, session, store, summary, refresh=refresh)
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
        run.drop_unwanted()
        summary.unchanged = max(0, store.count(self.source) - summary.new - summary.changed - run.stale)
        if not listing.is_stable:
            reason = "it kept changing while it was read, and may lack something: the next run reads it again"
            summary.failed.append(Failure("listing", reason))
        elif since is None and len(todo) == len(work):
            self._remember(store, listing)

    def _remember(self, store: RecordStore, listing: Listing) -> None:
        state = store.state(self.source)
        newest = max((item.order for item in listing.found.values() if item.order is not None), default=0.0)
        with store.batch():
            before = 0.0 if listing.is_full else float(state.get("watermark") or 0.0)
            # A stamp of tomorrow must not hide the changes of today.
            state["watermark"] = min(max(newest, before), self._clock.now())
            state["settings"] = self._settings()
            # What the archive has: the next listing's count then shows that something has gone.
            listed = listing.found.keys() if listing.is_full else listing.found.keys() | set(state.get("listed", ()))
            state["listed"] = sorted(listed)
            if listing.is_full:
                state["full_at"] = store.now()
