from __future__ import annotations

from pathlib import Path

import pytest

from kg.config import curated_dir
from kg.errors import VocabularyParseError
from kg.model import Parent, Relation, Scope, Synonym, Xref
from kg.ontology.derive_tables import atlas_edges, atlas_rows, format_table, hierarchy_rows
from kg.ontology.obo import parse_obo
from kg.ontology.tables import ATLAS_COLUMNS, HIERARCHY_COLUMNS, read_atlas, read_hierarchy, read_version

MOUSE = "NCBITaxon:10090"
ATLAS = f"""\
format-version: 1.2

[Term]
id: MBA:385
name: Primary visual area
synonym: "VISp" EXACT []
intersection_of: UBERON:0002436
intersection_of: part_of {MOUSE}
relationship: part_of MBA:669

[Term]
id: MBA:669
name: Visual areas
synonym: "VIS" EXACT []

[Term]
id: MBA:778
name: Primary visual area, layer 5
synonym: "VISp5" EXACT []
relationship: part_of MBA:385

[Term]
id: MBA:900
name: Primary visual area, left
synonym: "VISp" EXACT []
intersection_of: UBERON:0002436
intersection_of: part_of {MOUSE}
relationship: part_of MBA:385

[Term]
id: MBA:901
name: Medial nucleus
synonym: "M" EXACT []
relationship: part_of MBA:669

[Term]
id: MBA:902
name: pyramid
intersection_of: UBERON:0000001
intersection_of: part_of {MOUSE}

[Term]
id: MBA:903
name: pyramidal decussation
intersection_of: UBERON:0000001
intersection_of: part_of {MOUSE}
"""
LABELS = {"UBERON:0002436": "primary visual cortex", "UBERON:0000001": "pyramidal decussation"}


@pytest.fixture
def atlas(tmp_path: Path) -> Path:
    path = tmp_path / "mba.tsv"
    rows = atlas_rows(parse_obo(ATLAS), "MBA", MOUSE, LABELS)
    path.write_text(format_table(["version: 1", "x"], ATLAS_COLUMNS, rows), encoding="utf-8")
    return path


def test_atlas_row_has_the_exact_term_of_whole_structures_only(atlas: Path) -> None:
    rows = [line.split("\t") for line in atlas.read_text().splitlines()[3:]]
    exact = {row[0]: row[4] for row in rows}
    assert exact["MBA:385"] == "UBERON:0002436"
    assert exact["MBA:900"] == ""  # one side of it


def test_atlas_structures_that_claim_one_term_leave_it_to_the_namesake(atlas: Path) -> None:
    rows = [line.split("\t") for line in atlas.read_text().splitlines()[3:]]
    assert {row[0]: row[4] for row in rows if row[4] == "UBERON:0000001"} == {"MBA:903": "UBERON:0000001"}


def test_atlas_exact_structure_adds_surfaces_to_its_term(atlas: Path) -> None:
    entries = {e.curie: e for e in read_atlas(atlas, taxon=MOUSE).entries}
    entry = entries["UBERON:0002436"]
    assert entry.label == ""
    assert entry.synonyms == (
        Synonym("Primary visual area", Scope.EXACT, (MOUSE,)),
        Synonym("VISp", Scope.ABBREVIATION, (MOUSE,)),
    )
    assert entry.xrefs == (Xref("skos:exactMatch", "MBA:385"),)


def test_atlas_other_structure_is_a_term_below_the_exact_one(atlas: Path) -> None:
    entry = {e.curie: e for e in read_atlas(atlas, taxon=MOUSE).entries}["MBA:778"]
    assert (entry.label, entry.taxa) == ("Primary visual area, layer 5", (MOUSE,))
    assert entry.synonyms == (Synonym("VISp5", Scope.ABBREVIATION, (MOUSE,)),)
    assert entry.parents == (Parent(Relation.PART_OF, "UBERON:0002436"),)


def test_atlas_side_of_a_structure_leaves_the_acronym_to_the_whole(atlas: Path) -> None:
    entry = {e.curie: e for e in read_atlas(atlas, taxon=MOUSE).entries}["MBA:900"]
    assert entry.synonyms == ()


def test_atlas_name_that_fits_any_part_is_qualified_by_its_parent(atlas: Path) -> None:
    entry = {e.curie: e for e in read_atlas(atlas, taxon=MOUSE).entries}["MBA:901"]
    assert entry.label == "Medial nucleus (Visual areas)"
    assert Synonym("Medial nucleus", Scope.RELATED, (MOUSE,)) in entry.synonyms


def test_hierarchy_rows_keep_what_the_current_release_still_has() -> None:
    document = parse_obo(
        "[Term]\nid: UBERON:1\nname: a\nis_a: UBERON:2\n"
        "relationship: part_of UBERON:3\nrelationship: part_of UBERON:4\n"
    )
    rows = list(hierarchy_rows([document, document], {"UBERON:1": {"UBERON:2": 1, "UBERON:3": 4}}))
    assert rows == [("UBERON:1", "is_a", "UBERON:2"), ("UBERON:1", "part_of", "UBERON:3")]


def test_atlas_gives_part_of_between_exact_terms_across_structures_that_have_none() -> None:
    rows = [
        ("MBA:1", "", "a", "MBA:2", "UBERON:1"),
        ("MBA:2", "", "b", "MBA:3", ""),
        ("MBA:3", "", "c", "", "UBERON:3"),
        ("MBA:4", "", "d", "MBA:3", "UBERON:4"),
    ]
    assert list(atlas_edges(rows, {"UBERON:1": {"UBERON:3": 4}, "UBERON:4": {}})) == [
        ("UBERON:1", "part_of", "UBERON:3")
    ]


def test_hierarchy_round_trips(tmp_path: Path) -> None:
    path = tmp_path / "brain_hierarchy.tsv"
    rows = [("UBERON:1", "is_a", "UBERON:2"), ("UBERON:1", "part_of", "UBERON:3")]
    path.write_text(format_table(["version: 7"], HIERARCHY_COLUMNS, rows), encoding="utf-8")
    found = read_hierarchy(path)
    assert found.version == "7"
    assert found.parents == {"UBERON:1": (Parent(Relation.IS_A, "UBERON:2"), Parent(Relation.PART_OF, "UBERON:3"))}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("child\trelation\tparent\na\tis_a\n", r"t\.tsv:2: 2 columns, not 3"),
        ("child\trelation\tparent\na\thas_part\tb\n", r"t\.tsv:2: 'has_part' is no relation"),
        ("# c\nchild parent\n", r"t\.tsv:2: the columns are"),
    ],
)
def test_hierarchy_fault_names_its_line(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "t.tsv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(VocabularyParseError, match=told):
        read_hierarchy(path)


@pytest.mark.parametrize(("file", "taxon", "least"), [("mba.tsv", MOUSE, 500), ("hba.tsv", "NCBITaxon:9606", 350)])
def test_atlas_tables_of_the_package_state_source_version_and_licence(file: str, taxon: str, least: int) -> None:
    path = curated_dir() / file
    head = "".join(line for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if line.startswith("#"))
    assert read_version(path)
    assert "Source:" in head
    assert "CC BY 4.0" in head
    assert sum(e.curie.startswith("UBERON:") for e in read_atlas(path, taxon=taxon).entries) >= least
