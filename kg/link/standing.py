"""Which names of regions need something beside them to be one.

"Layer 4" is a layer of whatever has layers, "S1" next to "L6" a segment of the spinal cord, and the "frontal"
of "frontal sections" a direction. Alone they name no region; in a longer name they may.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

from kg.link.tokens import Tokens, fold, words

_LAYERED: Final = frozenset({"layer", "lamina", "stratum"})
_NUMBERED: Final = re.compile(r"(?:\d{1,2}[a-z]?|x?(?:ix|iv|v?i{0,3})[a-z]?|and|or|/|through|to|-)")
#: What joins a layer and whose it is.
_JOINS: Final = frozenset({"of", "in", "the", "within"})
_LEVEL: Final = re.compile(r"[CTLS]\d{1,2}")
#: Words of texts in which C7, T13, L5 and S1 are segments of the spinal cord.
_OF_LEVELS: Final = frozenset(
    map(
        fold,
        words("segment segments segmental lumbar lumbosacral sacral vertebra vertebral dermatome thoracic root roots"),
    )
)
#: Adjectives of a region that are mostly directions, functions and tissues: names with a head, not alone.
_NOT_ALONE: Final = frozenset(
    map(
        fold,
        words(
            "frontal parietal occipital septal sensorimotor somatomotor premotor somatosensory motor sensory "
            "periventricular ependymal subependymal neuroepithelial epithelial ganglionic vagal macular "
            "meningeal paracentral vestibular auditory visual olfactory trigeminal gustatory mural insular"
        ),
    )
)
#: Words that an adjective hangs on by a hyphen: "cortico-spinal", "intra-entorhinal".
_HUNG: Final = re.compile(r"(?:[a-z]+o|intra|inter|extra|trans|non)[-\u2010\u2011\u2013] ?$")
_WITHIN: Final = re.compile(r"(?:intra|inter|extra|trans)[a-z]{5,}")


def is_bare_layer(tokens: Tokens, first: int, last: int, taken: Collection[int]) -> bool:
    """Say whether a layer has a number, and nothing beside it says what of.

    Parameters
    ----------
    tokens : Tokens
        Tokens of the text.
    first, last : int
        The layer's name.
    taken : collection of int
        Tokens that are in names of other regions.

    Examples
    --------
    >>> from kg.link.tokens import tokenize
    >>> is_bare_layer(tokenize("cells of layer 4"), 2, 4, ()), is_bare_layer(tokenize("layer 4 of V1"), 0, 2, {3})
    (True, False)
    """
    keys = tokens.keys
    own = keys[first:last]
    if not names_layer(own):
        return False
    if first - 1 in taken or len(own) == len(keys):
        return False  # a keyword is the whole of what it says
    at = last
    while at < len(keys) and at < last + 3 and keys[at] in _JOINS:
        at += 1
    return (at == last and at not in taken) or at not in taken


def names_layer(keys: Sequence[str]) -> bool:
    """Say whether a name is that of a layer and its number, no more.

    Examples
    --------
    >>> [names_layer(name.split()) for name in ("layer 4", "layer ii and iii", "cortical layer 4")]
    [True, True, False]
    """
    return any(key in _LAYERED for key in keys) and all(k in _LAYERED or _NUMBERED.fullmatch(k) for k in keys)


def has_levels(tokens: Tokens) -> bool:
    """Say whether a text speaks of segments of the spinal cord."""
    return not _OF_LEVELS.isdisjoint(tokens.keys)


def is_level(surface: str) -> bool:
    """Say whether a short form is written like a segment of the spinal cord.

    Examples
    --------
    >>> [is_level(surface) for surface in ("S1", "T13", "V1", "CA1")]
    [True, True, False, False]
    """
    return _LEVEL.fullmatch(surface) is not None


def hangs_on(text: str, start: int) -> bool:
    """Say whether a word is the last part of a word with a hyphen, as in "cortico-spinal"."""
    return start > 1 and _HUNG.search(text, max(0, start - 16), start) is not None


def stands_alone(keys: Sequence[str]) -> bool:
    """Say whether an adjective of a region names it without a head.

    Examples
    --------
    >>> [stands_alone([key]) for key in ("hippocampal", "frontal", "intracortical")]
    [True, False, False]
    """
    return not (len(keys) == 1 and (keys[0] in _NOT_ALONE or _WITHIN.fullmatch(keys[0])))
