"""Wiki pages as scraped text: a header, headings as bare lines, Markdown only inside the lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from kg.harvest.files import FileReading, decode_text, read_whole
from kg.harvest.managed import without_managed
from kg.harvest.markdown import Block, Kind, parse_inline, slugify_heading
from kg.harvest.slugs import is_infrastructure, page_id, page_slug, page_type
from kg.harvest.wiki import PAGE_LIMIT, add_listed_references, build_passages, check_references, title_of
from kg.model import Problem, Record, Severity, WikiPageRecord

#: What tells the form: the page's id in one of its first lines.
SCRAPED_ID: Final = re.compile(r"ID:\s*(wiki-[\w-]+)")
_CREATED: Final = re.compile(r"Created:\s*(\d{4}-\d{2}-\d{2})")
_HEADER_END: Final = re.compile(r"words\s*synced|^synced\s", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"\]\(\s*(\S+?)\s*\)")
_FURNITURE: Final = re.compile(r"^(?:Mermaid diagram \(expand to render\)|📖.*|Edit|Table of Contents)$", re.IGNORECASE)
_PLAIN_HEADINGS: Final = frozenset(
    {
        "introduction",
        "overview",
        "background",
        "references",
        "see also",
        "external links",
        "summary",
        "pathway diagram",
    }
)
_SMALL_WORDS: Final = frozenset(
    {
        "a",
        "an",
        "and",
        "as",
        "at",
        "by",
        "for",
        "from",
        "in",
        "into",
        "of",
        "on",
        "or",
        "the",
        "to",
        "via",
        "vs",
        "with",
    }
)


def read_scraped(reading: FileReading) -> Iterator[Record | Problem]:
    """Read one page of scraped text; a `kg.harvest.read.Reader`."""
    yield from read_scraped_bytes(reading, read_whole(reading.file, limit=PAGE_LIMIT))


def read_scraped_bytes(reading: FileReading, data: bytes) -> Iterator[Record | Problem]:
    """Read one page of scraped text, given its bytes; else as `read_scraped`."""
    text, complaint = decode_text(data)
    lines = without_managed(re.split(r"\r\n|\r|\n", text))
    header = " ".join(lines[:6])
    match = SCRAPED_ID.search(header)
    slug = page_slug(match[1]) if match else None
    if slug is None:
        yield reading.problem("missing-id", "no page id ('ID: wiki-…') in its first lines", field="ID")
        return
    record_id = page_id(slug)
    problems: list[Problem] = []

    def warn(rule: str, field: str, reason: str, severity: Severity) -> None:
        problems.append(reading.problem(rule, reason, severity=severity, record_id=record_id, field=field))

    if complaint:
        warn("encoding", "", complaint, Severity.WARNING)
    blocks = list(_blocks(lines, slug))
    listed = [block for block in blocks if block.kind is Kind.REFERENCE]
    cited = [mark.key for block in blocks if block.kind is Kind.TEXT for mark in block.rich.marks]
    references = add_listed_references({}, listed, cited)
    passages = list(build_passages(record_id, title_of(slug), blocks, warn))
    check_references(references, passages, warn)
    yield from problems
    created = _CREATED.search(header)
    yield WikiPageRecord(
        id=record_id,
        title=title_of(slug),
        receipt=reading.receipt(),
        passages=tuple(passages),
        date=created[1] if created else None,
        slug=slug,
        page_type=page_type(slug),
        references=tuple(references.values()),
        is_infrastructure=is_infrastructure(page_type(slug)),
    )


def _blocks(lines: list[str], slug: str) -> Iterator[Block]:
    heading = "lead"
    # The header ends with the line of counts; without one, with the line of the id.
    marks = [number for number, line in enumerate(lines[:8]) if _HEADER_END.search(line) or SCRAPED_ID.search(line)]
    first = max(marks, default=-1) + 1
    for number, line in enumerate(lines[first:], start=first + 1):
        text = line.strip()
        if not text or _FURNITURE.match(text):
            continue
        if is_heading(text):
            heading = slugify_heading(text)
            continue
        rich = parse_inline(text, source=slug)
        if not rich.text:
            continue
        if heading == "references":
            yield Block(Kind.REFERENCE, heading, rich, number, addresses=tuple(_ADDRESS.findall(text)))
        else:
            yield Block(Kind.TEXT, heading, rich, number)


def is_heading(line: str) -> bool:
    """Tell whether a line of scraped text is a heading: short, without markup, in title case.

    Examples
    --------
    >>> is_heading("Recommended Use in NeuroWiki Workflows"), is_heading("Open release model: broad reuse.")
    (True, False)
    """
    if line.casefold() in _PLAIN_HEADINGS:
        return True
    words = line.split()
    if len(line) > 90 or len(words) > 12 or line[-1] in ".:;,!?…" or re.search(r"[\[\]()|]", line):
        return False
    return len(words) > 1 and all(word in _SMALL_WORDS or not word[0].islower() for word in words)
