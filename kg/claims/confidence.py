"""How sure a claim is, and what all its evidence together says.

Each piece of evidence has a weight: how often a statement found in that way, in that place, is
right. Pieces of one record are not independent, so the best of them stands for the record; records
are, so they are combined as independent witnesses::

    support = 1 - product over records of (1 - best weight of the record)
    against = the same over negating pieces
    confidence = support * (1 - against / 2)

A claim that is only speculated has a third of the support that its pieces would give if they
asserted it; one that is only negated has none. More support never lowers the number, more evidence
against never raises it, and two digits are all that it deserves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kg.model import ClaimStatus, Method, Polarity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kg.model import Evidence

#: Weight of a piece of evidence by how it was found. The order is what matters; the values are judged, not measured.
_WEIGHT: Final = {
    Method.STRUCTURED_FIELD: 0.95,
    Method.CURATED: 0.95,
    Method.ONTOLOGY: 0.99,
    Method.CITATION: 0.95,
    Method.HYPERLINK: 0.99,
    Method.SENTENCE_RULE: 0.7,
    Method.TEXT_MENTION: 0.6,
}
#: A title and a keyword are chosen words: what they name is meant.
_WEIGHT_OF_TITLE: Final = 0.85
_CHOSEN: Final = frozenset({"title", "name", "keywords", "keyword"})
#: What a paper says of a dataset is one step away from the dataset.
_CARRIED: Final = 0.85
_CEILING: Final = 0.99
_SPECULATION: Final = 1 / 3


def confidence_of(evidence: Iterable[Evidence]) -> float:
    """Say how sure a claim is, from its evidence alone.

    Parameters
    ----------
    evidence : iterable of Evidence
        Of one claim.

    Returns
    -------
    float
        In [0, 1], with two digits. 0 for a claim that is only negated or has no evidence.
    """
    pieces = list(evidence)
    support = _combined(p for p in pieces if p.polarity is Polarity.ASSERTED)
    against = _combined(p for p in pieces if p.polarity is Polarity.NEGATED)
    if not support:
        support = _SPECULATION * _combined(p for p in pieces if p.polarity is Polarity.SPECULATIVE)
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


def _combined(pieces: Iterable[Evidence]) -> float:
    best: dict[str, float] = {}
    for piece in pieces:
        best[piece.record_id] = max(best.get(piece.record_id, 0.0), _weight(piece))
    doubt = 1.0
    for record in sorted(best):
        doubt *= 1 - best[record]
    return min(1 - doubt, _CEILING)


def _weight(piece: Evidence) -> float:
    weight = _WEIGHT[piece.method]
    is_text = piece.method in (Method.SENTENCE_RULE, Method.TEXT_MENTION)
    if is_text and piece.section.partition("/")[0] in _CHOSEN:
        weight = max(weight, _WEIGHT_OF_TITLE)
    return weight * _CARRIED if piece.via else weight
