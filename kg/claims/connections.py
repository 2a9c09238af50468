"""Every way in which a sentence connects a pair: relation words, changes, findings, compounds.

Each finder knows one form of English and yields connections; ``kg.claims.judge`` chooses among them.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from kg.claims.findings import changes_in, compounds_of, findings_in
from kg.claims.forms import Connection, Form
from kg.claims.paths import CONDITIONS, clause_start, drop_asides, governs, group_start, is_plain
from kg.claims.reading import Tag
from kg.claims.relations import Order, RelationWords
from kg.claims.remarks import accompanied, examples, is_abnormal, possessives, shown_in_case
from kg.link.tokens import words as word_set
from kg.model import Predicate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kg.claims.reading import Reading, Span, Word
    from kg.claims.relations import Found


#: Prepositions that place a subject in a condition.
_PLACE: Final = word_set("in of from during after within among following throughout across with at under")
_NAMES: Final = re.compile(
    r"\b(?:include[sd]?|including|such as|like|namely|comprise[sd]?|is|are|was|were|being)\b|[:–—]|--|,",
    re.IGNORECASE,
)
_DISEASE_NOUN: Final = re.compile(
    r"^\s*(?:\w+\s+){0,3}?(?:disease|disorder|condition|syndrome|encephalopathy|illness|dementia|\w+pathy|"
    r"\w+itis)\b",
    re.IGNORECASE,
)
_CONTROLS: Final = re.compile(
    r"\b(?:controls?|healthy|normal|nondemented|non-demented|wild[- ]?type|WT|littermates)\b", re.IGNORECASE
)
_BETWEEN: Final = re.compile(r"\bbetween\b|\b(?:from|versus|vs)\b", re.IGNORECASE)
_HAVING: Final = re.compile(
    r"^(?:show|exhibit|display|manifest|demonstrat|ha[sdv]|develop|present|suffer|featur|reveal|includ|compris|contain)",
    re.IGNORECASE,
)
#: What denies, or doubts, the noun right behind it.
_DENIED_NOUN: Final = re.compile(r"\b(?:no|lack of|absence of|against)\s+(?:[\w-]+\s+){0,2}[\w-]+", re.IGNORECASE)
_DOUBTED_NOUN: Final = re.compile(
    r"\b(?:putative|possible|hypothe(?:sis|tical|si[sz]ed)|presumed|suspected|proposed|conceivable|alleged)\b",
    re.IGNORECASE,
)
_TREATING: Final = frozenset({"preventing", "treating", "controlling", "managing", "curing", "reducing"})
#: "O-associated genes": what is said of the genes is not said of O.
_OF_ANOTHER: Final = re.compile(
    r"[-–](?:associated|related|linked|specific|regulated|risk)\s+(?:[\w-]+\s+)?(?:genes?|proteins?|variants?|loci|pathways?|"
    r"transcripts?|modules?|mutations?|networks?|terms)\b",
    re.IGNORECASE,
)
_HEAD_IN: Final = re.compile(r"(?P<head>[\w-]+)\s+in\s+(?:the\s+)?(?:[\w-]+\s+){0,2}$", re.IGNORECASE)
_TROUBLE: Final = re.compile(
    r"declin|impair|defici|symptom|sever|progress|dysfunction|patholog|loss|chang|degenerat|risk|onset|memory|cogniti|"
    r"dementia|behaviou?r|disab|mortal|surviv|pathogen|develop|abnormal|atroph|death|disturb|outcome|performance",
    re.IGNORECASE,
)
_GENERAL: Final = word_set("conditions genes factors proteins processes markers symptoms signs events things issues")
_GUESSED: Final = frozenset({"likely", "possibly", "probably", "perhaps", "presumably"})
_BE: Final = word_set("is are was were be been being has have had do does did")
_OF_AGENTS: Final = frozenset({Predicate.CONTRIBUTES_TO, Predicate.PROTECTS_FROM})
_SEEN: Final = frozenset({"found", "seen", "observed", "detected", "exists", "exist", "existed", "noted", "evident"})
_LOSS_OF_AGENT: Final = re.compile(
    r"\b(?:inhibit(?:ion|ing)|block(?:ade|ing)|ablat(?:ion|ing)|knock-?(?:out|down)|delet(?:ion|ing)|deplet(?:ion|ing)|"
    r"silencing|suppress(?:ion|ing)|remov(?:al|ing)|absence|deficiency|reduc(?:tion|ing)|lesion(?:s|ing)?|loss|lack|"
    r"inactivat(?:ion|ing)|targeting|eliminat(?:ion|ing)|antagonism|downregulation|down-regulation|mitigating|"
    r"preventing|decreas(?:e|ed|ing)|reduced|disrupt(?:ion|ing))\b",
    re.IGNORECASE,
)


def connections(reading: Reading, subject: Span, target: Span, words: RelationWords) -> Iterator[Connection]:
    """Yield every way in which a sentence connects a pair, in no order.

    Parameters
    ----------
    reading : Reading
        The sentence.
    subject, target : (int, int)
        The pair.
    words : RelationWords
        The lexicon.
    """
    for found in reading.relations:
        if _touches(found, subject) or _touches(found, target):
            continue
        if found.order is Order.FORWARD and subject[1] <= found.start and found.end <= target[0]:
            yield from _clause(reading, found, subject, target, words)
        elif found.order is Order.BACKWARD and target[1] <= found.start and found.end <= subject[0]:
            yield from _clause(reading, found, target, subject, words)
        elif found.order is Order.AROUND:
            yield from _around(reading, found, subject, target, words)
        elif found.order is Order.NAMING and found.end <= target[0] and target[1] <= subject[0]:
            yield from _naming(reading, found, subject, target)
    yield from changes_in(reading, subject, target, words)
    yield from findings_in(reading, subject, target, words)
    yield from compounds_of(reading, subject, target)
    yield from possessives(reading, subject, target)
    yield from accompanied(reading, subject, target, words)
    yield from shown_in_case(reading, subject, target, words)
    yield from examples(reading, subject, target)


def _clause(reading: Reading, found: Found, left: Span, right: Span, words: RelationWords) -> Iterator[Connection]:
    """Find a relation word with one of the pair as its subject and the other in its object."""
    group = max(group_start(reading, found.start), left[1])
    own = reading.between(group, found.end)
    if not own:
        return
    text = reading.flat[found.start : found.end].lower()
    first = reading.words[reading.at(found.start)]
    is_finite = any(word.tag is Tag.VERB for word in own) or _is_verb_form(reading, found, group, words)
    if not is_finite and len(text.split()) == 1 and (text.endswith("ed") or text in {"model", "models"}):
        # "induced stem cells", "neuron models": no verbs here.
        return
    is_gerund = first.text.endswith("ing") and not is_finite
    behind = _shared_object(reading, found, reading.between(found.end, right[0]))
    if any(w.text == "without" and v.text.endswith("ing") for w, v in pairwise(behind)):
        return
    if is_gerund and re.search(r"\bas\s+well\s+as\b", reading.flat[found.end : right[0]]):
        # "implicated in S underlying memory as well as in O": the second is the verb's, not the participle's.
        return
    if found.order is Order.BACKWARD and text.startswith("is a") and any(word.text.endswith("ing") for word in behind):
        # "a disease of the brain leading to S": the nearer word says how.
        return
    if found.order is Order.BACKWARD and (
        _is_treated(reading, left)
        or _OF_ANOTHER.match(reading.text, left[1])
        or (found.predicate is Predicate.ASSOCIATED_WITH and _is_of_other_head(reading, left))
    ):
        return
    if not is_finite and not is_gerund and _is_of_last_in_row(reading.between(left[1], found.start)):
        return
    if _opens_clause(reading, behind, right) or _turns_to_guess(behind):
        return
    if found.predicate in _OF_AGENTS and any(
        behind
        and behind[0].start <= other.start
        and other.end <= right[0]
        and other.end - other.start > 4
        and other.predicate is not Predicate.AFFECTED_IN
        and reading.flat[other.start : other.end].lower().split()[0].endswith("ed")
        for other in reading.relations
    ):
        # "S produces a cytokine involved in O": the second relation is the cytokine's.
        return
    # "In the cortex, plaques are found in O"
    is_place = found.order is Order.FORWARD and found.predicate is Predicate.AFFECTED_IN
    caused = found.order is Order.BACKWARD and text.endswith("by") and _ends_in_cause(behind)
    if not (caused or is_plain(drop_asides(behind))) or not governs(
        reading, left, group, is_finite=is_finite, is_gerund=is_gerund, is_place=is_place
    ):
        return
    if (
        found.order is Order.BACKWARD
        and _HAVING.match(text)
        and found.predicate is Predicate.AFFECTED_IN
        and not is_abnormal(reading, right, found.end, words)
        and not words.negators.match(reading.flat, found.start)
    ):
        return
    if found.order is Order.BACKWARD and text == "is" and not _is_kind_of_disease(reading, right):
        return
    if words.interventions.search(reading.flat, found.end, right[0]) and "treating" not in text:
        return
    predicate = Predicate.CONTRIBUTES_TO if caused and behind[-1].text == "by" else found.predicate
    if (
        predicate is Predicate.CONSEQUENCE_OF
        and found.order is Order.FORWARD
        and text.endswith("by")
        and any(word.text == "in" for word in behind[1:])
    ):
        # "caused by amyloid in O": O is where, not why.
        predicate = Predicate.AFFECTED_IN
    if (
        found.order is Order.FORWARD
        and predicate is Predicate.PROTECTS_FROM
        and _LOSS_OF_AGENT.search(reading.flat, _phrase_start(reading, left[0]), min(left[1] + 16, found.start))
    ):
        predicate = Predicate.CONTRIBUTES_TO
    distance = len(reading.between(left[1], found.start)) + len(behind)
    form = Form.CLAUSE if is_finite or is_gerund else Form.PHRASE
    yield Connection(predicate, form, found.start, found.end, group if is_finite else found.start, distance)


def _phrase_start(reading: Reading, position: int) -> int:
    """Give where the noun phrase, with its prepositions, begins that a position stands in."""
    n = reading.at(position)
    while n and reading.words[n - 1].tag in {Tag.NAME, Tag.PREPOSITION, Tag.AGENT, Tag.ADVERB}:
        n -= 1
    return reading.words[n].start


def _shared_object(reading: Reading, found: Found, behind: list[Word]) -> list[Word]:
    """Skip "and may contribute to" of "is associated with and may contribute to O"."""
    if not behind or behind[0].tag is not Tag.AND:
        return behind
    for other in reading.relations:
        if other.order is found.order and other.start > behind[0].start:
            between = reading.between(behind[0].end, max(group_start(reading, other.start), behind[0].end))
            if not between:
                return [word for word in behind if word.start >= other.end]
    return behind


def _opens_clause(reading: Reading, behind: Sequence[Word], right: Span) -> bool:
    """Say whether ", and" before a name opens a clause with a verb of its own: "…, and S is lost"."""
    rows = [n for n, word in enumerate(behind) if word.tag is Tag.AND and n and behind[n - 1].tag is Tag.COMMA]
    if not rows or any(word.tag in {Tag.COMMA, Tag.AND} for word in behind[rows[-1] + 1 :]):
        return False
    after = reading.words[reading.at(right[1]) : reading.at(right[1]) + 3]
    verb = next((n for n, word in enumerate(after) if word.tag is Tag.VERB), None)
    return verb is not None and is_plain(after[:verb])


def _is_treated(reading: Reading, left: Span) -> bool:
    """Find "preventing O affected S": what is done about a disease is not the disease."""
    before = reading.words[max(0, reading.at(left[0]) - 2) : reading.at(left[0])]
    return any(word.text in _TREATING for word in before)


def _is_of_other_head(reading: Reading, left: Span) -> bool:
    """Find "LDH in O is linked to S", which says that of LDH; "memory loss in O is linked to S" says it of O."""
    match = _HEAD_IN.search(reading.flat, max(0, left[0] - 80), left[0])
    return match is not None and not _TROUBLE.search(match["head"])


def _is_of_last_in_row(words: Sequence[Word]) -> bool:
    """Find "O, weakness due to S", "O, and conditions related to S": only the last of the row is meant."""
    commas = [n for n, word in enumerate(words) if word.tag is Tag.COMMA]
    last = words[commas[-1] + 1 :] if commas else []
    if (
        not any(word.tag is Tag.NAME for word in last)
        or last[0].text in {"a", "an", "the"}
        or last[-1].text in CONDITIONS
    ):
        # "O, a disease marked by S": another name for O.
        return False
    is_row = any(word.tag is Tag.AND for word in words)
    return not is_row or words[-1].text in _GENERAL


def _turns_to_guess(behind: Sequence[Word]) -> bool:
    """Find "not dominated by one factor, and likely a row of many": what is guessed is another statement."""
    return any(
        one.tag is Tag.AND and two.text in _GUESSED and len(behind) - n > 4
        for n, (one, two) in enumerate(pairwise(behind))
    )


def _ends_in_cause(words: Sequence[Word]) -> bool:
    """Find "characterized by deficits induced by S": a chain of phrases, each with its "by"."""
    agents = [n for n, word in enumerate(words) if word.tag is Tag.AGENT]
    return (
        len(agents) == 1
        and agents[0] > 0
        and words[agents[0] - 1].text.endswith("ed")
        and is_plain([word for word in words if word.tag is not Tag.AGENT])
    )


def _is_kind_of_disease(reading: Reading, subject: Span) -> bool:
    """Find "O is an [S] disease"; the name may hold the noun itself."""
    own = reading.flat[subject[0] : subject[1]]
    return _DISEASE_NOUN.match(reading.flat[subject[1] :]) is not None or own.lower().endswith(
        ("disease", "disorder", "condition", "syndrome")
    )


def _is_verb_form(reading: Reading, found: Found, group: int, words: RelationWords) -> bool:
    """Say whether a relation word that may be a noun or a participle is a finite verb here."""
    at = reading.at(found.start)
    first = reading.words[at]
    before = reading.words[at - 1] if at else None
    if first.text.endswith(("ing", "ed")) or first.tag not in {Tag.NAME}:
        return False
    if first.text in {"model", "models"}:
        return before is not None and before.tag is Tag.RELATIVE
    if words.tags.get(first.text) == "plural_verb" and before is not None and before.tag is Tag.NAME:
        return True
    return (before is not None and before.tag in {Tag.AND, Tag.RELATIVE, Tag.ADVERB}) or group < found.start


def _around(reading: Reading, found: Found, subject: Span, target: Span, words: RelationWords) -> Iterator[Connection]:
    """Find "a role for S in O", "an association between O and S"."""
    left, right = (subject, target) if subject[1] <= target[0] else (target, subject)
    if found.end > left[0]:
        return
    gap, middle = reading.between(found.end, left[0]), reading.between(left[1], right[0])
    # "No correlation exists between", "no difference in S was found between controls and O".
    gap = [word for word in gap if word.text not in _BE and word.text not in _SEEN]
    if found.predicate is Predicate.AFFECTED_IN:
        middle = [word for word in middle if word.text not in _BE and word.text not in _SEEN]
    if not is_plain(gap) or not is_plain(middle) or len(gap) > 10:
        return
    text = reading.flat[found.start : found.end]
    between = text.endswith("between") or "between" in reading.flat[found.end : right[0]]
    if left is target and not between:
        return
    is_difference = found.predicate is Predicate.AFFECTED_IN
    if is_difference:
        # D1 against D2 says nothing of D1; against controls it does.
        near = reading.flat[found.end : min(len(reading.flat), right[1] + 60)]
        if not _CONTROLS.search(near):
            return
    elif not _is_stated(reading, found, right, words):
        return
    if not between and not any(word.text in _PLACE or word.text in {"to", "and", "for"} for word in middle):
        return
    yield Connection(found.predicate, Form.AROUND, found.start, found.end, found.start, len(gap) + len(middle))


def _is_stated(reading: Reading, found: Found, right: Span, words: RelationWords) -> bool:
    """Say whether "a role of S in O" is stated, denied or doubted, and not just the topic."""
    if words.gaps.search(reading.flat, right[1]):
        return True
    at = reading.at(found.start)
    near = reading.words[max(0, at - 3) : at]
    lead = reading.flat[near[0].start : found.end] if near else reading.flat[found.start : found.end]
    if _DENIED_NOUN.search(lead) or _DOUBTED_NOUN.search(lead):
        # "No link between", "a putative role of": said even where the sentence has no verb.
        return True
    begin = reading.words[clause_start(reading, found.start)].start
    return not reading.is_fragment and words.statements.search(reading.flat, begin) is not None


def _naming(reading: Reading, found: Found, subject: Span, target: Span) -> Iterator[Connection]:
    """Find "hallmarks of O include S", "a feature of O, S"."""
    gap = reading.between(found.end, target[0])
    middle = reading.flat[target[1] : subject[0]]
    if not is_plain(gap) or len(gap) > 6 or not _NAMES.search(middle):
        return
    inner = drop_asides(reading.between(target[1], subject[0]))
    at = next((n for n, word in enumerate(inner) if word.tag is Tag.VERB), None)
    if at is not None and (
        (at + 1 < len(inner) and inner[at + 1].text.endswith("ed") and inner[at].text in _BE)
        or re.match(r"\s*(?:--|[–—,:])", middle)
    ):
        return
    verbs = [
        word
        for word in drop_asides(reading.between(target[1], subject[0]))
        if word.tag in {Tag.VERB, Tag.RELATIVE, Tag.BOUNDARY, Tag.AGENT} and word.text != ":"
    ]
    if any(not re.match(r"(?:is|are|was|were|includ\w+|compris\w+)$", word.text) for word in verbs):
        return
    if not verbs and not re.match(r"\s*(?:,|--|[–—:]|such as|like|namely|including)", middle.lstrip("s'’ ")):
        return
    yield Connection(found.predicate, Form.NAMING, found.start, found.end, found.start, len(gap) + len(middle.split()))


def _touches(found: Found, span: Span) -> bool:
    return found.start < span[1] and span[0] < found.end
