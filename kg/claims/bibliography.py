"""Bibliographic claims: who describes, cites, links to, documents, names and made what.

Also `INVESTIGATES`, which a librarian says: the major MeSH headings of an article. Nothing here says
that anything is so; that is ``kg.claims.biology``'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from kg.claims.documents import documented_by
from kg.claims.fields import problem_of
from kg.claims.publications import PublicationIndex, Tie, describing_ids, ties_of
from kg.claims.statement import ARTICLE_SOURCE, DATASET_SOURCE, WIKI_SOURCE, make_supported
from kg.claims.terms import is_claimable
from kg.claims.text import RecordText
from kg.claims.works import work_of_address, works_in_text
from kg.model import (
    ArticleRecord,
    Category,
    DatasetRecord,
    Method,
    Predicate,
    Problem,
    Severity,
    Supported,
    WikiPageRecord,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kg.claims.terms import TermLookup
    from kg.model import Contributor, Mention, Record, Reference

__all__ = ["PublicationIndex", "derive_bibliographic_claims", "describing_ids"]


_INVESTIGATED: Final = (Category.DISEASE, Category.MECHANISM, Category.REGION, Category.CELL_TYPE)


class _Quoted(NamedTuple):
    """A quote with its address."""

    section: str
    quote: str
    start: int = 0
    #: Without it, the quote's length from the start.
    end: int | None = None


def derive_bibliographic_claims(
    record: Record, mentions: Sequence[Mention], vocabulary: TermLookup, index: PublicationIndex
) -> Iterator[Supported | Problem]:
    """Say who a record describes, cites, links to, documents, names, and who made it.

    Parameters
    ----------
    record : Record
        A dataset, an article or a wiki page.
    mentions : sequence of Mention
        What the linker found in it.
    vocabulary : TermLookup
        For what a page documents and a MeSH heading means.
    index : PublicationIndex
        For the node of a work.

    Yields
    ------
    Supported or Problem
        DESCRIBED_BY, CITES, LINKS_TO, DOCUMENTS, HAS_CONTRIBUTOR, MENTIONS and INVESTIGATES; for a
        dataset no MENTIONS, which ``derive_resource_claims`` judges. A problem for each reference
        that resolves to nothing.
    """
    if isinstance(record, DatasetRecord):
        yield from _dataset(record, index)
    elif isinstance(record, ArticleRecord):
        yield from _article(record, vocabulary, index)
        yield from _mentions(record, mentions, vocabulary, ARTICLE_SOURCE)
    elif isinstance(record, WikiPageRecord):
        yield from _page(record, vocabulary, index)
        yield from _mentions(record, mentions, vocabulary, WIKI_SOURCE)


def _dataset(record: DatasetRecord, index: PublicationIndex) -> Iterator[Supported | Problem]:
    tied = list(ties_of(record, index))
    for tie in tied:
        subject, target = (tie.curie, record.id) if tie.tie is Tie.CITED_BY else (record.id, tie.curie)
        predicate = Predicate.DESCRIBED_BY if tie.tie is Tie.DESCRIBED_BY else Predicate.CITES
        yield make_supported(
            subject,
            predicate,
            target,
            DATASET_SOURCE,
            record.id,
            tie.section,
            tie.quote,
            Method.CITATION,
            start=tie.start,
            end=tie.end,
            raw=tie.raw or None,
        )
    found = {tie.section for tie in tied}
    known = {tie.curie for tie in tied}
    for number, resource in enumerate(record.related, start=1):
        section = f"relatedResource/{number}"
        is_article = resource.resource_type in (
            "JournalArticle",
            "Preprint",
            "ConferencePaper",
            "ConferenceProceeding",
            "DataPaper",
        )
        if (
            is_article
            and section not in found
            and not resource.doi
            and not resource.pmid
            and not known & _of(resource.url)
        ):
            yield problem_of(
                record,
                section,
                "unresolved-publication",
                f"no DOI or PMID can be told from {resource.name or resource.url!r}",
                "give the resource a DOI",
                Severity.NOTE,
            )
    yield from _contributors(record, record.contributors, DATASET_SOURCE)


def _of(address: str | None) -> set[str]:
    work = work_of_address(address) if address else None
    return {work} if work else set()


def _article(record: ArticleRecord, vocabulary: TermLookup, index: PublicationIndex) -> Iterator[Supported | Problem]:
    cited = dict.fromkeys(index.canonical(curie) for curie in record.references)
    for curie in cited:
        if curie != record.id and index.is_wanted(curie):
            yield _cites(record, curie, ARTICLE_SOURCE, _Quoted("references", curie), raw=curie)
    for found, quoted in _works_in_passages(record):
        curie = index.canonical(found)
        if curie.startswith("DANDI:") or (curie != record.id and index.is_wanted(curie)):
            yield _cites(record, curie, ARTICLE_SOURCE, quoted)
    for number, heading in enumerate(record.mesh, start=1):
        if not heading.is_major:
            continue
        for category in _INVESTIGATED:
            term = _mesh_term(heading.curie, heading.name, category, vocabulary)
            if term and is_claimable(term, vocabulary):
                yield make_supported(
                    record.id,
                    Predicate.INVESTIGATES,
                    term,
                    ARTICLE_SOURCE,
                    record.id,
                    f"mesh/{number}",
                    heading.name,
                    Method.STRUCTURED_FIELD,
                    raw=heading.curie,
                )
                break
    yield from _contributors(record, record.authors, ARTICLE_SOURCE)


def _mesh_term(curie: str, name: str, category: Category, vocabulary: TermLookup) -> str | None:
    found = vocabulary.resolve(curie, categories=(category,))
    if found:
        return found
    # MeSH turns names round: "Epilepsy, Temporal Lobe". Its plurals name the same class.
    turned = " ".join(reversed([part.strip() for part in name.split(",")]))
    for candidate in (name, turned, name.removesuffix("s"), turned.removesuffix("s")):
        if found := vocabulary.by_name(candidate, category):
            return found
    return None


def _page(record: WikiPageRecord, vocabulary: TermLookup, index: PublicationIndex) -> Iterator[Supported | Problem]:
    seen: set[str] = set()
    for passage in record.passages:
        for link in passage.links:
            quote = passage.text[link.start : link.end].strip()
            target = link.target if link.target.startswith("wiki:") else work_of_address(link.target)
            if target is None or target == record.id or not quote:
                continue
            target = index.canonical(target)
            if target in seen:
                continue
            seen.add(target)
            start = passage.text.index(quote, link.start)
            is_page = target.startswith("wiki:")
            yield make_supported(
                record.id,
                Predicate.LINKS_TO if is_page else Predicate.CITES,
                target,
                WIKI_SOURCE,
                record.id,
                passage.section,
                quote,
                Method.HYPERLINK if is_page else Method.CITATION,
                start=start,
                end=start + len(quote),
                raw=link.target,
            )
    entries = list(enumerate(record.references, start=1))
    yield from _entries(record, [each for each in entries if not each[1].is_inline], index, seen)
    # What the text cites by an identifier is quoted from there, wherever it stands in it.
    for found, quoted in _works_in_passages(record):
        curie = index.canonical(found)
        if curie not in seen:
            seen.add(curie)
            yield _cites(record, curie, WIKI_SOURCE, quoted)
    yield from _entries(record, [each for each in entries if each[1].is_inline], index, seen)
    yield from documented_by(record, vocabulary, index)


def _entries(
    record: WikiPageRecord, entries: Sequence[tuple[int, Reference]], index: PublicationIndex, seen: set[str]
) -> Iterator[Supported | Problem]:
    for number, reference in entries:
        section = f"references/{reference.key}"
        curie = _work_of(reference, index)
        if curie is None:
            yield problem_of(
                record,
                section,
                "unresolved-reference",
                f"reference {number} ({_short(reference)}) has neither PMID nor DOI",
                "give it a PMID or a DOI",
                Severity.NOTE,
            )
        elif curie not in seen:
            seen.add(curie)
            quoted = _Quoted(section, reference.text or reference.title or curie)
            yield _cites(record, curie, WIKI_SOURCE, quoted, raw=reference.curie or reference.pmc)


def _work_of(reference: Reference, index: PublicationIndex) -> str | None:
    if work := index.work_of(reference):
        return work
    return next((index.canonical(curie) for curie, _, _ in works_in_text(reference.text)), None)


def _short(reference: Reference) -> str:
    text = reference.text or reference.title or reference.key
    return repr(text if len(text) <= 80 else f"{text[:77]}…")


def _cites(record: Record, curie: str, source: str, quoted: _Quoted, *, raw: str | None = None) -> Supported:
    return make_supported(
        record.id,
        Predicate.CITES,
        curie,
        source,
        record.id,
        quoted.section,
        quoted.quote,
        Method.CITATION,
        start=quoted.start,
        end=quoted.end,
        raw=raw,
    )


def _works_in_passages(record: Record) -> Iterator[tuple[str, _Quoted]]:
    text = RecordText(record.passages)
    for passage in record.passages:
        for curie, start, end in works_in_text(passage.text):
            around = next((s for s in text.sentences(passage.section) if s.start <= start < s.end), None)
            first, last = (around.start, around.end) if around and around.end >= end else (start, end)
            yield curie, _Quoted(passage.section, passage.text[first:last], first, last)


def _contributors(record: Record, contributors: Sequence[Contributor], source: str) -> Iterator[Supported]:
    field = "contributor" if isinstance(record, DatasetRecord) else "authors"
    for number, contributor in enumerate(contributors, start=1):
        if not contributor.curie:
            continue
        roles = sorted(set(contributor.roles)) or ["Author" if field == "authors" else "Contributor"]
        yield make_supported(
            record.id,
            Predicate.HAS_CONTRIBUTOR,
            contributor.curie,
            source,
            record.id,
            f"{field}/{number}",
            contributor.name,
            Method.STRUCTURED_FIELD,
            qualifiers=tuple(("role", role) for role in roles),
            raw=contributor.curie,
        )


def _mentions(record: Record, mentions: Sequence[Mention], vocabulary: TermLookup, source: str) -> Iterator[Supported]:
    """Name each term once a record, by the first sentence that has it: a page may name one fifty times."""
    text = RecordText(record.passages)
    seen: set[str] = set()
    for mention in mentions:
        if mention.curie in seen or not is_claimable(mention.curie, vocabulary):
            continue
        sentence = text.sentence_of(mention)
        if sentence is None:
            continue
        seen.add(mention.curie)
        yield make_supported(
            record.id,
            Predicate.MENTIONS,
            mention.curie,
            source,
            record.id,
            mention.section,
            sentence.text,
            Method.TEXT_MENTION,
            start=sentence.start,
            end=sentence.end,
            raw=mention.surface,
        )
