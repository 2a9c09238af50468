"""Everything in the measured corpora gives a record or a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from kg.config import SourceConfig
from kg.harvest import find_files, read_file
from kg.model import ArticleRecord, DatasetRecord, Problem, Record, Severity, Source, WikiPageRecord

pytestmark = pytest.mark.shared

Read = Callable[[Source], tuple[list[Record], list[Problem]]]


@pytest.fixture(scope="module")
def read(shared_dir: Path) -> Read:
    """Read a whole source, once."""
    known: dict[Source, tuple[list[Record], list[Problem]]] = {}

    def run(source: Source) -> tuple[list[Record], list[Problem]]:
        if source not in known:
            files = find_files(source, SourceConfig(path=(str(shared_dir / "data" / source),)))
            found = []
            for file in files:
                items = list(read_file(file))
                assert items, file
                found += items
            records = [item for item in found if isinstance(item, Record)]
            known[source] = records, [item for item in found if isinstance(item, Problem)]
        return known[source]

    return run


@pytest.mark.parametrize("source", list(Source))
def test_offsets_and_addresses_hold(read: Read, source: Source) -> None:
    records, _ = read(source)
    assert records
    for record in records:
        sections = [passage.section for passage in record.passages]
        assert len(sections) == len(set(sections)), record.id
        for passage in record.passages:
            assert passage.text.strip()
            assert passage.record_id == record.id
            assert all(0 <= mark.offset <= len(passage.text) for mark in passage.marks)
            assert all(passage.text[link.start : link.end] for link in passage.links)


def test_every_dandiset_is_a_record(read: Read) -> None:
    records, problems = read(Source.DANDI)
    assert len({record.id for record in records}) == len(records) == 231
    assert not [problem for problem in problems if problem.severity is Severity.ERROR]
    datasets = [record for record in records if isinstance(record, DatasetRecord)]
    assert sum(len(record.about) for record in datasets) == 81  # two of 83 are empty
    resources = [resource for record in datasets for resource in record.related]
    assert len(resources) == 234  # one of 235 is empty
    assert sum(resource.doi is not None for resource in resources) >= 145
    assert sum(resource.pmid is not None for resource in resources) == 10
    assert sum(not record.file_count for record in datasets) == 15
    assert sum(bool(record.keywords) for record in datasets) == 112  # of 113, one has only an empty keyword


def test_every_pubmed_record_is_a_record(read: Read) -> None:
    records, _ = read(Source.PUBMED)
    articles = [record for record in records if isinstance(record, ArticleRecord)]
    xml = [record for record in articles if record.receipt.path.startswith("articles-")]
    medline = [record for record in articles if "medline" in record.receipt.path]
    assert (len(xml), sum(record.is_book for record in xml), len(medline)) == (1_265, 9, 399)
    without = sum(not any(passage.section.startswith("abstract") for passage in record.passages) for record in xml)
    assert 0.08 < without / len(xml) < 0.15
    assert not any("<" in record.title and "/" in record.title for record in articles)
    assert all(record.date for record in articles)


def test_error_documents_are_recognised(read: Read) -> None:
    errors = [problem for problem in read(Source.PUBMED)[1] if problem.severity is Severity.ERROR]
    rules = Counter(problem.rule for problem in errors)
    assert rules == {"not-pubmed": 23, "entrez-error": 4, "malformed": 1}
    (malformed,) = (problem for problem in errors if problem.rule == "malformed")
    assert malformed.path == "malformed.xml"
    assert "line 1, column 1" in malformed.reason


def test_every_wiki_page_is_a_record(read: Read) -> None:
    records, problems = read(Source.WIKI)
    pages = {record.id: record for record in records if isinstance(record, WikiPageRecord)}
    assert len(pages) == len(records) == 343
    assert not [problem for problem in problems if problem.severity is Severity.ERROR]
    assert sum(page.annotations != () for page in pages.values()) == 342
    openscope = pages["wiki:datasets/allen-openscope"]
    assert {reference.key: reference.pmid for reference in openscope.references} == {
        "allen": None,
        "allena": None,
        "nwb": None,
        "de2019": "31086362",
        "pierr2024": "39293939",
        "rubel2022": "36193886",
        "siegle2021": "33473216",
        "subash2023": "37857685",
    }
    cited = {mark.key for passage in openscope.passages for mark in passage.marks}
    assert cited == {reference.key for reference in openscope.references}
