"""Connections within noun phrases: changes, findings and compounds ("loss of S in O", "O-associated S")."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from kg.claims.forms import Connection, Form
from kg.claims.paths import clause_start, drop_asides, is_plain
from kg.claims.reading import Tag
from kg.link.tokens import words as word_set
from kg.model import Predicate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kg.claims.reading import Reading, Span, Word
    from kg.claims.relations import RelationWords

#: Prepositions that place a subject in a condition.
_PLACE: Final = word_set("in of from during after within among following throughout across with at under")
_AFTER: Final = frozenset({"after", "following"})
_COMPOUND: Final = re.compile(
    r"\s?[-‐–]\s?(?P<word>associated|related|linked|induced|relevant|specific|like|evoked|dependent|mediated|"
    r"driven|vulnerable|affected|causing)\b",
    re.IGNORECASE,
)
_CAUSED: Final = frozenset({"induced", "evoked", "driven"})
_COMPOUND_CAUSES: Final = frozenset({"induced", "mediated", "driven", "causing", "evoked"})
_TELLING: Final = word_set(
    "we our the these this results findings data study studies authors here also further recently have has had "
    "observed found showed show shown demonstrated demonstrate revealed reveal reported report "
    "suggest indicate indicated that"
)
_HAS_CHANGE_OF: Final = re.compile(
    r"(?:show|exhibit|display|ha[sdv]|reveal|demonstrat|contain)\w*\s+(?:[\w-]+\s+){0,6}?(?:increases?|decreases?|reductions?|"
    r"rise|elevation)\s+(?:in|of)\b",
    re.IGNORECASE,
)
_LINKS: Final = frozenset({"association", "associations", "correlation", "relationship", "link", "links"})
#: An active verb of change in its plain form: "may enhance gliosis".
_PLAIN_VERB: Final = re.compile(
    r"(?:increase|decrease|enhance|reduce|decline|deplete|diminish|elevate|alter|damage)s?$"
)


def changes_in(reading: Reading, subject: Span, target: Span, words: RelationWords) -> Iterator[Connection]:
    """Find "loss of S in O", "S dysfunction in O", "impaired S in O", "in O, loss of S"."""
    if subject[1] <= target[0]:
        middle = drop_asides(reading.between(subject[1], target[0]))
        if not is_plain(middle) or not _is_placed(middle):
            return
        if _coordinated_with_controls(reading, target) or any(word.text in _LINKS for word in middle):
            return
        near = [word for word in middle if word.text in _AFTER]
    else:
        # "In patients with O, loss of S …"
        middle = drop_asides(reading.between(target[1], subject[0]))
        lead = reading.words[: reading.at(target[0])]
        opens = [n for n, word in enumerate(lead) if word.text in {"in", "during", "among", "within", "throughout"}]
        if not is_plain(middle) or not opens or not is_plain(lead[opens[0] :]):
            return
        is_told = all(word.text in _TELLING or word.tag is Tag.COMMA for word in lead[: opens[0]])
        if opens[0] > 2 and not is_told:
            return
        # "We found in patients with O a loss of S" needs no comma.
        if not any(word.tag is Tag.COMMA for word in middle) and (not opens[0] or not is_told):
            return
        near = []
    predicate = Predicate.CONSEQUENCE_OF if near else Predicate.AFFECTED_IN
    for start, end in _changes_of(reading, subject, target, words):
        distance = len(reading.between(end, subject[0])) + len(middle)
        yield Connection(predicate, Form.CHANGE, start, end, start, distance)


def _changes_of(reading: Reading, subject: Span, target: Span, words: RelationWords) -> Iterator[Span]:
    """Give the words of change that belong to the subject: before it, in its name, or right behind it."""
    flat = reading.flat
    begin = reading.words[clause_start(reading, subject[0])].start if reading.words else 0
    for pattern in words.changes:
        for match in pattern.finditer(flat, max(begin, subject[0] - 160), subject[0]):
            if match.start() < target[1] and target[0] < match.end():
                continue
            gap = reading.between(match.end(), subject[0])
            tag = reading.words[reading.at(match.start())].tag
            if is_plain(gap) and len(gap) <= 18 and tag is not Tag.VERB and not _is_plain_verb(reading, match, gap):
                yield match.span()
        if own := pattern.search(flat, *subject):
            yield own.span()
        behind = re.compile(r"[\s-]+(?:[\w-]+\s+){0,2}?").match(flat, subject[1])
        if behind:
            for match in pattern.finditer(flat, subject[1], min(subject[1] + 110, len(flat))):
                gap = reading.between(subject[1], match.start())
                is_near = len(gap) <= 2 and all(word.tag is Tag.NAME for word in gap)
                its = len(gap) <= 14 and gap and gap[-1].text in {"its", "their"} and is_plain(gap)
                if (is_near or its) and not match[0].endswith("ed") and match.end() <= max(target[0], subject[1]):
                    yield match.span()


def _is_plain_verb(reading: Reading, match: re.Match[str], gap: Sequence[Word]) -> bool:
    """Say whether a word of change is what somebody does to the subject: "to enhance gliosis"."""
    if not _PLAIN_VERB.match(match[0].lower()):
        return False
    return not (gap and gap[0].text in {"in", "of"})


def _is_placed(middle: Sequence[Word]) -> bool:
    """Say whether a preposition of place leads to the right end: "in the brains of patients with"."""
    prepositions = [word.text for word in middle if word.tag is Tag.PREPOSITION]
    if not prepositions or not any(text in _PLACE for text in prepositions):
        return False
    return prepositions[-1] in _PLACE or prepositions[-1] in {"as"}


def _coordinated_with_controls(reading: Reading, target: Span) -> bool:
    """Say whether the disease stands in a row with controls: a trait of both is no trait of it."""
    before = reading.flat[max(0, target[0] - 40) : target[0]]
    after = reading.flat[target[1] : target[1] + 40]
    return (
        re.search(r"\b(?:controls?|control subjects|healthy \w+)\s+and\s+(?:[\w-]+\s+){0,3}$", before) is not None
        or re.match(r"\s*(?:\w+\s+){0,2}and\s+(?:\w+\s+){0,2}(?:controls?\b|healthy\b)", after) is not None
    )


def findings_in(reading: Reading, subject: Span, target: Span, words: RelationWords) -> Iterator[Connection]:
    """Find "S in O was reduced", "in O, S was reduced"."""
    left, right = (subject, target) if subject[1] <= target[0] else (target, subject)
    middle = drop_asides(reading.between(left[1], right[0]))
    if not is_plain(middle):
        return
    if left is subject:
        if not _is_placed(middle):
            return
    else:
        lead = reading.words[: reading.at(target[0])]
        opens = [n for n, word in enumerate(lead) if word.text in {"in", "during", "among", "within", "across"}]
        if not opens or not is_plain(lead[opens[-1] :]):
            return
    limit = reading.flat.find(";", right[1])
    for match in words.findings.finditer(reading.flat, right[1], limit if limit >= 0 else len(reading.flat)):
        gap = drop_asides(reading.between(right[1], match.start()))
        if is_plain(gap) and len(gap) <= 14:
            if left is subject and _HAS_CHANGE_OF.match(reading.flat, match.start()):
                # "under S the patients with O showed an increase in endorphin": a change of something else.
                return
            distance = len(middle) + len(gap)
            yield Connection(Predicate.AFFECTED_IN, Form.FINDING, *match.span(), match.start(), distance)
        return


def compounds_of(reading: Reading, subject: Span, target: Span) -> Iterator[Connection]:
    """Find "O-associated S" and "S-induced O"."""
    left, right = (subject, target) if subject[1] <= target[0] else (target, subject)
    match = _COMPOUND.match(reading.text, left[1])
    if not match or match.end() > right[0]:
        return
    middle = reading.between(match.end(), right[0])
    if not is_plain(middle) or any(word.tag is Tag.COMMA for word in middle) or len(middle) > 10:
        return
    word = match["word"].lower()
    if left is target:
        predicate = Predicate.CONSEQUENCE_OF if word in _CAUSED else Predicate.ASSOCIATED_WITH
        if word in {"like", "mediated", "dependent", "causing", "specific"}:
            return
    elif word in _COMPOUND_CAUSES:
        predicate = Predicate.CONTRIBUTES_TO
    elif word in {"associated", "related", "linked"}:
        predicate = Predicate.ASSOCIATED_WITH
    else:
        return
    yield Connection(predicate, Form.COMPOUND, *match.span("word"), match.start(), len(middle))
