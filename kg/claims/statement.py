"""One claim with one piece of evidence, from its parts."""

from __future__ import annotations

from typing import Final

from kg.model import Claim, ClaimKind, Evidence, Method, Predicate, Supported

DATASET_SOURCE: Final = "infores:dandi-archive"
ARTICLE_SOURCE: Final = "infores:pubmed"
WIKI_SOURCE: Final = "infores:neurowiki"


def make_supported(
    subject: str,
    predicate: Predicate,
    target: str,
    source: str,
    record_id: str,
    section: str,
    quote: str,
    method: Method,
    *,
    kind: ClaimKind = ClaimKind.BIBLIOGRAPHIC,
    qualifiers: tuple[tuple[str, str], ...] = (),
    start: int = 0,
    end: int | None = None,
    raw: str | None = None,
) -> Supported:
    """Make a bibliographic claim, or one of another kind, with a quote of its record."""
    claim = Claim(
        subject=subject,
        predicate=predicate,
        object=target,
        kind=kind,
        primary_source=source,
        qualifiers=qualifiers,
    )
    return Supported(
        claim,
        Evidence(
            claim_id=claim.id,
            record_id=record_id,
            section=section,
            start=start,
            end=len(quote) if end is None else end,
            quote=quote,
            method=method,
            raw=raw,
        ),
    )
