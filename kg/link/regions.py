"""How far a region's name reaches: the words around it that say which part of it is meant."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Final

from kg.link.context import POSITION_KEYS
from kg.link.tokens import Tokens, fold, words

#: Words of place before a region: their keys, without "the" and ages.
_PLACE: Final = (POSITION_KEYS - {fold(word) for word in words("the adult developing")}) | {
    fold(word)
    for word in words(
        "basal basilar nasal temporal cervical thoracic lumbar sacral lumbosacral magnocellular "
        "parvocellular parvicellular granular agranular dysgranular primary secondary second first third supragranular "
        "infragranular main accessory extreme most more"
    )
}
#: Parts that have a position and belong to their whole: "the lateral part of the ...".
_PART: Final = frozenset(
    fold(word)
    for word in words(
        "part portion division subdivision region half third pole segment aspect zone sector level extent tip"
    )
)
#: Heads that add nothing to an adjective of a region: "cortical areas" are cortex.
_HEAD: Final = frozenset(fold(word) for word in words("area region field structure territory subregion"))
_LETTER_GAP: Final = re.compile(r"[\s\-\u2010\u2011]+")
_OF: Final = frozenset({"of", "the"})


def widen_region(text: str, tokens: Tokens, start: int, end: int, floor: int) -> tuple[int, int]:
    """Take the words of place into a region's span.

    Parameters
    ----------
    text : str
        The passage.
    tokens : Tokens
        Its tokens.
    start, end : int
        Span of the region's name.
    floor : int
        Where the mention before ends; the span doesn't reach below.

    Returns
    -------
    (int, int)
        The wider span, or the same.

    Examples
    --------
    >>> from kg.link.tokens import tokenize
    >>> text = "the caudal part of the left dorsal striatum"
    >>> start, end = widen_region(text, tokenize(text), 35, 43, 0)
    >>> text[start:end]
    'caudal part of the left dorsal striatum'
    """
    keys, starts = tokens.keys, tokens.starts
    first = bisect_left(starts, start)
    at = _skip_places(text, tokens, first, floor)
    # "caudal part of the": the part's own position must be there, as "part of the cortex" is any part.
    before = at
    while before > 0 and keys[before - 1] in _OF and _joined(text, tokens, before, floor):
        before -= 1
    if (
        before < at
        and before > 0
        and keys[before] == "of"
        and keys[before - 1] in _PART
        and _joined(text, tokens, before, floor)
    ):
        part = before - 1
        place = _skip_places(text, tokens, part, floor)
        if place < part:
            at = place
    return starts[at] if at < first else start, end


def widen_adjective(text: str, tokens: Tokens, end: int) -> int:
    """Take a head that adds nothing into the span of a region's adjective: "cortical areas".

    Examples
    --------
    >>> from kg.link.tokens import tokenize
    >>> widen_adjective("cortical areas", tokenize("cortical areas"), 8)
    14
    """
    after = bisect_left(tokens.starts, end)
    if after < len(tokens.keys) and tokens.keys[after] in _HEAD and text[end : tokens.starts[after]] == " ":
        return tokens.ends[after]
    return end


def _skip_places(text: str, tokens: Tokens, at: int, floor: int) -> int:
    while at > 0 and tokens.keys[at - 1] in _PLACE and _joined(text, tokens, at, floor):
        at -= 1
    return at


def _joined(text: str, tokens: Tokens, at: int, floor: int) -> bool:
    """Say whether only a blank or a hyphen stands before a token."""
    start, end = tokens.ends[at - 1], tokens.starts[at]
    return tokens.starts[at - 1] >= floor and _LETTER_GAP.fullmatch(text, start, end) is not None
