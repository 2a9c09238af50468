"""The wiki's own JSON API: ``POST /api/scidex/list`` and ``/get``, with envelopes."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.harvest.live.switchboard import Answer, Request
from tests.harvest.live.synthetic import make_page


@dataclass
class FakeScidex:
    """The server's pages and how it answers."""

    pages: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: How a listing goes on: "offset", "cursor", or "none", which ignores what it is asked and gives everything.
    paging: str = "offset"
    #: Whether a listing's envelopes have their text, and whether they say when they changed.
    lists_text: bool = False
    has_stamps: bool = True
    #: Whether a listing says how many pages there are.
    has_total: bool = True
    token: str | None = None
    #: Pages that are listed and not there.
    gone: set[str] = field(default_factory=set)
    before_list: Callable[[FakeScidex], None] | None = None
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @classmethod
    def holding(cls, count: int, **settings: Any) -> FakeScidex:
        """Make a wiki of so many pages."""
        server = cls(**settings)
        for number in range(count):
            server.put(make_page(number), at="2026-03-01T00:00:00Z")
        return server

    def put(self, page: dict[str, Any], *, at: str) -> None:
        """Add a page, or another version of it."""
        self.pages[page["ref"]["id"]] = {**copy.deepcopy(page), "updated_at": at}

    def edit(self, key: str, text: str, *, at: str) -> None:
        """Append to a page."""
        self.pages[key]["content"]["content_md"] += text
        self.pages[key]["updated_at"] = at

    def __call__(self, request: Request) -> Answer:
        tool = request.path.rsplit("/", 1)[-1]
        if request.method != "POST":
            return _answer(405, {"error": "Method Not Allowed"})
        if self.token is not None and request.headers.get("Authorization") != f"Bearer {self.token}":
            return _answer(401, {"error": "unauthorized"})
        body = request.json
        self.asked.append((tool, body))
        if tool == "list" and body.get("type") == "wiki_page":
            return self._list(body)
        if tool == "get" and body.get("ref", {}).get("type") == "wiki_page":
            key = body["ref"]["id"]
            if key in self.gone or key not in self.pages:
                return _answer(404, {"error": "not_found", "message": f"wiki_page {key} not found"})
            return _answer(200, self._envelope(key, with_text=True))
        return _answer(422, {"error": "unknown verb or type"})

    def _envelope(self, key: str, *, with_text: bool) -> dict[str, Any]:
        page = copy.deepcopy(self.pages[key])
        page["quality_score"] = len(self.asked) / 1000  # changes with every look, as scores do
        if not self.has_stamps:
            del page["updated_at"]
        if not with_text:
            del page["content"]["content_md"], page["content"]["refs_json"]
        return page

    def _list(self, body: dict[str, Any]) -> Answer:
        if self.before_list is not None:
            self.before_list(self)
        keys, limit = list(self.pages), body.get("limit", 50)
        start = int(body.get("cursor") or body.get("offset") or 0) if self.paging != "none" else 0
        chosen = keys if self.paging == "none" else keys[start : start + limit]
        answer: dict[str, Any] = {"items": [self._envelope(key, with_text=self.lists_text) for key in chosen]}
        if self.has_total:
            answer["total"] = len(keys)
        if self.paging == "cursor":
            answer["next_cursor"] = str(start + limit) if start + limit < len(keys) else None
        return _answer(200, answer)


def _answer(status: int, document: object) -> Answer:
    return Answer(status, "application/json", json.dumps(document).encode())
