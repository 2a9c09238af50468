"""Whether a connection is stated, denied or thought possible: a cue counts only where it governs the pair."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from kg.claims.forms import Form
from kg.claims.paths import clause_start, drop_asides
from kg.claims.reading import Tag
from kg.model import Polarity

if TYPE_CHECKING:
    from kg.claims.forms import Connection
    from kg.claims.reading import Reading, Span
    from kg.claims.relations import RelationWords

#: Words that carry a doubt over a whole clause: "whether", "the hypothesis that".
_OVER_CLAUSE: Final = re.compile(
    r"\b(?:whether|hypothe\w+|possib\w+|conjecture|speculat\w+|postulat\w+|propos\w+|assum\w+|believed|thought|"
    r"unclear|unknown|if|how)\b",
    re.IGNORECASE,
)
_NO: Final = re.compile(r"\b(?:no|none|neither|without|not|nor)\b", re.IGNORECASE)
#: Reach of a negator before a noun phrase, in words.
_REACH: Final = 7
_CLAUSAL: Final = frozenset({Form.CLAUSE})
_NOT_AT_END: Final = re.compile(
    r"(?:\b(?:but not|although not|though not|albeit not|rather than|instead of|not|without|in the absence of|nor|"
    r"and not|except|other than|no|but no)\s+"
    r"(?:(?!is\b|are\b|was\b|were\b)[\w-]+\s+){0,3})$",
    re.IGNORECASE,
)

#: "… was not observed", "… did not reach significance"; but not "… is not uniform".
_NOT_SEEN: Final = re.compile(
    r"[^,;]{0,60}?\b(?:(?:was|were|is|are|has|have|did|could|does|do)\s+(?:\w+\s+)?(?:not|never)\s+(?:be\s+|been\s+)?"
    r"(?:\w+ly\s+)?(?:observed|found|seen|detect\w*|present|evident|reported|confirm\w*|replicated?|demonstrated|"
    r"significant|apparent|established|occur|exist|increased|decreased|reduced|different|differ|altered|affected|reach|"
    r"attain|survive|supported|a\b|an\b|correlat\w+|associated|related)|(?:was|were|is|are)\s+(?:statistically\s+)?"
    r"(?:non-?significant|insignificant|absent|lacking|ruled\s+out|excluded))\b",
    re.IGNORECASE,
)
#: "associated with X and possibly O".
_GUESSED_END: Final = re.compile(
    r"(?:\b(?:and|or|but)|,)\s+(?:possibly|perhaps|probably|likely|potentially|presumably|maybe)\s+(?:also\s+)?"
    r"(?:(?!is\b|are\b|was\b|were\b|contribut|caus|lead|play)[\w-]+\s+){0,3}$",
    re.IGNORECASE,
)
#: A guess that something is not so.
_MAY_NOT: Final = re.compile(r"\b(?:may|might|probably|possibly|perhaps)\s+not\b", re.IGNORECASE)
#: "data support the hypothesis that", "the notion that … is supported by": held, not guessed.
_BORNE_OUT: Final = re.compile(
    r"\b(?:support(?:s|ed|ing|ive\s+of)?|corroborat\w+|confirm\w*|strengthen\w*|consistent\s+with|in\s+line\s+with|"
    r"favou?r(?:s|ed|ing)?|prov(?:e[sd]?|ing)|verif\w+|in\s+(?:support|favou?r)\s+of)\s+(?:the|our|this|a)?\s*(?:[\w-]+\s+)?$",
    re.IGNORECASE,
)
_SUPPORTED: Final = re.compile(
    r"[^;]{0,80}?\b(?:is|was|has\s+been|are|were)\s+(?:\w+ly\s+)?(?:supported|confirmed|corroborated|verified)\b",
    re.IGNORECASE,
)
_THOUGHT: Final = re.compile(r"(?:hypothes[ie]s|notion|idea|theory|view|possibility)\b", re.IGNORECASE)
_GOES_ON: Final = re.compile(r"(?:occur|develop|persist|progress|aris|aros)", re.IGNORECASE)
#: "Absence of plaques in O" denies what "absence of neurons in O" states: plaques are not meant to be there.
_ABSENCE: Final = re.compile(r"\b(?:absence|lack)\s+of\s+(?:[\w-]+\s+){0,2}$", re.IGNORECASE)

#: "A, but not the loss of S, causes O".
_NOT_BEFORE: Final = re.compile(
    r"(?:\bbut not|, not|\band not|\brather than|\binstead of)\s+(?!only\b)(?:[\w-]+\s+){0,5}$", re.IGNORECASE
)


def polarity_of(
    reading: Reading, subject: Span, target: Span, connection: Connection, words: RelationWords
) -> Polarity | None:
    """Say what a sentence makes of a connection.

    Returns
    -------
    Polarity or None
        None where a gap in knowledge, or an aim, leaves nothing said.
    """
    left, right = sorted((subject, target))
    is_clause = connection.form in _CLAUSAL
    begin = reading.words[clause_start(reading, min(left[0], connection.start))].start
    if connection.form is Form.PHRASE:
        begin = max(begin, left[0] - 24)
    elif not is_clause and connection.form is not Form.FINDING:
        begin = max(begin, 0)
    scope = _scope(reading, begin, max(connection.end, left[0]), left, connection)
    if _is_denied(reading, scope, left, right, connection, words):
        is_guess = any(_MAY_NOT.search(reading.flat, start, end) for start, end in scope)
        return Polarity.SPECULATIVE if is_guess else Polarity.NEGATED
    if _GUESSED_END.search(reading.flat, max(0, right[0] - 60), right[0]):
        return Polarity.SPECULATIVE
    is_gap = _gap_behind(reading, max(right[1], connection.end), words)
    if connection.form is Form.PHRASE and connection.start >= left[1]:
        # "the origin of S, a hallmark of O, is unknown": what is not known is the origin.
        is_gap = False
    if is_clause or connection.form is Form.FINDING or connection.form is Form.PHRASE:
        is_doubted = _is_hedged(reading, scope, subject, target, words)
        if is_doubted or is_gap:
            return Polarity.SPECULATIVE
        return Polarity.ASSERTED
    ahead = reading.between(begin, min(connection.start, left[0]))
    near = ahead[-6:]
    text = reading.flat[near[0].start : connection.end] if near else ""
    whole = reading.flat[begin : connection.end]
    if connection.form is Form.AROUND or connection.form is Form.NAMING:
        if is_gap:
            return Polarity.SPECULATIVE
        if connection.form is Form.NAMING and words.aims.search(whole):
            return None
        if words.hedges.search(whole):
            return Polarity.SPECULATIVE
        if words.aims.search(whole):
            return None
        return Polarity.ASSERTED
    if connection.form is Form.CHANGE and (is_gap or _is_aim(reading, begin, connection, words)):
        return None
    if words.hedges.search(text) or re.search(r"\b(?:whether|hypothe\w+)\b", whole):
        return Polarity.SPECULATIVE
    return Polarity.ASSERTED


def _scope(reading: Reading, begin: int, end: int, left: Span, connection: Connection) -> list[Span]:
    """Give the stretches in which a cue governs the connection: its clause, asides left out."""
    words = drop_asides(reading.between(begin, end))
    if connection.form is Form.CLAUSE:
        inner = reading.between(left[1], connection.group)
        while inner and inner[-1].tag is Tag.ADVERB:
            inner.pop()
        if inner and inner[-1].tag is Tag.RELATIVE and inner[-1].text != "that":
            # "S, which causes O": what is said of S before is another matter.
            words = reading.between(inner[-1].start, end)
    spans: list[Span] = []
    for word in words:
        if spans and reading.flat[spans[-1][1] : word.start].isspace():
            spans[-1] = (spans[-1][0], word.end)
        else:
            spans.append((word.start, word.end))
    return spans


def _is_hedged(reading: Reading, scope: list[Span], subject: Span, target: Span, words: RelationWords) -> bool:
    for start, end in scope:
        for match in words.hedges.finditer(reading.flat, start, end):
            if _THOUGHT.match(match[0]) and _is_borne_out(reading, match, max(subject[1], target[1])):
                continue
            if not _inside(match.span(), subject) and not _inside(match.span(), target):
                return True
    return False


def _is_borne_out(reading: Reading, match: re.Match[str], end: int) -> bool:
    """Say whether what was thought is found to be so; not where it was only tested, or not supported."""
    flat = reading.flat
    before = _BORNE_OUT.search(flat, 0, match.start())
    if before is not None:
        lead = reading.between(0, before.start())
        return not any(word.text in {"not", "to", "no", "nor"} for word in lead[-3:])
    return _SUPPORTED.match(flat, end) is not None


def _is_denied(
    reading: Reading, scope: list[Span], left: Span, right: Span, connection: Connection, words: RelationWords
) -> bool:
    flat = reading.flat
    spared = [match.span() for match in words.not_negators.finditer(flat)]
    if match := _NOT_AT_END.search(flat, max(0, right[0] - 60), right[0]):
        inside = reading.between(match.start(), right[0])
        is_own = connection.start <= match.start() < connection.end
        if match[0].lower().startswith("in the absence"):
            # "O persists in the absence of S" denies; "S was seen in the absence of O" tells the conditions.
            is_own = is_own or _GOES_ON.match(flat, connection.start) is None
        is_plain_end = not any(word.tag in {Tag.VERB, Tag.COMMA, Tag.RELATIVE} for word in inside)
        if (
            not is_own
            and is_plain_end
            and match.start() >= left[1]
            and not any(a <= match.start() < b for a, b in spared)
        ):
            return True
    aside = _NOT_BEFORE.search(flat, max(0, left[0] - 60), left[0])
    if aside and not any(word.tag is Tag.VERB for word in reading.between(aside.start(), left[0])):
        return True
    if connection.form is Form.CHANGE and _is_absence(reading, left, right, words):
        return True
    if connection.form is Form.CLAUSE and words.negators.match(flat, connection.start):
        # "has the same number of"
        return True
    first = reading.between(connection.end, right[0])[:1]
    if first and first[0].text in {"no", "neither"} and connection.form is Form.CLAUSE:
        return True
    for start, end in scope:
        for match in words.negators.finditer(flat, start, end):
            if any(a <= match.start() < b for a, b in spared) or _inside(match.span(), left):
                continue
            if match.start() >= connection.group - 1:
                return True
            is_reported = match[0].lower().endswith("that")
            between = reading.between(match.end(), connection.group if is_reported else connection.start)
            if connection.form is Form.CLAUSE:
                # "no S causes O", "no evidence that S causes O"
                if (
                    _NO.fullmatch(match[0])
                    and match[0].lower() != "without"
                    and (match.end() <= left[0] and not _verb_between(reading, match.end(), left[0]))
                    and not (match[0].lower() == "not" and _is_another(reading, match.end(), left[0]))
                ):
                    return True
                if match[0].lower() not in {"without", "no", "not"} and not any(w.tag is Tag.VERB for w in between):
                    return True
            elif len(between) <= _REACH and (
                match[0].lower() in {"no", "none", "neither"} or not any(w.tag is Tag.COMMA for w in between)
            ):
                return True
    if connection.form in {Form.CHANGE, Form.AROUND, Form.COMPOUND}:
        after = _NOT_SEEN.match(flat, right[1])
        return (
            after is not None
            and not any(a < after.end() <= b for a, b in spared)
            and _near(reading, right[1], after.end())
        )
    return False


def _is_absence(reading: Reading, left: Span, right: Span, words: RelationWords) -> bool:
    """Find "absence of S in O" where S is a trouble itself."""
    flat = reading.flat
    for span in (left, right):
        if _ABSENCE.search(flat, max(0, span[0] - 50), span[0]) and words.abnormal.search(flat, *span):
            return True
    return False


def _near(reading: Reading, start: int, end: int) -> bool:
    words = reading.between(start, end)
    return len(words) <= 6 and not any(word.tag in {Tag.RELATIVE, Tag.BOUNDARY} for word in words)


def _is_another(reading: Reading, start: int, end: int) -> bool:
    """Find "X is not lost in D, and S causes O": behind ", and" comes another statement."""
    return any(a.tag is Tag.COMMA and b.tag is Tag.AND for a, b in pairwise(reading.between(start, end)))


def _verb_between(reading: Reading, start: int, end: int) -> bool:
    """Say whether a verb, but that of "was found that", stands between two places."""
    words = reading.between(start, end)
    relatives = [n for n, word in enumerate(words) if word.text == "that"]
    words = words[relatives[-1] :] if relatives else words
    return any(word.tag is Tag.VERB for word in words)


def _gap_behind(reading: Reading, end: int, words: RelationWords) -> bool:
    """Find "… remains unclear" behind the pair, in its own clause."""
    match = words.gaps.search(reading.flat, end)
    if match is None:
        return False
    between = reading.between(end, match.start())
    if any(word.tag is Tag.BOUNDARY or word.text in {"which", "who"} for word in between):
        return False
    # "remains unclear", "leaving it unexplored", but not "with a still unclear origin".
    said = reading.between(end, match.start())
    return any(word.tag is Tag.VERB for word in said) or "leaving" in reading.flat


def _is_aim(reading: Reading, begin: int, connection: Connection, words: RelationWords) -> bool:
    aims = list(words.aims.finditer(reading.flat, begin, connection.start))
    if not aims:
        return False
    # "We examined mice and found loss of S": another verb stands between.
    return not any(word.tag is Tag.VERB for word in reading.between(aims[-1].end(), connection.start))


def _inside(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]
