"""What E-utilities answered: lists of ids, records, or an error inside an HTTP 200. Pure; no request is made here.

https://www.ncbi.nlm.nih.gov/books/NBK25499/ has the requests; nobody has written the errors down, so they are
told by what servers were seen to send. lxml reads the XML, without entities, DTDs or a network:
``docs/decisions/0003-pubmed-parsing.md``, ``docs/decisions/0007-entrez-requests.md``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from lxml import etree

from kg.errors import AnswerError
from kg.harvest.xml_records import RECORD_TAGS, SAFE_XML, forget, make_record_parser
from kg.model import normalise_doi

_HEAD: Final = 2048
_HTML: Final = re.compile(
    rb"^\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_ENTITY: Final = re.compile(rb"<!ENTITY", re.IGNORECASE)
#: Errors that the same request won't meet a second time.
_PASSING: Final = re.compile(
    r"rate limit|too many requests|backend failed|temporarily|timed? ?out|try again|unavailable|server error"
    r"|unable to (?:open|connect)|internal error|connection|overload|busy",
    re.IGNORECASE,
)
_HISTORY: Final = re.compile(r"unable to obtain query|history|webenv|query_key|query #", re.IGNORECASE)
_TOO_FAR: Final = re.compile(
    r"retstart.{0,40}cannot be larger|only retrieve the first", re.IGNORECASE | re.DOTALL
)
_NOTHING: Final = re.compile(
    r"empty id list|id list is empty|cannot get document|no correct ids", re.IGNORECASE
)
_BAD_KEY: Final = re.compile(r"api key", re.IGNORECASE)
#: Elements of the DTD that mix text with elements: blanks between their children mean something.
_MIXED: Final = frozenset(
    {
        "AbstractText",
        "Affiliation",
        "ArticleTitle",
        "BookTitle",
        "Citation",
        "CoiStatement",
        "CollectionTitle",
    }
    | {"CollectiveName", "DispFormula", "Keyword", "Param", "PublisherName", "SectionTitle", "Suffix"}
    | {"VernacularTitle", "VolumeTitle", "b", "i", "sub", "sup", "u"}
)


class SearchAnswer(NamedTuple):
    """What ESearch found."""

    total: int
    pmids: tuple[int, ...]
    web_env: str | None = None
    query_key: str | None = None
    #: Words that it left out of the query, as it writes them.
    ignored: tuple[str, ...] = ()


class FetchedRecord(NamedTuple):
    """One record of an answer of EFetch."""

    pmid: int
    #: The element alone, in canonical XML (C14N): the same bytes however the answer around it was laid out.
    payload: bytes
    #: DOIs that the record calls its own, lower case.
    dois: tuple[str, ...]
    revised: str | None


def parse_search(body: bytes) -> SearchAnswer:
    """Read an answer of ESearch, XML or JSON.

    Raises
    ------
    AnswerError
        If it is none, or reports an error.

    Examples
    --------
    >>> parse_search(b'<eSearchResult><Count>1</Count><IdList><Id>7</Id></IdList></eSearchResult>')
    SearchAnswer(total=1, pmids=(7,), web_env=None, query_key=None, ignored=())
    """
    refuse_strange(body)
    if body.lstrip()[:1] == b"{":
        return _parse_search_json(body)
    root = _parse_tree(body)
    if root.tag != "eSearchResult":
        raise _error_in(root) or _malformed(f"not ESearch's answer, but <{root.tag}>")
    if (error := _error_in(root)) is not None:
        raise error
    try:
        return SearchAnswer(
            total=int(root.findtext("Count", "")),
            pmids=tuple(int(node.text or "") for node in root.iterfind("IdList/Id")),
            web_env=root.findtext("WebEnv") or None,
            query_key=root.findtext("QueryKey") or None,
            ignored=tuple(
                text
                for node in root.iter(
                    "PhraseNotFound", "FieldNotFound", "PhraseIgnored", "QuotedPhraseNotFound"
                )
                if (text := (node.text or "").strip())
            ),
        )
    except ValueError as error_:
        raise _malformed("ESearch's answer has no count, or an id that is no number") from error_


def _parse_search_json(body: bytes) -> SearchAnswer:
    try:
        answer = json.loads(body, strict=False)  # it has had raw control characters in its translations
    except (ValueError, RecursionError) as error:
        raise _malformed(f"JSON cut off or damaged ({error})") from error
    result = answer.get("esearchresult") if isinstance(answer, dict) else None
    if not isinstance(result, dict):
        raise _malformed("JSON without ESearch's answer")
    if said := result.get("ERROR"):
        raise error_of(str(said))
    lists = [value for name in ("errorlist", "warninglist") if isinstance(value := result.get(name), dict)]
    names = ("phrasesnotfound", "fieldsnotfound", "phrasesignored", "quotedphrasesnotfound")
    try:
        return SearchAnswer(
            total=int(result["count"]),
            pmids=tuple(int(pmid) for pmid in result["idlist"]),
            web_env=str(result["webenv"]) if result.get("webenv") else None,
            query_key=str(result["querykey"]) if result.get("querykey") else None,
            ignored=tuple(str(text) for found in lists for name in names for text in found.get(name) or ()),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _malformed("ESearch's answer has no count, or an id that is no number") from error


def split_records(body: bytes) -> Iterator[FetchedRecord]:
    """Take an answer of EFetch apart.

    Yields
    ------
    FetchedRecord
        As they come; one without a PMID is left out, and so is missing from what was asked for.

    Raises
    ------
    AnswerError
        At a fault in the XML, after the whole records before it; or if there are no records but an error.
    """
    refuse_strange(body)
    parser = make_record_parser("ERROR")
    said: list[str] = []
    given = 0
    try:
        # In pieces, so that no more than a few records are trees at a time.
        for start in range(0, len(body), 256 * 2**10):
            parser.feed(body[start : start + 256 * 2**10])
            for _, found in parser.read_events():
                element: Any = found
                if element.tag == "ERROR":
                    said.append((element.text or "").strip())
                    continue
                if (record := read_record(element)) is not None:
                    given += 1
                    yield record
                forget(element)
        root = parser.close()
    except etree.XMLSyntaxError as error:
        line, column = error.position
        where = f"line {line}, column {column}"
        raise _malformed(f"not well-formed XML after {given} records: {where}: {error.msg}") from error
    if said:
        raise error_of("; ".join(said[:3]))
    if root.tag not in ("PubmedArticleSet", "PubmedBookArticleSet", *RECORD_TAGS):
        raise _malformed(f"not EFetch's answer, but <{root.tag}>")


def read_record(element: Any) -> FetchedRecord | None:
    """Give a record's id and canonical bytes; None where it has no PMID."""
    pmid = record_pmid(element)
    if pmid is None:
        return None
    return FetchedRecord(pmid, canonical_bytes(element), own_dois(element), revised_on(element))


def record_pmid(element: Any) -> int | None:
    """Give a record's PMID; None where it has none."""
    is_book = element.tag == "PubmedBookArticle"
    text = (element.findtext("BookDocument/PMID" if is_book else "MedlineCitation/PMID") or "").strip()
    return int(text) or None if text.isascii() and text.isdecimal() else None


def canonical_bytes(element: Any) -> bytes:
    """Write a record as canonical XML, without blanks that only lay it out.

    EFetch and the baseline files lay the same record out in different ways; without this every record would
    change when its source does.
    """
    for node in element.iter(etree.Element):
        if node.tag in _MIXED or (isinstance(node.tag, str) and node.tag.startswith("{")):
            continue
        if len(node) and node.text is not None and not node.text.strip():
            node.text = None
        for child in node:
            if child.tail is not None and not child.tail.strip():
                child.tail = None
    # Not exclusive: MathML in abstracts keeps its prefixes.
    return bytes(etree.tostring(element, method="c14n", with_comments=False, with_tail=False))


def refuse_strange(body: bytes) -> None:
    """Raise if an answer is empty, a web page, or declares entities."""
    head = body[:_HEAD]
    if not head.strip():
        raise _malformed("an empty answer")
    if _HTML.match(head.removeprefix(b"\xef\xbb\xbf")):
        title = re.search(rb"<title[^>]*>(.*?)</title>", body[:65_536], re.IGNORECASE | re.DOTALL)
        named = " ".join(title[1].decode("utf-8", "replace").split())[:80] if title else ""
        raise AnswerError(
            f"a web page in place of data{f' ({named})' if named else ''}", kind="html", passing=True
        )
    # Only up to the root element: "<!ENTITY" inside a record's text is escaped, inside CDATA harmless.
    prolog = body[: match.start()] if (match := re.search(rb"<[A-Za-z]", body)) else body
    if _ENTITY.search(prolog):
        raise AnswerError(
            "XML that declares entities, which records never need", kind="entities", passing=True
        )
    if b"\x00" in head:  # E-utilities write UTF-8; UTF-16 would hide declarations from the line above
        raise _malformed("not UTF-8")
    if head.lstrip()[:1] == b"{" and b'"error"' in head and b"esearchresult" not in head:
        raise error_of(_json_error(body))


def _json_error(body: bytes) -> str:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return body[:200].decode("utf-8", "replace")
    return str(answer.get("error", answer)) if isinstance(answer, dict) else str(answer)


def error_of(said: str) -> AnswerError:
    """Make an error of what a server said, with its kind.

    Examples
    --------
    >>> error_of("API rate limit exceeded").is_passing, error_of("Unable to obtain query #1").kind
    (True, 'history')
    """
    said = " ".join(said.split())[:300]
    what = f"E-utilities answered: {said}"
    if _TOO_FAR.search(said):
        return AnswerError(what, kind="too-far")
    if _BAD_KEY.search(said) and not _PASSING.search(said):
        return AnswerError(what, mend="correct KG_NCBI_API_KEY, or unset it", kind="key")
    if _PASSING.search(said):
        return AnswerError(what, kind="error", passing=True)
    if _NOTHING.search(said):
        return AnswerError(what, kind="nothing")
    if _HISTORY.search(said):
        return AnswerError(what, kind="history")
    return AnswerError(what, kind="error")


def _parse_tree(body: bytes) -> Any:
    parser = etree.XMLParser(**SAFE_XML)
    try:
        return etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise _malformed(f"not well-formed XML: line {line}, column {column}: {error.msg}") from error
    except ValueError as error:  # text with an encoding declaration never comes here: bytes do
        raise _malformed(str(error)) from error


def _error_in(root: Any) -> AnswerError | None:
    said = [text for node in root.iter("ERROR", "error") if (text := (node.text or "").strip())]
    return error_of("; ".join(said[:3])) if said else None


def _malformed(what: str) -> AnswerError:
    return AnswerError(what, kind="malformed", passing=True)


def own_dois(element: Any) -> tuple[str, ...]:
    """Give the DOIs of the record itself; those of its references lie deeper."""
    nodes = (
        *element.iterfind("*/ArticleIdList/ArticleId[@IdType='doi']"),
        *element.iterfind("MedlineCitation/Article/ELocationID[@EIdType='doi']"),
    )
    found = (normalise_doi(node.text or "") for node in nodes if node.get("ValidYN") != "N")
    return tuple(dict.fromkeys(doi for doi in found if doi))


def revised_on(element: Any) -> str | None:
    """Give the day of a record's last revision, ISO; None where it doesn't say."""
    node = element.find("MedlineCitation/DateRevised")
    if node is None:
        node = element.find("BookDocument/DateRevised")
    if node is None:
        return None
    return "-".join(
        text for name in ("Year", "Month", "Day") if (text := (node.findtext(name) or "").strip())
    )
