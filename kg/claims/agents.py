"""Who acts, and who only stands by: what drugs and other agents do claims nothing of a pair (rules 13 and 18)."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from kg.claims.forms import Connection, Form
from kg.claims.paths import clause_start, is_plain
from kg.claims.reading import Tag

if TYPE_CHECKING:
    from kg.claims.reading import Reading, Span, Word
    from kg.claims.relations import RelationWords

_DRUG: Final = re.compile(r"\b(?:inhibitors?|agonists?|antagonists?|blockers?)\b", re.IGNORECASE)
#: "adults without dementia", "without stroke or dementia".
_NAMES_CONDITION: Final = re.compile(
    r"[-\s]+(?:diseases?|disorders?|syndromes?|leuk(?:a?e)mias?|lymphomas?|dementias?|encephalopath(?:y|ies))\b",
    re.IGNORECASE,
)
_IS_KIND: Final = re.compile(r"\bis\s+an?\s+(?:[\w-]+\s+){0,5}$", re.IGNORECASE)
_WITHOUT: Final = re.compile(r"\bwithout\s+(?:[\w-]+\s+){0,2}(?:[\w-]+,?\s+(?:or|and)\s+)?$", re.IGNORECASE)
_CELL_LINE: Final = re.compile(r"[\s-]+(?:[\w/-]+\s+){0,3}(?:cells?|lines?)\b", re.IGNORECASE)
_CLASS_NOUNS: Final = ("disease", "disorder", "condition", "diseases", "disorders", "conditions", "syndrome")
_IS_A: Final = re.compile(
    r"(?:\b(?:is|are|being)|,)\s+(?:an?|one of the|among the|the most common)\s+"
    r"(?:(?!of\b|in\b|for\b|to\b|with\b|by\b)[\w-]+,?\s+){0,6}$",
    re.IGNORECASE,
)


def is_bystander(reading: Reading, subject: Span, target: Span, words: RelationWords) -> bool:
    """Say whether one of the pair is no thing of its own: a drug's target, a scale, "lung" of "lung cancer"."""
    flat = reading.flat
    for span, patterns in ((subject, (words.subject_after,)), (target, (words.bystander_after,))):
        if span is subject and _DRUG.search(flat, *subject):
            return True
        if span is subject and _NAMES_CONDITION.match(flat, subject[1]) and not _IS_KIND.search(flat[: subject[0]]):
            return True
        if span is target and _is_tool_or_class(flat, target):
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
            # "occurs independently of" is a relation word itself.
            if any(one.start <= before.start() < one.end for one in reading.relations):
                continue
            # "useful in treating O" is a relation word's own.
            if text.startswith("treating") and flat[: before.start()].rstrip().endswith(("useful in", "useful for")):
                continue
            return True
    return False


def _is_tool_or_class(flat: str, target: Span) -> bool:
    """Find "neuroblastoma SH-SY5Y cells", and the "disorder" of "dementia is a neurodegenerative disorder"."""
    own = flat[slice(*target)].lower()
    if own.endswith(("oma", "omas", "cancer", "cancers", "leukemia", "tumor", "tumour")) and _CELL_LINE.match(
        flat, target[1]
    ):
        return True
    return own.endswith(_CLASS_NOUNS) and _IS_A.search(flat, max(0, target[0] - 60), target[0]) is not None


def is_done_to(reading: Reading, subject: Span, target: Span, found: Connection, words: RelationWords) -> bool:
    """Say whether the sentence tells what a drug, or another agent, does: that claims nothing of S in O."""
    flat = reading.flat
    left, right = sorted((subject, target))
    start = reading.words[clause_start(reading, min(left[0], found.start))].start
    drugs_from = start
    if found.form in {Form.PHRASE, Form.COMPOUND}:
        # "drugs … have been used to predict deficits due to O": what is said within a noun phrase is said anyhow.
        before = reading.words[: reading.at(min(left[0], found.start))]
        verbs = [word for word in before if word.tag in {Tag.VERB, Tag.RELATIVE, Tag.BOUNDARY}]
        drugs_from = max(start, verbs[-1].end) if verbs else start
    for match in words.interventions.finditer(flat, drugs_from, right[1]):
        inside_pair = any(match.start() < s[1] and s[0] < match.end() for s in (subject, target))
        inside_words = found.start <= match.start() < found.end
        if not inside_pair and not inside_words:
            return True
    if found.form in {Form.CLAUSE, Form.NAMING}:
        return False
    if found.form is Form.PHRASE and found.start >= left[1] and _is_set_off(reading, left[1], found.start):
        return False
    # A verb of doing whose object holds the pair.
    first = min(left[0], found.start)
    for match in words.acts.finditer(flat, start, first):
        gap = reading.between(match.end(), first)
        word = reading.words[reading.at(match.start())]
        is_adjective = word.text.endswith("ed") and word.tag is not Tag.VERB and not _follows_verb(reading, word)
        # "…, arguing against S": another phrase with a verb of its own.
        ends = any(a.tag is Tag.COMMA and b.text.endswith("ing") for a, b in pairwise(gap))
        if is_plain(gap) and not ends and not is_adjective and len(gap) <= 12 and not _is_noun_use(reading, word):
            return True
    # "… in O was restored by the drug"
    by = re.compile(r"[^,;]{0,80}?\b(?:was|were|is|are|been)\s+(?:\w+ly\s+)?\w+ed\s+(?:by|after|with|upon)\b").match(
        flat, right[1]
    )
    return by is not None and words.acts.search(by[0]) is not None and found.form is not Form.COMPOUND


def _is_set_off(reading: Reading, start: int, end: int) -> bool:
    """Say whether a comma stands before what is said of a name: "TNF, implicated in dementia"."""
    words = reading.between(start, end)
    return (bool(words) and words[-1].tag is Tag.COMMA) or reading.flat[end] == ","


def _follows_verb(reading: Reading, word: Word) -> bool:
    """Find the second verb of "was tested and prevented"."""
    at = reading.at(word.start)
    if not at or reading.words[at - 1].tag is not Tag.AND:
        return False
    return any(other.tag is Tag.VERB for other in reading.words[max(0, at - 12) : at])


def _is_noun_use(reading: Reading, word: Word) -> bool:
    """Say whether a word that may be a verb is a noun here: "a target of", "the decrease in"."""
    at = reading.at(word.start)
    before = reading.words[at - 1] if at else None
    text = reading.words[at].text
    if text.endswith(("s", "ing")) and before is not None and before.tag is Tag.NAME:
        return False
    return before is None or before.text in {"the", "a", "an", "no", "significant", "of", "in"}
