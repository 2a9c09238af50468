from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.link.tokens import BREAK, fold, key_of, singular, tokenize


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("neurons", "neuron"),
        ("nuclei", "nucleus"),
        ("ganglia", "ganglion"),
        ("gyri", "gyrus"),
        ("cortices", "cortex"),
        ("retinae", "retina"),
        ("mice", "mouse"),
        ("arteries", "artery"),
        ("axes", "axis"),
        ("biopsies", "biopsy"),
        ("striata", "striatum"),
        ("diagnoses", "diagnosis"),
        ("testes", "testis"),
        ("branches", "branch"),
        ("areas", "area"),
        ("thalami", "thalamus"),
    ],
)
def test_plurals_fold_to_their_singular(plural: str, one: str) -> None:
    assert singular(plural) == one


@pytest.mark.parametrize(
    "word",
    [
        "thalamus",
        "diabetes",
        "pancreas",
        "species",
        "pons",
        "lens",
        "axis",
        "abscess",
        "retina",
        "cerebri",
        "arteriosus",
    ],
)
def test_words_that_are_no_plurals_stay(word: str) -> None:
    assert singular(word) == word


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("basal ganglia", "Basal Ganglion"),
        ("pyramidal neurones", "pyramidal neuron"),
        ("periaqueductal grey", "periaqueductal gray"),
        ("tumours", "tumor"),
        ("leukaemia", "leukemia"),
        ("Parkinson's disease", "Parkinson disease"),
        ("Parkinson\u2019s disease", "parkinson diseases"),
        ("β-cell", "beta cell"),
        ("Sjögren syndrome", "Sjogren syndrome"),
        ("Sjo\u0308gren syndrome", "Sjögren syndrome"),
        ("sharp-wave ripple", "sharp wave ripples"),
        ("sharp\u2011wave ripple", "sharp wave\nripple"),
        ("ﬁbre", "fiber"),
        ("polarisation", "polarization"),
        ("MSNs", "MSN"),
    ],
)
def test_spellings_of_one_name_have_one_key(one: str, other: str) -> None:
    assert key_of(one) == key_of(other)


@pytest.mark.parametrize(
    ("one", "other"), [("AIDS", "AID"), ("cell body", "cell. Body"), ("CA1", "CA3"), ("exercise", "exercize")]
)
def test_different_names_have_different_keys(one: str, other: str) -> None:
    assert key_of(one) != key_of(other)


def test_no_name_runs_across_an_empty_line() -> None:
    assert tokenize("cell\n \nbody").keys == ["cell", BREAK, "body"]


def test_spaced_dash_separates_where_a_hyphen_joins() -> None:
    assert tokenize("cortex - amygdala").keys == ["cortex", "-", "amygdala"]
    assert tokenize("cortex-amygdala").keys == ["cortex", "amygdala"]


@settings(deadline=None)
@given(st.text(st.characters()))
def test_spans_are_in_order_and_cover_what_they_fold(text: str) -> None:
    tokens = tokenize(text)
    assert len(tokens.spans) == len(tokens.keys)
    reach = 0
    for (start, end), key in zip(tokens.spans, tokens.keys, strict=True):
        assert reach <= start < end <= len(text)
        assert fold(text[start:end]) == key
        reach = end


@settings(deadline=None)
@given(st.text(st.characters()))
def test_keys_have_no_blank_and_can_be_encoded(text: str) -> None:
    for key in tokenize(text).keys:
        assert key
        assert " " not in key
        key.encode()


@pytest.mark.parametrize(
    "text",
    [
        "(" * 1_000_000,
        "\n" * 1_000_000,
        "\n \t" * 300_000,
        "a\u0301" * 300_000,
        "'s" * 500_000,
        "\ud800" * 500_000,
        "-" * 1_000_000,
    ],
    ids=["brackets", "newlines", "blank lines", "accents", "possessives", "surrogates", "hyphens"],
)
def test_hostile_text_takes_linear_time(text: str) -> None:
    started = time.process_time()
    tokenize(text)
    assert time.process_time() - started < 8
