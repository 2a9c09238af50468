from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kg.errors import OntologyError, VocabularyParseError
from kg.model import Parent, Relation, Scope, Synonym, Xref
from kg.ontology.owl import read_owl

TEXT = """\
Prefix(obo:=<http://purl.obolibrary.org/obo/>)
Prefix(oboInOwl:=<http://www.geneontology.org/formats/oboInOwl#>)
Prefix(owl:=<http://www.w3.org/2002/07/owl#>)
Prefix(rdfs:=<http://www.w3.org/2000/01/rdf-schema#>)
Prefix(skos:=<http://www.w3.org/2004/02/skos/core#>)
Prefix(xsd:=<http://www.w3.org/2001/XMLSchema#>)
Ontology(<http://purl.obolibrary.org/obo/demo.owl> <http://purl.obolibrary.org/obo/demo/2026-01-01/demo.owl>
Declaration(Class(obo:CL_0000540))
Declaration(Class(obo:CL_0000598))
Declaration(Class(obo:CL_0000003))
AnnotationAssertion(rdfs:label obo:CL_0000598 "pyramidal neuron")
AnnotationAssertion(obo:IAO_0000115 obo:CL_0000598 "Has one apical dendrite.")
AnnotationAssertion(oboInOwl:hasExactSynonym obo:CL_0000598 "pyramidal cell")
AnnotationAssertion(Annotation(oboInOwl:hasSynonymType obo:OMO_0003000) oboInOwl:hasExactSynonym obo:CL_0000598 "PN")
AnnotationAssertion(oboInOwl:hasRelatedSynonym obo:CL_0000598 "principal cell")
AnnotationAssertion(oboInOwl:hasDbXref obo:CL_0000598 "FMA:67310")
AnnotationAssertion(skos:exactMatch obo:CL_0000598 <http://id.nlm.nih.gov/mesh/D017966>)
SubClassOf(obo:CL_0000598 obo:CL_0000540)
EquivalentClasses(obo:CL_0000598
  ObjectIntersectionOf(obo:CL_0000540 ObjectSomeValuesFrom(obo:BFO_0000050 obo:UBERON_0000955)))
AnnotationAssertion(rdfs:label obo:CL_0000003 "obsolete native cell")
AnnotationAssertion(owl:deprecated obo:CL_0000003 "true"^^xsd:boolean)
AnnotationAssertion(obo:IAO_0100001 obo:CL_0000003 obo:CL_0000000)
)
"""


def test_owl_reads_functional_syntax(tmp_path: Path) -> None:
    pytest.importorskip("pyhornedowl", reason="needs the extra 'owl'")
    path = tmp_path / "demo.ofn"
    path.write_text(TEXT, encoding="utf-8")
    document = read_owl(path)
    entries = {entry.curie: entry for entry in document.entries}
    assert sorted(entries) == ["CL:0000003", "CL:0000540", "CL:0000598"]
    entry = entries["CL:0000598"]
    assert (entry.label, entry.definition) == ("pyramidal neuron", "Has one apical dendrite.")
    assert set(entry.synonyms) == {
        Synonym("pyramidal cell", Scope.EXACT),
        Synonym("PN", Scope.ABBREVIATION),
        Synonym("principal cell", Scope.RELATED),
    }
    assert set(entry.parents) == {Parent(Relation.IS_A, "CL:0000540"), Parent(Relation.PART_OF, "UBERON:0000955")}
    assert set(entry.xrefs) == {Xref("oboInOwl:hasDbXref", "FMA:67310"), Xref("skos:exactMatch", "MESH:D017966")}
    assert entries["CL:0000003"].is_obsolete
    assert entries["CL:0000003"].replaced_by == "CL:0000000"
    assert document.version == "http://purl.obolibrary.org/obo/demo/2026-01-01/demo.owl"


def test_owl_that_does_not_parse_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("pyhornedowl", reason="needs the extra 'owl'")
    path = tmp_path / "bad.ofn"
    path.write_text("Ontology(<http://x.org/y> SubClassOf(", encoding="utf-8")
    with pytest.raises(VocabularyParseError, match=r"bad\.ofn: py-horned-owl can't parse it as ofn"):
        read_owl(path)


def test_owl_without_the_extra_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyhornedowl", None)
    with pytest.raises(OntologyError, match=r"pip install 'neurokg\[owl\]'"):
        read_owl(tmp_path / "x.ofn")


@pytest.mark.shared
def test_owl_reads_the_cell_ontology(shared_dir: Path) -> None:
    pytest.importorskip("pyhornedowl", reason="needs the extra 'owl'")
    document = read_owl(shared_dir / "data" / "ontologies" / "cl-edit.2026-08-20.ofn.gz")
    entries = {entry.curie: entry for entry in document.entries}
    assert len(entries) > 3000
    assert Synonym("pyramidal cell", Scope.EXACT) in entries["CL:0000598"].synonyms
