"""PubMed XML into records. The markup is PubMed's; every sentence is ours."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from kg.harvest import InputFile, read_file
from kg.model import ArticleRecord, Problem, Severity, Source

HEADER = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN"
  "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">
"""

ARTICLE = """\
<PubmedArticle>
  <MedlineCitation Status="MEDLINE" Owner="NLM">
    <PMID Version="1">12345678</PMID>
    <Article PubModel="Print">
      <Journal>
        <JournalIssue><PubDate><MedlineDate>1998 Dec-1999 Jan</MedlineDate></PubDate></JournalIssue>
        <Title>Journal of Examples</Title><ISOAbbreviation>J Ex</ISOAbbreviation>
      </Journal>
      <ArticleTitle>[Loss of Ca<sup>2+</sup> in <i>Mapt</i> mice].</ArticleTitle>
      <ELocationID EIdType="doi" ValidYN="Y">10.1000/EX.1</ELocationID>
      <Abstract>
        <AbstractText Label="BACKGROUND" NlmCategory="BACKGROUND">H<sub>2</sub>O matters,
          and <b>p &lt; 0.05</b>.</AbstractText>
        <AbstractText Label="RESULTS">Cells died.</AbstractText>
        <AbstractText Label="RESULTS">More cells died.</AbstractText>
        <AbstractText Label="UNLABELLED">The end.</AbstractText>
        <AbstractText Label="EMPTY"> </AbstractText>
        <CopyrightInformation>Copyright, nobody.</CopyrightInformation>
      </Abstract>
      <AuthorList>
        <Author><LastName>Carberry</LastName><ForeName>Josiah</ForeName>
          <Identifier Source="ORCID">http://orcid.org/0000-0002-1825-0097</Identifier></Author>
        <Author ValidYN="N"><LastName>Mistake</LastName></Author>
        <Author><CollectiveName>Example Consortium.</CollectiveName></Author>
      </AuthorList>
      <Language>ger</Language>
      <PublicationTypeList>
        <PublicationType UI="D016428">Journal Article</PublicationType>
        <PublicationType UI="D016441">Retracted Publication</PublicationType>
      </PublicationTypeList>
    </Article>
    <MeshHeadingList>
      <MeshHeading><DescriptorName UI="D000544" MajorTopicYN="N">Alzheimer Disease</DescriptorName>
        <QualifierName UI="Q000473" MajorTopicYN="Y">pathology</QualifierName></MeshHeading>
      <MeshHeading><DescriptorName UI="D051379" MajorTopicYN="N">Mice</DescriptorName></MeshHeading>
      <MeshHeading><DescriptorName MajorTopicYN="N">Humans</DescriptorName></MeshHeading>
    </MeshHeadingList>
    <CommentsCorrectionsList>
      <CommentsCorrections RefType="Cites"><PMID Version="1">111</PMID></CommentsCorrections>
      <CommentsCorrections RefType="CommentIn"><PMID Version="1">999</PMID></CommentsCorrections>
    </CommentsCorrectionsList>
    <KeywordList><Keyword>tau</Keyword><Keyword>tau</Keyword></KeywordList>
    <OtherAbstract Type="Publisher" Language="ger"><AbstractText>Zellen starben.</AbstractText></OtherAbstract>
  </MedlineCitation>
  <PubmedData>
    <ArticleIdList><ArticleId IdType="pubmed">12345678</ArticleId>
      <ArticleId IdType="pmc">PMC77</ArticleId></ArticleIdList>
    <ReferenceList><Reference><ArticleIdList><ArticleId IdType="pubmed">111</ArticleId></ArticleIdList></Reference>
      <Reference><ArticleIdList><ArticleId IdType="doi">10.1000/REF</ArticleId></ArticleIdList></Reference>
      <Reference><ArticleIdList><ArticleId IdType="doi">10.1000/x</ArticleId><ArticleId IdType="pubmed">222</ArticleId>
      </ArticleIdList></Reference></ReferenceList>
  </PubmedData>
</PubmedArticle>
"""

BOOK = """\
<PubmedBookArticle><BookDocument><PMID Version="3">26389276</PMID>
  <ArticleIdList><ArticleId IdType="bookaccession">NBK1</ArticleId></ArticleIdList>
  <Book><BookTitle book="b">A Book of Examples</BookTitle><PubDate><Year>2002</Year></PubDate></Book>
  <ArticleTitle book="b">A chapter</ArticleTitle><Language>eng</Language>
  <AuthorList Type="authors"><Author><CollectiveName>Board</CollectiveName></Author></AuthorList>
  <PublicationType UI="D016454">Review</PublicationType>
  <Abstract><AbstractText>It is about examples.</AbstractText></Abstract>
  <ContributionDate><Year>2015</Year><Month>07</Month><Day>23</Day></ContributionDate>
</BookDocument></PubmedBookArticle>
"""


def _set(*articles: str) -> str:
    return f"{HEADER}<PubmedArticleSet>\n{''.join(articles)}</PubmedArticleSet>\n"


def _bare(pmid: str, title: str = "T.") -> str:
    return (
        f"<PubmedArticle><MedlineCitation><PMID>{pmid}</PMID><Article><ArticleTitle>{title}</ArticleTitle>"
        "</Article></MedlineCitation></PubmedArticle>\n"
    )


@pytest.fixture
def article(harvest: Any) -> ArticleRecord:
    record = harvest(Source.PUBMED, "a.xml.gz", _set(ARTICLE)).record
    assert isinstance(record, ArticleRecord)
    return record


def test_title_loses_brackets_and_markup(article: ArticleRecord) -> None:
    assert article.title == "Loss of Ca2+ in Mapt mice."
    assert article.language == "ger"


def test_abstract_is_in_labelled_passages_in_one_language(article: ArticleRecord) -> None:
    assert [(passage.section, passage.text) for passage in article.passages] == [
        ("title", "Loss of Ca2+ in Mapt mice."),
        ("abstract/BACKGROUND", "H2O matters, and p < 0.05."),
        ("abstract/RESULTS", "Cells died."),
        ("abstract/RESULTS#2", "More cells died."),
        ("abstract", "The end."),
        ("keywords/1", "tau"),
        ("mesh/1", "Humans"),
    ]


def test_facts_of_an_article(article: ArticleRecord) -> None:
    assert (article.id, article.url) == ("PMID:12345678", "https://pubmed.ncbi.nlm.nih.gov/12345678/")
    assert (article.doi, article.pmc, article.journal, article.date) == ("10.1000/ex.1", "PMC77", "J Ex", "1998-12")
    assert article.is_retracted
    assert not article.is_book
    assert [(heading.curie, heading.is_major) for heading in article.mesh] == [
        ("MESH:D000544", True),
        ("MESH:D051379", False),
    ]
    assert [(author.name, author.kind, author.curie) for author in article.authors] == [
        ("Carberry, Josiah", "Person", "ORCID:0000-0002-1825-0097"),
        ("Example Consortium", "Organization", None),
    ]
    assert article.references == ("PMID:111", "DOI:10.1000/ref", "PMID:222")


def test_heading_without_an_id_is_reported_once(harvest: Any) -> None:
    found = harvest(Source.PUBMED, "a.xml", _set(ARTICLE))
    assert [(problem.rule, problem.severity) for problem in found.problems] == [("missing-id", Severity.WARNING)]
    assert "Humans" in found.problems[0].reason


def test_book_chapter_is_a_record(harvest: Any) -> None:
    record = harvest(Source.PUBMED, "a.xml", _set(BOOK)).record
    assert (record.id, record.title, record.is_book) == ("PMID:26389276", "A chapter", True)
    assert (record.date, record.journal, record.doi) == ("2015-07-23", "A Book of Examples", None)
    assert record.publication_types == ("Review",)


@pytest.mark.parametrize("title", ["", "[Not Available]."])
def test_article_without_title_has_its_id(harvest: Any, title: str) -> None:
    found = harvest(Source.PUBMED, "a.xml", _set(_bare("5", title)))
    assert found.record.title == "PMID:5"
    assert found.rules() == ["missing-title"]
    assert not found.record.passages


def test_one_bad_record_costs_no_other(harvest: Any) -> None:
    found = harvest(Source.PUBMED, "a.xml", _set(_bare("1"), _bare("x"), "<PubmedArticle/>", _bare("4")))
    assert [(record.id, record.receipt.position) for record in found.records] == [("PMID:1", 0), ("PMID:4", 3)]
    assert found.rules() == ["malformed-id", "missing-id"]


def test_records_before_a_fault_are_kept_and_the_fault_has_its_place(harvest: Any) -> None:
    text = _set(*(_bare(str(number)) for number in range(1, 400)))
    cut = text.index("<PMID>300</PMID>")
    found = harvest(Source.PUBMED, "a.xml", text[:cut] + "<oops" + text[cut:])
    assert [record.id for record in found.records] == [f"PMID:{number}" for number in range(1, 300)]
    (problem,) = found.problems
    assert problem.severity is Severity.ERROR
    assert "line 304, column" in problem.reason
    assert "299 records before it are kept" in problem.reason


def test_file_cut_short_is_reported(harvest: Any) -> None:
    text = _set(_bare("1"), _bare("2"))
    found = harvest(Source.PUBMED, "a.xml", text[: text.index("<PMID>2")])
    assert [record.id for record in found.records] == ["PMID:1"]
    assert found.rules() == ["malformed"]


def test_damaged_gzip_keeps_what_came_before(harvest: Any) -> None:
    data = gzip.compress(_set(*(_bare(str(number), f"t{number * 7919}") for number in range(1, 9_000))).encode())
    found = harvest(Source.PUBMED, "a.xml", data[: len(data) // 2])
    assert found.records
    assert [problem.rule for problem in found.problems if problem.severity is Severity.ERROR] == ["unreadable"]


def test_document_written_as_json_string_is_named_so(harvest: Any) -> None:
    error = harvest(Source.PUBMED, "a.xml", '"<?xml version=\\"1.0\\" ?>\\n<PubmedArticleSet/>"').error
    assert error.rule == "malformed"
    assert "line 1, column 1" in error.reason
    assert "JSON" in error.reason


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("<eFetchResult><ERROR>Empty id list - nothing todo</ERROR></eFetchResult>", "Empty id list"),
        (
            "<ePostResult><ERROR>Invalid db name</ERROR><ERROR>And more</ERROR></ePostResult>",
            "Invalid db name; And more",
        ),
        (
            "<eSearchResult><Count>0</Count><ErrorList><PhraseNotFound>abcXYZ</PhraseNotFound></ErrorList></eSearchResult>",
            "PhraseNotFound: abcXYZ",
        ),
        ("<PubmedArticleSet><ERROR>Too many requests</ERROR></PubmedArticleSet>", "Too many requests"),
    ],
)
def test_error_of_e_utilities_is_quoted(harvest: Any, text: str, quoted: str) -> None:
    found = harvest(Source.PUBMED, "a.xml", f'<?xml version="1.0"?>\n{text}')
    assert not found.records
    assert found.rules()[0] == "entrez-error"
    assert quoted in found.problems[0].reason


def test_error_answered_as_json_is_quoted(harvest: Any) -> None:
    error = harvest(Source.PUBMED, "a.xml.txt", '{"error":"API rate limit exceeded","count":"11"}').error
    assert (error.rule, "rate limit" in error.reason) == ("entrez-error", True)


@pytest.mark.parametrize("root", ["eSearchResult", "eLinkResult", "pmc-articleset", "html"])
def test_other_answers_are_named(harvest: Any, root: str) -> None:
    assert harvest(Source.PUBMED, "a.xml", f"<{root}><Id>1</Id></{root}>").error.rule == "not-pubmed"


def test_empty_set_is_reported(harvest: Any) -> None:
    assert harvest(Source.PUBMED, "a.xml", _set()).error.rule == "empty"


BOMB = """<?xml version="1.0"?><!DOCTYPE PubmedArticleSet [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>
<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article><ArticleTitle>&c;</ArticleTitle></Article>
</MedlineCitation></PubmedArticle></PubmedArticleSet>"""


def test_entity_bomb_is_refused(harvest: Any) -> None:
    assert harvest(Source.PUBMED, "a.xml", BOMB).error.rule == "entities"


def test_external_entity_is_never_read(harvest: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hidden words")
    text = BOMB.replace('<!ENTITY a "aaaaaaaaaa">', f'<!ENTITY a SYSTEM "file://{secret}">')
    found = harvest(Source.PUBMED, "a.xml", text)
    assert found.error.rule == "entities"
    assert "hidden" not in str(found)


def test_entities_behind_the_head_are_not_expanded(harvest: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hidden words")
    filler = f"<!-- {'x' * 70_000} -->"
    for declared in ('<!ENTITY c "hidden words">', f'<!ENTITY c SYSTEM "file://{secret}">'):
        text = BOMB[: BOMB.index("<!ENTITY a")] + filler + declared + BOMB[BOMB.index("]>") :]
        found = harvest(Source.PUBMED, "a.xml", text)
        assert "hidden" not in str(found.records)
        assert found.problems


def test_deep_nesting_is_an_error_not_a_crash(harvest: Any) -> None:
    title = "<i>" * 5_000 + "x" + "</i>" * 5_000
    assert harvest(Source.PUBMED, "a.xml", _set(_bare("1", title))).error.rule == "malformed"


def test_reading_stops_when_the_caller_does(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(_set(*(_bare(str(number)) for number in range(1, 2_000))))
    first = next(read_file(InputFile(Source.PUBMED, path, "a.xml")))
    assert not isinstance(first, Problem)
    assert first.id == "PMID:1"
