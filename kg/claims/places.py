"""Where a sentence says that a mechanism takes place: only where mechanism and place stand side by side."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from kg.claims.agents import is_bystander, is_done_to
from kg.claims.forms import Connection, Form
from kg.claims.polarity import polarity_of
from kg.claims.reading import brackets_around, read
from kg.claims.relations import relation_words
from kg.model import Polarity, Predicate

if TYPE_CHECKING:
    from kg.claims.reading import Span

#: "neuroinflammation in the hippocampus", "synaptic loss of CA1 neurons".
_TAKES_PLACE: Final = re.compile(
    r"\s+(?:(?:occurs?|occurred|takes? place|is (?:found|seen|observed|prominent|present)|"
    r"was (?:found|seen|observed|present))\s+)?"
    r"(?:in|within|throughout|across|of)\s+(?:both\s+)?(?:the\s+)?(?:(?:rat|mouse|mice|human|monkey|adult|aged|"
    r"left|right|dorsal|ventral|medial|lateral)\s+){0,3}",
    re.IGNORECASE,
)
#: "hippocampal hyperexcitability": an adjective right before the mechanism.
_ADJACENT: Final = re.compile(r"\s+")
#: "DZ-treatment mitigated …": what a drug does to a mechanism says not that it takes place.
_TREATED: Final = re.compile(r"\w-(?:treatment|treated|administration)\b", re.IGNORECASE)


def takes_place(text: str, mechanism: Span, place: Span) -> tuple[Polarity, str] | None:
    """Say whether a mechanism takes place somewhere.

    Parameters
    ----------
    text : str
        One sentence.
    mechanism, place : (int, int)
        Spans of the two in it.

    Returns
    -------
    (Polarity, str) or None
        What the sentence makes of it, and the words that say so; None where it says nothing.

    Examples
    --------
    >>> takes_place("Gliosis in the striatum was marked.", (0, 7), (15, 23))
    (<Polarity.ASSERTED: 'asserted'>, 'in the')
    >>> takes_place("The drug reduced gliosis in the striatum.", (17, 24), (32, 40)) is None
    True
    """
    if mechanism[1] <= place[0]:
        pattern, (start, end) = _TAKES_PLACE, (mechanism[1], place[0])
    elif place[1] <= mechanism[0]:
        pattern, (start, end) = _ADJACENT, (place[1], mechanism[0])
    else:
        return None
    if not pattern.fullmatch(text, start, end) or text.rstrip().endswith("?") or _TREATED.search(text):
        return None
    words = relation_words()
    reading = read(text, brackets_around(text, mechanism, place), words)
    if words.resource.search(reading.flat) or is_bystander(reading, mechanism, place, words):
        return None
    first = min(mechanism[0], place[0])
    found = Connection(Predicate.OCCURS_IN, Form.CHANGE, first, max(mechanism[1], place[1]), first, 0)
    if is_done_to(reading, mechanism, place, found, words):
        return None
    polarity = polarity_of(reading, mechanism, place, found, words)
    if polarity is None:
        return None
    trigger = text[start:end] if mechanism[1] <= place[0] else text[place[0] : mechanism[1]]
    return polarity, trigger.strip()
