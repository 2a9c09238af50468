"""Connections that a sentence makes in passing: what comes with a disease, what a case showed, what its role is.

Each finder knows one form, as those of ``kg.claims.connections`` do.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from kg.claims.forms import Connection, Form
from kg.claims.paths import CONDITIONS, clause_start, is_plain
from kg.claims.reading import Tag
from kg.claims.relations import Order, RelationWords
from kg.link.tokens import words as word_set
from kg.model import Predicate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kg.claims.reading import Reading, Span

_PLACE: Final = word_set("in of from during after within among following throughout across with at under")
_POSSESSIVE: Final = re.compile(
    r"\b(?:its|their)\s+(?:[\w-]+\s+){0,2}(?P<noun>roles?|relationships?|associations?|involvement|contributions?|links?|"
    r"implications?)\s+(?:in|with|to|for)\b",
    re.IGNORECASE,
)
_EXAMPLE: Final = re.compile(r"\b(?:such as|including|like|e\.g\.)", re.IGNORECASE)
_CASE: Final = re.compile(
    r"\b(?:cases?|patients?|wom[ae]n|m[ae]n|boy|girl|child|children|subjects?)\s+(?:of|with|suffering\s+from)\s+"
    r"(?:[\w-]+\s+){0,4}$",
    re.IGNORECASE,
)
_SHOWED: Final = re.compile(
    r"\b(?:show|reveal|demonstrat|disclos|indicat)(?:ed|s|es)\s+(?!that\b|no\b)(?:an?\s+|the\s+)?",
    re.IGNORECASE,
)
#: Words from a case's disease to what was shown in it.
_MOST_IN_CASE: Final = 25


def is_abnormal(reading: Reading, span: Span, start: int, words: RelationWords) -> bool:
    """Say whether a thing that a disease has is out of order: "shows [reduced] S", "has insomnia"."""
    flat = reading.flat
    ahead = flat[start : span[0]]
    own = flat[span[0] : span[1]]
    after = re.match(r"\s+[\w-]+(?:\s+[\w-]+)?", flat[span[1] :])
    return any(
        pattern.search(part) is not None
        for pattern in (*words.changes, words.abnormal)
        for part in (ahead, own, after[0] if after else "")
    )


def possessives(reading: Reading, subject: Span, target: Span) -> Iterator[Connection]:
    """Find "S is common, but its role in O is unclear"."""
    if subject[1] > target[0]:
        return
    for match in _POSSESSIVE.finditer(reading.flat, subject[1], target[0]):
        before = reading.between(subject[1], match.start())
        first = next((n for n, word in enumerate(before) if word.tag is Tag.VERB), None)
        lead = reading.words[: reading.at(subject[0])]
        if first is None or not is_plain(before[:first]) or any(word.tag is Tag.VERB for word in lead):
            continue
        gap = reading.between(match.end(), target[0])
        if is_plain(gap):
            contributes = match["noun"].lower() in {"role", "roles", "contribution", "contributions"}
            predicate = Predicate.CONTRIBUTES_TO if contributes else Predicate.ASSOCIATED_WITH
            yield Connection(predicate, Form.AROUND, *match.span(), match.start(), len(gap) + len(before))


def accompanied(reading: Reading, subject: Span, target: Span, words: RelationWords) -> Iterator[Connection]:
    """Find "O is a disorder of the brain, with S appearing early": what comes with O, out of order."""
    if target[1] > subject[0]:
        return
    gap = reading.between(target[1], subject[0])
    at = next((n for n in range(len(gap) - 1, 0, -1) if gap[n].text == "with" and gap[n - 1].tag is Tag.COMMA), None)
    if at is None or not is_plain(gap[at:]) or any(w.tag in {Tag.COMMA, Tag.PREPOSITION} for w in gap[at + 1 :]):
        return
    lead = reading.words[clause_start(reading, target[0]) : reading.at(target[0])]
    after = reading.words[reading.at(subject[1]) : reading.at(subject[1]) + 1]
    is_shown = (bool(after) and after[0].text.endswith(("ing", "ed"))) or is_abnormal(
        reading, subject, gap[at].start, words
    )
    if (
        is_shown
        and is_plain(lead)
        and not any(word.tag is Tag.PREPOSITION and word.text in _PLACE for word in lead[:1])
    ):
        start, end = gap[at].start, gap[at].end
        yield Connection(Predicate.AFFECTED_IN, Form.PHRASE, start, end, start, len(gap))


def shown_in_case(reading: Reading, subject: Span, target: Span, words: RelationWords) -> Iterator[Connection]:
    """Find "a patient with O in whom imaging showed loss of S": a case report's finding is one of its disease."""
    if target[1] > subject[0] or not _CASE.search(reading.flat, 0, target[0]):
        return
    shown = list(_SHOWED.finditer(reading.flat, target[1], subject[0]))
    if not shown or len(reading.between(target[1], shown[-1].start())) > _MOST_IN_CASE:
        return
    gap = reading.between(shown[-1].end(), subject[0])
    if is_plain(gap) and is_abnormal(reading, subject, shown[-1].end(), words):
        start, end = shown[-1].span()
        yield Connection(Predicate.AFFECTED_IN, Form.PHRASE, start, end, start, len(gap) + 10)


def examples(reading: Reading, subject: Span, target: Span) -> Iterator[Connection]:
    """Find "diseases characterized by S, such as O"."""
    if subject[1] > target[0]:
        return
    behind = reading.flat[subject[1] : target[0]]
    example = _EXAMPLE.search(behind)
    if not example or not is_plain(reading.between(subject[1], target[0])):
        return
    for found in reading.relations:
        at = reading.at(found.start)
        if (
            found.order is Order.BACKWARD
            and found.end <= subject[0]
            and at
            and (reading.words[at - 1].text in CONDITIONS)
        ):
            gap = reading.between(found.end, subject[0])
            if is_plain(gap):
                distance = len(gap) + len(behind.split())
                yield Connection(found.predicate, Form.PHRASE, found.start, found.end, found.start, distance)
