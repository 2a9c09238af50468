from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.link.lexicon import Row
from kg.link.linker import Linker
from kg.link.output import json_row, mentions_of_text, tsv_rows
from kg.model.record import Passage, Role
from kg.model.term import Category, Scope

MOUSE, HUMAN = "NCBITaxon:10090", "NCBITaxon:9606"
ROWS = [
    Row("UBERON:0002421", Category.REGION, "hippocampal formation", Scope.LABEL),
    Row("UBERON:0002421", Category.REGION, "hippocampus", Scope.EXACT),
    Row("UBERON:0003881", Category.REGION, "CA1 field of hippocampus", Scope.LABEL),
    Row("UBERON:0003881", Category.REGION, "CA1", Scope.EXACT),
    Row("UBERON:0001954", Category.REGION, "dorsal hippocampus", Scope.EXACT),
    Row("UBERON:0001950", Category.REGION, "prefrontal cortex", Scope.LABEL),
    Row("UBERON:0002436", Category.REGION, "primary visual cortex", Scope.LABEL),
    Row("MBA:385", Category.REGION, "VISp", Scope.ABBREVIATION, (MOUSE,)),
    Row("UBERON:0001946", Category.REGION, "superior colliculus", Scope.LABEL),
    Row("UBERON:0001946", Category.REGION, "SC", Scope.ABBREVIATION),
    Row("UBERON:0001460", Category.REGION, "arm", Scope.LABEL),
    Row("UBERON:0000955", Category.REGION, "brain", Scope.LABEL),
    Row("CL:0000598", Category.CELL_TYPE, "pyramidal neuron", Scope.LABEL),
    Row("CL:0002608", Category.CELL_TYPE, "hippocampal pyramidal neuron", Scope.LABEL),
    Row("CL:0000740", Category.CELL_TYPE, "retinal ganglion cell", Scope.LABEL),
    Row("CL:0000617", Category.CELL_TYPE, "Sst", Scope.EXACT),
    Row("MONDO:0004975", Category.DISEASE, "Alzheimer disease", Scope.LABEL),
    Row("MONDO:0004975", Category.DISEASE, "AD", Scope.EXACT),
    Row("MONDO:0004980", Category.DISEASE, "atopic dermatitis", Scope.LABEL),
    Row("MONDO:0004980", Category.DISEASE, "AD", Scope.EXACT),
]


@pytest.fixture(scope="module")
def linker() -> Linker:
    return Linker.from_rows(ROWS)


def _found(linker: Linker, text: str, **options) -> list[tuple[str, str]]:
    return [(mention.surface, mention.curie) for mention in linker.link_text(text, **options)]


def test_longest_name_of_a_category_wins_and_categories_nest(linker: Linker) -> None:
    assert _found(linker, "Hippocampal pyramidal neurons fire.") == [
        ("Hippocampal", "UBERON:0002421"),
        ("Hippocampal pyramidal neurons", "CL:0002608"),
    ]


def test_offsets_count_code_points_and_leave_the_possessive_out(linker: Linker) -> None:
    (mention,) = linker.link_text("𝒳: the hippocampus’s role")
    assert (mention.start, mention.end, mention.surface) == (7, 18, "hippocampus")


def test_undefined_ambiguous_acronym_is_left_alone(linker: Linker) -> None:
    assert _found(linker, "AD is common.") == []


def test_definition_decides_an_acronym_in_the_whole_record(linker: Linker) -> None:
    passages = [
        Passage(record_id="r", section="title", role=Role.TITLE, text="AD and sleep"),
        Passage(record_id="r", section="abstract", role=Role.ABSTRACT, text="Atopic dermatitis (AD) disturbs sleep."),
    ]
    assert [(m.section, m.surface, m.curie) for m in linker.link(passages)] == [
        ("title", "AD", "MONDO:0004980"),
        ("abstract", "Atopic dermatitis", "MONDO:0004980"),
        ("abstract", "AD", "MONDO:0004980"),
    ]


def test_definition_vetoes_the_dictionary(linker: Linker) -> None:
    assert _found(linker, "Superior colliculus. In spontaneous contraction (SC), the SC was high.") == [
        ("Superior colliculus", "UBERON:0001946")
    ]


def test_short_form_inside_a_name_is_read_as_its_long_form(linker: Linker) -> None:
    found = _found(linker, "Retinal ganglion (RG) fibres; RG cells die. Retinal ganglion cells (RGCs): one RGC.")
    assert ("RG cells", "CL:0000740") in found
    assert ("RGC", "CL:0000740") in found


def test_part_of_a_long_form_is_taken_only_behind_words_of_place(linker: Linker) -> None:
    assert ("lPFC", "UBERON:0001950") in _found(linker, "lateral prefrontal cortex (lPFC) lesions; lPFC")
    assert ("MPN", "CL:0000598") not in _found(linker, "mouse pyramidal neuron (MPN) lines; MPN")


def test_acronym_keeps_its_case(linker: Linker) -> None:
    assert _found(linker, "hippocampus: ca1 field of hippocampus, and Ca1") == [
        ("hippocampus", "UBERON:0002421"),
        ("ca1 field of hippocampus", "UBERON:0003881"),
    ]


def test_term_of_another_species_is_never_chosen() -> None:
    linker = Linker.from_rows(ROWS)
    linker.with_positions = True
    assert _found(linker, "VISp was imaged.", taxa=[HUMAN]) == []
    assert _found(linker, "VISp was imaged.", taxa=[MOUSE]) == [("VISp", "MBA:385")]
    assert _found(linker, "VISp of mice was imaged.") == [("VISp", "MBA:385")]


@pytest.mark.parametrize(
    "text",
    [
        "The left arm of the maze was baited.",
        "Open arms and closed arms",
        "Allen Institute for Brain Science",
        "the Allen Brain Observatory",
        "Department of Brain and Cognitive Sciences",
        "Sst-IRES-Cre mice",
        "see https://example.org/hippocampus/arm",
        "write to hippocampus@example.org",
    ],
)
def test_traps_give_no_mention(linker: Linker, text: str) -> None:
    assert _found(linker, text) == []


def test_positions_belong_to_the_span_when_asked_for() -> None:
    linker = Linker.from_rows(ROWS)
    linker.with_positions = True
    found = _found(linker, "the left prefrontal cortex and the caudal part of the superior colliculus")
    assert [surface for surface, _ in found] == ["left prefrontal cortex", "caudal part of the superior colliculus"]


@pytest.mark.parametrize(
    "text", ["ventral and dorsal hippocampus", "ventral, left and dorsal hippocampus", "ventral/dorsal hippocampus"]
)
def test_coordinated_name_is_found_in_its_pieces(text: str) -> None:
    rows = [*ROWS, Row("UBERON:9", Category.REGION, "ventral hippocampus", Scope.EXACT)]
    found = {mention.curie: mention for mention in Linker.from_rows(rows).link_text(text)}
    assert set(found) == {"UBERON:0001954", "UBERON:9"}
    parted = found["UBERON:9"]
    assert [text[start:end] for start, end in parted.parts] == ["ventral", "hippocampus"]
    assert (parted.surface, parted.method) == (text, "coordination")
    assert not found["UBERON:0001954"].parts


def test_categories_can_be_limited() -> None:
    linker = Linker.from_rows(ROWS)
    linker.categories = frozenset([Category.CELL_TYPE])
    assert _found(linker, "Hippocampal pyramidal neurons") == [("Hippocampal pyramidal neurons", "CL:0002608")]


def test_rows_leave_out_discontinuous_mentions(linker: Linker) -> None:
    mentions = mentions_of_text(linker, "doc", "hippocampus")
    parted = mentions[0].model_copy(update={"parts": ((0, 5), (6, 11))})
    assert list(tsv_rows([mentions[0], parted])) == [("doc", 0, 11, "UBERON:0002421")]
    assert json_row(parted)["parts"] == [[0, 5], [6, 11]]


_TEXTS = st.lists(
    st.one_of(
        st.sampled_from(
            [row.text for row in ROWS]
            + ["(SC)", "(AD)", "-", " ", ". ", "(", ")", "’s", "Cre", "mice", "\n\n", "left ", "and "]
        ),
        st.text(st.characters(), max_size=5),
    ),
    max_size=20,
).map("".join)


@settings(deadline=None)
@given(text=_TEXTS, places=st.booleans())
def test_surface_is_the_text_at_the_span(text: str, places: bool) -> None:
    linker = _cached(places)
    mentions = linker.link_text(text)
    for mention in mentions:
        assert text[mention.start : mention.end] == mention.surface
        assert mention.surface.strip() == mention.surface
        assert 0 <= mention.score <= 1
    assert mentions == sorted(mentions, key=lambda m: (m.start, m.end, m.curie))
    assert mentions == linker.link_text(text)


_LINKERS: dict[bool, Linker] = {}


def _cached(places: bool) -> Linker:
    if places not in _LINKERS:
        _LINKERS[places] = Linker.from_rows(ROWS)
        _LINKERS[places].with_positions = places
    return _LINKERS[places]


def test_mentions_in_a_very_long_line_have_right_offsets(linker: Linker) -> None:
    text = "the hippocampus is here. " * 120_000
    mentions = linker.link_text(text)
    assert len(mentions) == 120_000
    assert all(text[mention.start : mention.end] == "hippocampus" for mention in mentions[::997])


@pytest.mark.parametrize(
    "text",
    [
        "(" * 1_000_000,
        "CA1(" * 200_000,
        "a" * 3_000_000,
        "\u202ehippocampus\u202c " * 50_000,
        "\ud800\x00" * 300_000,
        "AD (AD) " * 50_000,
    ],
    ids=["brackets", "acronyms", "one word", "right to left", "surrogates", "definitions"],
)
def test_hostile_text_takes_linear_time(linker: Linker, text: str) -> None:
    started = time.process_time()
    linker.link_text(text)
    assert time.process_time() - started < 12
