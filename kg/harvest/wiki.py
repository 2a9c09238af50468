"""Wiki pages as Markdown files into records."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

from kg.errors import RecordError
from kg.harvest._inline import Rich
from kg.harvest.files import FileReading, InputFile, decode_text, read_whole
from kg.harvest.front_matter import Warn, annotations_of, date_of, read_front_matter, text_of, url_of
from kg.harvest.markdown import Block, Document, Kind, parse_inline, parse_markdown, parse_tokens
from kg.harvest.references import name_entries, parse_reference, parse_refs
from kg.harvest.slugs import is_infrastructure, page_id, page_slug, page_type
from kg.model import (
    MermaidBlock,
    Passage,
    Problem,
    Record,
    Reference,
    Role,
    Severity,
    WikiPageRecord,
)

#: Most bytes of a page: the longest of the wiki have 0.2 MB.
PAGE_LIMIT: Final = 2 * 2**20
_ROLES: Final = {Kind.TEXT: Role.BODY, Kind.ROW: Role.FIELD, Kind.CAPTION: Role.CAPTION}

#: Prefix of a work's key in running text -> the field of a reference that has it, and how it is written.
_WRITTEN: Final = {"PMID": ("pmid", "PMID: {}"), "DOI": ("doi", "doi:{}"), "PMC": ("pmc", "{}")}



def read_markdown(reading: FileReading) -> Iterator[Record | Problem]:
    """Read one page in Markdown, with the ``page.refs.json`` beside its ``page.md``; a `kg.harvest.read.Reader`."""
    text, complaint = decode_text(read_whole(reading.file, limit=PAGE_LIMIT))
    slug = page_slug(reading.file.relative.removesuffix(".gz"))
    yield from read_page(text, reading, slug=slug, complaint=complaint)


class PageName(NamedTuple):
    """What a page is called."""

    slug: str
    title: str

    @property
    def id(self) -> str:
        """The page's CURIE."""
        return page_id(self.slug)


def read_name(text: str, *, slug: str | None) -> PageName | None:
    """Read what a page is called, as `read_page` does and in a third of its time.

    Parameters
    ----------
    text : str
        Markdown.
    slug : str or None
        What its place says that its slug is.

    Returns
    -------
    PageName or None
        None where the whole page has to be read for it, or it is no page.
    """

    def ignore(rule: str, field: str, reason: str, severity: Severity) -> None:
        """Pass over what `read_page` complains of."""

    tokens = parse_tokens(text, inline=False).tokens
    front = read_front_matter(next((t.content for t in tokens if t.type == "front_matter"), None), ignore)
    slug = _slug(front, slug, ignore)
    if slug is None or not front:
        return None
    title = text_of(front.get("title"))
    if title is None:
        for opening, inline in pairwise(tokens):
            if opening.type == "heading_open" and opening.tag == "h1":
                # What a bracket means may be defined anywhere.
                if "[" in inline.content:
                    return None
                title = title or parse_inline(inline.content).text
    return PageName(slug, title or title_of(slug))


def read_page(
    text: str,
    reading: FileReading,
    *,
    slug: str | None,
    given: Mapping[str, Any] | None = None,
    complaint: str | None = None,
) -> Iterator[Record | Problem]:
    """Read a page's Markdown, wherever it came from.

    Parameters
    ----------
    text : str
        Markdown, with or without front matter.
    reading : FileReading
        The file that it comes from.
    slug : str or None
        What its place says that its slug is.
    given : mapping, optional
        What stands beside the text, as front matter would have it; it goes before the text's own.
    complaint : str, optional
        What was wrong with the text's encoding.

    Yields
    ------
    Record or Problem
        As `read_markdown` does.
    """
    problems: list[Problem] = []
    found: list[str | None] = [None]

    def warn(rule: str, field: str, reason: str, severity: Severity = Severity.WARNING) -> None:
        problems.append(reading.problem(rule, reason, severity=severity, record_id=found[0], field=field))

    document = parse_markdown(text, source=slug)
    front = {**read_front_matter(document.front_matter, warn), **(given or {})}
    slug = _slug(front, slug, warn)
    if slug is None:
        yield reading.problem(
            "malformed-id",
            "neither its front matter nor its path gives a slug",
            field="slug",
            mend="write 'slug: type/name' into its front matter",
        )
        return
    found[0] = page_id(slug)
    if complaint:
        warn("encoding", "", complaint, Severity.WARNING)
    if not document.blocks and not (given is None and front):
        yield reading.problem("empty", "the page has no text", record_id=page_id(slug))
        return
    references = _all_references(front, document, reading.file, warn)
    yield from _finish(slug, front, document, references, reading, warn, problems)


def _slug(front: Mapping[str, Any], from_path: str | None, warn: Warn) -> str | None:
    if front.get("wpid") and (slug := page_slug(f"pathways/{front['wpid']}")):
        return slug
    given = front.get("slug")
    if given is not None:
        slug = page_slug(str(given))
        if slug is not None:
            return slug
        warn(
            "malformed-id",
            "slug",
            f"{str(given)[:80]!r} is no slug: the file's path is used",
            Severity.WARNING,
        )
    return from_path


def _all_references(front: Mapping[str, Any], document: Document, file: InputFile, warn: Warn) -> dict[str, Reference]:
    """Collect a page's references by key: front matter, the file beside it, footnotes, its own list."""
    references: dict[str, Reference] = {}
    for field, raw in (("refs_json", front.get("refs_json")), ("refs.json", _beside(file, warn))):
        found, complaints = parse_refs(raw)
        for complaint in complaints:
            warn("malformed-reference", field, complaint, Severity.WARNING)
        for key, reference in found.items():
            references.setdefault(key, reference)
    for key, text in document.footnotes:
        references.setdefault(f"^{key}", parse_reference(f"^{key}", text))
    cited = [mark.key for block in document.blocks for mark in block.rich.marks if block.kind is not Kind.REFERENCE]
    return add_listed_references(
        references, [block for block in document.blocks if block.kind is Kind.REFERENCE], cited
    )


def add_listed_references(
    references: dict[str, Reference], listed: Sequence[Block], cited: Sequence[str]
) -> dict[str, Reference]:
    """Add the entries of a page's own list, and the works that running text cites by an identifier.

    Parameters
    ----------
    references : dict of str to Reference
        What is known already, by key.
    listed : sequence of Block
        The entries of its "References".
    cited : sequence of str
        The keys of the page's marks, in order.

    Returns
    -------
    dict of str to Reference
        An entry whose work is known already is left out.
    """
    entries = [parse_reference("", block.rich.text, addresses=block.addresses) for block in listed]
    known = {reference.curie for reference in references.values()} - {None}
    entries = [entry for entry in entries if entry.curie is None or entry.curie not in known]
    merged = dict(references)
    for entry in name_entries(entries, [key for key in cited if key not in references]):
        key, number = entry.key, 2
        while key in merged:
            key, number = f"{entry.key}-{number}", number + 1
        merged[key] = entry.model_copy(update={"key": key})
    for key in cited:
        prefix, _, name = key.partition(":")
        if key not in merged and prefix in _WRITTEN:
            field, written = _WRITTEN[prefix]
            merged[key] = Reference.model_validate({"key": key, field: name, "text": written.format(name)})
    return merged


def _beside(file: InputFile, warn: Warn) -> object:
    """Read ``page.refs.json`` beside a page, where there is one."""
    name = file.path.name.removesuffix(".gz")
    companion = file.path.with_name(f"{name.rsplit('.', 1)[0]}.refs.json")
    if not companion.is_file() or companion.is_symlink():
        return None
    try:
        text, _ = decode_text(read_whole(InputFile(file.source, companion, companion.name), limit=PAGE_LIMIT))
        return json.loads(text)
    except (OSError, RecordError, ValueError, RecursionError) as error:
        warn("malformed-reference", "refs.json", f"{companion.name} can't be read: {error}", Severity.WARNING)
        return None


def _finish(
    slug: str,
    front: Mapping[str, Any],
    document: Document,
    references: Mapping[str, Reference],
    reading: FileReading,
    warn: Warn,
    problems: list[Problem],
) -> Iterator[Record | Problem]:
    record_id = page_id(slug)
    title = text_of(front.get("title")) or document.title
    if title is None:
        title = title_of(slug)
        warn("missing-title", "title", "it has no title: its slug stands for it", Severity.NOTE)
    kind = page_type(slug)
    description = text_of(front.get("description"))
    leads = parse_markdown(description, source=slug).blocks if description else ()
    passages = list(build_passages(record_id, title, document.blocks, warn, description=leads))
    marked = [mark.key for block in leads for mark in block.rich.marks]
    references = add_listed_references(dict(references), (), marked)
    check_references(references, passages, warn)
    yield from problems
    yield WikiPageRecord(
        id=record_id,
        title=title,
        receipt=reading.receipt(),
        passages=tuple(passages),
        url=url_of(front),
        date=date_of(front),
        slug=slug,
        page_type=kind,
        references=tuple(references.values()),
        diagrams=tuple(MermaidBlock(text=diagram.text, line=diagram.line) for diagram in document.diagrams),
        infobox=tuple((block.name, block.rich.text) for block in document.blocks if block.kind is Kind.INFOBOX),
        annotations=tuple(annotations_of(front, warn)),
        is_infrastructure=is_infrastructure(kind),
    )


def title_of(slug: str) -> str:
    """Make a title of a slug.

    Examples
    --------
    >>> title_of("datasets/allen-openscope")
    'Allen Openscope'
    """
    return slug.rsplit("/", maxsplit=1)[-1].replace("-", " ").replace("_", " ").title()


def build_passages(
    record_id: str, title: str, blocks: Sequence[Block], warn: Warn, *, description: Sequence[Block] = ()
) -> Iterator[Passage]:
    """Give a page's blocks addresses.

    Parameters
    ----------
    record_id : str
        The page.
    title : str
        Its title.
    blocks : sequence of Block
        Its text.
    warn : callable
        Takes rule, field, reason, severity; told of paragraphs that are there twice.
    description : sequence of Block
        The front matter's description.

    Yields
    ------
    Passage
        ``title``, ``description``, ``infobox/1``, ``body/overview#2``; of a repeated paragraph the first.
    """
    yield Passage(record_id=record_id, section="title", role=Role.TITLE, text=title)
    seen: set[str] = set()
    counts: dict[str, int] = {}
    repeated: list[int] = []

    def number(name: str) -> int:
        counts[name] = counts.get(name, 0) + 1
        return counts[name]

    def passage(section: str, role: Role, rich: Rich, line: int | None) -> Passage:
        return Passage(
            record_id=record_id,
            section=section,
            role=role,
            text=rich.text,
            marks=rich.marks,
            links=rich.links,
            line=line,
        )

    for block in description:
        count = number("description")
        yield passage("description" if count == 1 else f"description#{count}", Role.DESCRIPTION, block.rich, None)
    for block in blocks:
        if block.kind is Kind.INFOBOX:
            yield passage(f"infobox/{number('infobox')}", Role.FIELD, block.rich, block.line)
            continue
        if block.kind is Kind.REFERENCE:
            continue
        # Short lines ("Mouse") may well stand twice; a paragraph that does was pasted twice.
        key = block.rich.text.casefold()
        if len(key) > 40 and key in seen:
            repeated.append(block.line)
            continue
        seen.add(key)
        section = f"body/{block.heading}"
        yield passage(f"{section}#{number(section)}", _ROLES[block.kind], block.rich, block.line)
    if repeated:
        lines = ", ".join(str(line) for line in repeated[:3])
        warn(
            "repeated-text",
            "body",
            f"{len(repeated)} paragraphs are there twice (first at line {lines}): the first of each is kept",
            Severity.NOTE,
        )


def check_references(references: Mapping[str, Reference], passages: Sequence[Passage], warn: Warn) -> None:
    """Report citations without a reference and references that resolve to nothing, each kind once a page."""
    keys = dict.fromkeys(mark.key for passage in passages for mark in passage.marks)
    missing = [key for key in keys if key not in references]
    if missing:
        warn(
            "unresolved-citation",
            "body",
            f"{len(missing)} citations have no reference ({', '.join(missing[:3])})",
            Severity.WARNING,
        )
    empty = [key for key, reference in references.items() if not reference.names_work]
    if empty:
        warn(
            "unresolved-reference",
            "references",
            f"{len(empty)} of {len(references)} references have neither PMID nor DOI ({', '.join(empty[:3])})",
            Severity.NOTE,
        )
