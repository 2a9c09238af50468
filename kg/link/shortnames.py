"""Short forms of regions that no vocabulary has as a whole: "laryngeal motor area (LMA)", and "LMA" from there on.

What stands in brackets behind a region's name and is written like a short form of it stands for that region in the
whole record. `kg.link.abbreviations` reads definitions of anything by their letters; here the name is known already, so
that fewer letters need agree: "primary motor cortex (M1)".
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from kg.link.entries import Entry
from kg.link.span import Span
from kg.link.tokens import Tokens

_BRACKET: Final = re.compile(r" ?[(\[] ?([A-Za-z][A-Za-z0-9-]{1,7})[)\];,]")
#: Two capitals, or one and a number or small letters, few: "MGmc", "V1", "Pulm".
_SHORT: Final = re.compile(r"[a-z]{0,3}[A-Z][a-z]{0,3}[A-Z][A-Za-z0-9-]*|[A-Z]{1,2}\d[a-z]?|[A-Z][a-z]{1,3}")
_INITIALS: Final = re.compile(r"(?<![A-Za-z])[A-Za-z]")


def find_short_names(text: str, spans: Iterable[Span]) -> dict[str, tuple[Entry, ...]]:
    """Find the short forms that stand in brackets behind names of regions.

    Parameters
    ----------
    text : str
        A passage.
    spans : iterable of Span
        Regions in it.

    Returns
    -------
    dict
        What each short form means. The first definition holds.
    """
    names: dict[str, tuple[Entry, ...]] = {}
    for span in spans:
        match = _BRACKET.match(text, span.end)
        if match is None or span.parts:
            continue
        short, name = match[1], text[span.start : span.end]
        if not _SHORT.fullmatch(short) or len(short) >= len(name) or " " not in name:
            continue
        initials = {letter.lower() for letter in _INITIALS.findall(name)}
        if short[0].lower() in initials and set(filter(str.isalpha, short.lower())) <= set(name.lower()):
            names.setdefault(short, span.entries)
    return names


def add_short_names(
    text: str, tokens: Tokens, names: Mapping[str, tuple[Entry, ...]], regions: Sequence[Span]
) -> list[Span]:
    """Give a text's regions with those that it calls by short names.

    Parameters
    ----------
    text : str
        A passage.
    tokens : Tokens
        Its tokens.
    names : mapping
        Short forms and what they mean.
    regions : sequence of Span
        Regions that the lexicon found in it, in order.

    Returns
    -------
    list of Span
        In order. What a record defines goes before what the lexicon makes of a short form.
    """
    places: dict[int, Span] = {}
    pattern = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    for match in re.finditer(rf"(?<![^\W_(\[])({pattern})s?(?![^\W_])", text):
        at = bisect_left(tokens.starts, match.start())
        if at < len(tokens.starts) and (tokens.starts[at], tokens.ends[at]) == match.span():
            places[at] = Span(match.start(), match.end(), names[match[1]], True)
    if not places:
        return list(regions)
    made = []
    for span in regions:
        first, last = bisect_left(tokens.starts, span.start), bisect_left(tokens.starts, span.end)
        if last - first == 1 and not span.defined and first in places:
            continue
        made.append(span)
        for at in range(first, last):
            places.pop(at, None)
    return sorted([*made, *places.values()], key=lambda span: span.start)
