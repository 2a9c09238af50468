"""Coordinated names: "dorsal and ventral hippocampus" names two parts, and one of them in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from kg.link.tokens import BREAK, Tokens

_AND: Final = frozenset({"and", "or", "/"})
#: Most members before the last that are read: "a, b, c, d and e cells".
_MOST: Final = 4


class Shared(NamedTuple):
    """A member of a coordination, read with the words that it shares with the last member."""

    keys: list[str]
    #: Tokens of the member itself, and of what it shares: half-open.
    own: tuple[int, int]
    shared: tuple[int, int]


def find_shared(tokens: Tokens, first: int, last: int) -> Iterator[Shared]:
    """Give the ways to read the members before a name as names that share its end.

    Parameters
    ----------
    tokens : Tokens
        Tokens of the text.
    first, last : int
        The last member: a name that was found, of two tokens or more.

    Yields
    ------
    Shared
        What would be a name; whether it is one, the lexicon says. The longest shared end comes first.

    Examples
    --------
    >>> from kg.link.tokens import tokenize
    >>> tokens = tokenize("dorsal and ventral hippocampus")
    >>> [" ".join(shared.keys) for shared in find_shared(tokens, 2, 4)]
    ['dorsal hippocampus']
    """
    keys = tokens.keys
    at = first - 1
    if last - first < 2 or at < 1 or keys[at] not in _AND:
        return
    for _ in range(_MOST):
        own = at - 1
        if own < 0 or not keys[own].isalnum() or keys[own] in _AND or keys[own] == BREAK:
            return
        for cut in range(first + 1, last):
            yield Shared([keys[own], *keys[cut:last]], (own, own + 1), (cut, last))
        at = own - 1
        if at < 1 or keys[at] != ",":
            return
