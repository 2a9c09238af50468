"""Short names, rows and layers of regions, and names that only look like one."""

from __future__ import annotations

import pytest

from kg.link import Linker
from kg.link.entries import Entry, Row
from kg.link.explain import explain
from kg.link.lexicon import Lexicon
from kg.link.shortnames import find_short_names
from kg.link.span import Span
from kg.model.mention import Mention
from kg.model.record import Passage, Role
from kg.model.term import Category, Scope

_ROWS = [
    Row("UBERON:1", Category.REGION, "inferior colliculus", Scope.LABEL),
    Row("UBERON:2", Category.REGION, "primary motor cortex", Scope.LABEL),
    Row("UBERON:3", Category.REGION, "frontal cortex", Scope.LABEL),
    Row("UBERON:3", Category.REGION, "frontal", Scope.ADJECTIVE),
    Row("UBERON:4", Category.REGION, "parietal cortex", Scope.LABEL),
    Row("UBERON:5", Category.REGION, "cortical layer 4", Scope.LABEL),
    Row("UBERON:5", Category.REGION, "layer 4", Scope.EXACT),
    Row("UBERON:6", Category.REGION, "cerebrospinal fluid", Scope.LABEL),
    Row("UBERON:6", Category.REGION, "CSF", Scope.ABBREVIATION),
    Row("UBERON:7", Category.REGION, "S1", Scope.ABBREVIATION),
    Row("UBERON:8", Category.REGION, "pituitary", Scope.EXACT),
    Row("MONDO:8", Category.DISEASE, "pituitary", Scope.EXACT),
    Row("CL:1", Category.CELL_TYPE, "T cell", Scope.LABEL),
    Row("CL:2", Category.CELL_TYPE, "microglial", Scope.ADJECTIVE),
]


@pytest.fixture(scope="module")
def linker() -> Linker:
    made = Linker(Lexicon.compile(_ROWS, scopes=list(Scope)), with_positions=True)
    made.calibration = None
    return made


def _found(linker: Linker, text: str) -> list[tuple[str, str]]:
    return [(mention.surface, mention.curie) for mention in linker.link_text(text)]


def _entry(curie: str) -> Entry:
    return Lexicon.compile([Row(curie, Category.REGION, "any region", Scope.LABEL)], scopes=list(Scope)).entries(0)[0]


def test_what_stands_in_brackets_behind_a_region_is_its_short_name() -> None:
    text = "The laryngeal motor area (LMA) and the inferior colliculus (see Fig)."
    span = Span(4, 24, (_entry("UBERON:9"),), False)
    assert {name: entries[0].curie for name, entries in find_short_names(text, [span]).items()} == {"LMA": "UBERON:9"}


@pytest.mark.parametrize("inner", ["GluR4", "see text", "n", "fig. 1", "XYZ"])
def test_other_brackets_name_nothing(inner: str) -> None:
    text = f"The laryngeal motor area ({inner})."
    assert find_short_names(text, [Span(4, 24, (_entry("UBERON:9"),), False)]) == {}


def test_a_short_name_holds_in_the_whole_record_with_words_of_place(linker: Linker) -> None:
    found = _found(
        linker, "The dorsal nucleus of the inferior colliculus (DIC) was lesioned. Lateral DIC neurons fired."
    )
    assert found[-1] == ("Lateral DIC", "UBERON:1")


def test_a_row_that_shares_its_head_is_one_span_of_several_regions(linker: Linker) -> None:
    assert _found(linker, "neurons of the frontal and parietal cortex fired") == [
        ("frontal and parietal cortex", "UBERON:3"),
        ("frontal and parietal cortex", "UBERON:4"),
    ]


def test_a_layer_needs_something_to_be_a_layer_of(linker: Linker) -> None:
    assert _found(linker, "cells of layer 4 were bright") == []


def test_a_layer_away_from_its_owner_is_a_mention_in_pieces(linker: Linker) -> None:
    found: list[Mention] = linker.link_text("In primary motor cortex, neurons of layer 4 are rare.")
    layer = next(mention for mention in found if mention.curie == "UBERON:5")
    assert (layer.surface, layer.method, layer.parts) == ("layer 4", "layer", ((3, 23), (36, 43)))


@pytest.mark.parametrize(
    "text",
    [
        "frontal sections were cut",
        "GM-CSF was given to the inferior colliculus",
        "the segments L6 and S1 of the rat and its inferior colliculus",
        "T cell factor-4",
        "the T cell receptor",
        "T-cell-specific transcription factor",
    ],
)
def test_what_only_looks_like_a_name_is_left_alone(linker: Linker, text: str) -> None:
    assert [curie for _, curie in _found(linker, text) if curie != "UBERON:1"] == []


def test_an_adjective_says_where_a_receptor_is(linker: Linker) -> None:
    assert _found(linker, "microglial receptors") == [("microglial", "CL:2")]


def test_a_disease_does_not_go_by_the_bare_name_of_an_organ(linker: Linker) -> None:
    assert _found(linker, "the pituitary was removed") == [("pituitary", "UBERON:8")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [("T cell receptors", "protein"), ("frontal sections", "alone"), ("cells of layer 4", "alone")],
)
def test_an_explanation_says_why_it_is_no_name(linker: Linker, text: str, reason: str) -> None:
    passage = Passage(record_id="t", section="text", role=Role.BODY, text=text)
    assert reason in {step.reason for step in explain(linker, [passage])}
