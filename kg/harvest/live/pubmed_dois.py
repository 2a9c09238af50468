"""Find the PMIDs of DOIs, many with one search, and remember what was found, also that there is none.

ESearch says which records a list of DOIs matches, not which belongs to which; and ``[aid]`` also finds records that
name the DOI of another work. So a match counts when the record calls the DOI its own.
"""

from __future__ import annotations

import datetime
import logging
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple

from kg.errors import AnswerError, FetchError, HarvestError
from kg.harvest.live.pubmed_listing import Searching
from kg.harvest.live.state import SourceStates

logger = logging.getLogger(__name__)

#: Name under which the store keeps what is known of DOIs.
STATE: Final = "pubmed-doi"
_PLAIN: Final = re.compile(r"[\w./:;-]+", re.ASCII)
#: DOIs of one search: 2 KB.
_BATCH: Final = 50
#: A match of many more records than DOIs is none: PubMed has left the DOIs out of the query.
_MOST_PER_DOI: Final = 5


class Asked(NamedTuple):
    """What searching for DOIs came to."""

    #: PMIDs of records that may have them.
    candidates: set[int]
    #: DOIs that PubMed was asked for.
    dois: set[str]
    #: DOIs that couldn't be asked for, with the reason.
    failed: dict[str, str]


def known_dois(
    states: SourceStates, dois: Iterable[str], *, today: datetime.date, absent_days: int
) -> dict[str, int | None]:
    """Give what is remembered: the PMID of a DOI, or None where it is not in PubMed and was asked for lately."""
    found: dict[str, int | None] = {}
    for doi in dois:
        remembered = states.get(doi)
        if not isinstance(remembered, Mapping):
            continue
        pmid = remembered.get("pmid")
        age = today - datetime.date.fromisoformat(str(remembered["on"]))
        if pmid is not None or age < datetime.timedelta(days=absent_days):
            found[doi] = pmid
    return found


def remember_doi(states: SourceStates, doi: str, pmid: int | None, *, today: datetime.date) -> None:
    """Remember the PMID of a DOI, or that it has none."""
    states[doi] = {"pmid": pmid, "on": today.isoformat()}


def search_dois(client: Searching, dois: Collection[str]) -> Asked:
    """Search for DOIs.

    Raises
    ------
    SourceDownError, RateLimitedError, AnswerError
        If PubMed can't be asked at all.
    """
    asked = Asked(set(), set(), {})
    # A quote would end the phrase; no registered DOI has one.
    usable = sorted(doi for doi in dois if '"' not in doi and "\n" not in doi)
    asked.failed.update(dict.fromkeys(set(dois) - set(usable), "it can't be asked for: it holds a quote"))
    batches = [usable[start : start + _BATCH] for start in range(0, len(usable), _BATCH)]
    while batches:
        batch = batches.pop(0)
        try:
            answer = client.search(
                " OR ".join(_clause(doi) for doi in batch), most=_MOST_PER_DOI * len(batch)
            )
        except HarvestError as error:
            if not _concerns_query(error):
                raise
            if len(batch) > 1:
                batches[:0] = [batch[: len(batch) // 2], batch[len(batch) // 2 :]]
            else:
                asked.failed[batch[0]] = error.what
            continue
        if answer.total > _MOST_PER_DOI * len(batch):
            if len(batch) > 1:
                batches[:0] = [batch[: len(batch) // 2], batch[len(batch) // 2 :]]
            else:
                asked.failed[batch[0]] = f"PubMed finds {answer.total:,} records for it"
            continue
        asked.candidates.update(answer.pmids)
        asked.dois.update(batch)
    return asked


def _clause(doi: str) -> str:
    # Parentheses and blanks would be read as the query's own; quotes don't harm but where nothing else needs them.
    return f"{doi}[aid]" if _PLAIN.fullmatch(doi) else f'"{doi}"[aid]'


def _concerns_query(error: HarvestError) -> bool:
    """Tell whether PubMed refuses this query, and may take another."""
    if isinstance(error, AnswerError):
        return error.kind not in ("key",)
    return isinstance(error, FetchError) and error.facts.get("status") in (200, 400, 414)
