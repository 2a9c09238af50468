"""Resource claims: what data a dataset has, from its structured fields, its text and its papers.

Structured fields come first and are never weighed against text. Text says *recorded* or *mentioned*,
*studied* or *denied* (see ``kg.claims.kinds``). A term that is above a more specific one of the same
dataset gets no edge of its own: it stays in the graph as what the text mentions, with its kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from kg.claims.fields import FieldLink, read_fields
from kg.claims.kinds import (
    Context,
    Judged,
    LinkKind,
    first_own_work,
    is_of_whole,
    judge_condition,
    judge_place,
    judge_process,
    names_condition,
)
from kg.claims.statement import DATASET_SOURCE
from kg.claims.terms import UNRECORDABLE, WHOLES, is_linkable, most_specific
from kg.claims.text import RecordText
from kg.model import (
    Category,
    Claim,
    ClaimKind,
    Evidence,
    Method,
    Polarity,
    Predicate,
    Problem,
    Role,
    Supported,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kg.claims.terms import TermLookup
    from kg.claims.text import Sentence
    from kg.model import ArticleRecord, DatasetRecord, Mention

_PREDICATE: Final = {
    Category.REGION: Predicate.RECORDS_FROM,
    Category.CELL_TYPE: Predicate.TARGETS_CELL_TYPE,
    Category.SPECIES: Predicate.STUDIES_SPECIES,
    Category.TECHNIQUE: Predicate.USES_TECHNIQUE,
    Category.DISEASE: Predicate.RELEVANT_TO,
    Category.MECHANISM: Predicate.RELEVANT_TO,
}
_GATED: Final = frozenset({Category.DISEASE, Category.MECHANISM})
_OF_ITSELF: Final = frozenset({LinkKind.RECORDED, LinkKind.STUDIED})
#: Roles of passages whose text is the dataset's own account of itself.
_TOLD: Final = frozenset({Role.TITLE, Role.DESCRIPTION, Role.KEYWORD})
_WHOLE: Final = frozenset({Role.TITLE, Role.KEYWORD})


#: Synonym scope of names of the normal process that a mechanism disturbs; the linker's method has it.
_PROCESS: Final = "process"
_AS_PROCESS: Final = (("studied_as", "normal_process"),)


class _Finding(NamedTuple):
    """One place that names a term, and what it says of it."""

    curie: str
    category: Category
    kind: LinkKind
    record_id: str
    section: str
    start: int
    end: int
    quote: str
    method: Method
    trigger: str | None = None
    raw: str | None = None
    via: str | None = None
    #: It stands in a title or a keyword.
    is_chosen: bool = False
    #: It names the normal process that a mechanism disturbs, not the disturbance.
    is_process: bool = False


def derive_resource_claims(
    record: DatasetRecord,
    mentions: Sequence[Mention],
    vocabulary: TermLookup,
    *,
    describing: Sequence[tuple[ArticleRecord, Sequence[Mention]]] = (),
) -> Iterator[Supported | Problem]:
    """Say what data a dataset has, and what it studies.

    Parameters
    ----------
    record : DatasetRecord
        The dataset.
    mentions : sequence of Mention
        What the linker found in its passages.
    vocabulary : TermLookup
        Where identifiers are checked and ancestors looked up.
    describing : sequence of (ArticleRecord, sequence of Mention)
        Papers that describe this very dataset (``kg.claims.publications.describing_publications``),
        with their mentions. They add what is *studied*, never what is recorded.

    Yields
    ------
    Supported or Problem
        Claims with evidence, grouped by claim; problems of structured fields.
    """
    findings: list[_Finding] = []
    for item in read_fields(record, mentions, vocabulary):
        if isinstance(item, Problem):
            yield item
        else:
            findings.append(_from_field(record, item))
    findings += _from_text(record, mentions, vocabulary)
    for article, found in describing:
        findings += _from_paper(article, found)
    yield from _supported(record, _settle_species(findings), vocabulary)


def _from_field(record: DatasetRecord, link: FieldLink) -> _Finding:
    kind = LinkKind.STUDIED if link.category in _GATED | {Category.SPECIES} else LinkKind.RECORDED
    return _Finding(
        link.curie,
        link.category,
        kind,
        record.id,
        link.section,
        0,
        len(link.quote),
        link.quote,
        Method.STRUCTURED_FIELD,
        raw=link.raw,
    )


def _from_text(record: DatasetRecord, mentions: Sequence[Mention], vocabulary: TermLookup) -> Iterator[_Finding]:
    text = RecordText(record.passages)
    for mention in mentions:
        passage = text.passage(mention.section)
        if passage is None or passage.role not in _TOLD or not is_linkable(mention.curie, vocabulary):
            continue
        is_whole = passage.role in _WHOLE
        sentence = None if is_whole else text.sentence_of(mention)
        start, end = (sentence.start, sentence.end) if sentence else (0, len(passage.text))
        context = Context(
            passage.role,
            passage.text[start:end],
            mention.start - start,
            mention.end - start,
            sentence is not None and sentence.position < first_own_work(text.sentences(mention.section)),
        )
        judged = _judge(context, mention, vocabulary)
        if judged is None:
            continue
        yield _Finding(
            mention.curie,
            mention.category,
            judged.kind,
            record.id,
            mention.section,
            start,
            end,
            passage.text[start:end],
            Method.SENTENCE_RULE if judged.trigger else Method.TEXT_MENTION,
            judged.trigger,
            mention.surface,
            is_chosen=is_whole,
            is_process=mention.method == _PROCESS,
        )


def _judge(context: Context, mention: Mention, vocabulary: TermLookup) -> Judged | None:
    """Give the kind of a mention; None where it links the dataset to nothing."""
    if mention.curie in WHOLES and not is_of_whole(context):
        return None
    if mention.category is Category.DISEASE:
        return judge_condition(context)
    if mention.category is Category.MECHANISM:
        return judge_process(context)
    if mention.category is Category.SPECIES:
        return Judged(LinkKind.STUDIED)
    if mention.category is Category.REGION and names_condition(context):
        return None
    if mention.category is Category.REGION and any(
        top == mention.curie or vocabulary.is_ancestor(top, mention.curie) for top in UNRECORDABLE
    ):
        return Judged(LinkKind.MENTIONED)
    return judge_place(context)


def _from_paper(article: ArticleRecord, mentions: Sequence[Mention]) -> Iterator[_Finding]:
    """Carry over what a describing paper says to have studied, not what it mentions or denies."""
    text = RecordText(article.passages)
    for mention in mentions:
        sentence = text.sentence_of(mention) if mention.category in _GATED else None
        if sentence is None or sentence.passage.role not in (Role.TITLE, Role.ABSTRACT):
            continue
        judged = _judge_in_paper(sentence, mention, text)
        if judged.kind is LinkKind.STUDIED and judged.trigger:
            yield _Finding(
                mention.curie,
                mention.category,
                judged.kind,
                article.id,
                mention.section,
                sentence.start,
                sentence.end,
                sentence.text,
                Method.SENTENCE_RULE,
                judged.trigger,
                mention.surface,
                article.id,
                is_process=mention.method == _PROCESS,
            )


def _judge_in_paper(sentence: Sentence, mention: Mention, text: RecordText) -> Judged:
    context = Context(
        sentence.passage.role,
        sentence.text,
        mention.start - sentence.start,
        mention.end - sentence.start,
        sentence.position < first_own_work(text.sentences(mention.section)),
    )
    return judge_condition(context) if mention.category is Category.DISEASE else judge_process(context)


def _settle_species(findings: Sequence[_Finding]) -> list[_Finding]:
    """Let text name the species only where no field does: "unlike in rats" makes no rat dataset."""
    named = {f.curie for f in findings if f.category is Category.SPECIES and f.method is Method.STRUCTURED_FIELD}
    return [
        f._replace(kind=LinkKind.MENTIONED) if named and f.category is Category.SPECIES and f.curie not in named else f
        for f in findings
    ]


def _supported(record: DatasetRecord, findings: Sequence[_Finding], vocabulary: TermLookup) -> Iterator[Supported]:
    by_term: dict[tuple[Category, str], list[_Finding]] = {}
    for finding in findings:
        by_term.setdefault((finding.category, finding.curie), []).append(finding)
    covered: dict[str, str | None] = {}
    for category in Category:
        named = {curie: found for (kind, curie), found in by_term.items() if kind is category}
        own = [curie for curie, found in named.items() if any(f.kind in _OF_ITSELF for f in found)]
        covered |= most_specific(named, vocabulary, among=own)
    for (category, curie), found in sorted(by_term.items()):
        kinds = {f.kind for f in found}
        is_covered = covered.get(curie) is not None
        qualifiers: tuple[tuple[str, str], ...] = ()
        if kinds & _OF_ITSELF and not is_covered:
            claim = _claim(record, _PREDICATE[category], curie, ClaimKind.RESOURCE)
            kept = [f for f in found if f.kind in _OF_ITSELF or (category in _GATED and f.kind is LinkKind.NEGATED)]
            if all(f.is_process for f in kept):
                # Who records gamma oscillations can test their disruption, and hasn't said that they were disrupted.
                claim = _claim(record, _PREDICATE[category], curie, ClaimKind.RESOURCE, _AS_PROCESS)
        elif category in _GATED and kinds == {LinkKind.NEGATED}:
            claim, kept = _claim(record, Predicate.RELEVANT_TO, curie, ClaimKind.RESOURCE), found
        else:
            kind = min(kinds, key=_STRONGEST.index)
            if is_covered:
                qualifiers = (("covered_by", covered[curie] or ""),)
            # The general name is a link of its own only where authors chose it for a title or a keyword.
            if kind is not LinkKind.MENTIONED and (not is_covered or any(f.is_chosen for f in found if f.kind is kind)):
                qualifiers += (("link_kind", kind.value),)
            claim = _claim(record, Predicate.MENTIONS, curie, ClaimKind.BIBLIOGRAPHIC, qualifiers)
            kept = [f for f in found if f.kind is kind]
        seen: set[str] = set()
        for finding in kept:
            evidence = _evidence(claim, finding)
            if evidence.id not in seen:
                seen.add(evidence.id)
                yield Supported(claim, evidence)


#: Which kind names a term that is only mentioned, where places say different things of it.
_STRONGEST: Final = (
    LinkKind.RECORDED,
    LinkKind.STUDIED,
    LinkKind.MENTIONED,
    LinkKind.CONTROL_ONLY,
    LinkKind.NEGATED,
)


def _claim(
    record: DatasetRecord,
    predicate: Predicate,
    curie: str,
    kind: ClaimKind,
    qualifiers: tuple[tuple[str, str], ...] = (),
) -> Claim:
    return Claim(
        subject=record.id,
        predicate=predicate,
        object=curie,
        kind=kind,
        primary_source=DATASET_SOURCE,
        qualifiers=qualifiers,
    )


def _evidence(claim: Claim, finding: _Finding) -> Evidence:
    is_denied = claim.predicate is Predicate.RELEVANT_TO and finding.kind is LinkKind.NEGATED
    return Evidence(
        claim_id=claim.id,
        record_id=finding.record_id,
        section=finding.section,
        start=finding.start,
        end=finding.end,
        quote=finding.quote,
        polarity=Polarity.NEGATED if is_denied else Polarity.ASSERTED,
        method=finding.method,
        trigger=finding.trigger,
        raw=finding.raw,
        via=finding.via,
    )
