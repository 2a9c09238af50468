"""A sentence as the judge sees it: words with a rough part of speech, and ways through them.

No grammar is built. Words are finite verbs, relative pronouns, prepositions, conjunctions, boundaries of
clauses, or names; the rest follows from which of these stand between two places. Words in brackets are
left out, unless one of the pair is among them. The sorts of words are general English, in
``ontologies/relation_words.yaml``.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from kg.claims.relations import RelationWords, relation_words

if TYPE_CHECKING:
    from kg.claims.relations import Found

Span: TypeAlias = tuple[int, int]


class Tag(Enum):
    """What a word does in its sentence."""

    VERB = "finite verb"
    RELATIVE = "relative"
    BOUNDARY = "boundary"
    AGENT = "by"
    PREPOSITION = "preposition"
    AND = "and"
    COMMA = "comma"
    ADVERB = "adverb"
    NAME = "name"


class Word(NamedTuple):
    """One word of a sentence, lower-cased."""

    text: str
    start: int
    end: int
    tag: Tag


_TOKEN: Final = re.compile(r"[^\W_]+(?:[-'’/.+][^\W_]+)*|--+|[^\w\s]")
_BRACKETS: Final = re.compile(r"\([^()]*\)|\[[^][]*\]")
_SPACED_DASH: Final = frozenset({"--", "---", "–", "—"})
_PRONOUNS: Final = frozenset({"we", "they", "it", "he", "she", "i"})
_ARTICLES: Final = frozenset({"the", "a", "an", "this", "these", "that", "those", "its", "their", "our", "both", "all"})
_PLURALS: Final = frozenset({"data", "mice", "people", "children", "women", "men", "microglia", "criteria", "bacteria"})
_HEADING: Final = re.compile(r"^[A-Z][A-Za-z /&]{2,40}:\s")


class Reading:
    """A sentence's words, and every relation word in it.

    Parameters
    ----------
    text : str
        The sentence.
    opened : tuple of int
        Where brackets begin whose words are to be read.
    words : RelationWords
        The lexicon.
    """

    def __init__(self, text: str, opened: tuple[int, ...], lexicon: RelationWords) -> None:
        self.text = text
        self.flat = _flatten(text, opened)
        self.words = _tag(self.flat, lexicon)
        self.starts = [word.start for word in self.words]
        self.relations: list[Found] = lexicon.find(self.flat)
        self.is_fragment = not any(word.tag is Tag.VERB for word in self.words)

    def at(self, position: int) -> int:
        """Give the index of the first word that begins at or behind a position."""
        return bisect_left(self.starts, position)

    def between(self, start: int, end: int) -> list[Word]:
        """Give the words that lie wholly between two positions."""
        return [word for word in self.words[self.at(start) : self.at(end)] if word.end <= end]


@lru_cache(maxsize=256)
def read(text: str, opened: tuple[int, ...] = (), lexicon: RelationWords | None = None) -> Reading:
    """Read a sentence; the pairs of one sentence share the reading."""
    return Reading(text, opened, lexicon or relation_words())


def brackets_around(text: str, *spans: Span) -> tuple[int, ...]:
    """Say where the brackets begin that hold, or touch, one of some spans.

    Examples
    --------
    >>> brackets_around("loss (of cells) in dementia (AD)", (10, 14), (19, 27))
    (5,)
    """
    return tuple(
        match.start() for match in _BRACKETS.finditer(text) if any(_is_within(span, match.span()) for span in spans)
    )


def _is_within(span: Span, brackets: Span) -> bool:
    # A name that holds the brackets itself ("tau (MAPT) gene") needs nothing of them.
    holds = span[0] <= brackets[0] and brackets[1] <= span[1]
    return brackets[0] < span[1] and span[0] < brackets[1] and not holds


def _flatten(text: str, opened: tuple[int, ...]) -> str:
    """Blank out what stands in brackets, and a heading; the length stays."""

    def blank(match: re.Match[str]) -> str:
        return match[0] if match.start() in opened else " " * len(match[0])

    flat = _BRACKETS.sub(blank, text)
    # Brackets that are read work like commas.
    flat = flat.translate({ord("("): ",", ord(")"): ",", ord("["): ",", ord("]"): ","}) if opened else flat
    if heading := _HEADING.match(flat):
        label = heading[0].strip()
        if label.isupper() or len(label.split()) == 1:
            flat = " " * len(heading[0]) + flat[heading.end() :]
    return flat


def _tag(flat: str, lexicon: RelationWords) -> list[Word]:
    raw = [(match[0].lower(), match.start(), match.end()) for match in _TOKEN.finditer(flat)]
    words: list[Word] = []
    for n, (text, start, end) in enumerate(raw):
        following = next((word for word, *_ in raw[n + 1 : n + 3] if not word.endswith("ly")), "")
        before = next((word for word in reversed(words[-2:]) if word.tag is not Tag.ADVERB), None)
        if before is not None and before.text == "that" and len(words) > 1 and words[-2].tag is Tag.VERB:
            # "suggest that altered …": a name begins here, unlike in "a drug that altered".
            before = None
        words.append(Word(text, start, end, _tag_of(text, before, following, lexicon)))
    if flat.rstrip().endswith(".") and not any(word.tag is Tag.VERB for word in words):
        _find_main_verb(words)
    return words


def _find_main_verb(words: list[Word]) -> None:
    """Take "increased" of "A, alone or with B, increased C." as the verb that the sentence must have."""
    for n in range(4, len(words) - 2):
        is_past = words[n].text.endswith("ed") and len(words[n].text) > 4 and words[n].tag is Tag.NAME
        if is_past and words[n - 1].tag is Tag.COMMA and words[n + 1].tag is Tag.NAME:
            words[n] = words[n]._replace(tag=Tag.VERB)
            return


def _tag_of(text: str, before: Word | None, following: str, lexicon: RelationWords) -> Tag:
    if (tag := lexicon.tags.get(text)) is not None:
        name = tag
        if name == "plural_verb":
            return Tag.VERB if before is not None and _is_plain_verb(text, before, following, lexicon) else Tag.NAME
        if name == "but":
            return Tag.AND if following in {"also", "not", "rather"} else Tag.BOUNDARY
        if text in {"although", "though", "albeit"} and following == "not":
            # "…, although not in O" works like "but not in O".
            return Tag.AND
        if name == "agent" and text == "by" and before is not None and before.text == "shared":
            return Tag.PREPOSITION
        if name == "compared":
            return Tag.BOUNDARY if following in {"to", "with"} else Tag.NAME
        return Tag[name.upper()]
    if text in {";", ":"} or text in _SPACED_DASH:
        return Tag.BOUNDARY if text == ";" else Tag.COMMA if text in _SPACED_DASH else Tag.BOUNDARY
    if text == ",":
        return Tag.COMMA
    if text in {"&", "/"}:
        return Tag.AND
    if text.endswith("ly") and len(text) > 4:
        return Tag.ADVERB
    if text.endswith("ed") and "-" not in text and len(text) > 4:
        return Tag.VERB if _is_past(before, following, lexicon) else Tag.NAME
    return Tag.NAME


def _is_plain_verb(text: str, before: Word, following: str, lexicon: RelationWords) -> bool:
    """Say whether a word that is a verb or a noun ("cause", "increases") follows what may be its subject."""
    if before.text in _PRONOUNS or before.tag is Tag.RELATIVE or before.tag is Tag.ADVERB:
        return True
    if before.tag is not Tag.NAME or before.text in _ARTICLES or before.text in lexicon.adjectives:
        return False
    if text.endswith("s") and not before.text.endswith("s"):
        # "tau forms tangles", but not "the iron increases in age"
        has_object = bool(following) and following[0].isalnum() and following not in lexicon.tags
        return has_object and before.text[-1].isalnum()
    return (before.text.endswith("s") or before.text in _PLURALS) and not text.endswith("s")


def _is_past(before: Word | None, following: str, lexicon: RelationWords) -> bool:
    """Tell "the drug reduced gliosis" from "with reduced gliosis" and "gliosis reduced by the drug"."""
    if before is None or not following:
        return False
    if before.text in _PRONOUNS or before.tag is Tag.RELATIVE:
        return True
    if before.text in {"neither", "nor"}:
        # "neither delayed nor accelerated O"
        return True
    if not before.text[-1].isalnum() or (before.tag is not Tag.NAME and before.tag is not Tag.ADVERB):
        return False
    if before.text in _ARTICLES or before.text in lexicon.adjectives or before.text.endswith(("al", "ic", "ed")):
        return False
    ahead = lexicon.tags.get(following)
    return following in _ARTICLES or following == "that" or (ahead is None and following[0].isalnum())
