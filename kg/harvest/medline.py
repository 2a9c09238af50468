"""MEDLINE format (``.txt``, ``.nbib``) into records, streaming, through Bio.Medline.

The format: https://www.nlm.nih.gov/bsd/mms/medlineelements.html. It names MeSH headings without their ids,
so they are keyword passages, not headings: an id would be a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from Bio import Medline

from kg.harvest._articles import article_url, parse_medline_date, unbracket_title
from kg.harvest.files import FileReading, open_bounded
from kg.harvest.identifiers import orcid_curie
from kg.model import ArticleRecord, Contributor, Passage, Problem, Record, Role, Severity, normalise_doi

_TAG: Final = re.compile(r"^([A-Z]{2,4}) *- ")


class _Lines:
    """Lines for Bio.Medline, decoded one by one, with what it loses: which ORCID is whose."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.not_utf8: int | None = None
        self._pmid = ""
        self._author = -1
        #: PMID -> index of the author -> ORCID as written
        self.orcids: dict[str, dict[int, str]] = {}

    def __iter__(self) -> Iterator[str]:
        for number, raw in enumerate(self._stream, start=1):
            try:
                line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError:
                line = raw.decode("latin-1")
                self.not_utf8 = self.not_utf8 or number
            self._note_author(line)
            yield line.replace("\r\n", "\n")

    def _note_author(self, line: str) -> None:
        tag, value = line[:4].rstrip(), line[6:].strip()
        if tag == "PMID":
            self._pmid, self._author = value, -1
        elif tag == "FAU":
            self._author += 1
        elif tag == "AUID" and self._author >= 0 and "ORCID" in value:
            self.orcids.setdefault(self._pmid, {}).setdefault(self._author, value)


def read_medline(reading: FileReading) -> Iterator[Record | Problem]:
    """Read a file in MEDLINE format, one record in memory at a time; a `kg.harvest.read.Reader`."""
    position = 0
    with open_bounded(reading.file) as stream:
        lines = _Lines(stream)
        for fields in Medline.parse(iter(lines)):  # type: ignore[no-untyped-call]
            if not fields:
                continue
            pmid = str(fields.get("PMID", ""))
            yield from parse_medline(fields, reading, position=position, orcids=lines.orcids.pop(pmid, {}))
            position += 1
    if lines.not_utf8:
        yield reading.problem(
            "encoding",
            f"not UTF-8 at line {lines.not_utf8}: such lines are read as Latin-1",
            severity=Severity.WARNING,
            mend="save it as UTF-8",
        )
    if not position:
        yield reading.problem("empty", "it holds no article")


def parse_medline(
    fields: Mapping[str, Any],
    reading: FileReading,
    *,
    position: int = 0,
    orcids: Mapping[int, str] | None = None,
) -> Iterator[Record | Problem]:
    """Turn one MEDLINE record into an article's record.

    Parameters
    ----------
    fields : mapping
        As Bio.Medline gives it: by tag, text or a list of it.
    reading : FileReading
        The file that it comes from.
    position : int, default 0
        Which record of the file it is.
    orcids : mapping of int to str, optional
        ORCID of each author that has one, by the author's index.

    Yields
    ------
    Record or Problem
        Warnings first, then the record; a lone error where there can be no record.
    """
    pmid = _one(fields, "PMID")
    if not pmid.isdecimal() or not pmid.isascii():
        rule, reason = ("malformed-id", f"{pmid[:40]!r} is no PMID") if pmid else ("missing-id", "it has no PMID")
        yield reading.problem(rule, f"{reason} (record {position + 1})", field="PMID")
        return
    record_id = f"PMID:{int(pmid)}"
    title = unbracket_title(_one(fields, "TI") or _one(fields, "CTI") or _one(fields, "BTI"))
    if not title or title.rstrip(".") == "Not Available":
        yield reading.problem(
            "missing-title",
            "it has no title: its PMID stands for it",
            severity=Severity.WARNING,
            record_id=record_id,
            field="TI",
        )
        title = ""
    keywords = tuple(dict.fromkeys(word for text in _many(fields, "OT") if (word := text.strip(" .;*"))))
    headings = tuple(dict.fromkeys(text.split("/")[0].strip(" *") for text in _many(fields, "MH")))
    types = tuple(_many(fields, "PT"))
    yield ArticleRecord(
        id=record_id,
        title=title or record_id,
        receipt=reading.receipt(position),
        passages=tuple(_passages(record_id, title, _one(fields, "AB"), keywords, headings)),
        url=article_url(str(int(pmid))),
        date=parse_medline_date(_one(fields, "DP")) or parse_medline_date(_one(fields, "DEP")[:4]),
        doi=next(
            (
                doi
                for text in (*_many(fields, "AID"), *_many(fields, "LID"))
                if "[doi]" in text and (doi := normalise_doi(text))
            ),
            None,
        ),
        pmc=next((match[0] for text in _many(fields, "PMC") if (match := re.fullmatch(r"PMC\d+", text))), None),
        journal=_one(fields, "TA") or _one(fields, "JT") or _one(fields, "BTI") or None,
        publication_types=types,
        keywords=keywords,
        authors=tuple(_authors(fields, orcids or {})),
        language=_one(fields, "LA") or None,
        is_book=bool(_one(fields, "BTI")),
        is_retracted="Retracted Publication" in types or "RIN" in fields,
    )


def _many(fields: Mapping[str, Any], tag: str) -> list[str]:
    value = fields.get(tag, ())
    return [" ".join(str(text).split()) for text in ((value,) if isinstance(value, str) else value)]


def _one(fields: Mapping[str, Any], tag: str) -> str:
    return next(iter(_many(fields, tag)), "")


def _authors(fields: Mapping[str, Any], orcids: Mapping[int, str]) -> Iterator[Contributor]:
    names = _many(fields, "FAU")
    for index, name in enumerate(names or _many(fields, "AU")):
        raw = orcids.get(index) if names else None
        yield Contributor(name=name, kind="Person", curie=orcid_curie(raw) if raw else None, roles=("Author",))
    for name in _many(fields, "CN"):
        yield Contributor(name=name.rstrip(" ."), kind="Organization", roles=("Author",))


def _passages(
    record_id: str, title: str, abstract: str, keywords: tuple[str, ...], headings: tuple[str, ...]
) -> Iterator[Passage]:
    if title:
        yield Passage(record_id=record_id, section="title", role=Role.TITLE, text=title)
    if abstract:
        yield Passage(record_id=record_id, section="abstract", role=Role.ABSTRACT, text=abstract)
    for section, words in (("keywords", keywords), ("mesh", headings)):
        for number, word in enumerate(words, start=1):
            if word:
                yield Passage(record_id=record_id, section=f"{section}/{number}", role=Role.KEYWORD, text=word)
