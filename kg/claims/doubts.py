"""Relations that a sentence denies or doubts in more words than the judge follows where it asserts.

What is only asked ("whether S spreads in this way in O") or hedged over a second verb ("S rises early and may
thereby worsen O") makes no edge of a graph. So the way between the pair may be longer here than in
``kg.claims.connections``, as long as a cue of doubt or denial stands in the verb group itself, or opens the clause.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from kg.claims.forms import Connection, Form
from kg.claims.paths import drop_asides, group_start, is_plain
from kg.claims.reading import Tag
from kg.claims.relations import Order
from kg.link.tokens import words as word_set
from kg.model import Polarity, Predicate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kg.claims.reading import Reading, Span, Word
    from kg.claims.relations import RelationWords

#: Prepositions that lead from what happens to the disease that it happens in.
_PLACE: Final = word_set("in of from during after within among following throughout across with for to")
_ASKING: Final = frozenset({"whether", "if"})
_HELD: Final = re.compile(
    r"^(?:hypothes\w+|speculat\w+|postulat\w+|possibilit\w+|conjectur\w+|suspect\w*|suspicion|notion|unlikely)$"
)
#: Words from a cue to the subject, and from the subject to the relation word.
_MOST_AHEAD: Final = 8
_MOST_BETWEEN: Final = 24
_MOST_ASKED: Final = 14
_UNCHANGED: Final = re.compile(
    r"\b(?:without|with no|but no)\s+(?:[\w-]+\s+){0,2}(?:changes?|differences?|alterations?|loss|"
    r"reductions?|decreases?|increases?|abnormalit(?:y|ies)|impairments?|deficits?|involvement)\s+(?:in|of)\b",
    re.IGNORECASE,
)
_NEGATORS: Final = re.compile(r"\b(?:not|cannot|never|fail(?:s|ed)? to|no)\b", re.IGNORECASE)


def doubts(
    reading: Reading, subject: Span, target: Span, words: RelationWords
) -> Iterator[tuple[Connection, Polarity]]:
    """Yield what a sentence asks, doubts or denies of a pair by a longer way.

    Parameters
    ----------
    reading : Reading
        The sentence.
    subject, target : (int, int)
        The pair.
    words : RelationWords
        The lexicon.
    """
    if words.interventions.search(reading.flat):
        return
    yield from _asked(reading, subject, target)
    yield from _left_unchanged(reading, subject, target)
    if subject[1] <= target[0]:
        for found in reading.relations:
            if found.order is Order.FORWARD and subject[1] <= found.start and found.end <= target[0]:
                group = max(group_start(reading, found.start), subject[1])
                behind = drop_asides(reading.between(found.end, target[0]))
                between = reading.between(subject[1], group)
                if not is_plain(behind) or not _may_go_on(between):
                    continue
                polarity = _polarity_of_group(reading, group, found.end, words)
                if polarity is not None:
                    distance = len(between) + len(behind)
                    yield (
                        Connection(found.predicate, Form.CLAUSE, found.start, found.end, group, distance),
                        polarity,
                    )


def _left_unchanged(reading: Reading, subject: Span, target: Span) -> Iterator[tuple[Connection, Polarity]]:
    """Find "a loss of cells in O without changes in S", "…, with no difference in S"."""
    if target[1] > subject[0]:
        return
    for match in _UNCHANGED.finditer(reading.flat, target[1], subject[0]):
        if is_plain(reading.between(match.end(), subject[0])) and is_plain(reading.between(target[1], match.start())):
            distance = len(reading.between(target[1], subject[0]))
            at = Connection(Predicate.AFFECTED_IN, Form.CHANGE, *match.span(), match.start(), distance)
            yield at, Polarity.NEGATED


def _asked(reading: Reading, subject: Span, target: Span) -> Iterator[tuple[Connection, Polarity]]:
    """Find "whether S … in O", "the hypothesis that S … O"."""
    if target[1] <= subject[0]:
        return
    lead = reading.words[max(0, reading.at(subject[0]) - _MOST_AHEAD) : reading.at(subject[0])]
    opener = next((n for n in range(len(lead) - 1, -1, -1) if lead[n].tag in {Tag.RELATIVE, Tag.BOUNDARY}), None)
    if opener is None or not _is_doubt(lead, opener) or not is_plain(lead[opener + 1 :]):
        return
    between = reading.between(subject[1], target[0])
    verb = next((word for word in between if word.tag is Tag.VERB), None)
    if (
        verb is None
        and len(between) > 1
        and between[1].tag is Tag.PREPOSITION
        and between[0].text.endswith(("s", "ed"))
    ):
        # A verb that no list has: "whether S spreads in O".
        verb = between[0]
    if verb is None or len(between) > _MOST_ASKED or any(word.tag in {Tag.RELATIVE, Tag.BOUNDARY} for word in between):
        return
    places = [word.text for word in between if word.tag is Tag.PREPOSITION]
    before = reading.between(subject[1], verb.start)
    if not is_plain(before) or not places or places[-1] not in _PLACE:
        return
    at = Connection(Predicate.AFFECTED_IN, Form.CLAUSE, verb.start, verb.end, verb.start, len(between))
    yield at, Polarity.SPECULATIVE


def _is_doubt(lead: list[Word], n: int) -> bool:
    if lead[n].text in _ASKING:
        return True
    return lead[n].text == "that" and any(_HELD.match(word.text) for word in lead[max(0, n - 3) : n])


def _may_go_on(between: list[Word]) -> bool:
    """Say whether what stands between may still be about the subject: no clause of another begins."""
    if len(between) > _MOST_BETWEEN or not between:
        return False
    if any(word.tag is Tag.BOUNDARY for word in between):
        return False
    # What a second verb is said of is the first one's subject only behind "and", "which", "thereby" or a comma.
    last = next((word for word in reversed(between) if word.tag is not Tag.ADVERB), None)
    return last is not None and (
        last.tag in {Tag.AND, Tag.RELATIVE, Tag.COMMA} or last.text in {"thereby", "it", "they", "this", "these"}
    )


def _polarity_of_group(reading: Reading, group: int, end: int, words: RelationWords) -> Polarity | None:
    own = reading.flat[group:end]
    if words.hedges.search(own):
        return Polarity.SPECULATIVE
    return Polarity.NEGATED if _NEGATORS.search(own) else None
