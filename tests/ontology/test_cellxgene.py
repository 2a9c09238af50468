from __future__ import annotations

import json
from pathlib import Path

import pytest
import zstandard

from kg.errors import OntologyError, VocabularyParseError
from kg.model import Parent, Relation, Scope, Synonym
from kg.ontology.cellxgene import WheelFile, find_wheel_files, read_cellxgene, relation_by_name

ITEMS = {
    "UBERON:1": {
        "label": "primary visual cortex",
        "ancestors": {"UBERON:2": 1, "UBERON:3": 1, "UBERON:4": 1, "UBERON:5": 2},
        "synonyms": ["striate  cortex"],
        "description": "d",
        "deprecated": False,
    },
    "UBERON:2": {"label": "visual cortex", "ancestors": {}, "deprecated": False},
    "UBERON:3": {"label": "occipital lobe", "ancestors": {}, "deprecated": False},
    "UBERON:4": {"label": "ectoderm-derived structure", "ancestors": {}, "deprecated": False},
    "UBERON:5": {"label": "brain", "ancestors": {}, "deprecated": False},
    "UBERON:6": {"label": "", "ancestors": {}, "deprecated": True, "replaced_by": "UBERON:1"},
    "CL:1": {"label": "cell", "ancestors": {}, "deprecated": False},
}


@pytest.fixture
def file(tmp_path: Path) -> WheelFile:
    path = tmp_path / "UBERON-ontology-v1.json.zst"
    path.write_bytes(zstandard.compress(json.dumps(ITEMS).encode()))
    return WheelFile(path, "v1")


def test_wheel_has_the_ontologies_that_we_read() -> None:
    found = find_wheel_files()
    assert all(found[name].path.is_file() for name in ("UBERON", "CL", "MONDO", "NCBITaxon"))


def test_wheel_edge_is_never_typed_without_a_reason(file: WheelFile) -> None:
    typed = {"UBERON:1": (Parent(Relation.PART_OF, "UBERON:3"), Parent(Relation.PART_OF, "UBERON:99"))}
    document = read_cellxgene(file, "UBERON", typed=typed, otherwise=None)
    entry = document.entries[0]
    assert set(entry.parents) == {
        Parent(Relation.PART_OF, "UBERON:3"),  # stated in the table
        Parent(Relation.IS_A, "UBERON:2"),  # told by the names
    }
    assert entry.broader == ("UBERON:4",)  # neither: kept, untyped


def test_wheel_edge_is_is_a_where_the_ontology_has_no_other(file: WheelFile) -> None:
    entry = read_cellxgene(file, "UBERON").entries[0]
    assert entry.parents == tuple(Parent(Relation.IS_A, f"UBERON:{n}") for n in (2, 3, 4))


def test_wheel_terms_have_exact_synonyms_and_successors(file: WheelFile) -> None:
    entries = {e.curie: e for e in read_cellxgene(file, "UBERON").entries}
    assert entries["UBERON:1"].synonyms == (Synonym("striate cortex", Scope.EXACT),)
    assert (entries["UBERON:6"].is_obsolete, entries["UBERON:6"].replaced_by) == (True, "UBERON:1")
    assert "CL:1" not in entries


@pytest.mark.parametrize("data", [b"not zstd", zstandard.compress(b"[1, 2"), zstandard.compress(b'{"UBERON:1": {}}')])
def test_wheel_file_that_is_damaged_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.json.zst"
    path.write_bytes(data)
    with pytest.raises(VocabularyParseError, match="install neurokg's dependencies again"):
        read_cellxgene(WheelFile(path, "v1"), "UBERON")


def test_wheel_that_is_absent_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(OntologyError, match="is not installed"):
        find_wheel_files()


@pytest.mark.parametrize(
    ("child", "parent", "relation"),
    [
        ("plantar metatarsal artery", "artery", "is_a"),
        ("neural spine 5", "neural spine", "is_a"),
        ("venule of lymph node", "venule", "is_a"),
        ("wall of vagina", "vagina", "part_of"),
        ("skin of the foot", "foot", "part_of"),
        ("primary visual area, layer 6a", "primary visual area", "part_of"),
        ("groove for transverse sinus", "transverse sinus", None),
        ("nerve to the heart", "heart", None),
        ("visceral fat", "adipose tissue", None),
        ("forebrain", "brain", None),
        ("", "brain", None),
        ("brain", "brain", None),
    ],
)
def test_names_tell_a_relation_only_where_they_leave_no_doubt(child: str, parent: str, relation: str | None) -> None:
    assert relation_by_name(child, parent) == relation
