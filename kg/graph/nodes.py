"""Nodes: what is known of the thing behind a CURIE, from its record or its vocabulary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kg.claims.pairing import archive_citations, is_dataset_page
from kg.model import (
    ArticleRecord,
    Category,
    Contributor,
    DatasetRecord,
    Receipt,
    Record,
    Scope,
    Term,
    WikiPageRecord,
    iri_of,
)
from kg.model.schema import LABEL_OF_CATEGORY, Label
from kg.ontology import Vocabulary, infores_of

#: PubMed's publication types that are no peer-reviewed publication.
_NOT_REVIEWED = frozenset(
    {"Preprint", "Editorial", "Letter", "Comment", "News", "Newspaper Article", "Retracted Publication"}
)
_IDENTITY = frozenset({"skos:exactMatch", "skos:closeMatch"})


class NodeMaker:
    """Makes rows of the table ``nodes``.

    Parameters
    ----------
    records : sequence of Record
        The snapshot, one record an id.
    vocabulary : Vocabulary
        Where terms come from.
    """

    def __init__(self, records: Sequence[Record], vocabulary: Vocabulary) -> None:
        self._records = {record.id: record for record in records}
        self._vocabulary = vocabulary
        self._titles: dict[str, str] = {}
        self._agents: dict[str, Contributor] = {}
        for record in records:
            self._learn(record)

    def receipt(self, record_id: str) -> Receipt | None:
        """Where a record came from, or None for what is no record."""
        record = self._records.get(record_id)
        return record.receipt if record else None

    def record_nodes(self) -> Iterator[dict[str, Any]]:
        """Give a node for every record, linked to anything or not."""
        for record in self._records.values():
            yield _record_node(record)

    def node(self, curie: str) -> dict[str, Any] | None:
        """Give the node of a CURIE, or None where no vocabulary and no record knows it."""
        if record := self._records.get(curie):
            return _record_node(record)
        prefix = curie.partition(":")[0]
        if prefix in ("PMID", "DOI"):
            title = self._titles.get(curie)
            doi = curie.removeprefix("DOI:") if prefix == "DOI" else None
            return {**_base(curie, Label.PUBLICATION, title or curie), "doi": doi, "in_snapshot": False}
        if prefix == "DANDI":
            return {
                **_base(curie, Label.DATASET, self._titles.get(curie) or curie),
                "archive": "DANDI",
                "in_snapshot": False,
            }
        if prefix == "wiki":
            slug = curie.removeprefix("wiki:")
            name = self._titles.get(curie) or slug.rpartition("/")[2].replace("-", " ")
            return {
                **_base(curie, Label.WIKI_PAGE, name),
                "page_type": _page_type(slug),
                "in_snapshot": False,
            }
        if agent := self._agents.get(curie):
            return {**_base(curie, Label.AGENT, agent.name), "agent_kind": agent.kind}
        if prefix == "infores":
            return self._vocabulary_node(curie)
        term = self._vocabulary.get(curie)
        return _term_node(term) if term else None

    def _learn(self, record: Record) -> None:
        """Remember what a record says of things that have no record of their own."""
        if isinstance(record, DatasetRecord):
            for contributor in record.contributors:
                self._agent(contributor)
            for resource in record.related:
                for curie in (
                    resource.pmid and f"PMID:{resource.pmid}",
                    resource.doi and f"DOI:{resource.doi}",
                ):
                    if curie and resource.name:
                        self._title(curie, resource.name)
        elif isinstance(record, ArticleRecord):
            for contributor in record.authors:
                self._agent(contributor)
        elif isinstance(record, WikiPageRecord):
            for reference in record.references:
                if reference.curie and reference.title:
                    self._title(reference.curie, reference.title)

    def _title(self, curie: str, title: str) -> None:
        # Several records may title one work differently: the longest, then the first in the alphabet.
        known = self._titles.get(curie)
        if known is None or (-len(title), title) < (-len(known), known):
            self._titles[curie] = title

    def _agent(self, contributor: Contributor) -> None:
        curie = contributor.curie
        if not curie:
            return
        known = self._agents.get(curie)
        if known is None or (-len(contributor.name), contributor.name, contributor.kind) < (
            -len(known.name),
            known.name,
            known.kind,
        ):
            self._agents[curie] = contributor

    def _vocabulary_node(self, curie: str) -> dict[str, Any] | None:
        for name, version in self._vocabulary.versions.items():
            if infores_of(name) == curie:
                return {**_base(curie, Label.VOCABULARY, name), "version": version}
        return None


def _base(curie: str, label: Label, name: str) -> dict[str, Any]:
    return {"id": curie, "label": label.value, "name": name, "url": iri_of(curie)}


def _page_type(slug: str) -> str | None:
    return slug.partition("/")[0] if "/" in slug else None


def _record_node(record: Record) -> dict[str, Any]:
    if isinstance(record, DatasetRecord):
        return {
            **_base(record.id, Label.DATASET, record.title),
            "url": record.url or iri_of(record.id),
            "date": record.date,
            "archive": "DANDI",
            "version": record.version,
            "doi": record.doi,
            "licence": record.licence,
            "keywords": sorted(set(record.keywords)),
            "variables": sorted(set(record.variables)),
            "subject_count": record.subject_count,
            "file_count": record.file_count,
            "size_bytes": record.size_bytes,
            "is_open": record.is_open,
            "in_snapshot": True,
        }
    if isinstance(record, ArticleRecord):
        types = sorted(set(record.publication_types))
        reviewed = (
            None if record.is_book or not types else "Journal Article" in types and not _NOT_REVIEWED & set(types)
        )
        return {
            **_base(record.id, Label.PUBLICATION, record.title),
            "url": record.url or iri_of(record.id),
            "date": record.date,
            "doi": record.doi,
            "journal": record.journal,
            "publication_types": types,
            "is_peer_reviewed": reviewed,
            "is_retracted": record.is_retracted,
            "in_snapshot": True,
        }
    assert isinstance(record, WikiPageRecord)
    return {
        **_base(record.id, Label.WIKI_PAGE, record.title),
        "url": record.url or iri_of(record.id),
        "date": record.date,
        "page_type": record.page_type,
        "is_infrastructure": record.is_infrastructure,
        "archives": sorted({c.archive for c in archive_citations(record)}) if is_dataset_page(record) else [],
        "in_snapshot": True,
    }


def _term_node(term: Term) -> dict[str, Any]:
    wanted = (Scope.EXACT, Scope.LABEL, Scope.ABBREVIATION)
    return {
        **_base(term.curie, LABEL_OF_CATEGORY[term.category], term.label),
        "synonyms": sorted({synonym.text for synonym in term.synonyms if synonym.scope in wanted} - {term.label}),
        "xrefs": sorted({xref.curie for xref in term.xrefs if xref.predicate in _IDENTITY}),
        "definition": term.definition,
        "vocabulary": term.vocabulary,
        "family": term.family,
        "slug": term.curie.removeprefix("mechanism:") if term.category is Category.MECHANISM else None,
    }
