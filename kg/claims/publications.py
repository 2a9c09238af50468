"""Publications: one node for each, whatever identifier a record knows it by, and what a dataset has to do with it."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from kg.claims.works import PREPRINT_DOI, curies_of, is_publication, whole_doi, works_in_text
from kg.harvest.identifiers import REPOSITORY_DOI
from kg.model import ArticleRecord, DatasetRecord, WikiPageRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kg.model import Record, Reference, RelatedResource


class Tie(StrEnum):
    """What a dataset has to do with a publication."""

    DESCRIBED_BY = "described_by"  # the publication tells of this dataset
    CITES = "cites"  # the dataset refers to the publication
    CITED_BY = "cited_by"  # the publication refers to the dataset


class Tied(NamedTuple):
    """A publication or a dataset that a dataset names, with the place where it does."""

    curie: str
    tie: Tie
    section: str
    start: int
    end: int
    quote: str
    raw: str


#: What DataCite's relations mean in DANDI's records where the other end is a publication. Authors use
#: IsDescribedBy, Describes, IsSupplementTo and IsSupplementedBy as if they were one relation, and put the
#: paper of a dataset under IsPartOf, IsSourceOf, IsPublishedIn or IsDocumentedBy too: all of them are taken
#: as "this paper tells of the dataset". What says that the dataset was made *from* something is a citation,
#: and IsCitedBy and IsReferencedBy say that the paper refers to the dataset. What is not here is a citation.
_TIES: Final[dict[str, Tie]] = {
    "IsDescribedBy": Tie.DESCRIBED_BY,
    "Describes": Tie.DESCRIBED_BY,
    "IsPublishedIn": Tie.DESCRIBED_BY,
    "IsSupplementTo": Tie.DESCRIBED_BY,
    "IsSupplementedBy": Tie.DESCRIBED_BY,
    "IsDocumentedBy": Tie.DESCRIBED_BY,
    "Documents": Tie.DESCRIBED_BY,
    "IsPartOf": Tie.DESCRIBED_BY,
    "IsSourceOf": Tie.DESCRIBED_BY,
    "IsCitedBy": Tie.CITED_BY,
    "IsReferencedBy": Tie.CITED_BY,
}
#: Words by which a description says that the paper it names is its own.
_OWN_PAPER: Final = re.compile(
    r"\b(?:described in|more details|further (?:details|description)|for details|data (?:used in|from|"
    r"for|associated)|associated (?:publication|paper|with)|"
    r"accompany\w*|related paper|data ?set (?:for|of|from|that applies)|published (?:in|by)|"
    r"following (?:publication|preprint|paper)|"
    r"link to paper|our paper|this paper|reported in|presented in|(?:pre-?print|paper|article|"
    r"publication)(?: doi)?\s*:|corresponding|manuscript|see doi|please cite)",
    re.IGNORECASE,
)
#: PubMed's publication types that no reviewer saw.
_UNREVIEWED: Final = frozenset(
    {"Preprint", "Editorial", "Letter", "Comment", "News", "Newspaper Article", "Retracted Publication"}
)
_REACH: Final = 260


class PublicationFacts(NamedTuple):
    """What the index needs to know of one record."""

    record_id: str
    #: Other identifiers of the same work.
    same_as: tuple[str, ...]
    is_reviewed: bool
    #: Key of a dataset's title.
    title: str | None
    #: Works that the record makes worth a node.
    named: tuple[str, ...]


def publication_facts(record: Record) -> PublicationFacts:
    """Give what `PublicationIndex` needs to know of a record."""
    if isinstance(record, ArticleRecord):
        same_as = [f"DOI:{whole_doi(record.doi)}"] if record.doi else []
        if record.pmc:
            same_as.append(record.pmc if record.pmc.startswith("PMC:") else f"PMC:{record.pmc}")
        is_reviewed = bool(record.publication_types) and not _UNREVIEWED & set(record.publication_types)
        return PublicationFacts(record.id, tuple(same_as), is_reviewed, None, ())
    if isinstance(record, DatasetRecord):
        named = {curie for resource in record.related for curie in curies_of(resource)}
        named |= {tied.curie for tied in _in_description(record)}
        return PublicationFacts(record.id, (), False, _key(record.title), tuple(sorted(named)))
    named = set()
    if isinstance(record, WikiPageRecord):
        named = {reference.curie for reference in record.references if reference.curie}
    return PublicationFacts(record.id, (), False, None, tuple(sorted(named)))


class PublicationIndex:
    """Which node stands for a work, and which works are worth a node.

    Parameters
    ----------
    records : iterable of Record
        The snapshot.

    Notes
    -----
    An article may cite hundreds of works. Those that are in the snapshot, or that a dataset or a
    wiki page names, become nodes (`is_wanted`); the rest would be nodes that nothing else touches.
    """

    def __init__(self, records: Iterable[Record]) -> None:
        self._learn(publication_facts(record) for record in records)

    @classmethod
    def from_facts(cls, facts: Iterable[PublicationFacts]) -> PublicationIndex:
        """Make an index of what is known of records, without the records."""
        index = cls(())
        index._learn(facts)
        return index

    def _learn(self, facts: Iterable[PublicationFacts]) -> None:
        self._pmid_of: dict[str, str] = {}
        self._ids: set[str] = set()
        self._titles: dict[str, str] = {}
        self._reviewed: set[str] = set()
        named: set[str] = set()
        for fact in facts:
            self._ids.add(fact.record_id)
            self._pmid_of.update(dict.fromkeys(fact.same_as, fact.record_id))
            if fact.title is not None:
                self._titles.setdefault(fact.title, fact.record_id)
            if fact.is_reviewed:
                self._reviewed.add(fact.record_id)
            named.update(fact.named)
        self._named = {self.canonical(curie) for curie in named}

    def canonical(self, curie: str) -> str:
        """Give the id of a work's node: its PMID where the snapshot knows it.

        Examples
        --------
        >>> PublicationIndex([]).canonical("DOI:10.7554/eLife.06619.001")
        'DOI:10.7554/elife.06619'
        """
        if curie.startswith("DOI:"):
            curie = f"DOI:{whole_doi(curie.removeprefix('DOI:').lower())}"
        return self._pmid_of.get(curie, curie)

    @property
    def known(self) -> set[str]:
        """Everything that `is_known`."""
        return self._ids

    @property
    def wanted(self) -> set[str]:
        """Everything that `is_wanted`."""
        return self._ids | self._named

    def work_of(self, reference: Reference) -> str | None:
        """Give the id of the node of a reference's work: of one with a PMC number alone, the article of the snapshot.

        Examples
        --------
        >>> from kg.model import Reference
        >>> PublicationIndex([]).work_of(Reference(key="a", pmc="PMC9531949")) is None
        True
        """
        if reference.curie:
            return self.canonical(reference.curie)
        work = self.canonical(f"PMC:{reference.pmc}") if reference.pmc else None
        return None if work is None or work.startswith("PMC:") else work

    def is_known(self, curie: str) -> bool:
        """Say whether a record of the snapshot has this id."""
        return curie in self._ids

    def is_wanted(self, curie: str) -> bool:
        """Say whether a cited work becomes a node: it is in the snapshot, or a dataset or a page names it."""
        return curie in self._ids or curie in self._named

    def is_peer_reviewed(self, curie: str) -> bool:
        """Say whether a work is a peer-reviewed publication, as far as its id and its record tell.

        A PMID or PMC number without a record counts: PubMed is mostly journals. A DOI counts unless it is a
        repository's or a preprint server's.
        """
        curie = self.canonical(curie)
        if curie in self._ids:
            return curie in self._reviewed
        if curie.startswith(("PMID:", "PMC:")):
            return True
        return curie.startswith("DOI:") and not (REPOSITORY_DOI.search(curie) or PREPRINT_DOI.search(curie))

    def dataset_titled(self, title: str) -> str | None:
        """Give the dataset with this title, or None."""
        return self._titles.get(_key(title))


def ties_of(record: DatasetRecord, index: PublicationIndex) -> Iterator[Tied]:
    """Give the works and datasets that a dataset names, in fields first, then in its description.

    Parameters
    ----------
    record : DatasetRecord
        The dataset.
    index : PublicationIndex
        What decides between a PMID and a DOI.

    Yields
    ------
    Tied
        One an identifier and tie; the field's own word wins over the description's.
    """
    seen: set[tuple[str, Tie]] = set()
    described: set[str] = set()
    for number, resource in enumerate(record.related, start=1):
        section = f"relatedResource/{number}"
        raw = resource.raw_id or resource.url or ""
        quote = resource.name or raw
        for curie in _nodes_of(resource, index):
            if curie == record.id:
                continue
            tie = _tie_of(resource) if is_publication(resource) and not curie.startswith("DANDI:") else Tie.CITES
            if not curie.startswith("DANDI:") and not is_publication(resource):
                continue
            if (curie, tie) not in seen:
                seen.add((curie, tie))
                described.add(curie)
                yield Tied(curie, tie, section, 0, len(quote), quote, raw)
    for tied in _in_description(record):
        curie = index.canonical(tied.curie)
        if curie not in described and curie != record.id:
            described.add(curie)
            yield tied._replace(curie=curie)


def describing_ids(record: DatasetRecord, index: PublicationIndex) -> list[str]:
    """Give the publications that describe a dataset: rule 1 lets them speak for it.

    Returns
    -------
    list of str
        Node ids, in the order in which the record names them.
    """
    return list(dict.fromkeys(tied.curie for tied in ties_of(record, index) if tied.tie is Tie.DESCRIBED_BY))


def _nodes_of(resource: RelatedResource, index: PublicationIndex) -> list[str]:
    """Give the nodes that a resource names: one work, unless its identifier and its address are two."""
    curies = [index.canonical(curie) for curie in curies_of(resource)]
    dandisets = [curie for curie in curies if curie.startswith("DANDI:")]
    if dandisets:
        return dandisets[:1]
    # A PMC number that no record has can't be a node; a DOI and a PMID of one entry are one work.
    works = [curie for curie in curies if not curie.startswith("PMC:")]
    known = [curie for curie in works if index.is_known(curie)]
    return (known or works)[:1]


def _tie_of(resource: RelatedResource) -> Tie:
    return _TIES.get(resource.relation or "", Tie.CITES)


def _in_description(record: DatasetRecord) -> Iterator[Tied]:
    for passage in record.passages:
        if passage.role.value != "description":
            continue
        for curie, start, end in works_in_text(passage.text):
            if curie.startswith("DOI:") and REPOSITORY_DOI.search(curie):
                continue
            line = passage.text.rfind("\n", 0, start) + 1
            lead = passage.text[max(line, start - _REACH) : start]
            is_own = not curie.startswith("DANDI:") and _OWN_PAPER.search(lead) is not None
            first, last = _sentence_like(passage.text, start, end)
            yield Tied(
                curie,
                Tie.DESCRIBED_BY if is_own else Tie.CITES,
                passage.section,
                first,
                last,
                passage.text[first:last],
                passage.text[start:end],
            )


def _sentence_like(text: str, start: int, end: int) -> tuple[int, int]:
    """Give the line around an identifier, cut to a length that can be read: sentence rules break inside references."""
    first = max(text.rfind("\n", 0, start) + 1, start - _REACH)
    stop = text.find("\n", end)
    last = min(stop if stop >= 0 else len(text), end + 40)
    while first < start and (text[first].isspace() or (first and text[first - 1].isalnum() and text[first].isalnum())):
        first += 1
    while last > end and (
        text[last - 1].isspace() or (last < len(text) and text[last].isalnum() and text[last - 1].isalnum())
    ):
        last -= 1
    return first, last


def _key(title: str) -> str:
    return " ".join(re.findall(r"\w+", title.lower()))
