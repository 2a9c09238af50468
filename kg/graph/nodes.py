"""Nodes: what is known of the thing behind a CURIE, from its record or its vocabulary."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import polars as pl

from kg.claims.pairing import archive_citations, is_dataset_page
from kg.graph.tables import TABLES, frame_of
from kg.model import (
    ArticleRecord,
    Category,
    Contributor,
    DatasetRecord,
    Record,
    Scope,
    Term,
    WikiPageRecord,
    iri_of,
)
from kg.model.curie import prefix_map
from kg.model.schema import LABEL_OF_CATEGORY, Label
from kg.ontology import Vocabulary, infores_of

#: PubMed's publication types that are no peer-reviewed publication.
_NOT_REVIEWED = frozenset(
    {"Preprint", "Editorial", "Letter", "Comment", "News", "Newspaper Article", "Retracted Publication"}
)
_IDENTITY = frozenset({"skos:exactMatch", "skos:closeMatch"})


#: Names of works that have no record of their own, as others give them.
TITLES: Final = pl.Schema({"curie": pl.String(), "title": pl.String()})
#: People and organisations that records name.
AGENTS: Final = pl.Schema({"curie": pl.String(), "name": pl.String(), "kind": pl.String()})

_STRING: Final = pl.String()


def titles_of(record: Record) -> Iterator[tuple[str, str]]:
    """Give what a record calls works that may have no record of their own: CURIE and title."""
    if isinstance(record, DatasetRecord):
        for resource in record.related:
            for curie in (resource.pmid and f"PMID:{resource.pmid}", resource.doi and f"DOI:{resource.doi}"):
                if curie and resource.name:
                    yield curie, resource.name
    elif isinstance(record, WikiPageRecord):
        for reference in record.references:
            if reference.curie and reference.title:
                yield reference.curie, reference.title


def agents_of(record: Record) -> Iterator[tuple[str, str, str]]:
    """Give the people and organisations behind a record: CURIE, name and kind."""
    found: tuple[Contributor, ...] = ()
    if isinstance(record, DatasetRecord):
        found = record.contributors
    elif isinstance(record, ArticleRecord):
        found = record.authors
    for contributor in found:
        if contributor.curie:
            yield contributor.curie, contributor.name, contributor.kind


def make_nodes(
    curies: pl.Series, titles: pl.DataFrame, agents: pl.DataFrame, vocabulary: Vocabulary
) -> pl.DataFrame:
    """Make the nodes of what has no record: cited works, datasets and pages, agents, vocabularies and terms.

    Parameters
    ----------
    curies : polars.Series of String
        Each once.
    titles : polars.DataFrame
        Rows of `titles_of`. Several records may title one work differently: the longest, then the first
        in the alphabet.
    agents : polars.DataFrame
        Rows of `agents_of`; of several names likewise.
    vocabulary : Vocabulary
        Where terms come from.

    Returns
    -------
    polars.DataFrame
        With the columns of the table ``nodes``. What nothing knows has no row.
    """
    wanted = pl.DataFrame({"id": curies}).with_columns(
        prefix=pl.col("id").str.extract(r"^([^:]*)"), local=pl.col("id").str.replace(r"^[^:]*:", "")
    )
    best_title = (
        titles.unique()
        .sort(-pl.col("title").str.len_chars().cast(pl.Int64), "title")
        .unique("curie", keep="first", maintain_order=True)
    )
    best_agent = (
        agents.unique()
        .sort(-pl.col("name").str.len_chars().cast(pl.Int64), "name", "kind")
        .unique("curie", keep="first", maintain_order=True)
    )
    known = wanted.join(best_title, left_on="id", right_on="curie", how="left")
    is_work = pl.col("prefix").is_in(["PMID", "DOI"])
    page = pl.col("local").str.extract(r"([^/]*)$").str.replace_all("-", " ", literal=True)
    works = known.filter(is_work).select(
        "id",
        label=pl.lit(Label.PUBLICATION.value),
        name=pl.coalesce("title", "id"),
        doi=pl.when(pl.col("prefix") == "DOI").then("local"),
        in_snapshot=pl.lit(False),
    )
    datasets = known.filter(pl.col("prefix") == "DANDI").select(
        "id",
        label=pl.lit(Label.DATASET.value),
        name=pl.coalesce("title", "id"),
        archive=pl.lit("DANDI"),
        in_snapshot=pl.lit(False),
    )
    pages = known.filter(pl.col("prefix") == "wiki").select(
        "id",
        label=pl.lit(Label.WIKI_PAGE.value),
        name=pl.coalesce("title", page),
        page_type=pl.when(pl.col("local").str.contains("/", literal=True)).then(
            pl.col("local").str.extract(r"^([^/]*)")
        ),
        in_snapshot=pl.lit(False),
    )
    rest = known.filter(~(is_work | pl.col("prefix").is_in(["DANDI", "wiki"])))
    people = rest.join(best_agent, left_on="id", right_on="curie", how="inner").select(
        "id", label=pl.lit(Label.AGENT.value), name=pl.col("name"), agent_kind=pl.col("kind")
    )
    terms = rest.join(people, on="id", how="anti")["id"].to_list()
    rows = [row for curie in terms if (row := _known_node(curie, vocabulary)) is not None]
    prefixes = pl.DataFrame(
        list(prefix_map().items()), schema={"prefix": _STRING, "iri": _STRING}, orient="row"
    )
    made = pl.concat([works, datasets, pages, people], how="diagonal").join(
        wanted.select("id", "prefix", "local"), on="id", how="left"
    )
    linked = made.join(prefixes, on="prefix", how="left").with_columns(url=pl.col("iri") + pl.col("local"))
    return pl.concat(
        [_conform(linked.drop("prefix", "local", "iri")), frame_of(rows, TABLES["nodes"], "nodes")]
    )


def _conform(nodes: pl.DataFrame) -> pl.DataFrame:
    """Add the columns of the table that these nodes leave null."""
    return nodes.select(
        pl.col(name).cast(kind) if name in nodes.columns else pl.lit(None, dtype=kind).alias(name)
        for name, kind in TABLES["nodes"].items()
    )


def _known_node(curie: str, vocabulary: Vocabulary) -> dict[str, Any] | None:
    """Give the node of a vocabulary or of a term."""
    if curie.startswith("infores:"):
        for name, version in vocabulary.versions.items():
            if infores_of(name) == curie:
                return {**_base(curie, Label.VOCABULARY, name), "version": version}
        return None
    term = vocabulary.get(curie)
    return _term_node(term) if term else None


@cache
def _iris() -> dict[str, str]:
    return prefix_map()


def _iri_of(curie: str) -> str | None:
    """Give the IRI of a CURIE, as `kg.model.iri_of` does, which makes a map of all prefixes every time."""
    prefix, _, local = curie.partition(":")
    iri = _iris().get(prefix)
    return iri_of(curie) if iri is None else iri + local


def _base(curie: str, label: Label, name: str) -> dict[str, Any]:
    return {"id": curie, "label": label.value, "name": name, "url": _iri_of(curie)}


def record_node(record: Record) -> dict[str, Any]:
    """Give the node of a record, linked to anything or not."""
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
            None
            if record.is_book or not types
            else "Journal Article" in types and not _NOT_REVIEWED & set(types)
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
        "synonyms": sorted(
            {synonym.text for synonym in term.synonyms if synonym.scope in wanted} - {term.label}
        ),
        "xrefs": sorted({xref.curie for xref in term.xrefs if xref.predicate in _IDENTITY}),
        "definition": term.definition,
        "vocabulary": term.vocabulary,
        "family": term.family,
        "slug": term.curie.removeprefix("mechanism:") if term.category is Category.MECHANISM else None,
    }
