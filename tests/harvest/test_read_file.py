"""Any file of any source gives records and problems, and never raises."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.harvest import InputFile, read_file
from kg.model import Problem, Record, Severity, Source

SOURCES = st.sampled_from(list(Source))
NAMES = st.sampled_from(["a.yaml", "a.json", "a.xml", "a.txt", "genes/a.md", "a.md.gz", "a.tsv", "README.md", "a"])
PIECES = (
    b"---\n", b"identifier: DANDI:000001\n", b"name: x\n", b'{"identifier": "DANDI:000001", "name": ', b"[", b"]", b"}",
    b"<PubmedArticleSet>", b"</PubmedArticleSet>", b"<PubmedArticle>", b"</PubmedArticle>", b"<MedlineCitation>",
    b"<PMID>1</PMID>", b"<Article>", b"</Article>", b"</MedlineCitation>", b"<!DOCTYPE x [", b"]>", b"&amp;", b"&x;",
    b"PMID- 1\n", b"TI  - A\n", b"\n", b"# H\n", b"[@a]", b"| a | b |\n", b"|---|---|\n", b"ID: wiki-genes-x\n",
    b"refs_json: ", b"\xff", b"\x00", b"\xed\xa0\x80", b"\\ud800", b"&#xD800;", b"<table><tr><td>", b"```mermaid\n",
    b"<!--", b"slug: genes/x\n", b"about: ", b"- ", b"{}", b'"', b"\n\n", b"title: ",
)  # fmt: skip
BYTES = st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(PIECES), max_size=25).map(b"".join))


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(source=SOURCES, name=NAMES, data=BYTES, compress=st.booleans())
def test_any_bytes_give_records_or_problems(
    tmp_path: Path, source: Source, name: str, data: bytes, compress: bool
) -> None:
    path = tmp_path / "input"
    path.write_bytes(gzip.compress(data) if compress else data)
    found = list(read_file(InputFile(source, path, name)))
    assert found
    for item in found:
        item.model_dump_json().encode()
        if isinstance(item, Record):
            addresses = [passage.address for passage in item.passages]
            assert len(addresses) == len(set(addresses))
            assert all(passage.text.strip() for passage in item.passages)
    if not any(isinstance(item, Record) for item in found):
        assert any(isinstance(item, Problem) and item.severity in {Severity.ERROR, Severity.NOTE} for item in found)


def test_file_that_is_gone_is_a_problem(tmp_path: Path) -> None:
    (problem,) = read_file(InputFile(Source.WIKI, tmp_path / "gone.md", "gone.md"))
    assert isinstance(problem, Problem)
    assert (problem.rule, problem.path) == ("unreadable", "gone.md")


def test_folder_in_place_of_a_file_is_a_problem(tmp_path: Path) -> None:
    (problem,) = read_file(InputFile(Source.DANDI, tmp_path, "x"))
    assert isinstance(problem, Problem)
    assert problem.severity is Severity.ERROR


@pytest.mark.parametrize("source", list(Source))
@pytest.mark.parametrize(
    ("name", "data", "rule"),
    [
        ("a.yaml", b"", "empty"),
        ("a.md", b" \n ", "empty"),
        ("a.xml", b"\x89PNG\r\n\x00\x00", "not-text"),
        ("a.bin", b"some words", "unknown-format"),
    ],
)
def test_what_no_reader_takes_is_one_error(harvest: Any, source: Source, name: str, data: bytes, rule: str) -> None:
    assert harvest(source, name, data).error.rule == rule


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (Source.DANDI, "PROVENANCE.tsv"),
        (Source.PUBMED, "PROVENANCE.tsv"),
        (Source.WIKI, "README.md"),
        (Source.DANDI, "STATS.txt"),
    ],
)
def test_what_lies_beside_records_is_noted(harvest: Any, source: Source, name: str) -> None:
    found = harvest(source, name, "some words, no record")
    assert [(problem.rule, problem.severity) for problem in found.problems] == [("not-a-record", Severity.NOTE)]


def test_xml_among_dandisets_is_named(harvest: Any) -> None:
    assert harvest(Source.DANDI, "a.xml", "<PubmedArticleSet/>").error.rule == "wrong-source"


def test_content_beats_the_name(harvest: Any) -> None:
    assert (
        harvest(Source.DANDI, "dandiset.yaml", '{"identifier": "DANDI:000001", "name": "x"}').record.id
        == "DANDI:000001"
    )
    assert harvest(Source.PUBMED, "x.xml.txt", "PMID- 5\nTI  - T.\n").record.id == "PMID:5"
    assert harvest(Source.DANDI, "metadata", "identifier: DANDI:000001\nname: x").record.id == "DANDI:000001"


def test_page_without_a_usable_name_is_an_error(harvest: Any) -> None:
    assert harvest(Source.WIKI, "_.md", "Text.").error.rule == "malformed-id"


def test_file_is_read_the_same_twice(harvest: Any) -> None:
    content = "---\nslug: genes/x\n---\nText [a](/genes/b).[@k]"
    assert harvest(Source.WIKI, "a.md", content) == harvest(Source.WIKI, "a.md", content)
