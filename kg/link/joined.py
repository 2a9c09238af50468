"""Regions in a row: "the paraventricular, supraoptic and arcuate nuclei" is one name of several regions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kg.link.phrases import Anchor, Phrase
from kg.link.region_words import HEAD, PLACE_HEAD, WEAK_HEAD, word_class
from kg.link.tokens import Tokens

_HEADS: Final = HEAD + WEAK_HEAD + PLACE_HEAD
_MEMBER: Final = frozenset("PMXY")
#: Most members before the last, and most words of one.
_MOST: Final = 2
_LONGEST: Final = 4
#: Heads that a member of a row needs: "frontal and parietal cortex".
_SHARED: Final = frozenset({"cortex", "area", "lobe", "complex", "gyrus"})


def join_rows(tokens: Tokens, phrases: Sequence[Phrase], anchors: Sequence[Anchor]) -> list[Phrase]:
    """Join a name that ends in a head with the adjectives in a row before it.

    Parameters
    ----------
    tokens : Tokens
        Tokens of the text.
    phrases : sequence of Phrase
        Names of regions in it, in order.
    anchors : sequence of Anchor
        The names that they are about.

    Returns
    -------
    list of Phrase
        In order. A phrase that was joined has the row for its span, and each member's term among its own.
    """
    made: list[Phrase] = []
    for phrase in phrases:
        if word_class(tokens.keys[phrase.last - 1]) not in _HEADS:
            made.append(phrase)
            continue
        first, taken, is_whole = _first_of_row(tokens, phrase.first, made, anchors)
        before_row = _before_separator(tokens.keys, first)
        is_longer = before_row and (word_class(tokens.keys[before_row - 1]) in _MEMBER)
        if is_longer or (is_whole and tokens.keys[phrase.last - 1] not in _SHARED):
            made.append(phrase)  # "supraoptic and arcuate nuclei" are two names
            continue
        members = made[len(made) - taken :]
        del made[len(made) - taken :]
        made += [member._replace(first=first, last=phrase.last) for member in members if member.about]
        made.append(phrase._replace(first=first))
    return made


def _first_of_row(
    tokens: Tokens, at: int, before: Sequence[Phrase], anchors: Sequence[Anchor]
) -> tuple[int, int, bool]:
    """Find where the row before a name begins, how many of the phrases before are in it, and whether these are all."""
    keys, taken, is_whole = tokens.keys, 0, True
    for _ in range(_MOST):
        end = _before_separator(keys, at)
        if end is None:
            break
        last = before[-1 - taken] if taken < len(before) else None
        if last is not None and last.last == end:
            if not all(anchors[number].letter == "J" for number in last.about) or not last.about:
                break
            if word_class(keys[end - 1]) in _HEADS:
                break
            at, taken = last.first, taken + 1
            continue
        start = end
        while start > 0 and end - start < _LONGEST and word_class(keys[start - 1]) in _MEMBER:
            start -= 1
        if start == end or (last is not None and last.last > start):
            break
        at, is_whole = start, False
    return at, taken, is_whole


def _before_separator(keys: Sequence[str], at: int) -> int | None:
    """Give the end of what stands before ",", "and" or ", and"."""
    end = at
    if end > 0 and keys[end - 1] in ("and", "or", "/"):
        end -= 1
    if end > 0 and keys[end - 1] == ",":
        end -= 1
    if end == at:
        return None
    # A short form in brackets: "laterodorsal tegmental (LDT) and pedunculopontine nuclei".
    if end > 2 and keys[end - 1] == ")" and "(" in keys[max(0, end - 4) : end - 1]:
        end = max(0, end - 4) + keys[max(0, end - 4) : end - 1].index("(")
    return end
