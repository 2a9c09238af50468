"""What one sentence says of a pair: a mechanism, region or cell type, and a disease.

A relation is asserted only where subject, relation word and object stand in one clause that nothing
negates or hedges. The module knows words and their order, no grammar: it would rather miss a
relation than make one up. Sentences of data, methods and therapy say nothing here (rule 2).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from kg.claims.relations import Order, RelationWords, relation_words
from kg.model import Polarity, Predicate

if TYPE_CHECKING:
    from collections.abc import Iterator


class Judgement(NamedTuple):
    """What a sentence says of a pair, and with which words (a span of the sentence)."""

    predicate: Predicate
    polarity: Polarity
    start: int
    end: int


class _Hit(NamedTuple):
    predicate: Predicate
    start: int
    end: int
    #: How far the words are from the pair, in words.
    distance: int


#: What ends a clause.
_HARD: Final = re.compile(
    r";|:\s|,?\s\b(?:whereas|although|though|however|while|but(?!\s+(?:also|not)\b)|yet|because|"
    r"despite|unlike)\b|\.\s",
    re.IGNORECASE,
)
_NOVERB: Final = (
    r"(?!(?:is|are|was|were|has|have|had|do|does|did|can|may|might|could|"
    r"which|that|who|whose|whether|by|via|using|through|we)\b)"
)
#: What may stand between a relation word, or "in", and its object: "patients with mild", "the brains of".
_GAP: Final = re.compile(rf"^\W*(?:{_NOVERB}[\w'’/+-]+\W+){{0,9}}$", re.IGNORECASE)
#: The same for words of cause: "the development of dementia", but not "by amyloid in dementia".
_NEAR_GAP: Final = re.compile(
    rf"^\W*(?:{_NOVERB}(?!(?:in|after|during|with|from|for|to|on|at)\b)[\w'’/+-]+\W+){{0,7}}$",
    re.IGNORECASE,
)
_SHORT_GAP: Final = re.compile(
    rf"^[\s(\[\"'“]*(?:{_NOVERB}[\w'’/+-]+[\s,()\[\]/\"'”-]+){{0,5}}$", re.IGNORECASE
)
_IN: Final = re.compile(r"\b(?:in|of|during|from|within|after|with)\s+", re.IGNORECASE)
_OF_PAIR: Final = re.compile(r"\b(?:in|and|with|to|for|during|of)\s+", re.IGNORECASE)
#: "epilepsy-related hyperexcitability", "AD-associated loss".
_HYPHEN: Final = re.compile(
    r"^[-‐–\s](?P<word>associated|related|linked|induced|relevant|specific)\s+", re.IGNORECASE
)
_RESPECTIVELY: Final = re.compile(r"\brespectively\b", re.IGNORECASE)
#: "Although the cause is unclear, …": a hedge before such a comma is not the main clause's.
_LEAD_IN: Final = re.compile(
    r"^\s*(?:although|though|while|whereas|despite|because|since|even if)\b", re.IGNORECASE
)
#: Longest way from the left end to the relation word, in words.
_REACH: Final = 9
_BACKWARD_REACH: Final = 5
#: Predicates whose words may be some way from their object: "was reduced in the brains of patients with".
_LOOSE: Final = frozenset({Predicate.AFFECTED_IN, Predicate.ASSOCIATED_WITH, Predicate.MODEL_OF})
#: What may stand before "increased" where it is no verb: "with increased gliosis", "showed reduced gliosis".
_ATTRIBUTE: Final = re.compile(
    r"(?:^|[,;:(]|\b(?:the|an?|of|with|by|to|in|and|or|for|from|show\w*|exhibit\w*|display\w*|had|has|have|reveal\w*|"
    r"found|observ\w+|detect\w+|report\w*|demonstrat\w+|significant\w*|marked\w*|evidence|including|namely))\s*$",
    re.IGNORECASE,
)
#: Nouns of change that are verbs as well: "an increase in gliosis", "it increases gliosis".
_STEM: Final = re.compile(r"(?:increase|decrease|enhance|reduce|decline)s?$", re.IGNORECASE)
#: "lung cancer", "brain disease": the subject is part of another condition's name.
_CONDITION: Final = re.compile(
    r"^[-\s]+(?:\w+\s+)?(?:cancers?|carcinomas?|tumou?rs?|neoplasms?|diseases?|disorders?|syndromes?|infections?|metastas[ei]s)\b",
    re.IGNORECASE,
)


def judge(
    sentence: str,
    subject: tuple[int, int],
    target: tuple[int, int],
    *,
    words: RelationWords | None = None,
    is_process: bool = False,
) -> Judgement | None:
    """Judge a pair in a sentence.

    Parameters
    ----------
    sentence : str
        One sentence.
    subject, target : (int, int)
        Spans of the two in `sentence`, in code points; the target is the disease.
    words : RelationWords, optional
        Without them, the package's own.
    is_process : bool, default False
        The subject names a normal process: it stands for the mechanism that disturbs it only beside
        a word of loss ("reduced gamma oscillations").

    Returns
    -------
    Judgement or None
        None where the sentence says nothing of the pair.

    Examples
    --------
    >>> text = "Synaptic loss contributes to dementia."
    >>> found = judge(text, (0, 13), (29, 37))
    >>> found.predicate.value, found.polarity.value, text[found.start : found.end]
    ('CONTRIBUTES_TO', 'asserted', 'contributes to')
    >>> judge("Synaptic loss may contribute to dementia.", (0, 13), (32, 40)).polarity.value
    'speculative'
    >>> judge("Synaptic loss and dementia were assessed.", (0, 13), (18, 26)) is None
    True
    """
    words = words or relation_words()
    if (
        sentence.rstrip().endswith("?")
        or _RESPECTIVELY.search(sentence)
        or (subject[0] < target[1] and target[0] < subject[1])
    ):
        return None
    if words.resource.search(sentence) or _CONDITION.match(sentence[subject[1] :]):
        return None
    first, last = min(subject[0], target[0]), max(subject[1], target[1])
    start, end = _clause(sentence, first, last)
    if start > first or end < last:
        return None
    if is_process and not _is_changed(sentence, subject, words.less):
        return None
    hits = sorted(
        _hits(sentence, subject, target, start, words), key=lambda hit: (hit.distance, -(hit.end - hit.start))
    )
    if not hits:
        return None
    best = hits[0]
    scope = (start, max(last, best.end))
    polarity = _polarity(sentence, scope, best, last, words)
    if any(not _overlaps(m.span(), subject) for m in words.interventions.finditer(sentence, start, last)):
        return None
    return Judgement(best.predicate, polarity, best.start, best.end)


def _clause(sentence: str, first: int, last: int) -> tuple[int, int]:
    """Give the clause around a pair; one that begins or ends inside the pair says that there is none."""
    start, end = 0, len(sentence)
    for boundary in _HARD.finditer(sentence):
        if boundary.end() <= first:
            start = boundary.end()
        elif boundary.start() >= last:
            end = boundary.start()
            break
        else:
            return last, first
    if _LEAD_IN.match(sentence[start:first]) and (comma := sentence.rfind(", ", start, first)) >= 0:
        start = comma + 2
    return start, end


def _hits(
    sentence: str, subject: tuple[int, int], target: tuple[int, int], start: int, words: RelationWords
) -> Iterator[_Hit]:
    is_forward = subject[1] <= target[0]
    left, right = (subject, target) if is_forward else (target, subject)
    between = sentence[left[1] : right[0]]
    wanted = Order.FORWARD if is_forward else Order.BACKWARD
    for relation in words.relations:
        if relation.order is wanted:
            reach = _REACH if is_forward else _BACKWARD_REACH
            allowed = _GAP if relation.predicate in _LOOSE else _NEAR_GAP
            for match in relation.pattern.finditer(between):
                before, after = between[: match.start()], between[match.end() :]
                distance = len(after.split()) + len(before.split())
                if allowed.match(after) and len(before.split()) <= reach and _runs_on(before):
                    yield _Hit(relation.predicate, left[1] + match.start(), left[1] + match.end(), distance)
        elif relation.order is Order.AROUND and is_forward:
            for match in relation.pattern.finditer(sentence, start, subject[0]):
                gap = sentence[match.end() : subject[0]]
                if _SHORT_GAP.match(gap) and _joins(between, _OF_PAIR):
                    yield _Hit(
                        relation.predicate,
                        match.start(),
                        match.end(),
                        len(gap.split()) + len(between.split()),
                    )
    if is_forward:
        yield from _changed_in(sentence, subject, target, start, words)
    else:
        yield from _hyphenated(sentence, subject, target)


def _runs_on(before: str) -> bool:
    """Say whether what stands between the left end and the relation word still belongs to the left end."""
    return not re.search(
        r",\s+(?:and|which|who|we|the|this|these)\b|\b(?:that|which)\b.*\b(?:and|that)\b", before
    )


def _joins(between: str, preposition: re.Pattern[str]) -> bool:
    return any(
        _SHORT_GAP.match(between[found.end() :]) and len(between[: found.start()].split()) <= 6
        for found in preposition.finditer(between)
    )


def _changed_in(
    sentence: str, subject: tuple[int, int], target: tuple[int, int], start: int, words: RelationWords
) -> Iterator[_Hit]:
    """Find "loss of S in O", "S dysfunction in O", "impaired S in O"."""
    between = sentence[subject[1] : target[0]]
    prepositions = [m for m in _IN.finditer(between) if _GAP.match(between[m.end() :])]
    if not prepositions or re.search(r"[;:]|\b(?:which|that|who|by|using|via|to)\b", between):
        return
    near = max(start, subject[0] - 60)
    for pattern in words.changes:
        for match in pattern.finditer(sentence, near, subject[0]):
            gap = sentence[match.end() : subject[0]]
            is_verb = _is_verb(match, gap, sentence[start : match.start()])
            if _SHORT_GAP.match(gap) and "," not in gap and not is_verb:
                distance = len(gap.split()) + len(between.split())
                yield _Hit(Predicate.AFFECTED_IN, match.start(), match.end(), distance + 1)
        for match in pattern.finditer(sentence, subject[1], target[0]):
            if len(sentence[subject[1] : match.start()].split()) <= 1 and not match[0].endswith("ed"):
                yield _Hit(Predicate.AFFECTED_IN, match.start(), match.end(), len(between.split()) + 1)
        # The subject's own name may say the change: "synaptic loss in dementia".
        own = pattern.search(sentence, subject[0], subject[1])
        if own and _IN.match(between.lstrip()):
            yield _Hit(Predicate.AFFECTED_IN, own.start(), own.end(), len(between.split()) + 1)


def _is_verb(change: re.Match[str], gap: str, before: str) -> bool:
    """Say whether a word of change is what somebody does to the subject: "the drug reduced gliosis"."""
    if change[0].lower().endswith("ed"):
        return _ATTRIBUTE.search(before) is None
    return _STEM.match(change[0]) is not None and not re.match(r"\s+(?:in|of)\b", gap)


def _hyphenated(sentence: str, subject: tuple[int, int], target: tuple[int, int]) -> Iterator[_Hit]:
    match = _HYPHEN.match(sentence[target[1] : subject[0] + 1])
    if not match or not re.match(r"^(?:[\w-]+\s+){0,3}$", sentence[target[1] + match.end() : subject[0]]):
        return
    word = match["word"].lower()
    predicate = Predicate.CONSEQUENCE_OF if word == "induced" else Predicate.ASSOCIATED_WITH
    yield _Hit(predicate, target[1] + match.start("word"), target[1] + match.end("word"), 0)


def _is_changed(sentence: str, span: tuple[int, int], change: re.Pattern[str]) -> bool:
    before, after = sentence[max(0, span[0] - 40) : span[0]], sentence[span[1] : span[1] + 40]
    ahead = any(
        _SHORT_GAP.match(before[m.end() :]) and "," not in before[m.end() :] for m in change.finditer(before)
    )
    behind = re.match(r"\s+(?:(?:is|are|was|were)\s+)?(?:\w+ly\s+)?", after)
    return ahead or bool(behind and change.match(after, behind.end()))


def _polarity(sentence: str, scope: tuple[int, int], hit: _Hit, last: int, words: RelationWords) -> Polarity:
    start, end = scope
    spared = [m.span() for m in words.not_negators.finditer(sentence, start, end)]
    for match in words.negators.finditer(sentence, start, end):
        is_spared = any(a <= match.start() < b for a, b in spared)
        # A word of loss that makes the finding ("lack of X in D") denies nothing.
        is_part = hit.start <= match.start() < hit.end and words.less.fullmatch(match[0]) is not None
        if not is_spared and not is_part and _governs(sentence, match.end(), hit):
            return Polarity.NEGATED
    if words.hedges.search(sentence, start, end) or _trailing_gap(sentence, last, words):
        return Polarity.SPECULATIVE
    return Polarity.ASSERTED


def _governs(sentence: str, cue_end: int, hit: _Hit) -> bool:
    """Say whether a negator stands close before the relation word, or between it and the pair's end."""
    if cue_end > hit.start:
        return True
    return len(sentence[cue_end : hit.start].split()) <= 7


def _trailing_gap(sentence: str, last: int, words: RelationWords) -> bool:
    """Find "… remains unclear" behind the pair, in its own clause."""
    rest = sentence[last:]
    boundary = _HARD.search(rest)
    tail = rest[: boundary.start()] if boundary else rest
    return (
        re.search(
            r"\b(?:unclear|unknown|elusive|to be (?:determined|elucidated|established)|"
            r"poorly understood|not (?:known|understood|clear))\b",
            tail,
        )
        is not None
    )


def _overlaps(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]
