from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.link.context import find_traps, is_trapped, merge_spans, taxa_of_keys
from kg.link.tokens import tokenize


@pytest.mark.parametrize(
    ("text", "trap"),
    [
        ("Head-fixed mice", "Head-fixed"),
        ("headplate on", "headplate"),
        ("with eye tracking", "eye tracking"),
        ("at the Allen Institute for Brain Science.", "Institute for Brain Science."),
        ("the Human Brain Project", "Brain Project"),
        ("Pvalb-IRES-Cre;Ai32 mice", "Pvalb-IRES-Cre;Ai32"),
        ("PVCre mice", "PVCre"),
        ("Vip-Flp mice", "Vip-Flp"),
        ("in open arms", "open arms"),
        ("arms of the radial maze", "arms of the radial maze"),
        ("mail a.b@cd.org now", "a.b@cd.org"),
        ("a battery cell", "battery cell"),
    ],
)
def test_traps_are_found(text: str, trap: str) -> None:
    assert [text[start:end] for start, end in find_traps(text)] == [trap]


@pytest.mark.parametrize(
    "text", ["Increased Cretaceous forehead", "the left hippocampus", "brain science", "place cells", "eyes and heads"]
)
def test_ordinary_words_are_no_trap(text: str) -> None:
    assert find_traps(text) == []


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9)).map(lambda p: (p[0], p[0] + p[1]))), st.integers(0, 60)
)
def test_trapped_is_what_touches_a_span(spans: list[tuple[int, int]], start: int) -> None:
    expected = any(first < start + 3 and last > start for first, last in spans)
    assert is_trapped(start, start + 3, merge_spans(spans)) == expected


def test_species_are_read_from_everyday_words() -> None:
    assert taxa_of_keys(tokenize("Mice and Macaca").keys) == {"NCBITaxon:10090", "NCBITaxon:9544"}


@pytest.mark.parametrize(
    "text",
    ["@" * 500_000, "Cre-" * 200_000, "head" * 200_000, "http://" * 100_000, "Brain " * 100_000, " arm" * 100_000],
)
def test_hostile_text_takes_linear_time(text: str) -> None:
    started = time.process_time()
    find_traps(text)
    assert time.process_time() - started < 10
