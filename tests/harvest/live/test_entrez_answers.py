"""E-utilities' answers, right ones and the errors inside an HTTP 200."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from Bio import Entrez
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import AnswerError
from kg.harvest import InputFile, read_file
from kg.harvest.live.entrez_answers import parse_search, split_records
from kg.model import ArticleRecord, Source
from tests.harvest.live.entrez_server import FakeEntrez
from tests.harvest.live.switchboard import Request
from tests.harvest.live.synthetic import article_set, make_article, make_book

#: What an error of E-utilities may be: see `AnswerError`.
KINDS = {"error", "history", "too-far", "nothing", "key", "html", "malformed", "entities"}
ARTICLES = [make_article(pmid) for pmid in range(1, 40)] + [make_book(40)]


@pytest.fixture(scope="module", autouse=True)
def _no_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    Entrez.local_cache = str(
        tmp_path_factory.mktemp("entrez")
    )  # else Biopython makes a folder in the user's home


def ask(tool: str, **params: str) -> bytes:
    return FakeEntrez.holding(ARTICLES)(Request("GET", f"/entrez/eutils/{tool}.fcgi", params, {})).body


@pytest.mark.parametrize(
    "params",
    [
        {"term": "hippocampus AND (epilepsy OR Parkinson disease)", "usehistory": "y"},
        {"term": "nosuchword"},
        {"term": '"10.5555/synthetic.5"[aid] OR 7[uid]'},
        {"term": "hippocampus", "mindate": "2010/01/01", "maxdate": "2015", "datetype": "edat"},
    ],
)
def test_search_answers_mean_what_biopython_reads_in_them(params: dict[str, str]) -> None:
    theirs: Any = Entrez.read(io.BytesIO(ask("esearch", **params)))
    for body in (ask("esearch", **params), ask("esearch", **params, retmode="json")):
        ours = parse_search(body)
        assert (ours.total, [str(pmid) for pmid in ours.pmids]) == (
            int(theirs["Count"]),
            list(theirs["IdList"]),
        )
        assert (ours.web_env, ours.query_key) == (theirs.get("WebEnv"), theirs.get("QueryKey"))
        assert list(ours.ignored) == list(theirs.get("ErrorList", {}).get("PhraseNotFound", []))


def test_fake_server_writes_records_by_the_dtd() -> None:
    theirs: Any = Entrez.read(io.BytesIO(ask("efetch", id="1,2,3,40")), validate=True)
    assert [str(item["MedlineCitation"]["PMID"]) for item in theirs["PubmedArticle"]] == ["1", "2", "3"]
    assert [str(item["BookDocument"]["PMID"]) for item in theirs["PubmedBookArticle"]] == ["40"]


def test_fake_server_writes_summaries_and_posts_by_their_dtds() -> None:
    theirs: Any = Entrez.read(io.BytesIO(ask("esummary", id="1,2")), validate=True)
    assert [(item["Id"], item.get("DOI")) for item in theirs] == [
        ("1", "10.5555/synthetic.1"),
        ("2", ARTICLES[1].doi),
    ]
    posted: Any = Entrez.read(io.BytesIO(ask("epost", id="1,2")), validate=True)
    assert (posted["QueryKey"], posted["WebEnv"].startswith("MCID_")) == ("1", True)
    for tool in ("esummary", "epost"):
        with pytest.raises(RuntimeError, match=r"(?i)empty id list"):
            Entrez.read(io.BytesIO(ask(tool, id="")))


def test_real_answers_are_read_as_biopython_reads_them(shared_dir: Path) -> None:
    folder = shared_dir / "data" / "pubmed" / "entrez-responses"
    answers = sorted(folder.glob("Entrez__esearch*.xml"))
    assert answers
    for path in answers:
        theirs: Any = Entrez.read(io.BytesIO(path.read_bytes()))
        ours = parse_search(path.read_bytes())
        assert (ours.total, [str(pmid) for pmid in ours.pmids]) == (
            int(theirs["Count"]),
            list(theirs["IdList"]),
        ), path


def test_real_records_are_the_same_by_themselves(shared_dir: Path, tmp_path: Path) -> None:
    import gzip

    whole = shared_dir / "data" / "pubmed" / "articles-04.xml.gz"
    found = {record.id: record for record in read_file(InputFile(Source.PUBMED, whole, "whole.xml.gz"))}  # type: ignore[union-attr]
    records = list(split_records(gzip.decompress(whole.read_bytes())))
    assert len(records) == len(found)
    for record in records:
        path = tmp_path / f"{record.pmid}.xml"
        path.write_bytes(record.payload)
        (alone,) = [
            item
            for item in read_file(InputFile(Source.PUBMED, path, path.name))
            if isinstance(item, ArticleRecord)
        ]
        drop = {"receipt": True, "passages": {"__all__": {"line"}}}
        assert alone.model_dump(exclude=drop) == found[alone.id].model_dump(exclude=drop)


@pytest.mark.parametrize(
    ("body", "kind", "is_passing"),
    [
        (b"", "malformed", True),
        (b"<html><head><title>Error blocked</title></head></html>", "html", True),
        (b"<!DOCTYPE html><html></html>", "html", True),
        (b'{"error":"API rate limit exceeded","api-key":"1.2.3.4","count":"4","limit":"3"}', "error", True),
        (b'{"error":"API key invalid","api-key":"x","type":"api_key","status":"unknown"}', "key", False),
        (b'{"esearchresult": {"ERROR": "Search Backend failed: timeout"}}', "error", True),
        (b'{"message": "Please accept the new terms"}', "malformed", True),
        (b'{"esearchresult": {"count": "1", "idlist": ["7"', "malformed", True),
        (b"<eSearchResult><ERROR>Unable to obtain query #1</ERROR></eSearchResult>", "history", False),
        (
            b"<eSearchResult><ERROR>'retstart' cannot be larger than 9998.</ERROR></eSearchResult>",
            "too-far",
            False,
        ),
        (b"<eSearchResult><ERROR>Invalid db name specified: x</ERROR></eSearchResult>", "error", False),
        (b"<eSearchResult><Count>3</Count><IdList><Id>1</Id>", "malformed", True),
        (b"<eSearchResult><Count>x</Count></eSearchResult>", "malformed", True),
        (b"<eLinkResult/>", "malformed", True),
        (
            '<?xml version="1.0"?><eSearchResult><Count>1</Count></eSearchResult>'.encode("utf-16"),
            "malformed",
            True,
        ),
        (b'<!DOCTYPE l [<!ENTITY a "aa">]><eSearchResult>&a;</eSearchResult>', "entities", True),
    ],
)
def test_errors_inside_a_search_answer_are_told_apart(body: bytes, kind: str, is_passing: bool) -> None:
    with pytest.raises(AnswerError) as caught:
        parse_search(body)
    assert (caught.value.kind, caught.value.is_passing) == (kind, is_passing)


def test_error_in_place_of_records_is_an_error() -> None:
    with pytest.raises(AnswerError, match="Empty id list") as caught:
        list(split_records(ask("efetch", id="")))
    assert caught.value.kind == "nothing"


def test_records_before_a_cut_are_given_and_then_the_cut_is_told() -> None:
    body = article_set(ARTICLES).encode()
    given = []
    with pytest.raises(AnswerError, match=r"not well-formed XML after 2\d records"):
        for record in split_records(body[: len(body) * 2 // 3]):
            given.append(record.pmid)
    assert given == list(range(1, len(given) + 1))


def test_record_of_another_charset_is_refused() -> None:
    body = article_set([make_article(9, padding=1)]).replace(
        'version="1.0"', 'version="1.0" encoding="UTF-8"'
    )
    with pytest.raises(AnswerError, match="not well-formed"):
        list(split_records(body.encode("latin-1", "replace").replace(b"Journal", b"J\xf6urnal")))


def test_entity_bomb_is_not_unfolded() -> None:
    bomb = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    body = f'<!DOCTYPE PubmedArticleSet [<!ENTITY l0 "ha">{bomb}]><PubmedArticleSet>&l11;</PubmedArticleSet>'
    with pytest.raises(AnswerError) as caught:
        list(split_records(body.encode()))
    assert caught.value.kind == "entities"


@given(st.integers(1, 500), st.sampled_from(["\n", "\n  ", "\r\n\t"]))
def test_payload_is_the_same_however_an_answer_is_laid_out(pmid: int, blank: str) -> None:
    plain = article_set([make_article(pmid)])
    laid_out = plain
    for tag in (
        "<MedlineCitation",
        "<Article ",
        "<PMID",
        "</PubmedArticle>",
        "<DateRevised",
        "<Month",
        "<ArticleId ",
    ):
        laid_out = laid_out.replace(tag, blank + tag)
    (one,), (other,) = (list(split_records(text.encode())) for text in (plain, laid_out))
    assert one == other


def test_markup_in_a_title_keeps_its_blanks() -> None:
    text = article_set([make_article(3)]).replace(
        "<ArticleTitle>", "<ArticleTitle><i>Mapt</i>\n<b>P301S</b> "
    )
    (record,) = split_records(text.encode())
    assert b"<i>Mapt</i>\n<b>P301S</b> " in record.payload


@given(st.binary(max_size=200))
def test_bytes_that_are_no_answer_are_an_error_of_a_known_kind(body: bytes) -> None:
    for read in (parse_search, lambda data: list(split_records(data))):
        with pytest.raises(AnswerError) as caught:
            read(body)
        assert caught.value.kind in KINDS


WHOLE = article_set(ARTICLES[:5]).encode().rstrip()


@given(st.integers(min_value=0, max_value=len(WHOLE) - 1))
def test_an_answer_that_is_cut_gives_its_whole_records_and_then_an_error(length: int) -> None:
    kept = []
    with pytest.raises(AnswerError) as caught:
        for record in split_records(WHOLE[:length]):
            kept.append(record)
    assert caught.value.kind == "malformed"
    assert kept == list(split_records(WHOLE))[: len(kept)]
    assert len(kept) == WHOLE[:length].count(b"</PubmedArticle>")


@given(
    st.integers(min_value=0, max_value=len(WHOLE)),
    st.integers(min_value=0, max_value=300),
    st.text(alphabet="<>/!&;[]ab0 \"='", max_size=12),
)
def test_a_damaged_answer_gives_records_that_can_be_read_by_themselves(at: int, lost: int, odd: str) -> None:
    kept = []
    try:
        for record in split_records(WHOLE[:at] + odd.encode() + WHOLE[at + lost :]):
            kept.append(record)
    except AnswerError as error:
        assert error.kind in KINDS
    assert len(kept) <= 6
    for record in kept:
        (again,) = split_records(record.payload)
        assert again == record
