"""Biological claims: what sentences of articles and of cited wiki pages say is so.

Who may speak: titles and abstracts of articles; sentences of wiki pages that cite a publication,
except on infrastructure pages (rule 4). Datasets never do (rule 2). What a sentence says of a pair is
``kg.claims.judge``'s to decide; hedged and negated sentences give evidence of that polarity, never a
claim that something is so.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

from kg.claims.judge import Judgement, judge
from kg.claims.places import takes_place
from kg.claims.relations import relation_words
from kg.claims.species import ANIMALS
from kg.claims.statement import ARTICLE_SOURCE, WIKI_SOURCE
from kg.claims.terms import NERVOUS_SYSTEM, WHOLES, is_claimable
from kg.claims.text import RecordText
from kg.model import (
    ArticleRecord,
    Category,
    Claim,
    ClaimKind,
    Evidence,
    Method,
    Polarity,
    Predicate,
    Role,
    Supported,
    WikiPageRecord,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kg.claims.publications import PublicationIndex
    from kg.claims.terms import TermLookup
    from kg.claims.text import Sentence
    from kg.model import Mention, Problem

_SUBJECTS: Final = frozenset({Category.MECHANISM, Category.REGION, Category.CELL_TYPE})
_PLACES: Final = frozenset({Category.REGION, Category.CELL_TYPE})
_ARTICLE_ROLES: Final = frozenset({Role.TITLE, Role.ABSTRACT})
_WIKI_ROLES: Final = frozenset({Role.BODY, Role.CAPTION})
#: Synonym scope of names of the normal process that a mechanism disturbs; the linker's method has it.
_PROCESS: Final = "process"

#: Diseases so general that a claim of them says nothing: of the nervous system, the central one, the brain.
_CONTAINERS: Final = frozenset({"MONDO:0005071", "MONDO:0002602", "MONDO:0005560"})


def derive_biological_claims(
    record: ArticleRecord | WikiPageRecord,
    mentions: Sequence[Mention],
    vocabulary: TermLookup,
    index: PublicationIndex,
) -> Iterator[Supported | Problem]:
    """Say what a record's sentences state of mechanisms, regions, cell types and diseases.

    Parameters
    ----------
    record : ArticleRecord or WikiPageRecord
        Where the sentences are.
    mentions : sequence of Mention
        What the linker found in them.
    vocabulary : TermLookup
        For terms that are too general, or one above the other.
    index : PublicationIndex
        For the works that a page's sentences cite.

    Yields
    ------
    Supported
        One a sentence and claim, with the sentence as its quote and the relation word as its trigger.
    """
    if isinstance(record, WikiPageRecord) and record.is_infrastructure:
        return
    text = RecordText(record.passages)
    for sentence, found in _sentences(record, mentions, text, vocabulary):
        cited = _cited(record, sentence, text, index) if isinstance(record, WikiPageRecord) else ()
        if isinstance(record, WikiPageRecord) and not cited:
            continue
        seen: set[str] = set()
        for supported in _of_sentence(record, sentence, found, cited, vocabulary):
            if supported.evidence.id not in seen:
                seen.add(supported.evidence.id)
                yield supported


def _sentences(
    record: ArticleRecord | WikiPageRecord,
    mentions: Sequence[Mention],
    text: RecordText,
    vocabulary: TermLookup,
) -> Iterator[tuple[Sentence, list[Mention]]]:
    """Give the sentences that name at least two things, with their mentions."""
    roles = _ARTICLE_ROLES if isinstance(record, ArticleRecord) else _WIKI_ROLES
    grouped: dict[tuple[str, int], tuple[Sentence, list[Mention]]] = {}
    for mention in mentions:
        passage = text.passage(mention.section)
        if passage is None or passage.role not in roles or not _may_speak(mention, vocabulary):
            continue
        sentence = text.sentence_of(mention)
        if sentence is not None:
            grouped.setdefault((mention.section, sentence.start), (sentence, []))[1].append(mention)
    for sentence, found in grouped.values():
        if len(found) > 1:
            yield sentence, found


def _may_speak(mention: Mention, vocabulary: TermLookup) -> bool:
    """Leave out what is too general, and parts of the body outside the nervous system: the graph is of the brain."""
    if mention.category is Category.REGION and mention.curie.startswith("UBERON:"):
        return mention.curie not in WHOLES and vocabulary.is_ancestor(NERVOUS_SYSTEM, mention.curie)
    return is_claimable(mention.curie, vocabulary)


def _of_sentence(
    record: ArticleRecord | WikiPageRecord,
    sentence: Sentence,
    found: Sequence[Mention],
    cited: tuple[str, ...],
    vocabulary: TermLookup,
) -> Iterator[Supported]:
    if relation_words().resource.search(sentence.text):
        # Rule 2, more strictly than the judge: not even an aside of a sentence about data makes a claim.
        return
    for subject, target in product(found, found):
        if subject.curie == target.curie:
            continue
        if _may_relate(subject, target, vocabulary):
            judged = judge(
                sentence.text,
                _span(subject, sentence),
                _span(target, sentence),
                is_process=subject.method == _PROCESS,
            )
            if judged and _is_kept(judged, subject, target):
                trigger = sentence.text[judged.start : judged.end].strip()
                yield _supported(
                    record,
                    subject,
                    judged.predicate,
                    target,
                    sentence,
                    judged.polarity,
                    trigger,
                    cited,
                    species=judged.species,
                )
        elif _may_occur(subject, target, vocabulary) and (
            occurs := takes_place(sentence.text, _span(subject, sentence), _span(target, sentence))
        ):
            polarity, trigger = occurs
            yield _supported(record, subject, Predicate.OCCURS_IN, target, sentence, polarity, trigger, cited)


def _may_relate(subject: Mention, target: Mention, vocabulary: TermLookup) -> bool:
    """Say whether a pair is one that biology speaks of: S and a disease, or two mechanisms of different kinds."""
    if subject.category not in _SUBJECTS:
        return False
    if target.category is Category.DISEASE:
        return target.curie not in _CONTAINERS
    return (
        subject.category is target.category is Category.MECHANISM
        and _PROCESS not in {subject.method, target.method}
        and not vocabulary.is_ancestor(subject.curie, target.curie)
        and not vocabulary.is_ancestor(target.curie, subject.curie)
    )


def _is_kept(judged: Judgement, subject: Mention, target: Mention) -> bool:
    """Leave out what a statement of two mechanisms would say twice, and what only a disease can have."""
    if target.category is Category.DISEASE:
        return True
    if judged.predicate is Predicate.ASSOCIATED_WITH:
        return subject.start < target.start
    return judged.predicate in {Predicate.CONTRIBUTES_TO, Predicate.PROTECTS_FROM}


def _may_occur(subject: Mention, target: Mention, vocabulary: TermLookup) -> bool:
    return (
        subject.category is Category.MECHANISM
        and subject.method != _PROCESS
        and target.category in _PLACES
        and vocabulary.get(target.curie) is not None
    )


def _span(mention: Mention, sentence: Sentence) -> tuple[int, int]:
    return mention.start - sentence.start, mention.end - sentence.start


def _cited(record: WikiPageRecord, sentence: Sentence, text: RecordText, index: PublicationIndex) -> tuple[str, ...]:
    """Give the publications that a sentence cites: its marks, also those behind its full stop."""
    works = {reference.key: reference for reference in record.references}
    following = [s for s in text.sentences(sentence.passage.section) if s.start >= sentence.end]
    limit = following[0].start if following else len(sentence.passage.text)
    found = [
        index.work_of(works[mark.key])
        for mark in sentence.passage.marks
        # A mark at the very start of a sentence belongs to the one before it.
        if sentence.start < mark.offset <= limit and mark.key in works
    ]
    return tuple(dict.fromkeys(curie for curie in found if curie))


def _supported(
    record: ArticleRecord | WikiPageRecord,
    subject: Mention,
    predicate: Predicate,
    target: Mention,
    sentence: Sentence,
    polarity: Polarity,
    trigger: str,
    cited: tuple[str, ...],
    *,
    species: str | None = None,
) -> Supported:
    claim = Claim(
        subject=subject.curie,
        predicate=predicate,
        object=target.curie,
        kind=ClaimKind.BIOLOGICAL,
        primary_source=ARTICLE_SOURCE if isinstance(record, ArticleRecord) else WIKI_SOURCE,
        # A finding in an animal is another claim than the same of people.
        qualifiers=(("species_context", species),) if species in ANIMALS else (),
    )
    return Supported(
        claim,
        Evidence(
            claim_id=claim.id,
            record_id=record.id,
            section=sentence.passage.section,
            start=sentence.start,
            end=sentence.end,
            quote=sentence.text,
            polarity=polarity,
            method=Method.SENTENCE_RULE,
            trigger=trigger or None,
            cited=cited,
            raw=f"{subject.surface} | {target.surface}",
        ),
    )
