from __future__ import annotations

import gzip
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import OntologyError, VocabularyParseError
from kg.model import Parent, Relation, Scope, Synonym, Xref
from kg.ontology.obo import escape, parse_obo, parse_quoted, read_obo, unescape

HEADER = "format-version: 1.2\ndata-version: demo/2026-01-01\nontology: demo\n\n"
TERM = """\
[Term]
id: UBERON:0002436
name: primary visual cortex
def: "Receives from the \\"LGN\\"\\: layer 4." [doi:10.1000/x] {source="us"}
synonym: "striate cortex" EXACT [FMA:1, "a \\"b\\""] {source="us"}
synonym: "V1" EXACT ABBREVIATION []
synonym: "3n" BROAD ABBREVIATION []
synonym: "odd name" EXACT DUBIOUS []
synonym: "bare name" []
synonym: "narrow one" NARROW []
xref: SCTID:26929 {source="MONDO:equivalentTo"}
xref: FMA:236871 "a note" ! a comment
property_value: skos:exactMatch http://identifiers.org/mesh/D000544
is_a: UBERON:0035014 {is_inferred="true"} ! functional part of brain
relationship: part_of UBERON:0000411 {source="x"} ! visual cortex
relationship: adjacent_to UBERON:0000001
intersection_of: UBERON:0000119 ! layer
intersection_of: BFO:0000050 NCBITaxon:10090
alt_id: UBERON:0009999
consider: UBERON:0000002
"""


def test_obo_reads_what_terms_need() -> None:
    document = parse_obo(HEADER + TERM)
    assert (document.version, document.ontology, document.warnings) == ("demo/2026-01-01", "demo", ())
    (entry,) = document.entries
    assert entry.curie == "UBERON:0002436"
    assert entry.label == "primary visual cortex"
    assert entry.definition == 'Receives from the "LGN": layer 4.'
    assert entry.synonyms == (
        Synonym("striate cortex", Scope.EXACT),
        Synonym("V1", Scope.ABBREVIATION),
        Synonym("3n", Scope.BROAD),
        Synonym("odd name", Scope.RELATED),
        Synonym("bare name", Scope.RELATED),
        Synonym("narrow one", Scope.NARROW),
    )
    assert entry.parents == (Parent(Relation.IS_A, "UBERON:0035014"), Parent(Relation.PART_OF, "UBERON:0000411"))
    assert entry.xrefs == (
        Xref("skos:exactMatch", "SNOMEDCT:26929"),
        Xref("oboInOwl:hasDbXref", "FMA:236871"),
        Xref("skos:exactMatch", "MESH:D000544"),
    )
    assert entry.intersection == (("is_a", "UBERON:0000119"), ("part_of", "NCBITaxon:10090"))
    assert entry.alt_ids == ("UBERON:0009999",)


def test_obo_reads_obsolete_terms_and_their_successor() -> None:
    text = "[Term]\nid: CL:1\nname: obsolete x\nis_obsolete: true ! gone\nreplaced_by: CL:2\n"
    (entry,) = parse_obo(text).entries
    assert (entry.is_obsolete, entry.replaced_by) == (True, "CL:2")


def test_obo_takes_two_successors_as_suggestions() -> None:
    text = "[Term]\nid: CL:1\nis_obsolete: true\nreplaced_by: CL:2\nreplaced_by: CL:3\nconsider: CL:4\n"
    (entry,) = parse_obo(text).entries
    assert (entry.replaced_by, entry.consider) == (None, ("CL:2", "CL:3", "CL:4"))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('synonym: "no end EXACT []', "the quoted text has no end"),
        ("synonym: bare EXACT []", "the text is not in quotes"),
        ("is_a: ! nothing", "no identifier"),
        ("relationship: part_of", "a relationship needs a relation and an identifier"),
        ("is it a line", "no tag"),
    ],
)
def test_obo_bad_line_costs_that_line_and_is_told(line: str, told: str) -> None:
    document = parse_obo(f'[Term]\nid: CL:1\nname: a\n{line}\nsynonym: "b" EXACT []\n', name="x.obo")
    assert [(e.label, len(e.synonyms)) for e in document.entries] == [("a", 1)]
    assert [w.where for w in document.warnings] == ["x.obo:4"]
    assert told in document.warnings[0].what


def test_obo_term_without_id_is_told() -> None:
    document = parse_obo("[Term]\nname: lost\n\n[Term]\nid: CL:1\nname: kept\n", name="x.obo")
    assert [e.label for e in document.entries] == ["kept"]
    assert document.warnings[0].where == "x.obo:1"


def test_obo_passes_over_other_stanzas_comments_and_windows_line_ends() -> None:
    text = (
        "! a comment\r\nformat-version: 1.4\r\n\r\n[Typedef]\r\nid: part_of\r\n\r\n[Term]\r\nid: CL:1\r\nname: cell\r\n"
    )
    assert [(e.curie, e.label) for e in parse_obo(text).entries] == [("CL:1", "cell")]


def test_obo_name_keeps_braces_and_exclamation_marks_of_its_own() -> None:
    (entry,) = parse_obo('[Term]\nid: CL:1\nname: cell {x} ! y\nsynonym: "a ! b {c}" EXACT []\n').entries
    assert (entry.label, entry.synonyms[0].text) == ("cell {x} ! y", "a ! b {c}")


def test_obo_that_is_none_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "page.obo"
    path.write_text("<html>not found</html>", encoding="utf-8")
    with pytest.raises(VocabularyParseError, match=r"page\.obo:1: no OBO"):
        read_obo(path)


def test_obo_that_is_not_utf8_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "latin.obo"
    path.write_bytes(HEADER.encode() + b"[Term]\nid: CL:1\nname: M\xfcller cell\n")
    with pytest.raises(VocabularyParseError, match=r"latin\.obo:7: byte 0xfc"):
        read_obo(path)


def test_obo_cut_inside_its_compression_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.obo.gz"
    path.write_bytes(gzip.compress((HEADER + TERM).encode())[:-20])
    with pytest.raises(VocabularyParseError, match="damaged gzip"):
        read_obo(path)


def test_obo_that_is_absent_is_told_with_a_mend(tmp_path: Path) -> None:
    with pytest.raises(OntologyError, match=r"mend vocabularies\.paths"):
        read_obo(tmp_path / "none.obo")


@given(st.text())
def test_obo_escaped_text_round_trips(text: str) -> None:
    assert unescape(escape(text)) == text


@given(st.text(), st.sampled_from(["", " EXACT []", ' RELATED [x:"1"]']))
def test_obo_quoted_text_round_trips(text: str, rest: str) -> None:
    assert parse_quoted(f'"{escape(text)}"{rest}') == (text, rest.strip())


@given(st.text(alphabet=st.characters(exclude_characters="\r", exclude_categories=["Cs"]), min_size=1))
def test_obo_definition_survives_a_file(text: str) -> None:
    # Form feeds and their like are line ends to str.splitlines, and none in OBO.
    (entry,) = parse_obo(f'[Term]\nid: CL:1\nname: a\ndef: "{escape(text)}" []\n').entries
    assert entry.definition == text


@given(st.text(max_size=300))
def test_obo_reader_never_crashes_on_a_stanza(text: str) -> None:
    document = parse_obo(f"[Term]\nid: CL:1\n{text}")
    assert document.entries or document.warnings


@pytest.mark.shared
def test_obo_reads_go_in_seconds_without_a_warning(shared_dir: Path) -> None:
    start = time.process_time()
    document = read_obo(shared_dir / "data" / "ontologies" / "go-basic.2021-12-15.obo.gz")
    assert len(document.entries) == 47_261
    assert document.warnings == ()
    assert time.process_time() - start < 6
