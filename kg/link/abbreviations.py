"""Abbreviations that a text defines itself.

Schwartz and Hearst's algorithm [1]_: a bracket holds a short form, and the shortest stretch of words
before it that has the short form's letters in order, the first at a word's beginning, is the long
form; or the other way round. A definition holds in the whole record.

References
----------
.. [1] Schwartz and Hearst (2003). Pac Symp Biocomput 8:451-462, doi:10.1142/9789812776303_0042
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

#: Longest text inside a bracket that is looked at; longer ones are remarks.
_LONGEST_BRACKET: Final = 120
_BRACKET = re.compile(rf"[(\[]([^()\[\]\n]{{2,{_LONGEST_BRACKET}}})[)\]]")
_SHORT_END = re.compile(r"[;,:]\s|\s(?:or|and|also|see|e\.g\.|i\.e\.)\s", re.IGNORECASE)
_WORD_BEFORE = re.compile(r"(?<![\w-])[A-Za-z][\w.+/-]{1,9}$")
_SENTENCE_END = re.compile(r"[.;:?!](?=\s)|\n")
_PREFIX: Final = re.compile(
    r"^(?:the|termed|called|named|abbreviated(?: as)?|hereafter|henceforth|i\.e\.,?)\s+", re.IGNORECASE
)


class Definition(NamedTuple):
    """A short form and what a text says that it stands for, with spans in that text."""

    short: str
    long: str
    short_span: tuple[int, int]
    long_span: tuple[int, int]


def is_short_form(text: str) -> bool:
    """Say whether a string looks like an abbreviation.

    Examples
    --------
    >>> [is_short_form(text) for text in ("RGC", "mPFC", "CA1", "n = 5", "2004", "see")]
    [True, True, True, False, False, False]
    """
    if not 2 <= len(text) <= 10 or " " in text.strip() or not text[0].isalnum():
        return False
    capitals = sum(map(str.isupper, text))
    return (
        capitals >= 1
        and (capitals >= 2 or any(map(str.isdigit, text)) or len(text) <= 3)
        and any(map(str.isalpha, text))
    )


def _long_start(short: str, before: str) -> int | None:
    """Find where the long form begins in the text before the bracket: the algorithm's core."""
    lowered = before.lower()
    if len(lowered) != len(before):  # a letter that is two in lower case would shift what is found
        lowered = "".join(c if len(c.lower()) > 1 else c.lower() for c in before)
    at = len(before)
    for place in range(len(short) - 1, -1, -1):
        letter = short[place].lower()
        if not letter.isalnum():
            continue
        at = lowered.rfind(letter, 0, at)
        while place == 0 and at > 0 and before[at - 1].isalnum():
            at = lowered.rfind(letter, 0, at)
        if at < 0:
            return None
    start = at
    while start > 0 and not before[start - 1].isspace() and before[start - 1] not in "(":
        start -= 1
    return start


def find_definitions(text: str) -> list[Definition]:
    """Find the abbreviations that a text defines.

    Parameters
    ----------
    text : str
        One passage.

    Returns
    -------
    list of Definition
        In the order of the text.

    Examples
    --------
    >>> [(d.short, d.long) for d in find_definitions("Retinal ganglion cells (RGCs) and V1 (primary visual cortex).")]
    [('RGCs', 'Retinal ganglion cells')]
    >>> [(d.short, d.long) for d in find_definitions("In the PFC (prefrontal cortex) of rats.")]
    [('PFC', 'prefrontal cortex')]
    """
    return list(_definitions(text))


def _definitions(text: str) -> Iterator[Definition]:
    if "(" not in text and "[" not in text:
        return
    for match in _BRACKET.finditer(text):
        inner = match[1]
        lead = _PREFIX.match(inner)
        skip = lead.end() if lead else 0
        cut = _SHORT_END.search(inner, skip)
        short = inner[skip : cut.start() if cut else len(inner)].strip(" '\"\u2018\u2019\u201c\u201d")
        if is_short_form(short):
            at = text.index(short, match.start(1) + skip)
            found = _long_before(text, match.start(), short, (at, at + len(short)))
            if found:
                yield found
                continue
        found = _long_inside(text, match)
        if found:
            yield found


def _long_before(text: str, bracket: int, short: str, span: tuple[int, int]) -> Definition | None:
    letters = sum(map(str.isalnum, short))
    words = min(letters + 5, letters * 2)
    floor = max(0, bracket - 200)
    window = text[floor:bracket].rstrip()
    ends = [m.end() for m in _SENTENCE_END.finditer(window)]
    left = ends[-1] if ends else 0
    # No more words than the short form can have, counted from the bracket.
    parts = window[left:].rsplit(None, words)
    if not parts:
        return None
    if len(parts) > words:
        left += len(parts[0])
    while window[left].isspace():
        left += 1
    singular = short[:-1] if len(short) > 2 and short[-1] == "s" and short[-2].isupper() else short
    start = _long_start(singular, window[left:])
    if start is None:
        return None
    long = window[left + start :]
    if len(long) <= len(short) or short in long.split() or long.count("(") != long.count(")"):
        return None
    return Definition(short, long, span, (floor + left + start, floor + len(window)))


def _long_inside(text: str, match: re.Match[str]) -> Definition | None:
    """Find a definition in the other order: "PFC (prefrontal cortex)"."""
    inner = match[1].strip()
    before = _WORD_BEFORE.search(text, max(0, match.start() - 12), match.start()) or _WORD_BEFORE.search(
        text, max(0, match.start() - 13), match.start() - 1
    )
    if before is None or " " not in inner or not is_short_form(before[0]):
        return None
    short = before[0]
    singular = short[:-1] if len(short) > 2 and short[-1] == "s" and short[-2].isupper() else short
    start = _long_start(singular, inner)
    if start != 0 or len(inner.split()) > len(short) + 5:
        return None
    at = text.index(inner, match.start(1))
    return Definition(short, inner, (before.start(), before.end()), (at, at + len(inner)))


def definitions_of(texts: Iterable[str]) -> dict[str, str]:
    """Give what each short form stands for in one record.

    The first definition holds; a short form defined twice in different words stands for the first,
    as later ones are mostly narrower uses.
    """
    known: dict[str, str] = {}
    for text in texts:
        for definition in _definitions(text):
            short = definition.short
            known.setdefault(short, definition.long)
            if len(short) > 2 and short[-1] == "s" and short[-2].isupper():
                known.setdefault(short[:-1], definition.long)
    return known
