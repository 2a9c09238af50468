"""Records: what was harvested, parsed but not yet understood.

A record is immutable, has a receipt that says where its bytes came from, and carries its text as
passages with addresses. Nothing here reads a file; ``kg.harvest`` does.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(StrEnum):
    """Where records come from."""

    DANDI = "dandi"
    PUBMED = "pubmed"
    WIKI = "wiki"


class Receipt(_Frozen):
    """Which bytes a record was parsed from."""

    source: Source
    path: str = Field(description="Path below the source's root, with '/', so that moving the root changes nothing")
    sha256: str = Field(description="Of the file's bytes as read, compressed or not")
    size_bytes: int
    position: int = Field(default=0, description="Which record of the file, from 0")


class Role(StrEnum):
    """What a passage is to its record: evidence from a title weighs other than from a keyword."""

    TITLE = "title"
    DESCRIPTION = "description"
    ABSTRACT = "abstract"
    KEYWORD = "keyword"
    FIELD = "field"
    BODY = "body"
    CAPTION = "caption"


class CitationMark(_Frozen):
    """A citation in a passage: the text before `offset` is what it supports."""

    offset: int = Field(description="Code points from the start of the passage's text, where the mark stood")
    key: str = Field(description="Key of a reference of the same page")


class PageLink(_Frozen):
    """A link in a passage to another page of the wiki, or out of it."""

    start: int
    end: int
    target: str = Field(description="Page id ('wiki:mechanisms/x') where it is one, else the address as written")


class Passage(_Frozen):
    """A piece of a record's text with an address.

    `text` is the record's own wording, except that markup is taken out; offsets of mentions and
    evidence count Unicode code points of `text`, half-open, and so point at exactly what is quoted.
    """

    record_id: str
    section: str = Field(description="Address within the record: 'title', 'abstract/RESULTS', 'body/overview#2'")
    role: Role
    text: str
    marks: tuple[CitationMark, ...] = ()
    links: tuple[PageLink, ...] = ()
    line: int | None = Field(default=None, description="First line in the source file, from 1, where known")

    @property
    def address(self) -> str:
        """Record and section in one string, unique in a snapshot."""
        return f"{self.record_id}#{self.section}"


class FieldTerm(_Frozen):
    """A structured field's entry: a name, an identifier, or only one of them."""

    field: str = Field(description="Path of the field in the record: 'about', 'assetsSummary.species'")
    schema_key: str | None = Field(default=None, description="What the record says it is: Anatomy, Disorder, …")
    name: str | None = None
    raw_id: str | None = Field(default=None, description="The identifier exactly as written")


class RelatedResource(_Frozen):
    """Something that a dataset says it is related to."""

    relation: str | None = Field(default=None, description="Without 'dcite:'; None where the record has none")
    name: str | None = None
    raw_id: str | None = None
    url: str | None = None
    resource_type: str | None = None
    doi: str | None = Field(default=None, description="Lower case, bare; None where no field holds one")
    pmid: str | None = Field(default=None, description="Digits only")
    field: str = "relatedResource"


class Contributor(_Frozen):
    """A person or an organisation behind a record."""

    name: str
    kind: str = Field(description="Person or Organization")
    curie: str | None = Field(default=None, description="ORCID: or ROR:, where the record has one")
    roles: tuple[str, ...] = ()


class Record(_Frozen):
    """What every record has."""

    id: str
    title: str
    receipt: Receipt
    passages: tuple[Passage, ...] = ()
    url: str | None = None
    date: str | None = Field(default=None, description="ISO 8601, as precise as known: 2021, 2021-03, 2021-03-09")


class DatasetRecord(Record):
    """One version of a dandiset."""

    version: str | None = None
    schema_version: str | None = None
    doi: str | None = None
    licence: str | None = None
    keywords: tuple[str, ...] = ()
    species: tuple[FieldTerm, ...] = ()
    approaches: tuple[FieldTerm, ...] = ()
    techniques: tuple[FieldTerm, ...] = ()
    about: tuple[FieldTerm, ...] = ()
    variables: tuple[str, ...] = ()
    related: tuple[RelatedResource, ...] = ()
    contributors: tuple[Contributor, ...] = ()
    subject_count: int | None = None
    file_count: int | None = None
    size_bytes: int | None = None
    is_open: bool | None = None


class MeshHeading(_Frozen):
    """One MeSH descriptor of an article."""

    curie: str = Field(description="MESH:D000544")
    name: str
    is_major: bool = False


class ArticleRecord(Record):
    """One PubMed record: an article or a book chapter."""

    doi: str | None = None
    pmc: str | None = None
    journal: str | None = None
    publication_types: tuple[str, ...] = Field(default=(), description="As PubMed names them: 'Review', …")
    mesh: tuple[MeshHeading, ...] = ()
    keywords: tuple[str, ...] = ()
    authors: tuple[Contributor, ...] = ()
    language: str | None = None
    is_book: bool = False
    is_retracted: bool = False
    references: tuple[str, ...] = Field(default=(), description="CURIEs of the works it cites")


class Reference(_Frozen):
    """One entry of a wiki page's bibliography."""

    key: str
    pmid: str | None = None
    doi: str | None = None
    pmc: str | None = Field(default=None, description="Number of PubMed Central, as PMC9531949")
    title: str | None = None
    year: str | None = None
    authors: str | None = None
    text: str = Field(default="", description="The entry as the page has it")

    @property
    def curie(self) -> str | None:
        """PMID first, then DOI; None for a reference that resolves to nothing."""
        if self.pmid:
            return f"PMID:{self.pmid}"
        return f"DOI:{self.doi}" if self.doi else None

    @property
    def is_inline(self) -> bool:
        """Say whether it is no entry, but stands for what running text cites by an identifier."""
        return self.key.startswith(("PMID:", "DOI:", "PMC:"))

    @property
    def names_work(self) -> bool:
        """Say whether the work can be looked up: by PMID, DOI, or its number in PubMed Central."""
        return bool(self.pmid or self.doi or self.pmc)


class MermaidBlock(_Frozen):
    """A Mermaid diagram as a page has it."""

    text: str
    line: int


class WikiPageRecord(Record):
    """One page of the wiki."""

    slug: str
    page_type: str | None = Field(default=None, description="First part of the slug: datasets, mechanisms, diseases, …")
    references: tuple[Reference, ...] = ()
    diagrams: tuple[MermaidBlock, ...] = ()
    infobox: tuple[tuple[str, str], ...] = Field(default=(), description="Rows of the page's infobox, in order")
    annotations: tuple[FieldTerm, ...] = Field(default=(), description="Ontology terms in the front matter")
    is_infrastructure: bool = Field(
        default=False,
        description="A program, archive, tool or method page: never the subject of a biological claim (rule 4)",
    )


class Severity(StrEnum):
    """How much of a record a problem costs."""

    ERROR = "error"  # the record is not in the graph
    WARNING = "warning"  # the record is in the graph without the field
    NOTE = "note"  # nothing is lost


class Problem(_Frozen):
    """Something wrong with one record, reported and counted; it never stops a build."""

    source: Source
    path: str
    record_id: str | None = None
    field: str | None = None
    rule: str = Field(description="Short code: 'malformed', 'missing-id', 'duplicate', 'unknown-id', …")
    severity: Severity
    reason: str
    mend: str = ""
