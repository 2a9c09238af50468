"""Names of regions that no vocabulary has as a whole, put together from words that it has.

Neuroanatomists make names as they need them: "visual thalamic nuclei", "dorsal horn of the medulla",
"orbital and medial prefrontal cortex", "areas 17 and 18". A row of tokens is written as one letter a
token (see ``region_words``) and searched for the pattern of such names. A phrase around one name
only widens its span. A phrase that has no term of its own is given the nearest term that contains
it; one that only says what kind of thing it is ("paratrigeminal nucleus"), the term of that kind.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final, NamedTuple

from kg.link.context import POSITION_KEYS
from kg.link.region_words import WORD_CLASSES, is_latin
from kg.link.tokens import Tokens, fold

#: A short form in brackets behind what it stands for.
_BRACKET: Final = r"(?:\([^()]{1,3}\))?"
#: Members of a coordination before the last: words of place share any head, adjectives one that is to come.
_LIST: Final = (
    rf"(?:[PM]{{1,3}}{_BRACKET}CT?|[PMXY]{{1,4}}{_BRACKET}C"
    r"(?=[PMXYJjCT,.()]{0,16}(?:[PMXYJj][PMXYJj)]?[gHhQ]|Rr))){0,4}"
)
#: "caudal part of the".
_PART: Final = rf"(?:{_LIST}[PM]{{1,3}}{_BRACKET}QOT?){{0,2}}"
_NOUN: Final = (
    # "visual thalamic nuclei", "nucleus rotundus", "nucleus of the lateral lemniscus"
    rf"(?:(?:[PMXYJjRr]{{1,8}}{_BRACKET}[ghH]?H|HL|H(?=OT?(?:[PMXYJj]{{0,4}}[RF]|[PMXYJj]{{1,4}}H|E)))L{{0,3}}(?:OE)?"
    # "cortical areas", "locus coeruleus region"
    rf"|[PM]{{0,4}}(?:[Jj]{{1,6}}[PMXY]{{0,2}}{_BRACKET}|[Jj]{{1,6}}\.(?=[gH])|[Rr]{{1,10}}[PMXY]{{0,2}})[ghQ]{{1,2}}"
    # "dorsal striatum", "hippocampal CA1"
    r"|[PM]{0,4}[XY]{0,2}(?:J?j{0,5}[RB])[Rr]{0,9}L{0,3}"
    # "preglomerular complex"
    r"|[PM]{0,3}Y[gh]"
    # "motor areas"
    r"|[PM]{0,3}Mg"
    # "area 17", "visual areas 17 and 18"
    r"|[PMJj]{0,3}DN(?:(?:,C?|C|/)?N){0,6}"
    # "contralateral CA3"
    r"|[PM]{0,3}A"
    r")"
)
#: What may follow "of": a nucleus is called after a tract too.
_WHOLE: Final = rf"(?:{_NOUN}|[PM]{{0,3}}N|[PMXYJjRrL]{{1,4}}FL{{0,2}})"
#: What numbers an area: "17", "7b", "TE", "MT", "46inf".
_NUMBER: Final = re.compile(r"\d{1,2}[a-z]{0,3}|[A-Z]{1,4}[a-z]{0,3}\d?[a-z]?")
#: "MT", "HVo", "PMvc".
_ACRONYM: Final = re.compile(r"[a-z]{0,2}[A-Z]{2,5}[a-z]{0,3}\d?|[A-Z][a-z]{1,2}[A-Z][a-z]?|[A-Z]{1,3}\d[a-z]?")
#: What joins two words into one.
HYPHENS: Final = frozenset("-\u2010\u2011\u2013")
#: A token behind a word of place, and one beside an acronym of a region.
_BESIDE: Final = re.compile(
    # A lookahead first: most tokens fail at it, where the lookbehinds would all be tried.
    r"(?=\.)(?:(?<=P)(\.)|(?<=[AN][C,])(\.)|(?<=[AN],C)(\.)|(\.)(?=(?:,C?|C)[AN]))"
)
_LAYER: Final = re.compile(r"[IVX]+[A-Ca-c]?")
_ROMAN: Final = frozenset({"ii", "iii", "iv", "vi", "vii", "viii", "ix", "xi", "xii"})
#: Letters that may change what stands behind them.
_TURNS: Final = re.compile(r"[RB]r*|[HhVQOg]")
_NAME: Final = re.compile(
    r"(?=[PMXYJRBHDN])"
    rf"(?:{_PART}{_LIST}{_NOUN}(?:OT?{_PART}{_LIST}{_WHOLE}){{0,2}}|[PM]{{0,3}}Jj*|[PM]{{0,3}}N(?:/N){{0,2}})"
)


class Anchor(NamedTuple):
    """A name that the lexicon found, by its tokens (half-open)."""

    first: int
    last: int
    #: "R" for a name, "J" for an adjective, "A" for an acronym that needs support, "!" for one that stays
    #: as it is.
    letter: str


class Phrase(NamedTuple):
    """A name of a region, by its tokens (half-open)."""

    first: int
    last: int
    #: Numbers of the anchors that it is about; none where it only says a kind.
    about: tuple[int, ...]
    #: Whether their terms contain what the phrase names, rather than being it.
    is_within: bool
    #: Key of its head.
    head: str


def class_string(text: str, tokens: Tokens, anchors: Sequence[Anchor]) -> str:
    """Write tokens as one letter each: their class, or that of the name that they belong to."""
    keys = tokens.keys
    letters = list(map(WORD_CLASSES.__getitem__, keys))
    for anchor in anchors:
        letters[anchor.first] = anchor.letter
        if anchor.letter == "R" and _follows_hyphen(text, tokens, letters, anchor.first):
            letters[anchor.first] = "B"  # "midbrain-thalamus-cortex" is three
        for at in range(anchor.first + 1, anchor.last):
            letters[at] = anchor.letter.lower()
    size = len(keys)
    named: set[str] = set()
    for turn in _TURNS.finditer("".join(letters)):
        at = turn.end() - 1
        letter = letters[at]
        after = letters[at + 1] if at + 1 < size else ""
        if letter in "Hh" and after and keys[at + 1] == "cell":
            letters[at] = "."  # a ganglion cell is in no ganglion
        elif letter in "HRrB":
            _mark_latin(keys, letters, at + 1)
        elif letter == "V" and text[tokens.ends[at] - 1] == "s":  # "MT projects", not "the BRAIN project"
            named.update(_acronym(text, tokens, at - 1))
        elif keys[at] == "third" and at and keys[at - 1] in ("one", "two"):
            letters[at - 1] = "P"  # "caudal two-thirds of"
        elif letter == "Q" and after == "O" and at + 2 < size:
            named.update(_acronym(text, tokens, at + 2 + (letters[at + 2] == "T")))
        elif letter == "O" and after == "." and text[tokens.starts[at + 1]].isupper():
            letters[at + 1] = "E"
        elif letter == "g" and keys[at] == "area":
            named.update(_mark_numbers(text, tokens, letters, at))
    if named:
        _mark_named(text, tokens, letters, named)
    row = "".join(letters)
    if anchors and (more := set(_beside(text, tokens, row)) - named):
        _mark_named(text, tokens, letters, more)
        return "".join(letters)
    return row


def _mark_named(text: str, tokens: Tokens, letters: list[str], named: Collection[str]) -> None:
    """Mark an area that is called one somewhere wherever it stands: "area MT", then "MT"."""
    folded = {fold(name) for name in named}
    for at, key in enumerate(tokens.keys):
        if key in folded and letters[at] in ".XY" and text[tokens.starts[at] : tokens.ends[at]] in named:
            letters[at] = "N"


def _beside(text: str, tokens: Tokens, row: str) -> Iterator[str]:
    """Give the acronyms that a word of place stands before, and those in a row with acronyms of regions."""
    for match in _BESIDE.finditer(row):
        at = match.start()
        if (match[1] and tokens.keys[at - 1] not in POSITION_KEYS) or text[tokens.starts[at] - 1] in HYPHENS:
            continue
        for name in _acronym(text, tokens, at):
            if not _LAYER.fullmatch(name) and len(name) > (2 if match[1] else 1):
                yield name


def _mark_latin(keys: Sequence[str], letters: list[str], at: int) -> None:
    """Mark Latin words behind a name: "nucleus tegmenti pedunculopontinus"."""
    while at < len(keys) and letters[at] in ".XYP" and is_latin(keys[at]):
        letters[at] = "L"
        at += 1


def _follows_hyphen(text: str, tokens: Tokens, letters: Sequence[str], at: int) -> bool:
    """Say whether a name hangs on another by a hyphen."""
    return at > 0 and letters[at - 1] in "RrBb" and text[tokens.ends[at - 1] : tokens.starts[at]] in HYPHENS


def _acronym(text: str, tokens: Tokens, at: int) -> Iterator[str]:
    """Give a token that is written like an acronym."""
    if (
        at < len(tokens.keys)
        and tokens.keys[at] not in _ROMAN
        and _ACRONYM.fullmatch(text, tokens.starts[at], tokens.ends[at])
    ):
        yield text[tokens.starts[at] : tokens.ends[at]]


def _mark_numbers(text: str, tokens: Tokens, letters: list[str], area: int) -> Iterator[str]:
    """Mark the numbers of "areas 17, 18 and TE", and give those that are names by themselves."""
    at, size = area + 1, len(letters)
    while at < size and letters[at] in ".NAXYP" and _NUMBER.fullmatch(text, tokens.starts[at], tokens.ends[at]):
        letters[area], letters[at] = "D", "N"
        if tokens.ends[at] - tokens.starts[at] > 1 and text[tokens.starts[at]].isupper():
            yield text[tokens.starts[at] : tokens.ends[at]]
        at += 1
        while at < size and letters[at] in "C,/":
            at += 1


def find_phrases(text: str, tokens: Tokens, anchors: Sequence[Anchor]) -> Iterator[Phrase]:
    """Find the names of regions in a text.

    Parameters
    ----------
    text : str
        A passage.
    tokens : Tokens
        Its tokens.
    anchors : sequence of Anchor
        Names that the lexicon found in it, in order, without overlaps.

    Yields
    ------
    Phrase
        In order, without overlaps. Every anchor of a name or an adjective is in one.

    Examples
    --------
    >>> from kg.link.tokens import tokenize
    >>> text = "The parabrachial nucleus and areas 17 and 18"
    >>> tokens = tokenize(text)
    >>> [text[tokens.starts[p.first] : tokens.ends[p.last - 1]] for p in find_phrases(text, tokens, [])]
    ['parabrachial nucleus', 'areas 17 and 18']
    """
    letters = class_string(text, tokens, anchors)
    owner = {anchor.first: number for number, anchor in enumerate(anchors)}
    for match in _NAME.finditer(letters):
        first, last = match.span()
        inside = [owner[at] for at in range(first, last) if at in owner]
        yield _phrase(letters, tokens, first, last, inside, anchors)


def _phrase(
    letters: str, tokens: Tokens, first: int, last: int, inside: list[int], anchors: Sequence[Anchor]
) -> Phrase:
    parts = letters[first:last]
    # The part that it is about: behind "part of the", before the next "of".
    main = first
    lead = re.match(_PART, parts)
    if lead:
        main += lead.end()
    cut = letters.find("O", main, last)
    end = cut if cut >= 0 else last
    while end > main and letters[end - 1] == "L":
        end -= 1
    own = [number for number in inside if main <= anchors[number].first < end]
    head = tokens.keys[end - 1]
    if own:
        tail = letters[end - 1]
        if tail in "RrB":
            return Phrase(first, last, (own[-1],), False, head)
        numbered = [number for number in own if anchors[number].letter == "A"]
        if tail == "N" and numbered:
            return Phrase(first, last, tuple(numbered), False, head)
        return Phrase(first, last, tuple(own), tail in "HLN", head)
    if "D" in parts:
        head = "area"
    return Phrase(first, last, tuple(inside[:1]), True, head)
