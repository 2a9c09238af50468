from __future__ import annotations

from pathlib import Path

import pytest

from kg.config import curated_dir
from kg.errors import OntologyError, VocabularyParseError
from kg.model import Category, Parent, Relation, Scope, Synonym
from kg.ontology.curated import curated_files, read_curated


def _write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


MECHANISM = """\
mechanisms:
  - id: mechanism:ion-channel-dysfunction
    slug: ion-channel-dysfunction
    label: Ion channel dysfunction
    family: excitability
    definition: Channels conduct other currents than they should.
    synonyms: {exact: [channelopathy], process: [ion transport]}
"""


def test_curated_mechanism_has_scoped_surfaces_and_a_family(tmp_path: Path) -> None:
    (entry,) = read_curated(_write(tmp_path, "mechanisms.yaml", MECHANISM)).entries
    assert (entry.category, entry.family) == (Category.MECHANISM, "excitability")
    assert entry.synonyms == (Synonym("channelopathy", Scope.EXACT), Synonym("ion transport", Scope.PROCESS))


def test_curated_refuses_go_as_an_exact_match_and_names_the_line(tmp_path: Path) -> None:
    mapping = '    mappings:\n      - {predicate: "skos:exactMatch", id: "GO:0006811"}\n'
    path = _write(tmp_path, "mechanisms.yaml", MECHANISM + mapping)
    with pytest.raises(
        OntologyError, match=r"mechanisms\.yaml:9: .* exactMatch to GO:0006811, which names a normal process"
    ):
        read_curated(path)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("slug: ion-channel-dysfunction", "slug: other"), r"mechanisms\.yaml:3: .* has the slug 'other'"),
        (("family: excitability", "famly: excitability"), r"mechanisms\.yaml:\d+: mechanisms\.0\."),
        (("id: mechanism:ion", "id: mechanism:Ion"), r"mechanisms\.yaml:2: mechanisms\.0\.id"),
        (("exact: [channelopathy]", "exact: channelopathy"), r"mechanisms\.yaml:7: mechanisms\.0\.synonyms\.exact"),
        (("exact: [channelopathy]", "exact: [channelopathy"), r"mechanisms\.yaml:\d+: not valid YAML"),
        (("    synonyms", "    parent: mechanism:none\n    synonyms"), r"mechanisms\.yaml:7: .* is no mechanism"),
    ],
)
def test_curated_fault_names_file_line_and_key(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    path = _write(tmp_path, "mechanisms.yaml", MECHANISM.replace(*change))
    with pytest.raises(OntologyError, match=told):
        read_curated(path)


def test_curated_terms_carry_their_species_to_their_surfaces(tmp_path: Path) -> None:
    text = (
        "terms:\n  - id: uberon_0000411\n    synonyms: {abbreviation: [VIS]}\n    taxa: [NCBITaxon:10090]\n"
        "    parents: [{part_of: 'UBERON:0000956'}, {is_a: 'UBERON:0002616'}]\n"
    )
    with pytest.raises(VocabularyParseError, match=r"brain_regions\.yaml:2: terms\.0\.id"):
        read_curated(_write(tmp_path, "brain_regions.yaml", text))
    (entry,) = read_curated(_write(tmp_path, "brain_regions.yaml", text.replace("uberon_", "UBERON:"))).entries
    assert entry.synonyms == (Synonym("VIS", Scope.ABBREVIATION, ("NCBITaxon:10090",)),)
    assert entry.parents == (Parent(Relation.PART_OF, "UBERON:0000956"), Parent(Relation.IS_A, "UBERON:0002616"))
    assert entry.category is Category.REGION


def test_curated_id_that_stands_twice_is_told_with_both_lines(tmp_path: Path) -> None:
    text = "terms:\n  - id: CL:0000540\n    label: a\n  - id: CL:0000540\n    label: b\n"
    with pytest.raises(OntologyError, match=r"cell_types\.yaml:4: CL:0000540 stands here and in line 2"):
        read_curated(_write(tmp_path, "cell_types.yaml", text))


def test_curated_adjectives_leave_the_category_to_the_term(tmp_path: Path) -> None:
    text = "terms:\n  - {id: 'UBERON:0002421', adjectives: [hippocampal]}\n"
    (entry,) = read_curated(_write(tmp_path, "adjectives.yaml", text)).entries
    assert (entry.category, entry.synonyms) == (None, (Synonym("hippocampal", Scope.ADJECTIVE),))


def test_curated_empty_list_is_no_fault(tmp_path: Path) -> None:
    assert read_curated(_write(tmp_path, "diseases.yaml", "terms:\n")).entries == ()


@pytest.mark.parametrize("path", curated_files(curated_dir()), ids=lambda path: path.name)
def test_curated_tables_of_the_package_read(path: Path) -> None:
    assert read_curated(path).entries
