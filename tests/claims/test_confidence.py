"""Confidence and status of claims."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.claims.confidence import (
    METHOD_WEIGHTS,
    STUDY_FACTORS,
    confidence_of,
    deciding,
    status_of,
    weight_of,
)
from kg.claims.studies import Study, StudyKind
from kg.model import ClaimStatus, Evidence, Method, Polarity


def piece(
    record: str = "PMID:1",
    polarity: Polarity = Polarity.ASSERTED,
    method: Method = Method.SENTENCE_RULE,
    cited: tuple[str, ...] = (),
    **fields: str,
) -> Evidence:
    return Evidence(
        claim_id="claim:x",
        record_id=record,
        section=fields.pop("section", "abstract"),
        quote="q",
        polarity=polarity,
        method=method,
        cited=cited,
        **fields,
    )


works = st.sampled_from(["PMID:1", "PMID:2", "PMID:3"])
any_piece = st.one_of(
    st.builds(piece, works, st.sampled_from(list(Polarity)), st.sampled_from(list(Method))),
    st.builds(
        piece,
        st.sampled_from(["wiki:a", "wiki:b"]),
        st.sampled_from(list(Polarity)),
        cited=st.sets(works, min_size=1).map(lambda found: tuple(sorted(found))),
    ),
)
pieces = st.lists(any_piece, max_size=6)
studies = st.dictionaries(
    st.sampled_from(["PMID:1", "PMID:2", "PMID:3", "wiki:a", "wiki:b"]),
    st.builds(Study, st.sampled_from([kind for kind in StudyKind if kind is not StudyKind.RETRACTED])),
)


@given(pieces, studies)
def test_confidence_is_between_0_and_1_and_has_two_digits(
    evidence: list[Evidence], known: dict[str, Study]
) -> None:
    value = confidence_of(evidence, known)
    assert 0 <= value <= 1
    assert value == round(value, 2)


@given(pieces, any_piece, studies)
def test_more_support_never_lowers_confidence(
    evidence: list[Evidence], more: Evidence, known: dict[str, Study]
) -> None:
    asserting = more.model_copy(update={"polarity": Polarity.ASSERTED})
    assert confidence_of([*evidence, asserting], known) >= confidence_of(evidence, known)


@given(pieces, any_piece, studies)
def test_evidence_against_never_raises_confidence(
    evidence: list[Evidence], more: Evidence, known: dict[str, Study]
) -> None:
    against = more.model_copy(update={"polarity": Polarity.NEGATED})
    assert confidence_of([*evidence, against], known) <= confidence_of(evidence, known)


@given(pieces, any_piece, studies)
def test_a_guess_changes_nothing_where_something_is_asserted(
    evidence: list[Evidence], more: Evidence, known: dict[str, Study]
) -> None:
    asserted = [*evidence, piece()]
    guess = more.model_copy(update={"polarity": Polarity.SPECULATIVE})
    assert confidence_of([*asserted, guess], known) == confidence_of(asserted, known)


@given(
    st.lists(any_piece.map(lambda p: p.model_copy(update={"polarity": Polarity.ASSERTED})), max_size=6),
    studies,
)
def test_a_better_study_never_lowers_confidence(evidence: list[Evidence], known: dict[str, Study]) -> None:
    better = dict.fromkeys(known, Study(StudyKind.PRIMARY))
    assert confidence_of(evidence, better) >= confidence_of(evidence, known)


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


def test_an_assertion_outweighs_any_number_of_guesses() -> None:
    kinds = [factor for kind, factor in STUDY_FACTORS.items() if kind is not StudyKind.RETRACTED]
    least = min(kinds) * METHOD_WEIGHTS[Method.SENTENCE_RULE] * 0.85
    assert least > 0.99 / 3


def test_a_review_weighs_less_than_a_primary_study() -> None:
    known = {"PMID:1": Study(StudyKind.PRIMARY), "PMID:2": Study(StudyKind.REVIEW)}
    assert confidence_of([piece("PMID:2")], known) < confidence_of([piece("PMID:1")], known)


def test_what_was_retracted_supports_nothing() -> None:
    assert confidence_of([piece()], {"PMID:1": Study(StudyKind.RETRACTED)}) == 0


def test_a_page_that_cites_a_paper_is_no_second_witness() -> None:
    known = {
        "PMID:1": Study(StudyKind.PRIMARY),
        **dict.fromkeys(("wiki:a", "wiki:b"), Study(StudyKind.SECONDARY)),
    }
    paper, retold = piece(), piece("wiki:a", cited=("PMID:1",))
    assert confidence_of([paper, retold], known) == confidence_of([paper], known)
    assert confidence_of([retold, piece("wiki:b", cited=("PMID:1",))], known) == confidence_of(
        [retold], known
    )
    assert confidence_of([paper, piece("wiki:a", cited=("PMID:2",))], known) > confidence_of([paper], known)


def test_citing_many_works_makes_one_sentence_no_surer() -> None:
    many = piece("wiki:a", cited=tuple(f"PMID:{n}" for n in range(20)))
    assert confidence_of([many]) == confidence_of([piece("wiki:a", cited=("PMID:1",))])


def test_a_page_is_no_surer_than_the_best_of_what_it_cites() -> None:
    known = {"wiki:a": Study(StudyKind.SECONDARY), "PMID:1": Study(StudyKind.OPINION)}
    retold = piece("wiki:a", cited=("PMID:1",))
    assert weight_of(retold, known) == pytest.approx(weight_of(piece(), known))


def test_the_pieces_that_decide_are_those_of_the_status() -> None:
    made = {polarity: piece(polarity=polarity) for polarity in Polarity}
    assert deciding(made.values()) == [made[Polarity.ASSERTED]]
    assert deciding([made[Polarity.NEGATED], made[Polarity.SPECULATIVE]]) == [made[Polarity.NEGATED]]
    assert deciding([made[Polarity.SPECULATIVE]]) == [made[Polarity.SPECULATIVE]]


PRIMARY, REVIEW, WIKI = Study(StudyKind.PRIMARY), Study(StudyKind.REVIEW), Study(StudyKind.SECONDARY)
KNOWN = {
    **{f"PMID:{n}": PRIMARY for n in (1, 2, 3)},
    "PMID:7": REVIEW,
    "PMID:8": Study(StudyKind.OPINION),
    "PMID:9": Study(StudyKind.RETRACTED),
    "wiki:a": WIKI,
}
AGAINST = piece("PMID:3", Polarity.NEGATED)
EXAMPLES = {
    "one primary study": [piece()],
    "two sentences of one primary study": [piece(), piece(section="abstract/2")],
    "two primary studies": [piece(), piece("PMID:2")],
    "three primary studies": [piece(), piece("PMID:2"), piece("PMID:3")],
    "one review": [piece("PMID:7")],
    "a primary study and a review": [piece(), piece("PMID:7")],
    "a wiki page that cites a primary study": [piece("wiki:a", cited=("PMID:1",))],
    "that study and a wiki page that cites it": [piece(), piece("wiki:a", cited=("PMID:1",))],
    "the title of a primary study": [piece(section="title")],
    "one editorial": [piece("PMID:8")],
    "one retracted study": [piece("PMID:9")],
    "one study asserts, one denies": [piece(), AGAINST],
    "two studies assert, one denies": [piece(), piece("PMID:2"), AGAINST],
    "one study denies": [AGAINST],
    "one study speculates": [piece(polarity=Polarity.SPECULATIVE)],
    "a typed field of a dataset": [piece("DANDI:000001", method=Method.STRUCTURED_FIELD)],
    "a sentence of a paper that describes a dataset, carried over to it": [piece(via="PMID:1")],
}


def test_the_examples_of_the_page_are_what_the_code_gives() -> None:
    page = (Path(__file__).parents[2] / "docs" / "confidence.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \| ([\d.]+) \|$", page.partition("## Examples")[2], re.MULTILINE)
    assert {what: float(number) for what, number in rows} == {
        what: confidence_of(evidence, KNOWN) for what, evidence in EXAMPLES.items()
    }
