"""MEDLINE format into records. The facts are PubMed's; every sentence is ours."""

from __future__ import annotations

from typing import Any

import pytest

from kg.harvest._articles import iso_date, parse_medline_date, unbracket_title
from kg.model import ArticleRecord, Source

MEDLINE = """\

PMID- 34360973
OWN - NLM
DP  - 2019 Jul-Aug
TI  - [An overview of examples in
      two lines].
LID - 10.3390/IJMS22158208 [doi]
LID - 8208
AB  - BACKGROUND: Examples are
      few. METHODS: We made one.
FAU - Yu, Tien-Wei
AU  - Yu TW
FAU - Carberry, Josiah
AU  - Carberry J
AUID- ORCID: 0000-0002-1825-0097
AD  - Somewhere.
CN  - Example Consortium.
LA  - eng
PT  - Journal Article
PT  - Review
TA  - Int J Mol Sci
MH  - Alzheimer Disease/*drug therapy/therapy
MH  - *Mice
PMC - PMC8348485
OT  - *tau
OT  - amyloid

PMID- 2
TI  - Second.
PT  - Retracted Publication

TI  - It has no PMID.

PMID- 3
BTI - A book
CTI - A chapter
"""


@pytest.fixture
def article(harvest: Any) -> ArticleRecord:
    record = harvest(Source.PUBMED, "a.medline.txt.gz", MEDLINE).records[0]
    assert isinstance(record, ArticleRecord)
    return record


def test_facts_of_a_record(article: ArticleRecord) -> None:
    assert (article.id, article.title) == ("PMID:34360973", "An overview of examples in two lines.")
    assert (article.doi, article.pmc, article.date) == ("10.3390/ijms22158208", "PMC8348485", "2019-07")
    assert (article.journal, article.language) == ("Int J Mol Sci", "eng")
    assert article.publication_types == ("Journal Article", "Review")
    assert article.keywords == ("tau", "amyloid")


def test_orcid_goes_to_the_author_that_it_follows(article: ArticleRecord) -> None:
    assert [(author.name, author.curie) for author in article.authors] == [
        ("Yu, Tien-Wei", None),
        ("Carberry, Josiah", "ORCID:0000-0002-1825-0097"),
        ("Example Consortium", None),
    ]


def test_headings_without_ids_are_passages_only(article: ArticleRecord) -> None:
    assert article.mesh == ()
    texts = {passage.section: passage.text for passage in article.passages}
    assert texts["abstract"] == "BACKGROUND: Examples are few. METHODS: We made one."
    assert (texts["mesh/1"], texts["mesh/2"], texts["keywords/1"]) == ("Alzheimer Disease", "Mice", "tau")


def test_bad_record_costs_no_other(harvest: Any) -> None:
    found = harvest(Source.PUBMED, "a.txt", MEDLINE)
    assert [record.id for record in found.records] == ["PMID:34360973", "PMID:2", "PMID:3"]
    assert found.rules() == ["missing-id"]
    assert [record.receipt.position for record in found.records] == [0, 1, 3]
    assert found.records[1].is_retracted
    assert (found.records[2].title, found.records[2].is_book) == ("A chapter", True)


def test_latin_1_is_read_with_a_warning(harvest: Any) -> None:
    found = harvest(Source.PUBMED, "a.txt", b"PMID- 1\nTI  - Ram\xf3n y Cajal.\n")
    assert found.record.title == "Ramón y Cajal."
    assert found.rules() == ["encoding"]


@pytest.mark.parametrize("newline", ["\r\n", "\n"])
def test_byte_order_mark_and_newlines_do_not_matter(harvest: Any, newline: str) -> None:
    text = "\ufeff" + newline.join(["PMID- 7", "TI  - A title", "      goes on.", "", "PMID- 8", "TI  - B.", ""])
    found = harvest(Source.PUBMED, "a.nbib", text)
    assert [(record.id, record.title) for record in found.records] == [("PMID:7", "A title goes on."), ("PMID:8", "B.")]


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2021 Jul 30", "2021-07-30"),
        ("2021 May", "2021-05"),
        ("2020", "2020"),
        ("1978 Jul-Sep", "1978-07"),
        ("1998 Dec-1999 Jan", "1998-12"),
        ("1998 Spring", "1998"),
        ("Winter 1999", "1999"),
        ("2000 Nov 28-Dec 4", "2000-11-28"),
        ("2003 Feb 31", "2003-02"),
        ("n.d.", None),
        ("", None),
    ],
)
def test_date_is_as_precise_as_known(text: str, date: str | None) -> None:
    assert parse_medline_date(text) == date


@pytest.mark.parametrize(
    ("parts", "date"),
    [
        (("2019", "02", "8"), "2019-02-08"),
        (("2019", "Feb", None), "2019-02"),
        (("2019", "13", "1"), "2019"),
        (("19", "1", "1"), None),
        ((None, "1", "1"), None),
        (("2019", None, "4"), "2019"),
    ],
)
def test_parts_make_a_date(parts: tuple[str | None, ...], date: str | None) -> None:
    assert iso_date(*parts) == date


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("[A title].", "A title."),
        ("[A title?]", "A title?"),
        ("[a] and [b].", "[a] and [b]."),
        ("[3H]dopamine release.", "[3H]dopamine release."),
        ("A title [corrected].", "A title [corrected]."),
        ("", ""),
    ],
)
def test_only_brackets_around_a_whole_title_go(raw: str, title: str) -> None:
    assert unbracket_title(raw) == title
