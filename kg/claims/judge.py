"""What one sentence says of a pair: a mechanism, region or cell type, and a disease.

The judge looks for a way in which the sentence connects the two (``kg.claims.connections``), asks
whether that is stated, denied or only thought possible (``kg.claims.polarity``), and in which species.
It knows sorts of words and clauses, no grammar: it would rather miss a relation than make one up.
Sentences of data, methods and therapy say nothing here (rule 2). docs/judging.md tells the rules.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from kg.claims.connections import Connection, Form, connections
from kg.claims.paths import clause_start, is_plain
from kg.claims.polarity import polarity_of
from kg.claims.reading import Tag, brackets_around, read
from kg.claims.relations import RelationWords, relation_words
from kg.claims.species import species_context
from kg.model import Polarity, Predicate

if TYPE_CHECKING:
    from kg.claims.reading import Reading, Span


class Judgement(NamedTuple):
    """What a sentence says of a pair, and with which words (a span of the sentence)."""

    predicate: Predicate
    polarity: Polarity
    start: int
    end: int
    #: Species that the sentence speaks of: human, mouse, rat, …; None if unstated or mixed.
    species: str | None = None

    @property
    def direction(self) -> str:
        """The predicate as a direction: contributes_to, …, unspecified."""
        if self.predicate is Predicate.ASSOCIATED_WITH:
            return "unspecified"
        return self.predicate.value.lower()


_MODEL_BEFORE: Final = re.compile(
    r"\s*[:,–—]\s*(?:an?|the)\s+(?:[\w-]+\s+){0,4}models?\s+(?:of|for)\s+(?:\w+\s+){0,2}$", re.IGNORECASE
)
_DRUG: Final = re.compile(r"\b(?:inhibitors?|agonists?|antagonists?|blockers?)\b", re.IGNORECASE)
#: "adults without dementia", "without stroke or dementia".
_WITHOUT: Final = re.compile(r"\bwithout\s+(?:[\w-]+\s+){0,2}(?:[\w-]+,?\s+(?:or|and)\s+)?$", re.IGNORECASE)
_RESPECTIVELY: Final = re.compile(r"\brespectively\b", re.IGNORECASE)
#: A sentence longer than this, in characters, is a list or a broken extraction, no statement.
_LONGEST: Final = 3000


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
        a word of change ("reduced gamma oscillations").

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
    if subject[0] < target[1] and target[0] < subject[1]:
        return None
    if sentence.rstrip().endswith("?") or len(sentence) > _LONGEST:
        return None
    words = words or relation_words()
    reading = read(sentence, brackets_around(sentence, subject, target), words)
    judged = _judge_once(reading, subject, target, words, is_process=is_process)
    if judged is None:
        # What is said of the same name elsewhere in the sentence is said of it.
        name = re.compile(rf"(?<![\w-]){re.escape(sentence[slice(*target)])}(?!\w)")
        for match in name.finditer(sentence):
            if match.span() != target and not (match.start() < subject[1] and subject[0] < match.end()):
                reading = read(sentence, brackets_around(sentence, subject, match.span()), words)
                judged = judged or _judge_once(reading, subject, match.span(), words, is_process=is_process)
    return judged._replace(species=species_context(sentence)) if judged else None


def _judge_once(
    reading: Reading, subject: Span, target: Span, words: RelationWords, *, is_process: bool
) -> Judgement | None:
    target = _with_model(reading, target)
    if _is_bystander(reading, subject, target, words):
        return None
    if is_process and not _is_changed(reading, subject, words):
        return None
    if _RESPECTIVELY.search(reading.flat) and not _is_paired(reading, subject, target):
        return None
    is_resource = words.resource.search(reading.flat) is not None
    best: tuple[tuple[int, int, int], Judgement] | None = None
    for found in connections(reading, subject, target, words):
        if is_resource and found.form is not Form.PHRASE:
            continue
        if _is_done_to(reading, subject, target, found, words):
            continue
        polarity = polarity_of(reading, subject, target, found, words)
        if polarity is None:
            continue
        # The stronger part of "is associated with and may contribute to" wins.
        weak = polarity is Polarity.SPECULATIVE and found.form is Form.CLAUSE
        rank = (int(found.form) + (1 if weak else 0), found.distance, found.start - found.end)
        if best is None or rank < best[0]:
            best = rank, Judgement(found.predicate, polarity, found.start, found.end)
    return best[1] if best else None


def _with_model(reading: Reading, target: Span) -> Span:
    """Take ": a model of O" behind an animal's name as part of O: the finding is in that animal."""
    match = _MODEL_BEFORE.search(reading.flat, max(0, target[0] - 80), target[0])
    return (match.start(), target[1]) if match else target


def _is_bystander(reading: Reading, subject: Span, target: Span, words: RelationWords) -> bool:
    """Say whether one of the pair is no thing of its own: a drug's target, a scale, "lung" of "lung cancer"."""
    flat = reading.flat
    for span, patterns in ((subject, (words.subject_after,)), (target, (words.bystander_after,))):
        if span is subject and _DRUG.search(flat, *subject):
            return True
        behind = re.compile(r"[\s\-'’s]{0,3}\s*").match(flat, span[1])
        if behind and behind.end() > span[1] and any(p.match(flat, behind.end()) for p in patterns):
            return True
        if span is target and _WITHOUT.search(flat, max(0, target[0] - 60), target[0]):
            return True
        if before := words.bystander_before.search(flat, max(0, span[0] - 60), span[0]):
            text = before[0].lower()
            if span is subject and re.match(r"(?:than|versus|vs|compared|unlike)", text):
                continue
            # "useful in treating O" is a relation word's own.
            if text.startswith("treating") and flat[: before.start()].rstrip().endswith(
                ("useful in", "useful for")
            ):
                continue
            return True
    return False


def _is_done_to(
    reading: Reading, subject: Span, target: Span, found: Connection, words: RelationWords
) -> bool:
    """Say whether the sentence tells what a drug, or another agent, does: that claims nothing of S in O."""
    flat = reading.flat
    left, right = sorted((subject, target))
    start = reading.words[clause_start(reading, min(left[0], found.start))].start
    for match in words.interventions.finditer(flat, start, right[1]):
        inside_pair = any(match.start() < s[1] and s[0] < match.end() for s in (subject, target))
        inside_words = found.start <= match.start() < found.end
        if not inside_pair and not inside_words:
            return True
    if found.form in {Form.CLAUSE, Form.NAMING} or (found.form is Form.PHRASE and found.start >= left[1]):
        return False
    # A verb of doing whose object holds the pair.
    first = min(left[0], found.start)
    for match in words.acts.finditer(flat, start, first):
        gap = reading.between(match.end(), first)
        word = reading.words[reading.at(match.start())]
        is_adjective = word.text.endswith("ed") and word.tag is not Tag.VERB
        if is_plain(gap) and not is_adjective and len(gap) <= 12 and not _is_noun_use(reading, word):
            return True
    # "… in O was restored by the drug"
    by = re.compile(
        r"[^,;]{0,80}?\b(?:was|were|is|are|been)\s+(?:\w+ly\s+)?\w+ed\s+(?:by|after|with|upon)\b"
    ).match(flat, right[1])
    return by is not None and words.acts.search(by[0]) is not None and found.form is not Form.COMPOUND


def _is_noun_use(reading: Reading, word: object) -> bool:
    """Say whether a word that may be a verb is a noun here: "a target of", "the decrease in"."""
    at = reading.words.index(word)  # type: ignore[arg-type]
    before = reading.words[at - 1] if at else None
    text = reading.words[at].text
    if text.endswith(("s", "ing")) and before is not None and before.tag is Tag.NAME:
        return False
    return before is None or before.text in {"the", "a", "an", "no", "significant", "of", "in"}


def _is_changed(reading: Reading, span: Span, words: RelationWords) -> bool:
    """Say whether a normal process stands beside a word of loss or of trouble."""
    flat = reading.flat
    pattern = words.less
    if pattern.search(flat, *span):
        return True
    for match in pattern.finditer(flat, max(0, span[0] - 60), span[0]):
        gap = reading.between(match.end(), span[0])
        if is_plain(gap) and len(gap) <= 6 and not any(word.tag is Tag.COMMA for word in gap):
            return True
    behind = re.compile(r"\s+(?:(?:is|are|was|were)\s+)?(?:\w+ly\s+)?").match(flat, span[1])
    return bool(behind and pattern.match(flat, behind.end()))


def _is_paired(reading: Reading, subject: Span, target: Span) -> bool:
    """Say whether the two have the same place in the two rows that "respectively" pairs."""
    return _place_in_row(reading, subject) == _place_in_row(reading, target)


def _place_in_row(reading: Reading, span: Span) -> int:
    place = 0
    n = reading.at(span[0])
    is_open = True
    while n:
        word = reading.words[n - 1]
        if word.tag in {Tag.COMMA, Tag.AND}:
            place += is_open
            is_open = False
        elif word.tag in {Tag.VERB, Tag.RELATIVE, Tag.BOUNDARY, Tag.AGENT, Tag.PREPOSITION}:
            break
        else:
            is_open = True
        n -= 1
    return place
