"""MediaWiki's api.php: which pages there are in which revision, and the text of those that are new.

https://www.mediawiki.org/wiki/API:Etiquette asks for one request at a time, ``maxlag`` and a User-Agent. Listings go on
by ``continue``, which names the next title or page id, so that a page that comes or goes meanwhile shifts nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from kg.config import WikiHarvestConfig
from kg.errors import AnswerError, FetchError, RateLimitedError
from kg.harvest.live.rows import Receipt
from kg.harvest.live.session import HttpSession, Response
from kg.harvest.live.wiki import Gone, ListedPage, Lost, Page, PageListing, name_of
from kg.harvest.slugs import slug_of_title
from kg.harvest.wikitext import is_redirect
from kg.model.progress import Progress

#: Seconds of lag of the database above which the wiki asks to be left alone.
_MAXLAG: Final = 5
#: Errors that pass: https://www.mediawiki.org/wiki/API:Errors_and_warnings.
_PASSING: Final = (
    "maxlag",
    "ratelimited",
    "readonly",
    "internal_api_error",
    "timeout",
    "db-connection",
    "blocked-temp",
)
#: Pages of one request for texts; MediaWiki's limit without rights.
_MOST: Final = 50
_PASSES: Final = 3


class MediawikiPages:
    """The pages of a MediaWiki.

    Parameters
    ----------
    wiki : WikiHarvestConfig
        Its ``url`` is that of ``api.php``; its page types are categories, none means the main namespace.
    session : HttpSession
        With the wiki's pace.
    token : str or None
        Of OAuth 2, for a wiki whose pages aren't public.
    """

    def __init__(self, wiki: WikiHarvestConfig, session: HttpSession, token: str | None) -> None:
        self._wiki, self._session = wiki, session
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.batch = min(_MOST, wiki.page_size)

    # Listing.

    def list_pages(
        self, *, limit: int | None, since: str | None, offer: Callable[[Page], None], progress: Progress
    ) -> PageListing:
        """List pages with their newest revision."""
        listing = PageListing(is_whole=limit is None and since is None)
        everything: dict[str, Any] = {
            "generator": "allpages",
            "gapfilterredir": "nonredirects",
            "gapnamespace": 0,
        }
        generators = [
            {"generator": "categorymembers", "gcmtitle": _category(name), "gcmtype": "page"}
            for name in self._wiki.page_types
        ] or [everything]
        for generator in generators:
            size = {"gaplimit" if generator["generator"] == "allpages" else "gcmlimit": self._wiki.page_size}
            for page in self._query({**generator, **size, "prop": "revisions", "rvprop": "ids|timestamp"}):
                revision = _revision(page)
                if "pageid" not in page or page.get("missing") or revision is None:
                    continue
                if since is not None and str(revision.get("timestamp", "")) < since:
                    continue
                key = str(page["pageid"])
                listing.pages[key] = ListedPage(key, str(revision["revid"]) if "revid" in revision else None)
                if len(listing.pages) % 100 == 0:
                    progress("wiki: listing", len(listing.pages), 0)
                if limit is not None and len(listing.pages) >= limit:
                    listing.notes.append(
                        f"the wiki's other pages are left out by harvest.wiki.limit, {limit:,}"
                    )
                    return listing
        return listing

    def _query(self, params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Ask ``action=query`` and go on until it is complete; a page of which the revisions come later comes twice."""
        going_on: Mapping[str, Any] = {}
        begun = 0
        seen: set[str] = set()
        while True:
            try:
                document = self._ask({**params, **going_on}).document
            except AnswerError as error:
                if error.kind != "badcontinue" or begun >= _PASSES:
                    raise
                begun, going_on = begun + 1, {}
                seen.clear()
                continue
            pages = document.get("query", {}).get("pages", [])
            yield from (page for page in pages if isinstance(page, dict))
            going_on = document.get("continue") or {}
            if not going_on:
                return
            self._see(going_on, seen)

    def _see(self, going_on: Mapping[str, Any], seen: set[str]) -> None:
        state = json.dumps(going_on, sort_keys=True)
        if state in seen:
            raise AnswerError("its answer goes in a circle", self._session.redact(self._wiki.url), status=200)
        seen.add(state)

    # Fetching.

    def fetch(self, keys: Sequence[str]) -> Iterator[Page | Gone | Lost]:
        """Fetch pages, many with one request; pages that fail together are asked for one by one."""
        for start in range(0, len(keys), self.batch):
            batch = keys[start : start + self.batch]
            try:
                yield from self._fetch(batch)
            except RateLimitedError:
                raise
            except (FetchError, AnswerError) as error:
                if len(batch) == 1 or error.facts.get("status") is None:
                    yield from (Lost(key, self._session.redact(error.what)) for key in batch)
                    continue
                for key in batch:
                    yield from self._alone(key)

    def _alone(self, key: str) -> Iterator[Page | Gone | Lost]:
        try:
            yield from self._fetch([key])
        except RateLimitedError:
            raise
        except (FetchError, AnswerError) as error:
            yield Lost(key, self._session.redact(error.what))

    def _fetch(self, keys: Sequence[str]) -> Iterator[Page | Gone | Lost]:
        params = {
            "pageids": "|".join(keys),
            "prop": "revisions|info",
            "inprop": "url",
            "rvprop": "ids|timestamp|content",
            "rvslots": "main",
        }
        found: dict[str, dict[str, Any]] = {}
        going_on: Mapping[str, Any] = {}
        seen: set[str] = set()
        while True:
            answer = self._ask({**params, **going_on})
            for page in answer.document.get("query", {}).get("pages", []):
                if isinstance(page, dict) and "pageid" in page:
                    # A page's text and its address may come with different answers.
                    known = found.get(str(page["pageid"]), {})
                    kept = {"revisions": known["revisions"]} if "revisions" in known else {}
                    found[str(page["pageid"])] = {**known, **page, **kept}
            going_on = answer.document.get("continue") or {}
            if not going_on:
                break
            self._see(going_on, seen)
        for key in keys:
            yield self._outcome(key, found.get(key), answer.receipt)

    def _outcome(self, key: str, page: Mapping[str, Any] | None, receipt: Receipt) -> Page | Gone | Lost:
        if page is None:
            return Lost(key, "the wiki's answer leaves it out")
        if page.get("missing"):
            return Gone(key, "the wiki answers that it is missing")
        revision = _revision(page)
        if page.get("redirect"):
            return Gone(key, "it is a redirect now")
        main = ((revision or {}).get("slots") or {}).get("main") or {}
        if revision is None or not isinstance(main.get("content"), str):
            hidden = main.get("texthidden") or (revision or {}).get("texthidden")
            return Lost(key, "its text is hidden" if hidden else "its newest revision came without a text")
        if main.get("contentmodel", "wikitext") == "wikitext" and is_redirect(main["content"]):
            return Gone(key, "it is a redirect now")
        kept = {name: page[name] for name in ("pageid", "title", "fullurl") if name in page}
        wanted = ("revid", "timestamp", "slots")
        kept["revisions"] = [{name: revision[name] for name in wanted if name in revision}]
        payload = json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        slug = slug_of_title(str(page.get("title", "")))
        return Page(
            key,
            payload.encode("utf-8", "replace"),
            name_of(slug, key, ".json"),
            receipt,
            str(revision["revid"]) if "revid" in revision else None,
        )

    def _ask(self, params: Mapping[str, Any]) -> Response:
        always = {"action": "query", "format": "json", "formatversion": 2, "maxlag": _MAXLAG}
        everything = {name: str(value) for name, value in (always | dict(params)).items()}
        refused: list[AnswerError] = []

        def check(document: Any) -> str | None:
            refused.clear()
            if not isinstance(document, dict):
                return "its answer is no object"
            error = document.get("error")
            if error is None:
                return (
                    None if "query" in document or "batchcomplete" in document else "its answer has no query"
                )
            code = str(error.get("code", "")) if isinstance(error, dict) else str(error)
            said = " ".join(str(error.get("info", code) if isinstance(error, dict) else code).split())[:200]
            if code.startswith(_PASSING):
                return f"it answers {code}: {said}"
            refused.append(AnswerError(f"it answers {code}: {said}", self._wiki.url, kind=code, status=200))
            return None

        answer = self._session.get(
            self._wiki.url, params=everything, headers=self._headers, expect="json", check=check
        )
        if refused:
            raise refused[0]
        return answer


def _category(name: str) -> str:
    return name if ":" in name else f"Category:{name}"


def _revision(page: Mapping[str, Any]) -> Mapping[str, Any] | None:
    revisions = page.get("revisions")
    return (
        revisions[0] if isinstance(revisions, list) and revisions and isinstance(revisions[0], dict) else None
    )
