"""PubMed XML into records, streaming, and E-utilities' answers that hold none into problems.

The DTD: https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd. lxml reads it, not Bio.Entrez: see
``docs/decisions/0003-pubmed-parsing.md``. Entities, DTDs and the network are out of the parser's reach.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from lxml import etree

from kg.harvest._articles import article_url, iso_date, parse_medline_date, unbracket_title
from kg.harvest.files import FileReading, open_bounded, read_head
from kg.harvest.identifiers import orcid_curie
from kg.harvest.xml_records import RECORD_TAGS, SAFE_XML, forget
from kg.model import (
    ArticleRecord,
    Contributor,
    MeshHeading,
    Passage,
    Problem,
    Record,
    Role,
    Severity,
    normalise_doi,
)

#: Roots whose children are records, or that are one.
_RECORD_ROOTS: Final = frozenset({"PubmedArticleSet", "PubmedBookArticleSet", *RECORD_TAGS})
#: What the roots of E-utilities' other answers mean.
_OTHER_ROOTS: Final = {
    "eSearchResult": "an ESearch answer: identifiers only",
    "eSummaryResult": "an ESummary answer: summaries only",
    "eLinkResult": "an ELink answer: links only",
    "ePostResult": "an EPost answer: a handle only",
    "eInfoResult": "an EInfo answer",
    "eSpellResult": "an ESpell answer",
    "eGQueryResult": "an EGQuery answer",
    "eFetchResult": "an EFetch answer without records",
    "pmc-articleset": "full texts of PubMed Central",
    "pmc-articlesets": "full texts of PubMed Central",
}
_ROOT: Final = re.compile(r"<([A-Za-z_][\w.:-]*)")
_UI: Final = re.compile(r"^[DQC]\d{6,9}$")
_string = etree.XPath("string()")


def read_pubmed_xml(reading: FileReading) -> Iterator[Record | Problem]:
    """Read a file of PubMed XML, one record in memory at a time; a `kg.harvest.read.Reader`.

    After a fault in the XML there is an error with its line and column, and nothing more; what E-utilities
    answered in place of records is an error that quotes it.
    """
    head = _decode_head(read_head(reading.file))
    start = head.find("<")
    if head[: max(start, 0)].strip() or start < 0:
        yield _not_xml(head, reading)
        return
    match = _ROOT.search(head)
    if "<!ENTITY" in head[: match.start() if match else None]:
        yield reading.problem("entities", "it declares XML entities, which records never need: not read")
        return
    root = match[1] if match else None
    if root not in _RECORD_ROOTS:
        yield from _read_answer(root, reading)
        return
    yield from _stream(reading)


def _decode_head(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "replace").lstrip("\ufeff")
    return head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")


def _not_xml(head: str, reading: FileReading) -> Problem:
    if head.startswith('"<?xml'):
        return reading.problem(
            "malformed",
            "not well-formed XML: line 1, column 1: the document is written as a JSON string, in quotes and escaped",
            mend="decode it with a JSON parser and save what comes out",
        )
    return reading.problem("malformed", f"not well-formed XML: line 1, column 1: it begins with {head[:40]!r}")


def _stream(reading: FileReading) -> Iterator[Record | Problem]:
    position = 0
    with open_bounded(reading.file) as stream:
        tags = (*RECORD_TAGS, "ERROR", "error")
        context = etree.iterparse(stream, events=("end",), tag=tags, remove_pis=True, **SAFE_XML)
        try:
            for _, element in context:
                if element.tag in RECORD_TAGS:
                    yield from parse_article(element, reading, position=position)
                    position += 1
                elif element.getparent() is None or element.getparent().tag in _RECORD_ROOTS:
                    yield reading.problem(
                        "entrez-error", f"E-utilities answered: {_text(element)}", mend="fetch it again"
                    )
                else:
                    continue
                forget(element)
        except etree.XMLSyntaxError as error:
            line, column = error.position
            kept = f"; the {position} records before it are kept" if position else ""
            message = str(error.msg).removesuffix(f", line {line}, column {column}")
            yield reading.problem(
                "malformed",
                f"not well-formed XML: line {line}, column {column}: {message}{kept}",
                mend="fetch the file again",
            )
            return
    if not position:
        yield reading.problem("empty", "it holds no article")


def _read_answer(root: str | None, reading: FileReading) -> Iterator[Problem]:
    """Say what a document without articles is, and what error it reports."""
    with open_bounded(reading.file, limit=64 * 2**20) as stream:
        try:
            tree = etree.parse(stream, etree.XMLParser(remove_pis=True, **SAFE_XML)).getroot()
        except etree.XMLSyntaxError as error:
            line, column = error.position
            message = str(error.msg).removesuffix(f", line {line}, column {column}")
            yield reading.problem("malformed", f"not well-formed XML: line {line}, column {column}: {message}")
            return
    errors = [
        f"{element.tag}: {text}" if element.tag != "ERROR" else text
        for element in tree.iter(
            "ERROR",
            "error",
            "PhraseNotFound",
            "FieldNotFound",
            "OutputMessage",
            "PhraseIgnored",
            "QuotedPhraseNotFound",
        )
        if (text := _text(element))
    ]
    if errors:
        yield reading.problem(
            "entrez-error",
            f"E-utilities answered: {'; '.join(errors[:3])}",
            mend="mend the request and fetch again",
        )
    else:
        what = _OTHER_ROOTS.get(tree.tag, f"XML with the root <{tree.tag}>")
        yield reading.problem("not-pubmed", f"no PubMed records: {what}", mend="give EFetch's XML or MEDLINE")


def _text(element: Any) -> str:
    """Give an element's text without its markup, in single spaces; comments and entities are left out."""
    return " ".join(str(_string(element)).split())


def _first(element: Any, *paths: str) -> str | None:
    for path in paths:
        found = element.find(path)
        if found is not None and (text := _text(found)):
            return text
    return None


def parse_article(element: Any, reading: FileReading, *, position: int = 0) -> Iterator[Record | Problem]:
    """Turn one ``PubmedArticle`` or ``PubmedBookArticle`` into a record.

    Parameters
    ----------
    element : lxml element
        The record.
    reading : FileReading
        The file that it comes from.
    position : int, default 0
        Which record of the file it is.

    Yields
    ------
    Record or Problem
        Warnings first, then the record; a lone error where there can be no record.
    """
    is_book = element.tag == "PubmedBookArticle"
    citation = element.find("BookDocument" if is_book else "MedlineCitation")
    pmid = _first(citation, "PMID") if citation is not None else None
    if citation is None or not pmid or not pmid.isdecimal() or not pmid.isascii():
        rule, reason = ("malformed-id", f"{pmid[:40]!r} is no PMID") if pmid else ("missing-id", "it has no PMID")
        yield reading.problem(rule, f"{reason} (record {position + 1}, line {element.sourceline})", field="PMID")
        return
    record_id = f"PMID:{int(pmid)}"
    article = citation if is_book else citation.find("Article")
    if article is None:
        yield reading.problem(
            "missing-field", "it has no Article", record_id=record_id, field="MedlineCitation/Article"
        )
        return
    title = unbracket_title(_first(article, "ArticleTitle", "VernacularTitle", "Book/BookTitle") or "")
    if not title or title.rstrip(".") == "Not Available":
        yield reading.problem(
            "missing-title",
            "it has no title: its PMID stands for it",
            severity=Severity.WARNING,
            record_id=record_id,
            field="ArticleTitle",
        )
        title = ""
    mesh, unnumbered = _mesh(citation)
    if unnumbered:
        yield reading.problem(
            "missing-id",
            f"{len(unnumbered)} MeSH headings have no id ({', '.join(unnumbered[:3])}, …): they are read as keywords",
            severity=Severity.WARNING,
            record_id=record_id,
            field="MeshHeadingList",
        )
    ids = _article_ids(element, article)
    keywords = tuple(
        dict.fromkeys(text for node in citation.iterfind("KeywordList/Keyword") if (text := _text(node).strip(" .;")))
    )
    types = tuple(dict.fromkeys(_text(node) for node in article.iter("PublicationType") if _text(node)))
    journal = citation.find("Article/Journal")
    yield ArticleRecord(
        id=record_id,
        title=title or record_id,
        receipt=reading.receipt(position),
        passages=tuple(_passages(record_id, title, article, citation, (keywords, unnumbered), element.sourceline)),
        url=article_url(str(int(pmid))),
        date=_date(article, is_book=is_book),
        doi=ids.get("doi"),
        pmc=ids.get("pmc"),
        journal=_first(journal, "ISOAbbreviation", "Title")
        if journal is not None
        else _first(article, "Book/BookTitle"),
        publication_types=types,
        mesh=mesh,
        keywords=keywords,
        authors=tuple(_authors(article)),
        language=_first(article, "Language"),
        is_book=is_book,
        is_retracted="Retracted Publication" in types
        or citation.find("CommentsCorrectionsList/CommentsCorrections[@RefType='RetractionIn']") is not None,
        references=tuple(_references(element, citation, record_id)),
    )


def _passages(
    record_id: str,
    title: str,
    article: Any,
    citation: Any,
    words: tuple[Sequence[str], Sequence[str]],
    line: int | None,
) -> Iterator[Passage]:
    if title:
        yield Passage(record_id=record_id, section="title", role=Role.TITLE, text=title, line=line)
    nodes = article.findall("Abstract/AbstractText")
    section = "abstract"
    if not nodes:
        # An abstract in another language is no evidence in this one; some English ones come from a publisher's list.
        nodes = citation.findall("OtherAbstract[@Language='eng']/AbstractText")
        section = "otherAbstract"
    taken: dict[str, int] = {}
    for node in nodes:
        text = _text(node)
        if not text:
            continue
        label = " ".join((node.get("Label") or "").replace("#", " ").split())
        name = f"{section}/{label}" if label and label != "UNLABELLED" else section
        taken[name] = taken.get(name, 0) + 1
        address = name if taken[name] == 1 else f"{name}#{taken[name]}"
        yield Passage(record_id=record_id, section=address, role=Role.ABSTRACT, text=text, line=node.sourceline)
    for section, texts in zip(("keywords", "mesh"), words, strict=True):
        for number, text in enumerate(texts, start=1):
            yield Passage(record_id=record_id, section=f"{section}/{number}", role=Role.KEYWORD, text=text)


def _mesh(citation: Any) -> tuple[tuple[MeshHeading, ...], list[str]]:
    headings: dict[str, MeshHeading] = {}
    unnumbered = []
    for node in citation.iterfind("MeshHeadingList/MeshHeading"):
        descriptor = node.find("DescriptorName")
        if descriptor is None:
            continue
        name, ui = _text(descriptor), descriptor.get("UI") or ""
        if not _UI.match(ui):
            unnumbered.append(name)
            continue
        is_major = any(part.get("MajorTopicYN") == "Y" for part in node)
        known = headings.get(ui)
        headings[ui] = MeshHeading(curie=f"MESH:{ui}", name=name, is_major=is_major or bool(known and known.is_major))
    return tuple(headings.values()), unnumbered


def _article_ids(element: Any, article: Any) -> dict[str, str]:
    """Collect the article's own DOI and PMC id; those of its references lie deeper."""
    ids: dict[str, str] = {}
    for node in (*element.iterfind("*/ArticleIdList/ArticleId"), *article.iterfind("ELocationID")):
        kind, text = node.get("IdType") or node.get("EIdType"), _text(node)
        if kind == "doi" and node.get("ValidYN") != "N" and (doi := normalise_doi(text)):
            ids.setdefault("doi", doi)
        elif kind == "pmc" and re.fullmatch(r"PMC\d+", text):
            ids.setdefault("pmc", text)
    return ids


def _authors(article: Any) -> Iterator[Contributor]:
    for node in article.iterfind("AuthorList/Author"):
        if node.get("ValidYN") == "N":
            continue
        if collective := _first(node, "CollectiveName"):
            yield Contributor(name=collective.rstrip(" ."), kind="Organization", roles=("Author",))
        elif last := _first(node, "LastName"):
            fore = _first(node, "ForeName", "Initials")
            raw = next((_text(part) for part in node.iterfind("Identifier[@Source='ORCID']")), None)
            yield Contributor(
                name=f"{last}, {fore}" if fore else last,
                kind="Person",
                curie=orcid_curie(raw) if raw else None,
                roles=("Editor",) if node.getparent().get("Type") == "editors" else ("Author",),
            )


def _date(article: Any, *, is_book: bool) -> str | None:
    paths = (
        ("ContributionDate", "Book/PubDate", "DateRevised")
        if is_book
        else ("Journal/JournalIssue/PubDate", "ArticleDate")
    )
    for path in paths:
        node = article.find(path)
        if node is None:
            continue
        if date := iso_date(_first(node, "Year"), _first(node, "Month"), _first(node, "Day")):
            return date
        words = _first(node, "MedlineDate")
        if words and (date := parse_medline_date(words)):
            return date
    return None


def _references(element: Any, citation: Any, record_id: str) -> Iterator[str]:
    """Give what the article cites: from its list of comments and from its bibliography, once each."""
    seen = {record_id}
    for node in citation.iterfind("CommentsCorrectionsList/CommentsCorrections[@RefType='Cites']/PMID"):
        curie = f"PMID:{_text(node)}"
        if _text(node).isdecimal() and curie not in seen:
            seen.add(curie)
            yield curie
    for reference in element.iter("Reference"):
        ids = {node.get("IdType"): _text(node) for node in reference.iterfind("ArticleIdList/ArticleId")}
        pmid, doi = ids.get("pubmed", ""), normalise_doi(ids.get("doi", ""))
        if pmid.isdecimal():
            curie = f"PMID:{pmid}"
        elif doi:
            curie = f"DOI:{doi}"
        else:
            continue
        if curie not in seen:
            seen.add(curie)
            yield curie
