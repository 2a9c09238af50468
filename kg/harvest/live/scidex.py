"""The wiki's own JSON API: ``POST …/list`` and ``POST …/get``, which answer with envelopes.

Its public pages tell of ``{"type": "wiki_page", "limit": n}`` and ``{"ref": {"type": "wiki_page", "id": …}}``; how a
listing goes on they don't. So both ways are followed: a cursor where an answer has one, else an offset, with an overlap
of one page by which a listing that shifted under the paging is noticed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from kg.config import WikiHarvestConfig
from kg.errors import FetchError, RateLimitedError
from kg.harvest.live.rows import Receipt
from kg.harvest.live.session import HttpSession, Response
from kg.harvest.live.wiki import Gone, ListedPage, Lost, Page, PageListing, name_of, text_of
from kg.harvest.slugs import page_slug, page_type
from kg.model.progress import Progress

_TYPE: Final = "wiki_page"
#: Where an answer may have its envelopes, and what goes on with it.
_LISTS: Final = ("items", "results", "artifacts", "pages", "envelopes", "data")
_CURSORS: Final = ("next_cursor", "next_page_token", "cursor", "next")
_TOTALS: Final = ("total", "total_count", "count")
#: What tells that a page has changed.
_STAMPS: Final = ("updated_at", "modified_at", "content_hash", "version", "revision")
_GONE: Final = (404, 410)
#: How often a listing that changes under the paging is begun again.
_PASSES: Final = 4


class _Pass(NamedTuple):
    """What reading the listing once came to."""

    seen: int
    total: int | None
    is_steady: bool
    is_sure: bool


class ScidexPages:
    """The pages of a wiki with this API.

    Parameters
    ----------
    wiki : WikiHarvestConfig
        Its ``url`` is what ``/list`` and ``/get`` hang from.
    session : HttpSession
        With the wiki's pace.
    token : str or None
        For a wiki whose pages aren't public.
    """

    def __init__(self, wiki: WikiHarvestConfig, session: HttpSession, token: str | None) -> None:
        self._wiki, self._session, self._url = wiki, session, wiki.url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.batch = wiki.page_size

    # Listing.

    def list_pages(
        self, *, limit: int | None, since: str | None, offer: Callable[[Page], None], progress: Progress
    ) -> PageListing:
        """List the wiki; a listing that shifts is read again, and what any pass found counts."""
        listing = PageListing(is_whole=limit is None and since is None)
        for _ in range(_PASSES):
            before = len(listing.pages)
            found = self._pass(listing, limit, since, offer, progress)
            listing.missing.clear()
            if limit is not None and len(listing.pages) >= limit:
                listing.notes.append(f"the wiki's other pages are left out by harvest.wiki.limit, {limit:,}")
                break
            if found.is_sure or (found.is_steady and len(listing.pages) == before):
                break
            listing.missing.append(
                f"{found.seen:,} of {found.total:,} pages could be listed"
                if found.total is not None and found.seen < found.total
                else "the listing kept changing while it was read"
            )
        return listing

    def _pass(
        self,
        listing: PageListing,
        limit: int | None,
        since: str | None,
        offer: Callable[[Page], None],
        progress: Progress,
    ) -> _Pass:
        """Read the listing once."""
        size = self._wiki.page_size
        body: dict[str, Any] = {"type": _TYPE, "limit": size}
        seen: dict[str, None] = {}
        total: int | None = None
        last: list[str] = []
        is_steady, has_cursor, offset = True, False, 0
        cursors: set[str] = set()
        while True:
            answer = self._post("list", body, check=_list_fault)
            envelopes = _envelopes(answer.document) or []
            cursor = _first(answer.document, _CURSORS)
            announced = _first(answer.document, _TOTALS)
            if isinstance(announced, int):
                is_steady = is_steady and total in (None, announced)
                total = announced
            keys = [key for envelope in envelopes if (key := _key(envelope)) is not None]
            if offset and keys[:1] != last[-1:]:
                # The page before was asked for again and isn't there: something before it came or went.
                is_steady = is_steady and keys == last and total in (None, len(seen))
            known = len(seen)
            seen |= dict.fromkeys(keys)
            for envelope in envelopes:
                key = _key(envelope)
                has_room = limit is None or len(listing.pages) < limit
                is_old = since is not None and _is_before(_stamp(envelope), since)
                if key is not None and has_room and not is_old and self._is_wanted(envelope, key):
                    listing.pages[key] = self._listed(envelope, key, answer, offer)
            progress("wiki: listing", len(seen), total or 0)
            if not keys or (limit is not None and len(listing.pages) >= limit):
                break
            if isinstance(cursor, str) and cursor and cursor != body.get("cursor"):
                if cursor in cursors:  # it goes in a circle
                    is_steady = False
                    break
                cursors.add(cursor)
                has_cursor = True
                body = {"type": _TYPE, "limit": size, "cursor": cursor}
                continue
            # One that gives more than it was asked for gives everything; one that adds nothing has ended.
            if has_cursor or len(envelopes) != size or len(seen) == known:
                break
            offset, last = len(seen) - 1, keys
            body = {"type": _TYPE, "limit": size, "offset": offset}
        # What a cursor stands for isn't known: without a number of pages to compare, a second look must find no more.
        is_counted = len(seen) >= total if total is not None else not has_cursor
        return _Pass(len(seen), total, is_steady and (total is None or is_counted), is_steady and is_counted)

    def _is_wanted(self, envelope: Mapping[str, Any], key: str) -> bool:
        types = self._wiki.page_types
        if not types:
            return True
        slug = _slug(envelope) or page_slug(key)
        return (slug is not None and page_type(slug) in types) or _content(envelope).get(
            "entity_type"
        ) in types

    def _listed(
        self, envelope: Mapping[str, Any], key: str, answer: Response, offer: Callable[[Page], None]
    ) -> ListedPage:
        stamp = _stamp(envelope)
        if _has_text(envelope):
            page = self._page(envelope, key, answer.receipt)
            stamp = stamp or hashlib.sha256(page.payload).hexdigest()
            offer(page._replace(stamp=stamp))
        return ListedPage(key, stamp)

    # Fetching.

    def fetch(self, keys: Sequence[str]) -> Iterator[Page | Gone | Lost]:
        """Fetch pages, one request each."""
        for key in keys:
            try:
                answer = self._post("get", {"ref": {"type": _TYPE, "id": key}}, check=_get_fault, allow=_GONE)
            except RateLimitedError:
                raise
            except FetchError as error:
                yield Lost(key, self._session.redact(error.what))
                continue
            if answer.status in _GONE and not _is_object(answer.body):
                yield Lost(key, f"it answers {answer.status}, and not in its own words")
                continue
            if answer.status in _GONE or _says_gone(answer.document):
                yield Gone(key, f"the wiki answers that it has no page {key}")
                continue
            envelope = _envelope(answer.document)
            if _key(envelope) not in (key, None):
                yield Lost(key, f"the wiki answers with another page, {str(_key(envelope))[:80]}")
            elif not _has_text(envelope):
                yield Lost(key, "the wiki's answer has no text (content.content_md)")
            else:
                page = self._page(envelope, key, answer.receipt)
                stamp = _stamp(envelope) or hashlib.sha256(page.payload).hexdigest()
                yield page._replace(stamp=stamp)

    def _page(self, envelope: Mapping[str, Any], key: str, receipt: Receipt) -> Page:
        # Scores and counts of links change from day to day, and would make every page a changed one.
        kept = {
            "ref": {"type": _TYPE, "id": key},
            "content": envelope["content"],
            "created_at": envelope.get("created_at"),
            "updated_at": envelope.get("updated_at"),
        }
        payload = json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        # Lone surrogates, which JSON can escape, are no UTF-8.
        return Page(key, payload.encode("utf-8", "replace"), name_of(_slug(envelope), key, ".json"), receipt)

    def _post(self, tool: str, body: Mapping[str, Any], **options: Any) -> Response:
        return self._session.post(
            f"{self._url}/{tool}", json=body, headers=self._headers, expect="json", **options
        )


def _envelopes(document: object) -> list[Mapping[str, Any]] | None:
    """Find the list of envelopes in an answer; None where there is none."""
    if isinstance(document, list):
        return [item for item in document if isinstance(item, dict)]
    if isinstance(document, dict):
        for name in _LISTS:
            if (found := _envelopes(document.get(name))) is not None:
                return found
    return None


def _envelope(document: object) -> Mapping[str, Any]:
    """Find the one envelope in an answer."""
    if isinstance(document, dict) and "content" not in document:
        for name in ("envelope", "item", "artifact", "result", "data"):
            if isinstance(inner := document.get(name), dict):
                return inner
    return document if isinstance(document, dict) else {}


def _first(document: object, names: Sequence[str]) -> Any:
    if not isinstance(document, dict):
        return None
    return next((document[name] for name in names if document.get(name) is not None), None)


def _key(envelope: Mapping[str, Any]) -> str | None:
    ref = envelope.get("ref")
    found = ref.get("id") if isinstance(ref, dict) else ref if isinstance(ref, str) else envelope.get("id")
    return text_of(found)


def _content(envelope: Mapping[str, Any]) -> Mapping[str, Any]:
    content = envelope.get("content")
    return content if isinstance(content, dict) else {}


def _slug(envelope: Mapping[str, Any]) -> str | None:
    slug = _content(envelope).get("slug")
    return page_slug(slug) if isinstance(slug, str) else None


def _has_text(envelope: Mapping[str, Any]) -> bool:
    text = _content(envelope).get("content_md")
    return isinstance(text, str) and bool(text.strip())


def _stamp(envelope: Mapping[str, Any]) -> str | None:
    return next(
        (text for name in _STAMPS if (text := text_of(envelope.get(name) or _content(envelope).get(name)))),
        None,
    )


def _is_before(stamp: str | None, since: str) -> bool:
    """Tell whether a stamp that is a date lies before another; where it is none, nobody knows."""
    return stamp is not None and stamp[:4].isdecimal() and stamp[4:5] == "-" and stamp[:10] < since[:10]


def _list_fault(document: object) -> str | None:
    if said := _said(document):
        return f"it answers: {said}"
    return None if _envelopes(document) is not None else "its answer has no list of pages"


def _get_fault(document: object) -> str | None:
    if _says_gone(document):
        return None
    if said := _said(document):
        return f"it answers: {said}"
    return None if _content(_envelope(document)) else "its answer has no content"


def _said(document: object) -> str:
    """Give what an answer says instead of data."""
    if not isinstance(document, dict) or "content" in document or _envelopes(document) is not None:
        return ""
    said = _first(document, ("error", "detail", "message"))
    if isinstance(said, dict):
        said = said.get("message") or said.get("code") or str(said)
    return " ".join(str(said).split())[:200] if said else ""


def _is_object(body: bytes) -> bool:
    """Tell whether an answer is the API's: a proxy's page with status 404 says nothing of a page of the wiki."""
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False


def _says_gone(document: object) -> bool:
    said = _said(document).lower().replace("_", " ")
    return "not found" in said or "does not exist" in said or "no such page" in said
