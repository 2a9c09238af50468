"""Short forms that a record defines, read as their long forms wherever they stand."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

from kg.link.entries import Entry
from kg.link.span import end_of
from kg.link.tokens import BREAK, Tokens, fold, tokenize

#: A gene of the mouse, called after the disease of whom it lacks: "Apc". A disease's short form has its capitals.
_GENE: Final = re.compile(r"[A-Z][a-z]{1,5}\d{0,2}[a-z]?")
#: How many tokens before and after a short form may belong to a name with it.
_AROUND: Final = 12


def expand(text: str, tokens: Tokens, abbreviations: dict[str, Tokens]) -> tuple[Tokens, dict[int, tuple[int, int]]]:
    """Put long forms in the place of short ones, and leave out what is far from any.

    Returns the new tokens, each of a long form with the span of its short form, and for each token
    that was replaced the place of its long form.
    """
    wanted = {fold(short) for short in abbreviations}
    whole: dict[int, tuple[int, int]] = {}
    made = Tokens([], [], [])
    done = 0
    for index in [index for index, key in enumerate(tokens.keys) if key in wanted]:
        start, end = tokens.starts[index], tokens.ends[index]
        defined = short_of(text[start : end_of(text, end)], abbreviations)
        if defined is None:
            continue
        first = max(done, index - _AROUND)
        if first > done:
            _copy(tokens, made, done, min(done + _AROUND, first))
            _append(made, start, end, [BREAK])
        _copy(tokens, made, first, index)
        long = abbreviations[defined].keys
        whole[index] = (len(made.keys), len(made.keys) + len(long))
        _append(made, start, end, long)
        done = index + 1
    _copy(tokens, made, done, done + _AROUND)
    return made, whole


def _copy(source: Tokens, target: Tokens, first: int, last: int) -> None:
    target.starts.extend(source.starts[first:last])
    target.ends.extend(source.ends[first:last])
    target.keys.extend(source.keys[first:last])


def _append(target: Tokens, start: int, end: int, keys: Sequence[str]) -> None:
    target.starts.extend([start] * len(keys))
    target.ends.extend([end] * len(keys))
    target.keys.extend(keys)


def short_of(raw: str, abbreviations: Collection[str]) -> str | None:
    """Give the defined short form that a word is, or is the plural of."""
    if raw in abbreviations:
        return raw
    return raw[:-1] if raw[-1:] == "s" and raw[:-1] in abbreviations else None


def agrees(entry: Entry, long: Tokens) -> bool:
    """Say whether a dictionary's sense may be what the long form says: they share their rarer words."""
    words = {key for key in tokenize(entry.surface).keys if len(key) > 3}
    return bool(words) and words <= set(long.keys)


def is_gene_symbol(short: str) -> bool:
    """Say whether a short form is written as symbols of genes are.

    Examples
    --------
    >>> [is_gene_symbol(short) for short in ("Apc", "FAP", "Brca1")]
    [True, False, True]
    """
    return _GENE.fullmatch(short) is not None
