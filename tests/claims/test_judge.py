"""What one sentence says of a pair."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.claims.judge import judge
from kg.model import Polarity, Predicate


def judged(text: str, subject: str, target: str, **options: bool) -> tuple[str, str] | None:
    at, to = text.index(subject), text.index(target)
    found = judge(text, (at, at + len(subject)), (to, to + len(target)), **options)
    return (found.predicate.value, found.polarity.value) if found else None


@pytest.mark.parametrize(
    ("text", "subject", "target", "predicate"),
    [
        ("Synaptic loss contributes to dementia.", "Synaptic loss", "dementia", Predicate.CONTRIBUTES_TO),
        (
            "Microglia play a key role in multiple sclerosis.",
            "Microglia",
            "multiple sclerosis",
            Predicate.CONTRIBUTES_TO,
        ),
        (
            "Dementia is caused by neuroinflammation.",
            "neuroinflammation",
            "Dementia",
            Predicate.CONTRIBUTES_TO,
        ),
        (
            "Autophagy protects against Huntington disease.",
            "Autophagy",
            "Huntington disease",
            Predicate.PROTECTS_FROM,
        ),
        (
            "Gliosis was increased in Alzheimer disease.",
            "Gliosis",
            "Alzheimer disease",
            Predicate.AFFECTED_IN,
        ),
        (
            "Loss of neurons in patients with Parkinson disease.",
            "neurons",
            "Parkinson disease",
            Predicate.AFFECTED_IN,
        ),
        ("Epilepsy is characterized by gliosis.", "gliosis", "Epilepsy", Predicate.AFFECTED_IN),
        (
            "Gliosis is a hallmark of Alzheimer disease.",
            "Gliosis",
            "Alzheimer disease",
            Predicate.AFFECTED_IN,
        ),
        (
            "Neuroinflammation is associated with stroke.",
            "Neuroinflammation",
            "stroke",
            Predicate.ASSOCIATED_WITH,
        ),
        ("Gliosis was caused by stroke.", "Gliosis", "stroke", Predicate.CONSEQUENCE_OF),
        ("Stroke induced gliosis within days.", "gliosis", "Stroke", Predicate.CONSEQUENCE_OF),
    ],
)
def test_relation_word_between_the_two_asserts(text: str, subject: str, target: str, predicate: Predicate) -> None:
    assert judged(text, subject, target) == (predicate.value, "asserted")


@pytest.mark.parametrize(
    "text",
    [
        "Gliosis may contribute to dementia.",
        "It is unclear whether gliosis contributes to dementia.",
        "Gliosis is thought to cause dementia.",
        "How gliosis contributes to dementia remains unknown.",
        "We hypothesized that gliosis causes dementia.",
    ],
)
def test_hedge_makes_it_speculative(text: str) -> None:
    found = judged(text, "gliosis" if "gliosis" in text else "Gliosis", "dementia")
    assert found
    assert found[1] == "speculative"


@pytest.mark.parametrize(
    "text",
    [
        "Gliosis does not contribute to dementia.",
        "Gliosis is not sufficient for dementia.",
        "No evidence was found that gliosis causes dementia.",
        "Gliosis was not increased in dementia.",
    ],
)
def test_negator_makes_it_negated(text: str) -> None:
    found = judged(text, "gliosis" if "gliosis" in text else "Gliosis", "dementia")
    assert found
    assert found[1] == "negated"


def test_not_only_denies_nothing() -> None:
    assert judged("Gliosis not only causes dementia.", "Gliosis", "dementia") == (
        "CONTRIBUTES_TO",
        "asserted",
    )


def test_hedge_in_another_clause_is_ignored() -> None:
    text = "Although the order of events remains unclear, gliosis contributes to dementia."
    assert judged(text, "gliosis", "dementia") == ("CONTRIBUTES_TO", "asserted")


@pytest.mark.parametrize(
    ("text", "subject", "target"),
    [
        ("Gliosis and dementia were assessed.", "Gliosis", "dementia"),
        ("Gliosis in dementia: a review of the field.", "Gliosis", "dementia"),
        ("Does gliosis cause dementia?", "gliosis", "dementia"),
        ("Gliosis was reduced, whereas dementia was common.", "Gliosis", "dementia"),
        ("Treatment with the drug reduced gliosis in dementia.", "gliosis", "dementia"),
        ("It increases gliosis in dementia.", "gliosis", "dementia"),
        ("The compound reduced gliosis in dementia mice.", "gliosis", "dementia"),
        ("Macrophages matter in animal models of dementia.", "Macrophages", "dementia"),
        ("The lung cancer rate was increased in dementia.", "lung", "dementia"),
        ("We present a dataset of gliosis, which causes dementia.", "gliosis", "dementia"),
        ("Gliosis and atrophy cause dementia and stroke, respectively.", "Gliosis", "stroke"),
    ],
)
def test_sentence_that_says_nothing_of_the_pair_gives_none(text: str, subject: str, target: str) -> None:
    assert judged(text, subject, target) is None


def test_normal_process_needs_a_word_of_loss() -> None:
    lost = "Reduced gamma oscillations were found in dementia."
    assert judged(lost, "gamma oscillations", "dementia", is_process=True) == ("AFFECTED_IN", "asserted")
    kept = "Gamma oscillations were found in dementia."
    assert judged(kept, "Gamma oscillations", "dementia", is_process=True) is None


BETWEEN = st.lists(st.sampled_from(["may", "not", "causes", "in", ",", ";", "of", "loss", "(", ")"]), max_size=5)


@given(st.permutations(["gliosis", "dementia"]), BETWEEN, BETWEEN, BETWEEN)
def test_trigger_lies_in_the_sentence_and_beside_the_pair(
    pair: list[str], before: list[str], between: list[str], behind: list[str]
) -> None:
    text = " ".join([*before, pair[0], *between, pair[1], *behind])
    at, to = text.index("gliosis"), text.index("dementia")
    found = judge(text, (at, at + 7), (to, to + 8))
    if found:
        assert 0 <= found.start < found.end <= len(text)
        assert found.polarity in Polarity


def test_normal_process_is_denied_its_trouble_but_asserted_none() -> None:
    text = "Sleep was not associated with dementia, and sleep correlated with stroke."
    denied = judge(text, (0, 5), (30, 38), is_process=True)
    assert denied
    assert denied.polarity is Polarity.NEGATED
    assert judge(text, (44, 49), (66, 72), is_process=True) is None
    assert judge("Sleep may not protect from dementia.", (0, 5), (27, 35), is_process=True) is None


def test_trigger_begins_with_a_word() -> None:
    text = "Tau forms tangles, one of the hallmarks of dementia."
    found = judge(text, (10, 17), (43, 51))
    assert found
    assert text[found.start : found.end] == "one of the hallmarks of"
