"""How sure a claim is, and what all its evidence together says.

Each piece of evidence has a weight: how often a statement found in that way, in that place, by that
sort of study, is right. What rests on the same work is not independent: a work counts once, by the
best that is said of it, whether it says so itself or a wiki page cites it for that. Works are
independent witnesses::

    support    = 1 - product over works of (1 - best share of the work)
    against    = the same over negating pieces
    confidence = support * (1 - against / 2)

A piece that rests on one work has its whole weight there; one that cites k works lends each of them
1 - (1 - weight) ** (1 / k), so that alone it comes to its own weight, no more.

A claim that is only speculated has a third of the support that its pieces would give if they
asserted it; one that is only negated has none. More support never lowers the number, more evidence
against never raises it, and two digits are all that it deserves. ``docs/confidence.md`` has examples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kg.claims.studies import Study, StudyKind
from kg.model import ClaimStatus, Method, Polarity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kg.model import Evidence

#: Weight of a piece of evidence by how it was found. The order is what matters; the values are judged, not measured.
METHOD_WEIGHTS: Final = {
    Method.STRUCTURED_FIELD: 0.95,
    Method.CURATED: 0.95,
    Method.ONTOLOGY: 0.99,
    Method.CITATION: 0.95,
    Method.HYPERLINK: 0.99,
    Method.SENTENCE_RULE: 0.7,
    Method.TEXT_MENTION: 0.6,
}
#: Factor by the sort of study that a sentence is from. The least of them keeps a sentence above a third, so that
#: one that asserts is never less than any number that guess.
STUDY_FACTORS: Final = {
    StudyKind.PRIMARY: 1.0,
    StudyKind.PREPRINT: 0.9,
    StudyKind.UNKNOWN: 0.9,
    StudyKind.CASE: 0.85,
    StudyKind.REVIEW: 0.8,
    StudyKind.SECONDARY: 0.8,
    StudyKind.OPINION: 0.6,
    # What was taken back supports nothing; the sentence stays, with its number to show.
    StudyKind.RETRACTED: 0.0,
}
#: A title and a keyword are chosen words: what they name is meant.
WEIGHT_OF_TITLE: Final = 0.85
CHOSEN: Final = frozenset({"title", "name", "keywords", "keyword"})
#: What a paper says of a dataset is one step away from the dataset.
CARRIED: Final = 0.85
CEILING: Final = 0.99
SPECULATION: Final = 1 / 3

_NO_STUDIES: Final[dict[str, Study]] = {}


def confidence_of(evidence: Iterable[Evidence], studies: Mapping[str, Study] = _NO_STUDIES) -> float:
    """Say how sure a claim is, from its evidence alone.

    Parameters
    ----------
    evidence : iterable of Evidence
        Of one claim.
    studies : mapping of str to Study, optional
        Record id -> the study behind it (``kg.claims.studies.studies_of``). What is not in it has its full weight.

    Returns
    -------
    float
        In [0, 1], with two digits. 0 for a claim that is only negated, has no evidence, or rests on
        retracted works alone.
    """
    pieces = list(evidence)
    support = _combined((p for p in pieces if p.polarity is Polarity.ASSERTED), studies)
    against = _combined((p for p in pieces if p.polarity is Polarity.NEGATED), studies)
    if not support:
        guessed = _combined((p for p in pieces if p.polarity is Polarity.SPECULATIVE), studies)
        support = SPECULATION * guessed
    return round(support * (1 - against / 2), 2)


def status_of(evidence: Sequence[Evidence]) -> ClaimStatus:
    """Say what all evidence of a claim together says.

    Returns
    -------
    ClaimStatus
        *contested* where some asserts and some negates; speculation changes neither.
    """
    polarities = {piece.polarity for piece in evidence}
    if Polarity.ASSERTED in polarities:
        return ClaimStatus.CONTESTED if Polarity.NEGATED in polarities else ClaimStatus.ASSERTED
    return ClaimStatus.NEGATED if Polarity.NEGATED in polarities else ClaimStatus.SPECULATIVE


def deciding(evidence: Iterable[Evidence]) -> list[Evidence]:
    """Give the pieces that make a claim what it is: those that assert it, else that deny it, else all."""
    pieces = list(evidence)
    for polarity in (Polarity.ASSERTED, Polarity.NEGATED):
        if found := [piece for piece in pieces if piece.polarity is polarity]:
            return found
    return pieces


def weight_of(piece: Evidence, studies: Mapping[str, Study] = _NO_STUDIES) -> float:
    """Say how much one piece of evidence weighs, in [0, 1)."""
    weight = METHOD_WEIGHTS[piece.method]
    is_text = piece.method in (Method.SENTENCE_RULE, Method.TEXT_MENTION)
    if is_text and piece.section.partition("/")[0] in CHOSEN:
        weight = max(weight, WEIGHT_OF_TITLE)
    if piece.method is Method.SENTENCE_RULE:
        weight *= _factor(piece, studies)
    return weight * CARRIED if piece.via else weight


def works_of(piece: Evidence) -> tuple[str, ...]:
    """Give the works that a piece of evidence rests on: those that it cites, else its own record."""
    return piece.cited or (piece.record_id,)


def _factor(piece: Evidence, studies: Mapping[str, Study]) -> float:
    own = studies.get(piece.record_id)
    factor = STUDY_FACTORS[own.kind] if own else 1.0
    # What cites is no surer than the best of what it cites.
    cited = [STUDY_FACTORS[studies[work].kind] if work in studies else 1.0 for work in piece.cited]
    return min(factor, max(cited, default=1.0))


def _combined(pieces: Iterable[Evidence], studies: Mapping[str, Study]) -> float:
    best: dict[str, float] = {}
    for piece in pieces:
        works = works_of(piece)
        share = 1 - (1 - weight_of(piece, studies)) ** (1 / len(works))
        for work in works:
            best[work] = max(best.get(work, 0.0), share)
    doubt = 1.0
    for work in sorted(best):
        doubt *= 1 - best[work]
    return min(1 - doubt, CEILING)
