from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.link.lexicon import Lexicon, Row
from kg.link.linker import Linker
from kg.link.phrases import find_phrases
from kg.link.region_words import is_latin, word_class
from kg.link.tokens import tokenize
from kg.model.term import Category, Scope

ROWS = [
    Row("UBERON:0001897", Category.REGION, "thalamus", Scope.LABEL),
    Row("UBERON:0001896", Category.REGION, "medulla", Scope.EXACT),
    Row("UBERON:0002435", Category.REGION, "striatum", Scope.LABEL),
    Row("UBERON:0000451", Category.REGION, "prefrontal cortex", Scope.LABEL),
    Row("UBERON:0002148", Category.REGION, "locus coeruleus", Scope.LABEL),
    Row("UBERON:0001891", Category.REGION, "midbrain", Scope.LABEL),
    Row("UBERON:0002436", Category.REGION, "V1", Scope.ABBREVIATION),
]
WORDS = ["dorsal", "and", "nucleus", "of", "the", "area", "17", ",", "(", ")", "thalamus", "MT", "part", "visual", "x"]


@pytest.fixture(scope="module")
def linker() -> Linker:
    return Linker(Lexicon.compile(ROWS, scopes=tuple(Scope)), with_positions=True)


def surfaces(text: str) -> list[str]:
    tokens = tokenize(text)
    return [text[tokens.starts[p.first] : tokens.ends[p.last - 1]] for p in find_phrases(text, tokens, [])]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("cells of the parabrachial nucleus project", ["parabrachial nucleus"]),
        ("the nucleus reticularis tegmenti pontis was", ["nucleus reticularis tegmenti pontis"]),
        ("the nucleus of the optic tract of rats", ["nucleus of the optic tract"]),
        ("in the nucleus of Darkschewitsch, cells", ["nucleus of Darkschewitsch"]),
        ("areas 17 and 18 of cats", ["areas 17 and 18"]),
        ("area MT projects to V4, and MT is small", ["area MT", "MT"]),
        ("HVo projects back; in HVo", ["HVo", "HVo"]),
        ("the cell nucleus and several nuclei", []),
        ("the parabrachial and pontine nuclei", ["parabrachial and pontine nuclei"]),
        ("retinal ganglion cells", []),
    ],
)
def test_phrases_are_found_by_their_words_alone(text: str, names: list[str]) -> None:
    assert surfaces(text) == names


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The left dorsal striatum.", [("left dorsal striatum", "UBERON:0002435", "label")]),
        ("The caudal part of the striatum.", [("caudal part of the striatum", "UBERON:0002435", "label")]),
        ("Visual thalamic nuclei.", [("Visual thalamic nuclei", "UBERON:0001897", "compositional")]),
        ("The paratrigeminal nucleus.", [("paratrigeminal nucleus", "UBERON:0000125", "kind")]),
        (
            "The gustatory nucleus of the medulla.",
            [("gustatory nucleus of the medulla", "UBERON:0001896", "compositional")],
        ),
        (
            "The medial and lateral prefrontal cortex.",
            [("medial and lateral prefrontal cortex", "UBERON:0000451", "label")],
        ),
        (
            "The midbrain-thalamus loop.",
            [("midbrain", "UBERON:0001891", "label"), ("thalamus", "UBERON:0001897", "label")],
        ),
        ("In area V1 of cats.", [("area V1", "UBERON:0002436", "abbreviation")]),
    ],
)
def test_names_that_no_vocabulary_has_get_the_nearest_term(
    linker: Linker, text: str, found: list[tuple[str, str, str]]
) -> None:
    assert [(m.surface, m.curie, m.method) for m in linker.link_text(text)] == found


def test_containers_and_kinds_are_trusted_less_than_names(linker: Linker) -> None:
    scores = {
        m.method: m.score for m in linker.link_text("Striatum, visual thalamic nuclei and a paratrigeminal nucleus.")
    }
    assert min(scores.values()) >= 0.5
    assert scores["label"] > max(scores["compositional"], scores["kind"])


def test_short_form_behind_a_phrase_is_not_said_twice(linker: Linker) -> None:
    text = "The left locus coeruleus (LC) is blue; the LC fires."
    assert [m.surface for m in linker.link_text(text)] == ["left locus coeruleus", "LC"]


@given(st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join))
def test_phrases_are_in_order_and_apart(text: str) -> None:
    tokens = tokenize(text)
    end = 0
    for phrase in find_phrases(text, tokens, []):
        assert end <= phrase.first < phrase.last <= len(tokens.keys)
        end = phrase.last


@pytest.mark.parametrize(
    "unit", ["dorsal and ventral, ", "area 17, 18, ", "visual ( a ) and ", "nucleus of the ", "medial "]
)
def test_phrases_of_hostile_text_take_linear_time(linker: Linker, unit: str) -> None:
    def seconds(times: int) -> float:
        start = time.perf_counter()
        linker.link_text(unit * times)
        return time.perf_counter() - start

    seconds(1000)
    assert seconds(16_000) < 12 * seconds(4000) + 0.5


def test_words_have_classes() -> None:
    assert "".join(map(word_class, ["dorsal", "part", "of", "the", "thalamic", "nucleus"])) == "PQOTXH"
    assert word_class("several") == "."


def test_latin_is_told_from_english() -> None:
    assert is_latin("pedunculopontinus")
    assert not is_latin("thus")


def test_nothing_is_named_inside_a_layer() -> None:
    rows = [Row("UBERON:0035907", Category.REGION, "layer 2/3 of primary visual cortex", Scope.LABEL)]
    linker = Linker(Lexicon.compile(rows, scopes=tuple(Scope)), with_positions=True)
    found = linker.link_text("Cells in layer 2/3 of primary visual cortex.")
    assert [m.curie for m in found] == ["UBERON:0035907"]


def test_project_is_no_region() -> None:
    assert surfaces("The BICCN project sends data.") == []
