"""A PubMed behind E-utilities, as https://www.ncbi.nlm.nih.gov/books/NBK25499/ describes them.

Answers have the real ones' forms (tests check them with Biopython's own parser and NCBI's DTDs), the
errors too: most come inside HTTP 200. What goes wrong on the way (resets, 503, HTML) is the
switchboard's work.
"""

from __future__ import annotations

import datetime
import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from xml.sax.saxutils import escape

from tests.harvest.live.entrez_terms import DATE_FIELDS, parse_date, search
from tests.harvest.live.switchboard import Answer, Request
from tests.harvest.live.synthetic import Article, article_set

_ESEARCH_HEAD = (
    '<?xml version="1.0" encoding="UTF-8" ?>\n<!DOCTYPE eSearchResult PUBLIC "-//NLM//DTD esearch 20060628//EN" '
    '"https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20060628/esearch.dtd">\n'
)
_ESUMMARY_HEAD = (
    '<?xml version="1.0" encoding="UTF-8" ?>\n<!DOCTYPE eSummaryResult PUBLIC "-//NLM//DTD esummary v1 20041029//EN" '
    '"https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20041029/esummary-v1.dtd">\n'
)
_EPOST_HEAD = (
    '<?xml version="1.0" encoding="UTF-8" ?>\n<!DOCTYPE ePostResult PUBLIC "-//NLM//DTD epost 20090526//EN" '
    '"https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20090526/epost.dtd">'
)


class Asked(NamedTuple):
    """One request that came in."""

    tool: str
    method: str
    params: Mapping[str, str]


@dataclass
class FakeEntrez:
    """The server's state and behaviour; calling it is a pure look at it, apart from history and counting."""

    articles: dict[int, Article] = field(default_factory=dict)
    #: PMIDs that searches find and EFetch no longer has.
    gone: set[int] = field(default_factory=set)
    #: How many records of a search can be reached.
    reach: int = 9_999
    #: Most ids of one answer of ESearch, whatever `retmax` says.
    page_cap: int = 10_000
    #: Requests a second; None counts none. With a key, ten.
    limit_per_s: int | None = None
    keys: set[str] = field(default_factory=lambda: {"k3y-of-the-tests"})
    clock: Callable[[], float] = lambda: 0.0
    #: After so many uses a WebEnv is forgotten.
    history_uses: int = 10**9
    #: Called before each search, to change what it will find.
    before_search: Callable[[FakeEntrez], None] | None = None
    #: EFetch writes each record twice.
    doubled: bool = False
    asked: list[Asked] = field(default_factory=list)
    _history: dict[str, list[list[int]]] = field(default_factory=dict)
    _uses: dict[str, int] = field(default_factory=dict)
    _recent: dict[str, deque[float]] = field(default_factory=dict)

    @classmethod
    def holding(cls, articles: Iterable[Article]) -> FakeEntrez:
        """Make a server of records."""
        return cls({item.pmid: item for item in articles})

    def __call__(self, request: Request) -> Answer:
        """Answer one request; the end of its path says which tool: ``…/esearch.fcgi``."""
        params = request.params
        tool = request.path.rsplit("/", 1)[-1].removesuffix(".fcgi")
        self.asked.append(Asked(tool, request.method, dict(params)))
        if refusal := self._refuse(params):
            return refusal
        tools = {
            "esearch": self._esearch,
            "efetch": self._efetch,
            "esummary": self._esummary,
            "epost": self._epost,
        }
        if tool not in tools:
            return Answer(
                404, "text/html", b"<html><head><title>404</title></head><body>Not Found</body></html>"
            )
        if params.get("db", "pubmed") != "pubmed":
            return _json_error(400, {"error": f"Invalid db name specified: {params['db']}"})
        return tools[tool](params)

    def _refuse(self, params: Mapping[str, str]) -> Answer | None:
        key = params.get("api_key")
        if key is not None and key not in self.keys:
            return _json_error(
                400, {"error": "API key invalid", "api-key": key, "type": "api_key", "status": "unknown"}
            )
        if self.limit_per_s is None:
            return None
        limit = 10 if key else self.limit_per_s
        recent = self._recent.setdefault(key or "127.0.0.1", deque())
        now = self.clock()
        while recent and recent[0] <= now - 1:
            recent.popleft()
        recent.append(now)
        if len(recent) <= limit:
            return None
        body = {
            "error": "API rate limit exceeded",
            "api-key": key or "127.0.0.1",
            "count": str(len(recent)),
            "limit": str(limit),
        }
        return _json_error(429, body, {"Retry-After": "2"})

    def _esearch(self, params: Mapping[str, str]) -> Answer:
        if self.before_search is not None:
            self.before_search(self)
        start, most = int(params.get("retstart", 0)), min(int(params.get("retmax", 20)), self.page_cap)
        wants_json = params.get("retmode") == "json"
        term = params.get("term", "")
        sets: dict[str, list[int]] = {}
        if "WebEnv" in params:
            stored = self._recall(params["WebEnv"])
            if stored is None:
                return _search_error("Unable to obtain query #1", wants_json)
            sets = {str(number): pmids for number, pmids in enumerate(stored, start=1)}
        if not term.strip():
            return _search_error("Empty term and query_key - nothing todo", wants_json)
        if start > self.reach - 1:
            said = (
                "Search Backend failed: Exception:\n'retstart' cannot be larger than "
                f"{self.reach - 1}. For PubMed, ESearch can only retrieve the first {self.reach:,} records "
                "matching the query."
            )
            return _search_error(said, wants_json)
        found, missing = search(term, self.articles, sets)
        if "query_key" in params:
            found &= set(sets.get(params["query_key"], ()))
        found = self._in_dates(found, params)
        ordered = sorted(found, reverse=True)
        page = ordered[start : min(start + most, self.reach)]
        handle = None
        if params.get("usehistory") == "y":
            handle = self._remember(params.get("WebEnv"), ordered)
        return _search_answer(len(ordered), start, page, missing, handle, term, wants_json)

    def _in_dates(self, found: set[int], params: Mapping[str, str]) -> set[int]:
        if "mindate" not in params and "reldate" not in params:
            return found
        name = DATE_FIELDS[params.get("datetype", "pdat")]
        if "reldate" in params:
            low, high = (
                datetime.date.today() - datetime.timedelta(days=int(params["reldate"])),
                datetime.date.max,
            )
        else:
            low, high = parse_date(params["mindate"]), parse_date(params["maxdate"], last=True)
        return {pmid for pmid in found if low <= getattr(self.articles[pmid], name) <= high}

    def _efetch(self, params: Mapping[str, str]) -> Answer:
        pmids = self._chosen(params)
        if pmids is None:
            return _xml("<eFetchResult>\n\t<ERROR>Unable to obtain query #1</ERROR>\n</eFetchResult>")
        if not pmids:
            return _xml("<eFetchResult>\n\t<ERROR>Empty id list - nothing todo</ERROR>\n</eFetchResult>")
        if params.get("rettype") == "uilist":
            return Answer(200, "text/plain", "".join(f"{pmid}\n" for pmid in pmids).encode())
        records = [self.articles[pmid] for pmid in pmids if pmid in self.articles and pmid not in self.gone]
        if self.doubled:
            records = [item for item in records for _ in range(2)]
        return Answer(200, "text/xml; charset=UTF-8", article_set(records).encode())

    def _esummary(self, params: Mapping[str, str]) -> Answer:
        pmids = self._chosen(params)
        if not pmids:
            said = (
                "Neither query_key nor id specified" if "id" not in params else "Empty id list - nothing todo"
            )
            return _xml(
                f"{_ESUMMARY_HEAD}<eSummaryResult>\n\t<ERROR>{said}</ERROR>\n</eSummaryResult>", head=""
            )
        parts = []
        for pmid in pmids:
            item = self.articles.get(pmid)
            if item is None or pmid in self.gone:
                parts.append(f"<ERROR>UID={pmid}: cannot get document summary</ERROR>")
                continue
            doi = f'<Item Name="DOI" Type="String">{item.doi}</Item>' if item.doi else ""
            parts.append(
                f'<DocSum><Id>{pmid}</Id><Item Name="PubDate" Type="Date">{item.entered.year}</Item>'
                f'<Item Name="Title" Type="String">{escape(item.title)}</Item>{doi}</DocSum>'
            )
        return _xml(f"{_ESUMMARY_HEAD}<eSummaryResult>{''.join(parts)}</eSummaryResult>", head="")

    def _epost(self, params: Mapping[str, str]) -> Answer:
        pmids = [int(part) for part in params.get("id", "").split(",") if part.strip().isdecimal()]
        if not pmids:
            body = "<ePostResult>\n\t<ERROR>Empty ID list; Nothing to store</ERROR>\n</ePostResult>"
        else:
            handle = self._remember(params.get("WebEnv"), pmids)
            body = f"<ePostResult><QueryKey>{handle[1]}</QueryKey><WebEnv>{handle[0]}</WebEnv></ePostResult>"
        return _xml(_EPOST_HEAD + body, head="")

    def _chosen(self, params: Mapping[str, str]) -> list[int] | None:
        if "id" in params:
            return [int(part) for part in params["id"].split(",") if part.strip().isdecimal()]
        if "WebEnv" not in params:
            return []
        stored = self._recall(params["WebEnv"])
        number = int(params.get("query_key", 1))
        if stored is None or number > len(stored):
            return None
        start = int(params.get("retstart", 0))
        return stored[number - 1][start : start + int(params.get("retmax", 10_000))]

    def _remember(self, handle: str | None, pmids: list[int]) -> tuple[str, int]:
        handle = handle if handle in self._history else f"MCID_{len(self._history):032x}"
        stored = self._history.setdefault(handle, [])
        stored.append(list(pmids))
        return handle, len(stored)

    def _recall(self, handle: str) -> list[list[int]] | None:
        self._uses[handle] = self._uses.get(handle, 0) + 1
        if self._uses[handle] > self.history_uses:
            self._history.pop(handle, None)
        return self._history.get(handle)

    def count(self, tool: str) -> int:
        """How many requests a tool has had."""
        return sum(item.tool == tool for item in self.asked)


def _xml(body: str, *, head: str = '<?xml version="1.0" encoding="UTF-8" ?>\n') -> Answer:
    return Answer(200, "text/xml; charset=UTF-8", (head + body).encode())


def _json_error(status: int, body: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, "application/json", json.dumps(body).encode(), headers or {})


def _search_error(said: str, wants_json: bool) -> Answer:
    if wants_json:
        body = {"header": {"type": "esearch", "version": "0.3"}, "esearchresult": {"ERROR": said}}
        return Answer(200, "application/json; charset=UTF-8", json.dumps(body).encode())
    return _xml(f"{_ESEARCH_HEAD}<eSearchResult><ERROR>{escape(said)}</ERROR></eSearchResult>", head="")


def _search_answer(
    count: int,
    start: int,
    page: list[int],
    missing: list[str],
    handle: tuple[str, int] | None,
    term: str,
    wants_json: bool,
) -> Answer:
    if wants_json:
        result: dict[str, object] = {"count": str(count), "retmax": str(len(page)), "retstart": str(start)}
        if handle:
            result |= {"querykey": str(handle[1]), "webenv": handle[0]}
        result |= {"idlist": [str(pmid) for pmid in page], "translationset": [], "querytranslation": term}
        if missing:
            result["errorlist"] = {"phrasesnotfound": missing, "fieldsnotfound": []}
            result["warninglist"] = {
                "phrasesignored": [],
                "quotedphrasesnotfound": [],
                "outputmessages": ["No items found."],
            }
        body = {"header": {"type": "esearch", "version": "0.3"}, "esearchresult": result}
        return Answer(200, "application/json; charset=UTF-8", json.dumps(body).encode())
    held = f"<QueryKey>{handle[1]}</QueryKey><WebEnv>{handle[0]}</WebEnv>" if handle else ""
    ids = "".join(f"<Id>{pmid}</Id>\n" for pmid in page)
    listed = f"<IdList>\n{ids}</IdList>" if ids else "<IdList/>"
    errors = "".join(f"<PhraseNotFound>{escape(phrase)}</PhraseNotFound>" for phrase in missing)
    nothing = "" if page else "<WarningList><OutputMessage>No items found.</OutputMessage></WarningList>"
    said = f"<ErrorList>{errors}</ErrorList>{nothing}" if missing else nothing
    return _xml(
        f"{_ESEARCH_HEAD}<eSearchResult><Count>{count}</Count><RetMax>{len(page)}</RetMax><RetStart>{start}</RetStart>"
        f"{held}{listed}<TranslationSet/><QueryTranslation>{escape(term)}</QueryTranslation>{said}</eSearchResult>",
        head="",
    )
