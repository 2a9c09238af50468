from __future__ import annotations

import pytest

from kg.link.abbreviations import definitions_of
from kg.link.lexicon import Lexicon, Row
from kg.link.linker import Linker
from kg.model.term import Category, Scope

PV, SST = "CL:4023018", "CL:4023017"
ROWS = [
    Row(PV, Category.CELL_TYPE, "PV interneuron", Scope.EXACT),
    Row(PV, Category.CELL_TYPE, "PV", Scope.ABBREVIATION),
    Row(SST, Category.CELL_TYPE, "SST interneuron", Scope.EXACT),
    Row(SST, Category.CELL_TYPE, "SST", Scope.ABBREVIATION),
    Row("CL:0000099", Category.CELL_TYPE, "interneuron", Scope.LABEL),
    Row("CL:4023026", Category.CELL_TYPE, "dMSN", Scope.ABBREVIATION),
    Row("UBERON:0035895", Category.REGION, "VISl", Scope.EXACT),
    Row("MBA:409", Category.REGION, "VISl", Scope.EXACT),
    Row("MONDO:0021056", Category.DISEASE, "adenomatous polyposis", Scope.LABEL),
]


@pytest.fixture(scope="module")
def linker() -> Linker:
    return Linker(Lexicon.compile(ROWS, scopes=tuple(Scope)), with_positions=True)


def links(linker: Linker, text: str) -> list[tuple[str, str]]:
    return [(m.surface, m.curie) for m in linker.link_text(text)]


def test_two_markers_support_each_other(linker: Linker) -> None:
    text = "Three types of interneuron: PV (parvalbumin), SST (somatostatin) and others."
    assert links(linker, text)[1:] == [("PV", PV), ("SST", SST)]


def test_one_marker_alone_is_a_protein(linker: Linker) -> None:
    assert ("SST", SST) not in links(linker, "The interneuron was stained for SST.")


def test_marked_acronym_of_a_cell_needs_no_support(linker: Linker) -> None:
    assert links(linker, "We recorded dMSNs.") == [("dMSNs", "CL:4023026")]


def test_shared_name_goes_to_uberon_before_an_atlas(linker: Linker) -> None:
    assert links(linker, "Cells in VISl.") == [("VISl", "UBERON:0035895")]


def test_gene_called_after_a_disease_is_not_the_disease(linker: Linker) -> None:
    assert links(linker, "Loss of adenomatous polyposis (Ap) matters; Ap mice.") == [
        ("adenomatous polyposis", "MONDO:0021056")
    ]


@pytest.mark.issue(4)
def test_definition_never_runs_across_a_bracket() -> None:
    assert definitions_of(["areas V1 (VISp), LM (VISl), AM (VISam)"]) == {}
