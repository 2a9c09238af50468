"""The four rules of evidence, checked over what was derived.

The deriving functions obey the rules already; this is the second pair of eyes, on the finished
claims, whoever made them. Rules 1, 2 and 4 broken are errors of ours; rule 3 broken is a fault of a
page, and the quality report lists it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kg.claims.fields import problem_of
from kg.claims.pairing import archive_citations, is_dataset_page, is_paired
from kg.claims.publications import PublicationIndex
from kg.claims.relations import relation_words
from kg.model import (
    Category,
    ClaimKind,
    DatasetRecord,
    Evidence,
    Method,
    Polarity,
    Predicate,
    Problem,
    Severity,
    Source,
    WikiPageRecord,
)
from kg.model.schema import EDGE_TYPES, LABEL_OF_CATEGORY, Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from kg.claims.terms import TermLookup
    from kg.model import Claim, Record, Supported

#: Prefix of an identifier -> the label of its node, for what is no term.
_LABELS: Final = {
    "DANDI": Label.DATASET,
    "PMID": Label.PUBLICATION,
    "DOI": Label.PUBLICATION,
    "wiki": Label.WIKI_PAGE,
    "ORCID": Label.AGENT,
    "ROR": Label.AGENT,
    "infores": Label.VOCABULARY,
}


def check_policy(
    records: Iterable[Record],
    supported: Iterable[Supported],
    vocabulary: TermLookup,
    *,
    index: PublicationIndex | None = None,
) -> Iterator[Problem]:
    """Find every breach of the four rules of evidence.

    Parameters
    ----------
    records : iterable of Record
        The snapshot.
    supported : iterable of Supported
        Every claim derived from it, with its evidence.
    vocabulary : TermLookup
        For the categories of terms.
    index : PublicationIndex, optional
        Of the whole snapshot, where `records` and `supported` are a part of it: a record with its own claims
        and the papers that describe it. Without it, of `records`.

    Yields
    ------
    Problem
        With the record and the rule: ``rule-1-gate``, ``rule-2-kinds``, ``rule-3-pairing`` or
        ``rule-4-infrastructure``; sorted by rule, record and field.
    """
    known = {record.id: record for record in records}
    pairs = list(supported)
    found = [
        *_gate(known, pairs),
        *_kinds(known, pairs, vocabulary),
        *_pairing(known, index or PublicationIndex(known.values())),
        *_infrastructure(known, pairs, vocabulary),
    ]
    yield from sorted(set(found), key=lambda p: (p.rule, p.record_id or "", p.field or "", p.reason))


def _gate(records: Mapping[str, Record], supported: Sequence[Supported]) -> Iterator[Problem]:
    """Rule 1: *relevant* needs the dataset's own words, or those of a paper that describes it, that say so."""
    describing: dict[str, set[str]] = {}
    for claim, _ in supported:
        if claim.predicate is Predicate.DESCRIBED_BY:
            describing.setdefault(claim.subject, set()).add(claim.object)
    for claim, evidence in supported:
        if claim.predicate is not Predicate.RELEVANT_TO or evidence.polarity is not Polarity.ASSERTED:
            continue
        if evidence.method not in (Method.STRUCTURED_FIELD, Method.SENTENCE_RULE, Method.CURATED):
            reason = "rests on a mention alone: co-occurrence is no relevance"
        elif evidence.method is Method.SENTENCE_RULE and not evidence.trigger:
            reason = "has no words that say that it is studied"
        elif evidence.record_id != claim.subject and evidence.record_id not in describing.get(claim.subject, ()):
            reason = f"rests on {evidence.record_id}, which doesn't describe the dataset"
        else:
            continue
        yield _breach(records, "rule-1-gate", claim, evidence, reason, "claim MENTIONS in its place")


def _kinds(records: Mapping[str, Record], supported: Sequence[Supported], vocabulary: TermLookup) -> Iterator[Problem]:
    """Rule 2: resource claims and biological claims are never mixed."""
    for claim, evidence in supported:
        if misplaced := _misplaced(claim, vocabulary):
            yield _breach(records, "rule-2-kinds", claim, evidence, misplaced, "give it a predicate for its ends")
        expected = EDGE_TYPES[claim.predicate].kind
        if claim.kind is not expected:
            yield _breach(
                records,
                "rule-2-kinds",
                claim,
                evidence,
                f"is made as a {claim.kind} claim: it is {expected}",
                "give it the predicate's kind",
            )
        if claim.kind is not ClaimKind.BIOLOGICAL:
            continue
        if isinstance(records.get(evidence.record_id), DatasetRecord):
            yield _breach(
                records,
                "rule-2-kinds",
                claim,
                evidence,
                "rests on a dataset's record, which says what data exists",
                "leave it out",
            )
        elif evidence.method is Method.TEXT_MENTION:
            yield _breach(
                records,
                "rule-2-kinds",
                claim,
                evidence,
                "rests on a mention alone: co-occurrence says nothing",
                "leave it out",
            )
        elif evidence.polarity is Polarity.ASSERTED and relation_words().resource.search(evidence.quote):
            yield _breach(
                records,
                "rule-2-kinds",
                claim,
                evidence,
                "rests on a sentence about data or methods",
                "leave it out",
            )


def _misplaced(claim: Claim, vocabulary: TermLookup) -> str | None:
    """Say which end of a claim is of a label that its predicate doesn't take."""
    edge = EDGE_TYPES[claim.predicate]
    for end, labels in ((claim.subject, edge.subjects), (claim.object, edge.objects)):
        term = vocabulary.get(end)
        label = LABEL_OF_CATEGORY[term.category] if term else _LABELS.get(end.partition(":")[0])
        if label is not None and label not in labels:
            return f"joins a {label} ({end}), where it takes {', '.join(labels)}"
    return None


def _pairing(records: Mapping[str, Record], index: PublicationIndex) -> Iterator[Problem]:
    """Rule 3: where a dataset page cites an archive, it cites a peer-reviewed paper beside it."""
    for record in records.values():
        if not isinstance(record, WikiPageRecord) or not is_dataset_page(record):
            continue
        has_paper = any(r.curie and index.is_peer_reviewed(r.curie) for r in record.references)
        for citation in archive_citations(record):
            if is_paired(citation, index):
                continue
            elsewhere = ", and other sections of the page do" if has_paper else ", nor does the page"
            yield problem_of(
                record,
                citation.section,
                "rule-3-pairing",
                f"it cites an archive ({citation.archive}) and no peer-reviewed methods or benchmark paper{elsewhere}",
                "cite the paper that describes or uses the data beside it, with its PMID",
                Severity.NOTE if has_paper else Severity.WARNING,
            )


def _infrastructure(
    records: Mapping[str, Record], supported: Sequence[Supported], vocabulary: TermLookup
) -> Iterator[Problem]:
    """Rule 4: a program, archive or method page is no mechanism and says nothing about biology."""
    pages = {r.id for r in records.values() if isinstance(r, WikiPageRecord) and r.is_infrastructure}
    for claim, evidence in supported:
        if claim.kind is ClaimKind.BIOLOGICAL and pages & {claim.subject, claim.object, evidence.record_id}:
            yield _breach(
                records,
                "rule-4-infrastructure",
                claim,
                evidence,
                "is a biological claim from an infrastructure page",
                "leave it out",
            )
        elif claim.kind is ClaimKind.BIOLOGICAL and (technique := _infrastructure_end(claim, vocabulary)):
            yield _breach(
                records,
                "rule-4-infrastructure",
                claim,
                evidence,
                f"is a biological claim about {technique}, which is a method or infrastructure",
                "leave it out",
            )
        elif claim.predicate is Predicate.DOCUMENTS and claim.subject in pages:
            term = vocabulary.get(claim.object)
            if term is not None and term.category is not Category.TECHNIQUE:
                yield _breach(
                    records,
                    "rule-4-infrastructure",
                    claim,
                    evidence,
                    f"takes an infrastructure page for one about a {term.category.value}",
                    "link the page by MENTIONS",
                )


def _infrastructure_end(claim: Claim, vocabulary: TermLookup) -> str | None:
    for end in (claim.subject, claim.object):
        term = vocabulary.get(end)
        if (term and term.category is Category.TECHNIQUE) or end.partition(":")[0] in _LABELS:
            return end
    return None


def _breach(
    records: Mapping[str, Record], rule: str, claim: Claim, evidence: Evidence, reason: str, mend: str
) -> Problem:
    record = records.get(evidence.record_id) or records.get(claim.subject)
    what = f"{claim.subject} {claim.predicate} {claim.object} {reason}"
    if record is not None:
        return problem_of(record, evidence.section, rule, what, mend, Severity.ERROR)
    return Problem(
        source=Source.WIKI,
        path="",
        record_id=evidence.record_id,
        field=evidence.section,
        rule=rule,
        severity=Severity.ERROR,
        reason=what,
        mend=mend,
    )
