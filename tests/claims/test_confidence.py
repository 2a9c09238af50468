"""Confidence and status of claims."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.claims.confidence import confidence_of, status_of
from kg.model import ClaimStatus, Evidence, Method, Polarity


def piece(
    record: str = "PMID:1",
    polarity: Polarity = Polarity.ASSERTED,
    method: Method = Method.SENTENCE_RULE,
    **fields: str,
) -> Evidence:
    return Evidence(
        claim_id="claim:x",
        record_id=record,
        section=fields.pop("section", "abstract"),
        quote="q",
        polarity=polarity,
        method=method,
        **fields,
    )


pieces = st.lists(
    st.builds(
        piece,
        st.sampled_from(["PMID:1", "PMID:2", "PMID:3"]),
        st.sampled_from(list(Polarity)),
        st.sampled_from(list(Method)),
    ),
    max_size=6,
)


@given(pieces)
def test_confidence_is_between_0_and_1_and_has_two_digits(evidence: list[Evidence]) -> None:
    value = confidence_of(evidence)
    assert 0 <= value <= 1
    assert value == round(value, 2)


@given(pieces, st.sampled_from(list(Method)))
def test_more_support_never_lowers_confidence(evidence: list[Evidence], method: Method) -> None:
    assert confidence_of([*evidence, piece("PMID:9", method=method)]) >= confidence_of(evidence)


@given(pieces)
def test_evidence_against_never_raises_confidence(evidence: list[Evidence]) -> None:
    assert confidence_of([*evidence, piece("PMID:9", Polarity.NEGATED)]) <= confidence_of(evidence)


@given(pieces)
def test_order_of_evidence_changes_nothing(evidence: list[Evidence]) -> None:
    assert confidence_of(evidence) == confidence_of(evidence[::-1])


def test_several_pieces_of_one_record_count_once() -> None:
    assert confidence_of([piece(), piece(section="abstract/2")]) == confidence_of([piece()])
    assert confidence_of([piece(), piece("PMID:2")]) > confidence_of([piece()])


def test_evidence_carried_over_weighs_less() -> None:
    assert confidence_of([piece(via="PMID:1")]) < confidence_of([piece()])


@pytest.mark.parametrize(
    ("polarities", "status"),
    [
        ("A", ClaimStatus.ASSERTED),
        ("AS", ClaimStatus.ASSERTED),
        ("AN", ClaimStatus.CONTESTED),
        ("N", ClaimStatus.NEGATED),
        ("NS", ClaimStatus.NEGATED),
        ("S", ClaimStatus.SPECULATIVE),
    ],
)
def test_status_is_what_all_evidence_says(polarities: str, status: ClaimStatus) -> None:
    named = {"A": Polarity.ASSERTED, "N": Polarity.NEGATED, "S": Polarity.SPECULATIVE}
    assert status_of([piece(polarity=named[letter]) for letter in polarities]) is status


def test_claim_that_is_only_negated_has_no_confidence() -> None:
    assert confidence_of([piece(polarity=Polarity.NEGATED)]) == 0
