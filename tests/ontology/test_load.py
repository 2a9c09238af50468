from __future__ import annotations

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kg.config import KgConfig, VocabularyConfig
from kg.errors import OntologyError
from kg.model import Category, Parent, Relation, Scope, Synonym, Xref
from kg.ontology import Vocabulary, load, load_vocabulary
from kg.ontology.cellxgene import WheelFile
from kg.ontology.entry import Document, Entry

# ---- what the public vocabularies give ----


def test_terms_of_every_category_are_there(vocabulary: Vocabulary) -> None:
    assert {term.category for term in vocabulary} >= set(Category) - {Category.TECHNIQUE}
    assert list(vocabulary) == sorted(vocabulary, key=lambda term: term.curie)
    assert not any(term.is_obsolete for term in vocabulary)


def test_region_has_public_atlas_and_curated_surfaces(vocabulary: Vocabulary) -> None:
    term = vocabulary.get("UBERON:0002436")
    assert term is not None
    assert term.label == "primary visual cortex"
    assert set(term.synonyms) >= {
        Synonym("striate cortex", Scope.EXACT),
        Synonym("area V1", Scope.EXACT),
        Synonym("VISp", Scope.ABBREVIATION, ("NCBITaxon:10090",)),
    }
    assert Xref("skos:exactMatch", "MBA:385") in term.xrefs
    assert Parent(Relation.PART_OF, "UBERON:0000411") in term.parents


@pytest.mark.parametrize(
    ("raw", "curie"),
    [
        ("MBA:385", "UBERON:0002436"),
        ("UBERON_0000027", "UBERON:0001466"),
        ("MESH:D000544", "MONDO:0004975"),
        ("DOID:10652", "MONDO:0004975"),
        ("http://snomed.info/id/142811000119104", "MONDO:0004975"),
        ("MONDO:0000002", "MONDO:0009299"),
        ("MONDO:0000003", None),  # obsolete without successor
        ("CL:0000003", "CL:0000000"),
    ],
)
def test_identifier_resolves_to_its_term(vocabulary: Vocabulary, raw: str, curie: str | None) -> None:
    assert vocabulary.resolve(raw) == curie


def test_atlas_structure_without_an_exact_term_is_one(vocabulary: Vocabulary) -> None:
    own = [term for term in vocabulary if term.vocabulary == "mba"]
    assert len(own) > 500
    assert all(term.taxa == ("NCBITaxon:10090",) and term.category is Category.REGION for term in own)
    assert any(vocabulary.is_ancestor("UBERON:0000955", term.curie) for term in own)


@pytest.mark.parametrize(
    ("child", "relation", "parent"),
    [
        ("UBERON:0002421", Relation.PART_OF, "UBERON:0000956"),  # hippocampal formation, cerebral cortex
        ("UBERON:0001950", Relation.PART_OF, "UBERON:0000956"),  # neocortex, cerebral cortex
        ("UBERON:0035014", Relation.IS_A, "UBERON:0002616"),
        ("CL:0000842", Relation.IS_A, "CL:0000738"),  # mononuclear leukocyte, leukocyte
    ],
)
def test_hierarchy_is_typed(vocabulary: Vocabulary, child: str, relation: Relation, parent: str) -> None:
    assert {step.relation for step in vocabulary.parents(child) if step.curie == parent} == {relation}
    assert vocabulary.is_ancestor(parent, child)


def test_species_have_their_lineage_without_the_whole_taxonomy(vocabulary: Vocabulary, config: KgConfig) -> None:
    assert vocabulary.is_ancestor("NCBITaxon:9989", "NCBITaxon:10090")  # Rodentia
    assert vocabulary.by_name("Mouse", Category.SPECIES) == "NCBITaxon:10090"
    assert not list((config.cache_dir / "vocabulary").glob("ncbitaxon*.parquet"))


def test_mechanisms_have_family_parent_and_mapping(vocabulary: Vocabulary) -> None:
    term = vocabulary.get("mechanism:synaptic-dysfunction")
    assert term is not None
    assert (term.family, term.vocabulary) == ("synapse", "neurokg")
    assert vocabulary.parents("mechanism:synapse-loss") == (Parent(Relation.IS_A, term.curie),)
    assert vocabulary.resolve("GO:0007268") is None  # a related match is no match


def test_versions_are_named(vocabulary: Vocabulary) -> None:
    assert set(vocabulary.versions) >= {"uberon", "cl", "mondo", "ncbitaxon", "mba", "hba", "neurokg"}
    assert all(vocabulary.versions.values())
    assert len(vocabulary.fingerprint) == 64


def test_second_load_is_fast_and_the_same(vocabulary: Vocabulary, config: KgConfig) -> None:
    said: list[str] = []
    start = time.process_time()
    again = load_vocabulary(config, progress=said.append)
    assert time.process_time() - start < 2
    assert said == []
    assert (again.fingerprint, len(again)) == (vocabulary.fingerprint, len(vocabulary))


# ---- compiling, with a small wheel in place of the real one ----


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KgConfig:
    """Settings over a wheel of three terms and no tables."""
    wheel = {name: WheelFile(tmp_path / f"{name}.zst", "v1") for name in ("UBERON", "CL", "MONDO", "NCBITaxon")}
    monkeypatch.setattr(load, "find_wheel_files", lambda: wheel)
    monkeypatch.setattr(load, "read_lineages", lambda path, curies: {})
    monkeypatch.setattr(
        load, "read_cellxgene", lambda file, prefix, **_: Document((Entry(f"{prefix}:0000001", f"{prefix} term"),), "1")
    )
    (tmp_path / "curated").mkdir()
    return KgConfig(cache_dir=tmp_path / "cache", vocabularies=VocabularyConfig(curated=tmp_path / "curated"))


def _with_paths(config: KgConfig, *paths: Path) -> KgConfig:
    vocabularies = config.vocabularies.model_copy(update={"paths": tuple(map(str, paths))})
    return config.model_copy(update={"vocabularies": vocabularies})


def test_compiled_cache_that_is_damaged_is_rebuilt(small: KgConfig) -> None:
    before = load_vocabulary(small)
    (table,) = small.cache_dir.glob("vocabulary/*/terms.parquet")
    table.write_bytes(table.read_bytes()[:-10])
    assert list(load_vocabulary(small)) == list(before)
    (manifest,) = small.cache_dir.glob("vocabulary/*/manifest.json")
    manifest.write_text("{", encoding="utf-8")
    assert list(load_vocabulary(small)) == list(before)
    (aliases,) = small.cache_dir.glob("vocabulary/*/aliases.parquet")
    aliases.unlink()
    assert list(load_vocabulary(small)) == list(before)


def test_two_that_load_at_once_compile_once(small: KgConfig) -> None:
    said: list[str] = []
    with ThreadPoolExecutor(4) as pool:
        loaded = list(pool.map(lambda _: load_vocabulary(small, progress=said.append), range(4)))
    assert len({v.fingerprint for v in loaded}) == 1
    assert said.count("put the terms together") == 1
    assert not list(small.cache_dir.glob("vocabulary/*.part"))


def test_changed_table_changes_the_fingerprint(small: KgConfig) -> None:
    before = load_vocabulary(small).fingerprint
    assert small.vocabularies.curated is not None
    (small.vocabularies.curated / "cell_types.yaml").write_text(
        "terms:\n  - {id: 'CL:0000001', synonyms: {exact: [x]}}\n"
    )
    after = load_vocabulary(small)
    assert after.fingerprint != before
    term = after.get("CL:0000001")
    assert term is not None
    assert term.synonyms == (Synonym("x", Scope.EXACT),)


def test_further_obo_file_adds_terms_of_our_categories_and_tells_of_others(small: KgConfig, tmp_path: Path) -> None:
    path = tmp_path / "pcl.obo"
    path.write_text(
        "format-version: 1.2\ndata-version: 7\nontology: pcl\n\n"
        "[Term]\nid: PCL:0000001\nname: L5 neuron\nis_a: CL:0000001\n\n[Term]\nid: PATO:0000001\nname: quality\n"
    )
    vocabulary = load_vocabulary(_with_paths(small, path))
    term = vocabulary.get("PCL:0000001")
    assert term is not None
    assert (term.category, term.vocabulary) == (Category.CELL_TYPE, "pcl")
    assert vocabulary.versions["pcl"] == "7"
    assert any("1 classes are of no category" in warning for warning in vocabulary.warnings)


def test_further_mappings_resolve(small: KgConfig, tmp_path: Path) -> None:
    path = tmp_path / "m.sssom.tsv"
    path.write_text("subject_id\tpredicate_id\tobject_id\nMONDO:0000001\tskos:exactMatch\tSCTID:5\n")
    assert load_vocabulary(_with_paths(small, path)).resolve("SNOMED:5") == "MONDO:0000001"


def test_further_file_that_is_absent_or_strange_is_refused(small: KgConfig, tmp_path: Path) -> None:
    with pytest.raises(OntologyError, match="no such vocabulary file"):
        load_vocabulary(_with_paths(small, tmp_path / "none.obo"))
    strange = tmp_path / "table.csv"
    strange.write_text("a,b\n")
    with pytest.raises(OntologyError, match="unknown format"):
        load_vocabulary(_with_paths(small, strange))


def test_curated_folder_that_is_absent_is_refused(small: KgConfig) -> None:
    assert small.vocabularies.curated is not None
    shutil.rmtree(small.vocabularies.curated)
    with pytest.raises(OntologyError, match="no such folder of curated tables"):
        load_vocabulary(small)
