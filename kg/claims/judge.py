"""What one sentence says of a pair: a mechanism, region or cell type, and a disease.

The judge looks for a way in which the sentence connects the two (``kg.claims.connections``), asks
whether that is stated, denied or only thought possible (``kg.claims.polarity``), and in which species.
It knows sorts of words and clauses, no grammar: it would rather miss a relation than make one up.
Sentences of data, methods and therapy say nothing here (rule 2). docs/judging.md tells the rules.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from kg.claims.agents import is_bystander, is_done_to
from kg.claims.connections import connections
from kg.claims.doubts import doubts
from kg.claims.forms import Form
from kg.claims.paths import is_plain
from kg.claims.polarity import polarity_of
from kg.claims.reading import Tag, brackets_around, read
from kg.claims.relations import RelationWords, relation_words
from kg.claims.species import species_context
from kg.model import Polarity, Predicate

if TYPE_CHECKING:
    from collections.abc import Iterator

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
#: "this mechanism", "these neurons": a name for what was named before.
_ANAPHOR: Final = re.compile(
    r"\b(?:this|these|such)\s+(?P<noun>mechanisms?|process|pathways?|cells?|neurons?|regions?|structures?|nucle(?:us|i)|"
    r"changes|deficits?|alterations?|abnormalit(?:y|ies)|dysfunction|impairments?|pathology|phenomenon|lesions?|loss)\b",
    re.IGNORECASE,
)
_BE: Final = frozenset({"is", "are", "was", "were"})
_CELLS: Final = re.compile(r"cell|neuron|glia|cyte", re.IGNORECASE)
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
        a word of change ("reduced gamma oscillations"), or where a relation is denied or doubted.

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
    if judged is None and not is_process:
        for again in _named_again(sentence, subject, target):
            reading = read(sentence, brackets_around(sentence, again, target), words)
            judged = judged or _judge_once(reading, again, target, words, is_process=False)
    if judged is None:
        return None
    # A phrase may begin with the comma before it.
    start = (
        judged.start + len(sentence[judged.start : judged.end]) - len(sentence[judged.start : judged.end].lstrip(", "))
    )
    return judged._replace(start=start, species=species_context(sentence))


def _named_again(sentence: str, subject: Span, target: Span) -> Iterator[Span]:
    """Find "this mechanism" behind a subject that it can mean: what is said of it is said of the subject."""
    own = sentence[slice(*subject)]
    for match in _ANAPHOR.finditer(sentence, subject[1]):
        is_cells = match["noun"].lower().startswith(("cell", "neuron"))
        if is_cells and not _CELLS.search(own):
            continue
        between = read(sentence).between(subject[1], match.start())
        if any(word.tag is Tag.VERB and word.text not in _BE for word in between):
            # "S impairs X, arguing against this mechanism": it may be X's.
            continue
        if match.end() <= target[0] or target[1] <= match.start():
            yield match.span()


def _judge_once(
    reading: Reading, subject: Span, target: Span, words: RelationWords, *, is_process: bool
) -> Judgement | None:
    target = _with_model(reading, target)
    if is_bystander(reading, subject, target, words):
        return None
    # A process that nothing disturbs is no mechanism of disease, but what is denied of it is denied of its trouble.
    is_healthy = is_process and not _is_changed(reading, subject, words)
    if _RESPECTIVELY.search(reading.flat) and not _is_paired(reading, subject, target):
        return None
    is_resource = words.resource.search(reading.flat) is not None
    best: tuple[tuple[int, int, int], Judgement] | None = None
    for found in connections(reading, subject, target, words):
        if is_resource and found.form is not Form.PHRASE:
            continue
        if is_done_to(reading, subject, target, found, words):
            continue
        polarity = polarity_of(reading, subject, target, found, words)
        if polarity is None or (
            is_healthy and (polarity is Polarity.ASSERTED or found.predicate is Predicate.PROTECTS_FROM)
        ):
            continue
        # The stronger part of "is associated with and may contribute to" wins.
        weak = polarity is Polarity.SPECULATIVE and found.form is Form.CLAUSE
        rank = (int(found.form) + (1 if weak else 0), found.distance, found.start - found.end)
        if best is None or rank < best[0]:
            best = rank, Judgement(found.predicate, polarity, found.start, found.end)
    if best is None and not is_resource and not is_healthy:
        for found, polarity in doubts(reading, subject, target, words):
            rank = (0, found.distance, found.start - found.end)
            if best is None or rank < best[0]:
                best = rank, Judgement(found.predicate, polarity, found.start, found.end)
    return best[1] if best else None


def _with_model(reading: Reading, target: Span) -> Span:
    """Take ": a model of O" behind an animal's name as part of O: the finding is in that animal."""
    match = _MODEL_BEFORE.search(reading.flat, max(0, target[0] - 80), target[0])
    return (match.start(), target[1]) if match else target


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
    # A row ends at the relation word before it.
    begin = max((found.end for found in reading.relations if found.end <= span[0]), default=0)
    while n and reading.words[n - 1].start >= begin:
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
