"""MediaWiki's api.php, as far as a harvester asks it: https://www.mediawiki.org/wiki/API:Query, formatversion 2."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.harvest.live.switchboard import Answer, Request


@dataclass
class WikiPage:
    """A page and its newest revision."""

    title: str
    text: str
    revid: int
    timestamp: str = "2026-03-01T00:00:00Z"
    categories: tuple[str, ...] = ()
    is_hidden: bool = False

    @property
    def is_redirect(self) -> bool:
        return self.text.lower().startswith("#redirect")


@dataclass
class FakeMediawiki:
    """The wiki's pages by their ids."""

    pages: dict[int, WikiPage] = field(default_factory=dict)
    #: Answer so many requests with the error "maxlag".
    lagging: int = 0
    #: Texts of one answer; the rest comes with `rvcontinue`.
    texts: int = 50
    #: Forget a continuation once.
    forgets: bool = False
    before_list: Callable[[FakeMediawiki], None] | None = None
    asked: list[Mapping[str, str]] = field(default_factory=list)

    @classmethod
    def holding(cls, count: int) -> FakeMediawiki:
        """Make a wiki of so many pages."""
        server = cls()
        for number in range(1, count + 1):
            server.pages[number] = WikiPage(
                f"Mechanisms/Page {number}",
                f"'''Page {number}''' is on [[Brain regions/Hippocampus|CA1]].<ref>{{{{cite journal|title=On it|"
                f"pmid={1000 + number}}}}}</ref>\n\n== Overview ==\n\nMicroglia are lost in epilepsy.\n",
                revid=100 + number,
                categories=("Mechanisms",) if number % 2 else (),
            )
        return server

    def __call__(self, request: Request) -> Answer:
        params = request.params
        self.asked.append(params)
        if "maxlag" in params and self.lagging > 0:
            self.lagging -= 1
            error = {"code": "maxlag", "info": "Waiting for 10.64.1.2: 7.1 seconds lagged.", "lag": 7.1}
            body = {"error": {**error, "type": "db"}, "docref": "See https://example.org/w/api.php"}
            return _answer(body, {"Retry-After": "7", "X-Database-Lag": "7"})
        if params.get("action") != "query" or params.get("format") != "json":
            return _answer(
                {"error": {"code": "badvalue", "info": 'Unrecognized value for parameter "action".'}}
            )
        if "generator" in params:
            return self._list(params)
        return self._texts(params)

    def _list(self, params: Mapping[str, str]) -> Answer:
        if self.before_list is not None:
            self.before_list(self)
        if params["generator"] == "allpages":
            name, limit = "gapcontinue", int(params["gaplimit"])
            chosen = {
                page.title: number
                for number, page in self.pages.items()
                if not (page.is_redirect and params.get("gapfilterredir") == "nonredirects")
            }
        else:
            name, limit = "gcmcontinue", int(params["gcmlimit"])
            category = params["gcmtitle"].removeprefix("Category:")
            chosen = {
                page.title: number for number, page in self.pages.items() if category in page.categories
            }
        if name in params and self.forgets:
            self.forgets = False
            return _answer({"error": {"code": "badcontinue", "info": "Invalid continue param."}})
        titles = [title for title in sorted(chosen) if title >= params.get(name, "")]
        pages = [self._page(chosen[title], with_text=False) for title in titles[:limit]]
        body: dict[str, Any] = {"query": {"pages": pages}} if pages else {"batchcomplete": True}
        if len(titles) > limit:
            body["continue"] = {name: titles[limit], "continue": f"{name}||"}
        else:
            body["batchcomplete"] = True
        return _answer(body)

    def _texts(self, params: Mapping[str, str]) -> Answer:
        numbers = [int(number) for number in params["pageids"].split("|")]
        start = int(params.get("rvcontinue", 0))
        here = numbers[start : start + self.texts]
        pages = [self._page(number, with_text=True) for number in numbers]
        for page in pages:
            if page["pageid"] not in here:
                page.pop("revisions", None)
        body: dict[str, Any] = {"query": {"pages": pages}}
        if start + self.texts < len(numbers):
            body["continue"] = {"rvcontinue": str(start + self.texts), "continue": "||info"}
        else:
            body["batchcomplete"] = True
        return _answer(body)

    def _page(self, number: int, *, with_text: bool) -> dict[str, Any]:
        page = self.pages.get(number)
        if page is None:
            return {"pageid": number, "missing": True}
        revision: dict[str, Any] = {"revid": page.revid, "parentid": 0, "timestamp": page.timestamp}
        known: dict[str, Any] = {"pageid": number, "ns": 0, "title": page.title}
        if not with_text:
            return {**known, "revisions": [revision]}
        main = {"contentmodel": "wikitext", "contentformat": "text/x-wiki", "content": page.text}
        revision["slots"] = {"main": {"texthidden": True} if page.is_hidden else main}
        url = f"https://wiki.example.org/wiki/{page.title.replace(' ', '_')}"
        redirect = {"redirect": True} if page.is_redirect else {}
        return {**known, **redirect, "fullurl": url, "revisions": [revision]}


def _answer(document: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(200, "application/json; charset=utf-8", json.dumps(document).encode(), headers or {})
