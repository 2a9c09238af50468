"""What a wiki page is about: its front matter's terms, and the thing that its slug and title name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from kg.claims.fields import problem_of
from kg.claims.statement import WIKI_SOURCE, make_supported
from kg.claims.terms import is_claimable
from kg.model import Category, Method, Predicate, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kg.claims.publications import PublicationIndex
    from kg.claims.terms import TermLookup
    from kg.model import FieldTerm, Problem, Supported, WikiPageRecord

#: Folder of the wiki -> category of the terms that its pages document.
_FOLDERS: Final = {
    "mechanisms": Category.MECHANISM,
    "diseases": Category.DISEASE,
    "brain-regions": Category.REGION,
    "regions": Category.REGION,
    "anatomy": Category.REGION,
    "cell-types": Category.CELL_TYPE,
    "cells": Category.CELL_TYPE,
    "species": Category.SPECIES,
    "techniques": Category.TECHNIQUE,
}
#: What titles of pages add to the name of their subject.
_TITLE_TAIL: Final = re.compile(
    r"\s+(?:in|and|of)\s+(?:the\s+)?(?:neurodegenerati(?:on|ve(?:\s+diseases?)?)|brain|disease|"
    r"aging)\s*$|\s*[—–|:].*$|\s*\([^()]*\)\s*$",
    re.IGNORECASE,
)
_DANDISET_SLUG: Final = re.compile(r"(?:^|[-/])(?:dandi(?:set)?-?)(\d{6})$", re.IGNORECASE)


def documented_by(
    record: WikiPageRecord, vocabulary: TermLookup, index: PublicationIndex
) -> Iterator[Supported | Problem]:
    """Say what a page documents; a problem for each annotation that no vocabulary knows."""
    done: set[str] = set()
    unknown: list[str] = []
    for number, annotation in enumerate(record.annotations, start=1):
        term = _term_of(annotation, vocabulary)
        if term is None:
            unknown.append(" ".join(part for part in (annotation.raw_id, annotation.name) if part))
        elif term not in done and is_claimable(term, vocabulary) and _may_document(record, term, vocabulary):
            done.add(term)
            known = vocabulary.get(term)
            # The organism of a pathway is its setting, not what the page is about.
            is_setting = known is not None and known.category is Category.SPECIES
            yield make_supported(
                record.id,
                Predicate.MENTIONS if is_setting else Predicate.DOCUMENTS,
                term,
                WIKI_SOURCE,
                record.id,
                f"annotations/{number}",
                annotation.name or annotation.raw_id or term,
                Method.STRUCTURED_FIELD,
                raw=annotation.raw_id or annotation.name,
            )
    if unknown:
        first = ", ".join(repr(name) for name in unknown[:3]) + (", …" if len(unknown) > 3 else "")
        reason = f"no vocabulary knows {len(unknown)} of the page's {len(record.annotations)} terms: {first}"
        yield problem_of(record, "annotations", "unknown-id", reason, severity=Severity.NOTE)
    subject = _subject_of(record, vocabulary, index)
    if subject and subject not in done and _may_document(record, subject, vocabulary):
        title = next((p for p in record.passages if p.role.value == "title"), None)
        quote = title.text if title else record.title
        yield make_supported(
            record.id,
            Predicate.DOCUMENTS,
            subject,
            WIKI_SOURCE,
            record.id,
            title.section if title else "title",
            quote,
            Method.STRUCTURED_FIELD,
            raw=record.slug,
        )


def _term_of(annotation: FieldTerm, vocabulary: TermLookup) -> str | None:
    if annotation.raw_id:
        return vocabulary.resolve(annotation.raw_id)
    # Pages name their organisms without an identifier.
    return vocabulary.by_name(annotation.name, Category.SPECIES) if annotation.name else None


def _may_document(record: WikiPageRecord, curie: str, vocabulary: TermLookup) -> bool:
    """Rule 4: a program, archive or method page is about no mechanism, disease, region or cell type."""
    term = vocabulary.get(curie)
    return not record.is_infrastructure or term is None or term.category is Category.TECHNIQUE


def _subject_of(record: WikiPageRecord, vocabulary: TermLookup, index: PublicationIndex) -> str | None:
    """Find what a page is about by its slug and its title."""
    folder, _, name = record.slug.partition("/")
    if dandiset := _DANDISET_SLUG.search(record.slug):
        curie = f"DANDI:{dandiset[1]}"
        return curie if index.is_known(curie) else None
    if folder == "datasets":
        return index.dataset_titled(record.title)
    category = _FOLDERS.get(folder)
    if category is None or not name:
        return None
    if category is Category.MECHANISM and vocabulary.get(f"mechanism:{name}"):
        return f"mechanism:{name}"
    title = _TITLE_TAIL.sub("", record.title).strip()
    candidates = (name.replace("-", " "), record.title, title, title.removesuffix("s"))
    return next((found for text in candidates if text and (found := vocabulary.by_name(text, category))), None)
