"""From linked records to claims: which deriving function sees which record, and with what beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kg.build.shards import LinkedRecord
from kg.claims.bibliography import PublicationIndex, derive_bibliographic_claims, describing_ids
from kg.claims.biology import derive_biological_claims
from kg.claims.ontological import derive_ontological_claims
from kg.claims.policy import check_policy
from kg.claims.resource import derive_resource_claims
from kg.model import ArticleRecord, DatasetRecord, Mention, Problem, Supported, WikiPageRecord
from kg.model.progress import Progress, silent
from kg.ontology import Vocabulary

#: The linker's method for a name that no vocabulary has: its term is the kind of thing that the name's head says.
_KIND = "kind"


class Derived(NamedTuple):
    """Every claim of a snapshot, and what was wrong on the way."""

    supported: list[Supported]
    problems: list[Problem]


def derive_claims(linked: Sequence[LinkedRecord], vocabulary: Vocabulary, *, progress: Progress = silent) -> Derived:
    """Derive every claim that the snapshot supports.

    Parameters
    ----------
    linked : sequence of LinkedRecord
        One a record id.
    vocabulary : Vocabulary
        For ids, labels and the hierarchy.
    progress : Progress
        Told of each record.

    Returns
    -------
    Derived
        Claims in no particular order.
    """
    result = Derived([], [])
    index = PublicationIndex([item.record for item in linked])
    by_id = {item.record.id: item for item in linked}
    for done, item in enumerate(linked, start=1):
        for found in _of_record(item, by_id, index, vocabulary):
            if isinstance(found, Problem):
                result.problems.append(found)
            else:
                result.supported.append(found)
        if done % 50 == 0 or done == len(linked):
            progress("deriving claims", done, len(linked))
    terms = {end for claim, _ in result.supported for end in (claim.subject, claim.object) if end in vocabulary}
    result.supported.extend(derive_ontological_claims(terms, vocabulary))
    result.problems.extend(check_policy([item.record for item in linked], result.supported, vocabulary))
    return result


def _of_record(
    item: LinkedRecord, by_id: dict[str, LinkedRecord], index: PublicationIndex, vocabulary: Vocabulary
) -> Iterator[Supported | Problem]:
    record, mentions = item.record, _nameable(item.mentions)
    yield from derive_bibliographic_claims(record, mentions, vocabulary, index)
    if isinstance(record, DatasetRecord):
        describing: list[tuple[ArticleRecord, Sequence[Mention]]] = []
        for curie in describing_ids(record, index):
            paper = by_id.get(curie)
            if paper is not None and isinstance(paper.record, ArticleRecord):
                describing.append((paper.record, _nameable(paper.mentions)))
        yield from derive_resource_claims(record, mentions, vocabulary, describing=describing)
    elif isinstance(record, ArticleRecord | WikiPageRecord):
        yield from derive_biological_claims(record, mentions, vocabulary, index)


def _nameable(mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """Leave out mentions whose term says no more than what kind of thing is named: "a nucleus" is nothing to claim."""
    return tuple(mention for mention in mentions if mention.method != _KIND)
