"""Priors: what an annotated corpus says of each surface, and how often that is right.

Learning counts, for each surface that a corpus annotates, what it was annotated with and how often it
stood there unannotated, and beside which words. It counts the words and short phrases that the
corpus has and never annotates, too: a vocabulary's name among them is no mention by its standards.
Counts are kept as they are, so that a file of priors is readable, and smoothed when they are used;
`kg.link.primed` links with them.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import daachorse

from kg.link.annotated import Spans
from kg.link.entries import category_of
from kg.link.pieces import cut_text
from kg.link.span import end_of
from kg.link.tokens import BREAK, Tokens, key_of, tokenize, words
from kg.model.term import Category

#: What is believed of a surface before it was seen twice: an annotated one is mostly right.
_FIRST_GUESS: Final = 0.6
#: How many occurrences that belief weighs.
_WEIGHT: Final = 1.0
#: An acronym that one document alone has is that document's own: others mean something else by it.
_OWN_ACRONYM: Final = 0.5
#: How many occurrences a surface's own share weighs against the share beside one word, and how much of the
#: difference counts: the words before and after aren't independent of each other.
_NEIGHBOUR_WEIGHT: Final = 2.0
_NEIGHBOUR_SHARE: Final = 0.75
#: Longest phrase that is counted where it is never annotated, and how often it must occur.
_LONGEST_PLAIN: Final = 4
_LEAST_PLAIN: Final = (0, 1, 2, 2, 2)
_FUNCTION_WORDS: Final = words(
    "a all also an and any are as at be been between both but by can could do each either for from had has have "
    "how if in into is it its may more most no nor not of on or other our so some such than that the their them "
    "then there these they this those to under upon was we were when where which while who will with within "
    "without would"
)


class Surface(NamedTuple):
    """How a surface is known: the keys of its tokens, and its very letters if it is an acronym."""

    key: str
    acronym: str


class Meaning(NamedTuple):
    """What a surface was annotated with: a term, and how many characters at its ends were left out."""

    curie: str
    left: int = 0
    right: int = 0


class Neighbour(NamedTuple):
    """A surface beside a word."""

    surface: Surface
    #: "before" or "after".
    side: str
    word: str


class Document(NamedTuple):
    """An annotated text."""

    name: str
    text: str
    mentions: Sequence[tuple[Spans, str]]


@dataclass
class Counts:
    """What a corpus has, as numbers."""

    documents: int = 0
    #: How each surface is written, for people to read.
    written: dict[Surface, str] = field(default_factory=dict)
    annotated: dict[Surface, Counter[Meaning]] = field(default_factory=dict)
    #: In how many documents a surface has a meaning.
    spread: Counter[tuple[Surface, Meaning]] = field(default_factory=Counter)
    #: Occurrences of annotated surfaces that are neither annotated nor inside a mention, and those of phrases
    #: that never are.
    unannotated: Counter[Surface] = field(default_factory=Counter)
    #: Annotated and unannotated occurrences beside a word.
    beside: dict[Neighbour, tuple[int, int]] = field(default_factory=dict)


def surface_of(raw: str, key: str | None = None) -> Surface:
    """Say how a surface is known.

    Examples
    --------
    >>> surface_of("Retinal ganglion cells"), surface_of("RGCs")
    (Surface(key='retinal ganglion cell', acronym=''), Surface(key='rgc', acronym='RGC'))
    """
    if len(raw) > 7:
        return Surface(key_of(raw) if key is None else key, "")
    bare = raw[:-1] if len(raw) > 2 and raw[-1] == "s" else raw
    is_acronym = (
        len(bare) <= 6
        and " " not in bare
        and (any(c.isupper() for c in bare[1:]) or (len(bare) <= 2 and bare[:1].isupper()))
    )
    return Surface(key_of(raw) if key is None else key, bare if is_acronym else "")


class Finder:
    """Finds keys in rows of tokens."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._keys = sorted(set(keys))
        self._automaton = daachorse.CharwiseDoubleArrayAhoCorasick([f" {key} " for key in self._keys])

    def find(self, tokens: Tokens) -> Iterator[tuple[int, int, str]]:
        """Give the first and last token, half-open, and the key of each place where one stands."""
        if not tokens.keys or not self._keys:
            return
        haystack = tokens.padded()
        passed = reach = 0
        for start, end, number in self._automaton.find_overlapping(haystack):
            passed += haystack.count(" ", reach, end)
            reach = end
            last = passed - 1
            yield last - haystack.count(" ", start, end) + 1, last, self._keys[number]


def neighbours(tokens: Tokens, surface: Surface, first: int, last: int) -> tuple[Neighbour, Neighbour]:
    """Give a surface with the word before it and with the one after it; at an end, with none."""
    keys = tokens.keys
    before = keys[first - 1] if first else ""
    after = keys[last] if last < len(keys) else ""
    return Neighbour(surface, "before", before), Neighbour(surface, "after", after)


class _Placed(NamedTuple):
    first: int
    last: int
    meaning: Meaning


def _place(text: str, tokens: Tokens, mentions: Iterable[tuple[Spans, str]]) -> list[_Placed]:
    """Put mentions on tokens; one in pieces has no place."""
    placed = []
    for spans, curie in mentions:
        if len(spans) != 1:
            continue
        start, end = spans[0]
        first, last = bisect_right(tokens.starts, start) - 1, bisect_left(tokens.starts, end)
        if first < 0 or last <= first or start >= tokens.ends[first] or BREAK in tokens.keys[first:last]:
            continue
        right = end_of(text, tokens.ends[last - 1]) - end
        placed.append(_Placed(first, last, Meaning(curie, start - tokens.starts[first], max(0, right))))
    return placed


@dataclass
class DocumentCounts:
    """What one document has; sums of them are a corpus's counts."""

    annotated: Counter[tuple[Surface, Meaning]] = field(default_factory=Counter)
    unannotated: Counter[Surface] = field(default_factory=Counter)
    right_beside: Counter[Neighbour] = field(default_factory=Counter)
    wrong_beside: Counter[Neighbour] = field(default_factory=Counter)
    phrases: Counter[Surface] = field(default_factory=Counter)
    written: dict[Surface, str] = field(default_factory=dict)


def count_documents(documents: Iterable[Document]) -> list[DocumentCounts]:
    """Count what each document of an annotated corpus has.

    Parameters
    ----------
    documents : iterable of Document
        Texts with all their mentions: what isn't annotated counts as wrong.
    """
    read: list[list[tuple[str, Tokens, list[_Placed]]]] = []
    keys: set[str] = set()
    for document in documents:
        pieces = []
        for offset, piece in cut_text(document.text):
            tokens = tokenize(piece)
            here = [
                (tuple((a - offset, b - offset) for a, b in spans), curie)
                for spans, curie in document.mentions
                if offset <= spans[0][0] and spans[-1][1] <= offset + len(piece)
            ]
            placed = _place(piece, tokens, here)
            keys.update(" ".join(tokens.keys[first:last]) for first, last, _ in placed)
            pieces.append((piece, tokens, placed))
        read.append(pieces)
    finder = Finder(keys)
    counted = []
    for pieces in read:
        counts = DocumentCounts()
        for text, tokens, placed in pieces:
            _count_piece(counts, finder, text, tokens, placed)
        counted.append(counts)
    return counted


def _count_piece(counts: DocumentCounts, finder: Finder, text: str, tokens: Tokens, placed: Sequence[_Placed]) -> None:
    exact = {(first, last): meaning for first, last, meaning in placed}
    owner = [-1] * len(tokens.keys)
    for number, (first, last, _) in enumerate(placed):
        owner[first:last] = [number] * (last - first)
    for first, last, key in finder.find(tokens):
        raw = text[tokens.starts[first] : end_of(text, tokens.ends[last - 1])]
        surface = surface_of(raw, key)
        meaning = exact.get((first, last))
        if meaning is not None:
            counts.annotated[surface, meaning] += 1
        else:
            inside = owner[first]
            if inside >= 0 and placed[inside].first <= first and placed[inside].last >= last:
                continue  # part of a longer mention: neither for nor against
            counts.unannotated[surface] += 1
        counts.written.setdefault(surface, raw)
        beside = counts.wrong_beside if meaning is None else counts.right_beside
        beside.update(neighbours(tokens, surface, first, last))
    _count_phrases(counts, text, tokens, owner)


def _count_phrases(counts: DocumentCounts, text: str, tokens: Tokens, owner: Sequence[int]) -> None:
    """Count the words and short phrases of a text that no mention touches."""
    starts, ends, keys = tokens
    is_name = [key[0].isalnum() and key not in _FUNCTION_WORDS for key in keys]
    for first in range(len(keys)):
        if not is_name[first]:
            continue
        for last in range(first + 1, min(first + _LONGEST_PLAIN, len(keys)) + 1):
            if keys[last - 1] == BREAK or owner[last - 1] >= 0:
                break
            if not is_name[last - 1] or (last - first == 1 and not any(c.isalpha() for c in keys[first])):
                continue
            raw = text[starts[first] : end_of(text, ends[last - 1])]
            surface = surface_of(raw, " ".join(keys[first:last]))
            counts.phrases[surface] += 1
            counts.written.setdefault(surface, raw)


def add_counts(documents: Iterable[DocumentCounts]) -> Counts:
    """Add documents up to the counts of a corpus."""
    counts = Counts()
    found: Counter[Surface] = Counter()
    phrases: Counter[Surface] = Counter()
    right: Counter[Neighbour] = Counter()
    wrong: Counter[Neighbour] = Counter()
    written: dict[Surface, str] = {}
    for document in documents:
        counts.documents += 1
        for (surface, meaning), count in document.annotated.items():
            counts.annotated.setdefault(surface, Counter())[meaning] += count
        counts.spread.update(document.annotated.keys())
        found.update(document.unannotated)
        phrases.update(document.phrases)
        right.update(document.right_beside)
        wrong.update(document.wrong_beside)
        written = {**document.written, **written}
    annotated = {surface.key for surface in counts.annotated}
    counts.unannotated.update({surface: count for surface, count in found.items() if surface.key in annotated})
    for surface, count in phrases.items():
        if surface.key not in annotated and count >= _LEAST_PLAIN[surface.key.count(" ") + 1]:
            counts.unannotated[surface] = count
    for place in right.keys() | wrong.keys():
        if place.surface.key in annotated and right[place] + wrong[place] > 1:
            counts.beside[place] = right[place], wrong[place]
    counts.written = {s: " ".join(written[s].split()) for s in counts.annotated.keys() | counts.unannotated.keys()}
    return counts


class Choice(NamedTuple):
    """A surface's likeliest meaning, and how often it is right."""

    meaning: Meaning
    share: float
    annotated: int
    unannotated: int


class Priors:
    """Counts, ready for use.

    Parameters
    ----------
    counts : Counts
        What a corpus has.
    threshold : float, default 0.5
        Least share of right ones for a mention to be made.

    Examples
    --------
    >>> text = "Hair cells of mice. Hair is cut. Hair cells die."
    >>> mentions = [(((0, 10),), "CL:0000855"), (((33, 43),), "CL:0000855")]
    >>> priors = Priors(add_counts(count_documents([Document("a", text, mentions)])))
    >>> priors.choice(surface_of("hair cell")).meaning.curie, priors.unannotated(surface_of("hair"))
    ('CL:0000855', 1)
    """

    def __init__(self, counts: Counts, *, threshold: float = 0.5) -> None:
        self.counts = counts
        self.threshold = threshold
        #: Kinds of term that the corpus annotates: of others it says nothing.
        self.categories: frozenset[Category] = frozenset(
            category_of(meaning.curie) for meanings in counts.annotated.values() for meaning in meanings
        )
        self._choices = {surface: self._choose(surface, found) for surface, found in counts.annotated.items()}
        self.finder = Finder(surface.key for surface in counts.annotated)

    def _choose(self, surface: Surface, found: Mapping[Meaning, int]) -> Choice:
        meaning = min(found, key=lambda meaning: (-found[meaning], meaning))
        missed = self.counts.unannotated[surface]
        share = (found[meaning] + _WEIGHT * _FIRST_GUESS) / (sum(found.values()) + missed + _WEIGHT)
        if surface.acronym and self.counts.spread[surface, meaning] < 2:
            share *= _OWN_ACRONYM
        return Choice(meaning, share, found[meaning], missed)

    def choice(self, surface: Surface) -> Choice | None:
        """Give what a surface means by itself, None if the corpus never annotates it."""
        return self._choices.get(surface)

    def unannotated(self, surface: Surface) -> int:
        """Count the occurrences of a surface that the corpus did not annotate."""
        return self.counts.unannotated.get(surface, 0)

    def share_beside(self, choice: Choice, places: Iterable[Neighbour]) -> float:
        """Give how often a choice is right beside the words that stand there."""
        own = odds = _log_odds(choice.share)
        for place in places:
            seen = self.counts.beside.get(place)
            if seen is not None:
                right, wrong = seen
                share = (right + _NEIGHBOUR_WEIGHT * choice.share) / (right + wrong + _NEIGHBOUR_WEIGHT)
                odds += _NEIGHBOUR_SHARE * (_log_odds(share) - own)
        return 1 / (1 + math.exp(-odds))


def _log_odds(share: float) -> float:
    share = min(0.999, max(0.001, share))
    return math.log(share / (1 - share))


class Learned(NamedTuple):
    """A mention that priors alone make."""

    start: int
    end: int
    surface: Surface
    choice: Choice
    share: float


def find_learned(priors: Priors, text: str, tokens: Tokens) -> list[Learned]:
    """Find the surfaces that a corpus annotates, overlapping ones too, each with its share of right ones."""
    found = []
    for first, last, key in priors.finder.find(tokens):
        start, end = tokens.starts[first], end_of(text, tokens.ends[last - 1])
        surface = surface_of(text[start:end], key)
        choice = priors.choice(surface)
        if choice is None:
            continue
        share = priors.share_beside(choice, neighbours(tokens, surface, first, last))
        start, end = start + choice.meaning.left, end - choice.meaning.right
        if start < end:
            found.append(Learned(start, end, surface, choice, share))
    return found
