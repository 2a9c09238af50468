"""Sentences: where a quote of evidence begins and ends.

Rules like those of spaCy's ``Sentencizer`` (an end mark ends a sentence), with what scientific prose
needs besides: "et al.", "Fig. 2", "C. elegans", decimal points, bullets and empty lines. They run on the
text itself: spaCy's tokeniser would cost more than linking does. `kg.link.spacy_component` gives the
same sentences to a spaCy pipeline.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from kg.link.tokens import words

#: An end mark with closing quotes and brackets, or a break between blocks. Possessive, and never begun inside a
#: run of marks: linear on any text.
_BREAK: Final = re.compile(
    r"(?<![.!?])(?P<mark>[.!?\u2026]++)[\"'\u2019\u201d)\]]*+\s++"
    r"|(?P<ideographic>[\u3002\uff01\uff1f])"
    r"|(?P<block>\n[^\S\n]*+(?:\n\s*+|(?=[-*\u2022\u2023\u25aa\u25e6+][^\S\n]|\d{1,3}[.)][^\S\n]|#{1,6} |\|)))"
)
#: Abbreviations that never end a sentence.
_NEVER: Final = words(
    "i.e e.g cf vs viz fig figs eq eqs ref refs tab suppl no nos vol pp dr prof mr mrs ms st approx ca"
)
#: Abbreviations that end one only before a word that opens sentences.
_SELDOM: Final = words("al etc sp spp ssp var resp inc ltd co corp jr sr u.s u.k ph.d m.d")
_OPENERS: Final = words(
    "the this these those that there then thus they their it its in on at as an a after although although "
    "because before both but by during each for from furthermore here hence how however if moreover mice more "
    "most neither no not of one other our overall similarly since some such to together two under using we "
    "what when where whereas which while with without"
)
_LAST_WORD: Final = re.compile(r"[^\s(\[\"\u201c\u2018'/,;]{1,24}$")
_NEXT_WORD: Final = re.compile(r"[\"'\u201c\u2018(\[]*([^\W\d_]+|\d)?")


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Split a text into sentences.

    Parameters
    ----------
    text : str
        Any text; linear in its length.

    Returns
    -------
    list of (int, int)
        Half-open spans in code points, in order, without blanks around them; none is empty.

    Examples
    --------
    >>> text = "Smith et al. saw it in C. elegans (Fig. 2). We did not, p = 0.5."
    >>> [text[start:end] for start, end in split_sentences(text)]
    ['Smith et al. saw it in C. elegans (Fig. 2).', 'We did not, p = 0.5.']
    """
    spans = []
    start = 0
    for end, after in _breaks(text):
        stripped = _strip(text, start, end)
        if stripped:
            spans.append(stripped)
        start = after
    stripped = _strip(text, start, len(text))
    if stripped:
        spans.append(stripped)
    return spans


def _breaks(text: str) -> Iterator[tuple[int, int]]:
    for match in _BREAK.finditer(text):
        if match["block"] is not None or match["ideographic"] is not None or _ends_sentence(text, match):
            yield match.end(), match.end()


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    if "\n" in match[0] and match[0].count("\n") > 1:
        return True
    following = _NEXT_WORD.match(text, match.end())
    word = following[1] if following else None
    if match["mark"] != ".":
        return word is None or not word[0].islower()
    last = _LAST_WORD.search(text, max(0, match.start() - 25), match.start())
    before = last[0] if last else ""
    if word is not None and word[0].islower():
        return False
    lowered = before.lower()
    if lowered in _NEVER:
        return False
    opener = word is not None and word.lower() in _OPENERS
    if lowered in _SELDOM or (len(before) == 1 and before.isupper()):
        return opener
    # A list's number ("1. Mice were ...") belongs to its sentence.
    return not (before.isdigit() and len(before) <= 2 and _begins_line(text, match.start() - len(before)))


def _begins_line(text: str, at: int) -> bool:
    return at == 0 or text[at - 1] == "\n"


def _strip(text: str, start: int, end: int) -> tuple[int, int] | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if end > start else None
