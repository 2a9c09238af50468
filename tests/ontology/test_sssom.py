from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from kg.errors import VocabularyParseError
from kg.ontology.sssom import Mapping, parse_sssom, read_sssom

TEXT = (
    '# mapping_set_version: "2026-08-04"\n'
    "# license: https://creativecommons.org/publicdomain/zero/1.0/\n"
    "subject_id\tsubject_label\tpredicate_id\tpredicate_modifier\tobject_id\n"
    "MONDO:0004975\tAlzheimer disease\tskos:exactMatch\t\tmesh:D000544\n"
    "MONDO:0004975\tAlzheimer disease\tskos:closeMatch\t\tSCTID:1\n"
    "MONDO:0004975\tAlzheimer disease\tskos:exactMatch\tNot\tDOID:2\n"
    "MONDO:0004975\tAlzheimer disease\tskos:exactMatch\t\t\n"
)


def test_sssom_reads_mappings_in_our_spelling() -> None:
    found = parse_sssom(TEXT, name="m.sssom.tsv")
    assert found.version == "2026-08-04"
    assert found.mappings == (
        Mapping("MONDO:0004975", "skos:exactMatch", "MESH:D000544"),
        Mapping("MONDO:0004975", "skos:closeMatch", "SNOMEDCT:1"),
    )


def test_sssom_row_without_object_is_told() -> None:
    assert [w.where for w in parse_sssom(TEXT, name="m.sssom.tsv").warnings] == ["m.sssom.tsv:7"]


def test_sssom_without_its_columns_is_refused() -> None:
    with pytest.raises(VocabularyParseError, match="no column subject_id, predicate_id, object_id"):
        parse_sssom("a\tb\n1\t2\n", name="m.tsv")


def test_sssom_empty_file_is_refused() -> None:
    with pytest.raises(VocabularyParseError, match="empty"):
        parse_sssom("# only: comments\n")


def test_sssom_reads_gzip(tmp_path: Path) -> None:
    path = tmp_path / "m.sssom.tsv.gz"
    path.write_bytes(gzip.compress(TEXT.encode()))
    assert len(read_sssom(path).mappings) == 2
