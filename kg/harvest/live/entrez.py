"""Ask E-utilities: ESearch and EFetch over the polite session, with the errors that come inside an HTTP 200.

Bio.Entrez opens its own connections and is not used for it: ``docs/decisions/0007-entrez-requests.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

from kg.errors import AnswerError, HarvestError, StatusError
from kg.harvest.live.entrez_answers import (
    FetchedRecord,
    SearchAnswer,
    parse_search,
    split_records,
)
from kg.harvest.live.pubmed_listing import PAGE, Range
from kg.harvest.live.rows import Receipt
from kg.harvest.live.session import HttpSession, Response

#: NCBI's address of E-utilities.
EUTILS: Final = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/"
#: Parameters longer than this are posted, as Biopython does and NCBI asks for.
_LONG: Final = 1000
#: Ids of one EFetch: NCBI asks that more be posted, and this many records are 2 MB.
BATCH: Final = 200


class Fetched(NamedTuple):
    """What EFetch gave."""

    records: tuple[FetchedRecord, ...]
    receipt: Receipt


class EntrezClient:
    """E-utilities' PubMed.

    Parameters
    ----------
    session : HttpSession
        With PubMed's pace.
    url : str
        Where the utilities are.
    tool, email : str
        Who asks, as NCBI wants to know it; an empty one isn't sent.
    api_key : str or None
        Allows ten requests a second.
    """

    def __init__(
        self,
        session: HttpSession,
        url: str = EUTILS,
        *,
        tool: str = "neurokg",
        email: str = "",
        api_key: str | None = None,
    ) -> None:
        self._session, self._url = session, url.rstrip("/") + "/"
        named = {"db": "pubmed", "tool": tool, "email": email, "api_key": api_key}
        self._always = {name: value for name, value in named.items() if value}
        #: How many requests were answered, and what became of the last that wasn't.
        self.answered = 0
        self.failure: HarvestError | None = None

    def search(
        self,
        term: str,
        *,
        dates: Range | None = None,
        start: int = 0,
        most: int = PAGE,
        after: SearchAnswer | None = None,
    ) -> SearchAnswer:
        """Run ESearch.

        Parameters
        ----------
        term : str
            In PubMed's query language.
        dates : Range, optional
            Only records of these days.
        start, most : int
            Which part of the ids; newest first.
        after : SearchAnswer, optional
            First page of the same search: the set stays as it was then, on the history server.

        Returns
        -------
        SearchAnswer

        Raises
        ------
        AnswerError
            If PubMed refuses the search, or the history has expired.
        FetchError, SourceDownError
            As `HttpSession.post` does.
        """
        params: dict[str, Any] = {
            "term": term,
            "retmode": "xml",
            "retstart": start,
            "retmax": most,
            "usehistory": "y",
        }
        if dates is not None:
            params |= dates.params
        if after is not None and after.web_env and after.query_key:
            params |= {"WebEnv": after.web_env, "query_key": after.query_key}
        found: list[SearchAnswer] = []

        def check(body: bytes) -> str | None:
            return _passing_fault(lambda: found.append(parse_search(body)))

        self._ask("esearch.fcgi", params, check)
        return found[-1]

    def fetch(self, pmids: Sequence[int]) -> Fetched:
        """Run EFetch.

        Parameters
        ----------
        pmids : sequence of int
            At most `BATCH`.

        Returns
        -------
        Fetched
            A record for each PMID that PubMed has, in its order; a record that comes twice is given once, and one
            that wasn't asked for is left out.

        Raises
        ------
        AnswerError
            If PubMed refuses.
        FetchError, SourceDownError
            As `HttpSession.post` does.
        """
        asked = frozenset(pmids)
        found: dict[int, FetchedRecord] = {}

        def read(body: bytes) -> None:
            found.clear()
            found.update((record.pmid, record) for record in split_records(body) if record.pmid in asked)

        params = {"id": ",".join(str(pmid) for pmid in pmids), "retmode": "xml"}
        try:
            answer = self._ask("efetch.fcgi", params, lambda body: _passing_fault(lambda: read(body)))
        except AnswerError as error:
            if error.kind != "nothing":
                raise
            return Fetched((), Receipt(self._url + "efetch.fcgi"))
        return Fetched(
            tuple(found.values()), answer.receipt._replace(params=_without_ids(answer.receipt.params))
        )

    def _ask(self, tool: str, params: Mapping[str, Any], check: Callable[[bytes], str | None]) -> Response:
        try:
            answer = self._send(self._url + tool, params, check)
        except AnswerError as error:  # what a server says may quote the request, key and all
            self.failure = AnswerError(
                self._session.redact(error.what), self._session.redact(self._url) + tool, error.mend, **error.facts
            )
            raise self.failure from None
        except HarvestError as error:
            self.failure = error
            raise
        self.answered += 1
        return answer

    def _send(self, url: str, params: Mapping[str, Any], check: Callable[[bytes], str | None]) -> Response:
        everything = {name: str(value) for name, value in (self._always | dict(params)).items()}
        allow: Collection[int] = (400, 414)
        if sum(len(name) + len(value) + 2 for name, value in everything.items()) > _LONG:
            answer = self._session.post(url, data=everything, expect="text", allow=allow, check=check)
        else:
            answer = self._session.get(url, params=everything, expect="text", allow=allow, check=check)
        if answer.status == 200:
            return answer
        check(answer.body)
        said = " ".join(self._session.redact(answer.body[:2000].decode("utf-8", "replace")).split())
        raise StatusError(f"it answers {answer.status}: {said[:200]}", answer.url, status=answer.status)


def _passing_fault(read: Callable[[], object]) -> str | None:
    """Read an answer; give what is wrong with it where the same request may do better, and raise what isn't so."""
    try:
        read()
    except AnswerError as error:
        if error.is_passing:
            return error.what
        raise
    return None


def _without_ids(params: Mapping[str, str]) -> dict[str, str]:
    """Shorten the list of ids, which every record of a batch would otherwise repeat in its receipt."""
    ids = params.get("id", "")
    return {**params, "id": ids if len(ids) < 60 else f"{ids[:40]}… ({ids.count(',') + 1} ids)"}
