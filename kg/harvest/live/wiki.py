"""Harvest a wiki, whichever kind it is: what it lists, what of that is new or has changed, what is gone.

How a wiki is listed and a page of it fetched is told by a `PageSource`: `folder`, `scidex`, `mediawiki`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from kg.config import HarvestConfig, WikiHarvestConfig
from kg.errors import ConfigError, PayloadError
from kg.harvest.live.clock import Clock
from kg.harvest.live.harvester import Failure, SourceSummary
from kg.harvest.live.redact import Redactor
from kg.harvest.live.rows import Receipt
from kg.harvest.live.session import HttpSession
from kg.harvest.live.store import RecordStore
from kg.model.progress import Progress

SOURCE: Final = "wiki"
#: So many pages may be gone at once before that is doubted, or this share of them.
_MOST_GONE: Final = 10
_MOST_GONE_SHARE: Final = 0.1
#: Pages of which the wiki doesn't tell when they changed are all looked at within so many runs.
_ROUND: Final = 30


class ListedPage(NamedTuple):
    """A page as the wiki lists it."""

    key: str
    #: Changes when the page does; None where the wiki doesn't tell.
    stamp: str | None = None


class Page(NamedTuple):
    """A page to keep."""

    key: str
    payload: bytes
    #: Name under which a build reads it.
    relative: str
    receipt: Receipt
    stamp: str | None = None


class Gone(NamedTuple):
    """A page that the wiki says isn't there."""

    key: str
    reason: str


class Lost(NamedTuple):
    """A page that couldn't be had."""

    key: str
    reason: str


@dataclass
class PageListing:
    """What a wiki lists."""

    pages: dict[str, ListedPage] = field(default_factory=dict)
    #: What is missing from the listing, in sentences.
    missing: list[str] = field(default_factory=list)
    #: Whether a page that isn't in it may be gone; not where only a part was listed.
    is_whole: bool = True
    notes: list[str] = field(default_factory=list)


class PageSource(Protocol):
    """One kind of wiki."""

    #: Pages that are fetched together.
    batch: int

    def list_pages(
        self, *, limit: int | None, since: str | None, offer: Callable[[Page], None], progress: Progress
    ) -> PageListing:
        """List the wiki; HarvestError if it can't be. A page that the listing has whole is offered at once."""
        ...

    def fetch(self, keys: Sequence[str]) -> Iterator[Page | Gone | Lost]:
        """Fetch pages: one outcome for each key. HarvestError only if the wiki as a whole can't be asked."""
        ...


class WikiHarvester:
    """Brings the store up to date with one wiki.

    Parameters
    ----------
    config : HarvestConfig
        With a table for the wiki.
    slots : Path
        Folder of the hosts' slots.
    token : str, optional
        For an API that needs one.
    clock : Clock, optional
        Time.
    """

    source = "wiki"

    def __init__(
        self, config: HarvestConfig, *, slots: Path, token: str | None = None, clock: Clock | None = None
    ) -> None:
        if config.wiki is None:
            raise ConfigError(
                "no wiki is configured", "kg.toml: harvest.wiki", "add a table with kind and url"
            )
        self._config, self._wiki, self._slots, self._token, self._clock = (
            config,
            config.wiki,
            slots,
            token,
            clock,
        )
        if self._wiki.kind != "folder" and not self._wiki.url.startswith(("http://", "https://")):
            raise ConfigError(
                f"{self._wiki.url!r} is no address",
                "kg.toml: harvest.wiki.url",
                'write https://…, or kind = "folder"',
            )

    def make_session(self) -> HttpSession | None:
        """Make the session with the wiki's pace; None for a folder."""
        if self._wiki.kind == "folder":
            return None
        return HttpSession(
            self._config,
            slots=self._slots,
            rate_per_s=self._wiki.rate_per_s,
            secrets=[self._token] if self._token else (),
            clock=self._clock,
        )

    def plan(
        self, store: RecordStore | None, *, since: str | None, limit: int | None, refresh: bool
    ) -> list[str]:
        """Say what `harvest` would do."""
        wiki = self._wiki
        types = f", only {', '.join(wiki.page_types)}" if wiki.page_types else ""
        what = "every page" if refresh else "each page that is new or has changed"
        address = Redactor().text(wiki.url)
        steps = [f"list the pages of {address} ({wiki.kind}{types})", f"fetch {what}"]
        if since:
            steps.append(f"leave out what the wiki says has not changed since {since}")
        if store is not None:
            failed = sum(1 for _ in store.failed(SOURCE))
            steps.append(f"the store has {store.count(SOURCE):,} pages; {failed} that failed are tried again")
        most = min((number for number in (limit, wiki.limit) if number is not None), default=None)
        return steps if most is None else [*steps, f"stop after {most:,} pages"]

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
        source = _make_source(self._wiki, session, self._token)
        address = self._wiki.url if session is None else session.redact(self._wiki.url)
        run = _Run(source, store, summary, address, limit=limit, refresh=refresh)
        listing = source.list_pages(limit=self._wiki.limit, since=since, offer=run.take, progress=progress)
        run.bring(listing, progress)


def _make_source(wiki: WikiHarvestConfig, session: HttpSession | None, token: str | None) -> PageSource:
    if session is None:
        from kg.harvest.live.wiki_folder import FolderPages

        return FolderPages(wiki)
    if wiki.kind == "mediawiki":
        from kg.harvest.live.mediawiki import MediawikiPages

        return MediawikiPages(wiki, session, token)
    from kg.harvest.live.scidex import ScidexPages

    return ScidexPages(wiki, session, token)


class _Run:
    """One run: the store, and what became of its pages."""

    def __init__(
        self,
        source: PageSource,
        store: RecordStore,
        summary: SourceSummary,
        address: str,
        *,
        limit: int | None,
        refresh: bool,
    ) -> None:
        self._source, self._store, self._summary, self._address = source, store, summary, address
        self._limit, self._refresh = limit, refresh
        current = {item.key: item for item in store.current(SOURCE)}
        #: Pages of a wiki that was harvested before this one.
        self._others = {key for key, item in current.items() if item.meta.get("wiki") != address}
        self._known = {key: item for key, item in current.items() if key not in self._others}
        self._failed = {item.key for item in store.failed(SOURCE)}
        self._waiting: list[Page] = []
        #: Pages that came with the listing, by their stamps.
        self._taken: dict[str, str | None] = {}
        self._gone: list[Gone] = []
        self._lost: set[str] = set()

    def take(self, page: Page) -> None:
        """Keep a page that the listing has whole, if it is new or has changed."""
        if self._taken.get(page.key, "") == page.stamp:
            return  # of a listing that was read again
        if not self._is_wanted(ListedPage(page.key, page.stamp)) or self._room() == 0:
            return
        self._taken[page.key] = page.stamp
        self._waiting.append(page)
        if len(self._waiting) >= self._source.batch:
            self._keep_waiting()

    def _room(self) -> int | None:
        return None if self._limit is None else max(0, self._limit - len(self._taken))

    def _keep_waiting(self) -> None:
        pages, self._waiting = self._waiting, []
        self._keep(pages)

    def bring(self, listing: PageListing, progress: Progress) -> None:
        """Bring the pages that the listing named, and see to those that it didn't."""
        summary, store = self._summary, self._store
        self._keep_waiting()
        summary.notes += listing.notes
        summary.failed += [Failure("listing", reason) for reason in listing.missing]
        work, room = self._work(listing), self._room()
        if room is not None and len(work) > room:
            summary.notes.append(f"{len(work) - room:,} pages are left for the next run by --limit")
            work = work[:room]
        for start in range(0, len(work), self._source.batch):
            progress("wiki: pages", start, len(work))
            self._keep(list(self._source.fetch(work[start : start + self._source.batch])))
        progress("wiki: pages", len(work), len(work))
        self._delete_gone()
        if listing.is_whole and not listing.missing and self._limit is None:
            self._leave_others()
        unchanged = len(self._known) - summary.changed - len(self._lost & self._known.keys())
        summary.unchanged = max(
            0, unchanged - sum(1 for gone in self._gone if store.get(SOURCE, gone.key) is None)
        )

    def _work(self, listing: PageListing) -> list[str]:
        pages = [listed for key, listed in listing.pages.items() if key not in self._taken]
        due = [listed.key for listed in pages if self._is_wanted(listed)]
        # Of the others some are looked at again: the wiki doesn't tell whether they changed.
        silent = {listed.key for listed in pages if listed.stamp is None} - set(due)
        oldest = sorted(silent, key=lambda key: (self._known[key].meta.get("asked", ""), key))
        due += oldest[: -(-len(silent) // _ROUND)]
        unlisted = ((self._known.keys() | self._failed) - self._others) - listing.pages.keys()
        if listing.is_whole and not listing.missing:
            due += sorted(unlisted)
        return [key for key in due if not self._store.is_checked(SOURCE, key)]

    def _is_wanted(self, listed: ListedPage) -> bool:
        return self._refresh or listed.key in self._failed or self._is_due(listed)

    def _is_due(self, listed: ListedPage) -> bool:
        item = self._known.get(listed.key)
        if item is None or not self._store.objects.has(item.sha256, item.size_bytes):
            return True
        return listed.stamp is not None and item.meta.get("stamp") != listed.stamp

    def _keep(self, outcomes: Sequence[Page | Gone | Lost]) -> None:
        shrunk: list[Page] = []
        with self._store.batch():
            for outcome in outcomes:
                if isinstance(outcome, Gone):
                    self._gone.append(outcome)
                elif isinstance(outcome, Lost):
                    self._lose(outcome)
                else:
                    try:
                        self._put(outcome)
                    except PayloadError as error:
                        if not error.facts.get("is_shrunk"):
                            self._lose(Lost(outcome.key, error.what))
                        else:
                            shrunk.append(outcome)
        for page in shrunk:
            self._confirm_shrunk(page)

    def _put(self, page: Page, *, confirmed: bool = False) -> None:
        meta = {
            "stamp": page.stamp,
            "wiki": self._address,
            "asked": page.receipt.fetched_at or self._store.now(),
        }
        change = self._store.put(
            SOURCE,
            page.key,
            page.payload,
            page.receipt,
            relative=page.relative,
            meta=meta,
            confirmed=confirmed,
        )
        self._summary.add(change)

    def _confirm_shrunk(self, page: Page) -> None:
        """Believe that a page has become much smaller only if a second answer says the same."""
        again = next(iter(self._source.fetch([page.key])), None)
        if isinstance(again, Page) and again.payload == page.payload:
            self._put(again, confirmed=True)
        else:
            self._lose(Lost(page.key, "two answers differ, and one is less than half of the page before"))

    def _lose(self, lost: Lost) -> None:
        self._store.mark_failed(SOURCE, lost.key, lost.reason)
        self._summary.failed.append(Failure(lost.key, lost.reason))
        self._lost.add(lost.key)

    def _delete_gone(self) -> None:
        held = [gone for gone in self._gone if gone.key in self._known]
        for gone in self._gone:
            if gone.key not in self._known:
                self._summary.withheld.append(Failure(gone.key, f"listed, and then not there: {gone.reason}"))
                self._store.mark_deleted(SOURCE, gone.key, gone.reason)
        if len(held) > max(_MOST_GONE, _MOST_GONE_SHARE * len(self._known)) and not self._refresh:
            reason = (
                f"{len(held):,} of {len(self._known):,} pages are gone at once, which is not believed: "
                "their last copies stay; --refresh believes it"
            )
            self._summary.failed.append(Failure("pages", reason))
            with self._store.batch():
                for gone in held:
                    self._store.mark_failed(SOURCE, gone.key, f"{gone.reason} (with too many others)")
            self._lost |= {gone.key for gone in held}
            return
        with self._store.batch():
            for gone in held:
                self._store.mark_deleted(SOURCE, gone.key, gone.reason)
        self._summary.deleted += len(held)

    def _leave_others(self) -> None:
        """Take the pages of another wiki out of the snapshot, now that this one is there whole."""
        present = {item.key for item in self._store.current(SOURCE) if item.meta.get("wiki") == self._address}
        leaving = sorted(self._others - present)
        with self._store.batch():
            for key in leaving:
                self._store.mark_deleted(SOURCE, key, f"harvest.wiki.url is now {self._address}")
        self._summary.deleted += len(leaving)


def name_of(slug: str | None, key: str, ending: str) -> str:
    """Give the name under which a build reads a page."""
    safe = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in key)
    return f"wiki/{slug or safe}{ending}"


def text_of(value: Any) -> str | None:
    """Give a JSON value as text, where it is a number or text that says something."""
    return (
        str(value)
        if isinstance(value, str | int | float) and not isinstance(value, bool) and value != ""
        else None
    )
