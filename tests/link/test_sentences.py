from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.link.sentences import split_sentences


def _sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


@pytest.mark.parametrize(
    "sentence",
    [
        "Worms (C. elegans) were fed by Smith et al. (2004) as before.",
        "It is shown in Fig. 2 and Figs. 3 and 4.",
        "The effect was small, i.e. 0.5 mV, vs. 2.1 mV in controls.",
        "Mice (e.g. C57BL/6J) ran at approx. 20 cm/s.",
        "We thank Dr. Cajal.",
        "Dr. J. Smith found it.",
    ],
)
def test_points_inside_a_sentence_do_not_end_it(sentence: str) -> None:
    assert _sentences(f"{sentence} Next one.") == [sentence, "Next one."]


def test_end_marks_and_their_quotes_end_sentences() -> None:
    assert _sentences('Is it? "It is." (So it is.) Yes!') == ["Is it?", '"It is."', "(So it is.)", "Yes!"]


def test_bullets_and_empty_lines_end_sentences() -> None:
    assert _sentences("Data:\n- first item\n- second item\n\nA heading\n\nA text\nin two lines.") == [
        "Data:",
        "- first item",
        "- second item",
        "A heading",
        "A text\nin two lines.",
    ]


def test_abbreviation_ends_a_sentence_before_an_opener() -> None:
    assert _sentences("As in Smith et al. We did so.") == ["As in Smith et al.", "We did so."]


@settings(deadline=None)
@given(st.text(st.characters()))
def test_sentences_are_in_order_and_lose_only_blanks(text: str) -> None:
    spans = split_sentences(text)
    reach = 0
    for start, end in spans:
        assert reach <= start < end
        assert not text[reach:start].strip()
        assert text[start:end] == text[start:end].strip()
        reach = end
    assert not text[reach:].strip()


@pytest.mark.parametrize("text", ["." * 1_000_000, "(.)" * 300_000, "a. " * 300_000, "\n " * 500_000, "x" * 5_000_000])
def test_hostile_text_takes_linear_time(text: str) -> None:
    started = time.process_time()
    split_sentences(text)
    assert time.process_time() - started < 8
