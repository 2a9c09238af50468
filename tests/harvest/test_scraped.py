"""Pages as scraped text. Every sentence is ours."""

from __future__ import annotations

from typing import Any

import pytest

from kg.harvest.scraped import is_heading
from kg.model import Source, WikiPageRecord

PAGE = """\
wiki pageCreated: 2026-04-02T07:19:34By: someoneQuality:
50%✓ SciDEXID: wiki-datasets-my-archive
📖 Wiki Page
dataset99 wordssynced 2026-04-02
Introduction
My archive is a place where one finds recordings, and this is a long line.
My archive is a place where one finds recordings, and this is a long line.
Overview
Mermaid diagram (expand to render)
It is run by [an institute](/institutions/an-institute) and keeps [@nwb] files.[@rbel2022][@gone1999]
Relevance to Disease Research
Testing hypotheses about [Synaptic Dysfunction](/mechanisms/synaptic-dysfunction).
References
Unknown, NWB, Public archives (n.d.)
[Rübel et al., An ecosystem (2022) (2022)](https://pubmed.ncbi.nlm.nih.gov/36193886/)
Pathway Diagram
The diagram below shows what the archive is related to:"""


@pytest.fixture
def page(harvest: Any) -> WikiPageRecord:
    record = harvest(Source.WIKI, "datasets-my-archive.txt", PAGE).record
    assert isinstance(record, WikiPageRecord)
    return record


def test_identity_comes_from_the_header(page: WikiPageRecord) -> None:
    assert (page.id, page.title, page.date) == ("wiki:datasets/my-archive", "My Archive", "2026-04-02")
    assert (page.page_type, page.is_infrastructure) == ("datasets", True)


def test_bare_lines_are_headings_and_repeats_are_dropped(page: WikiPageRecord) -> None:
    assert [(passage.section, passage.line) for passage in page.passages] == [
        ("title", None),
        ("body/introduction#1", 6),
        ("body/overview#1", 10),
        ("body/relevance-to-disease-research#1", 12),
        ("body/pathway-diagram#1", 17),
    ]


def test_inline_markdown_is_read(page: WikiPageRecord) -> None:
    overview = page.passages[2]
    assert overview.text == "It is run by an institute and keeps files."
    assert [(overview.text[: mark.offset][-5:], mark.key) for mark in overview.marks] == [
        ("keeps", "nwb"),
        ("iles.", "rbel2022"),
        ("iles.", "gone1999"),
    ]
    assert overview.links[0].target == "wiki:institutions/an-institute"


def test_reference_lines_get_the_keys_that_fit(page: WikiPageRecord) -> None:
    assert [(reference.key, reference.curie) for reference in page.references] == [
        ("nwb", None),
        ("rbel2022", "PMID:36193886"),
    ]


def test_unmatched_key_is_reported_not_guessed(harvest: Any) -> None:
    found = harvest(Source.WIKI, "datasets-my-archive.txt", PAGE)
    assert found.rules() == ["repeated-text", "unresolved-citation", "unresolved-reference"]
    assert "gone1999" in found.problems[1].reason


@pytest.mark.parametrize("line", ["Program Model", "Data and Tooling Stack", "Overview", "Role of Tau in AD"])
def test_heading_is_recognised(line: str) -> None:
    assert is_heading(line)


@pytest.mark.parametrize(
    "line",
    ["A sentence ends.", "This is plain text without an end", "[A Link](/x/y)", "Word", "a b"],
)
def test_text_is_no_heading(line: str) -> None:
    assert not is_heading(line)
