"""The relation words: ``ontologies/relation_words.yaml``, compiled."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import yaml

from kg.config import curated_dir
from kg.errors import ClaimError
from kg.model import Predicate
from kg.model.own_yaml import load_own_yaml

if TYPE_CHECKING:
    from pathlib import Path

#: File of the relation words, in the folder of the curated tables.
FILE_NAME = "relation_words.yaml"

_HELP: Final = "see docs/adding-a-predicate.md"
#: Sorts of words that the reading of a sentence knows.
_SORTS: Final = (
    "verb",
    "plural_verb",
    "relative",
    "boundary",
    "but",
    "compared",
    "agent",
    "preposition",
    "and",
    "adverb",
)
#: Lists of phrases beside the relations.
_LISTS: Final = (
    "abnormal",
    "findings",
    "negators",
    "not_negators",
    "hedges",
    "gaps",
    "aims",
    "statements",
    "resource",
    "interventions",
    "acts",
    "bystander_before",
    "bystander_after",
    "subject_after",
)


class Order(StrEnum):
    """Where a phrase stands to the subject and the object."""

    FORWARD = "forward"
    BACKWARD = "backward"
    AROUND = "around"
    NAMING = "naming"


class Relation(NamedTuple):
    """The phrases of one predicate in one order."""

    predicate: Predicate
    order: Order
    pattern: re.Pattern[str]


class Found(NamedTuple):
    """A relation word in a sentence."""

    predicate: Predicate
    order: Order
    start: int
    end: int


class RelationWords:
    """Every word that a judgement looks for.

    Parameters
    ----------
    relations : tuple of Relation
        The phrases by predicate and order.
    less, more : re.Pattern
        Words of loss, and words of gain.
    lists : dict of str to re.Pattern
        The other lists of the file, by name.
    tags : dict of str to str
        Word to sort of word.
    adjectives : frozenset of str
        Words that stand before a name.
    """

    def __init__(
        self,
        relations: tuple[Relation, ...],
        less: re.Pattern[str],
        more: re.Pattern[str],
        lists: dict[str, re.Pattern[str]],
        tags: dict[str, str],
        adjectives: frozenset[str],
    ) -> None:
        self.relations = relations
        self.less = less
        self.more = more
        self.tags = tags
        self.adjectives = adjectives
        self.abnormal = lists["abnormal"]
        self.findings = lists["findings"]
        self.negators = lists["negators"]
        self.not_negators = lists["not_negators"]
        self.hedges = lists["hedges"]
        self.gaps = lists["gaps"]
        self.aims = lists["aims"]
        self.statements = lists["statements"]
        self.resource = lists["resource"]
        self.interventions = lists["interventions"]
        self.acts = lists["acts"]
        self.bystander_before = _ending(lists["bystander_before"])
        self.bystander_after = lists["bystander_after"]
        self.subject_after = lists["subject_after"]

    @property
    def changes(self) -> tuple[re.Pattern[str], re.Pattern[str]]:
        """Words of loss, and words of gain."""
        return self.less, self.more

    def find(self, text: str) -> list[Found]:
        """Give every relation word of a text, in the order of the file."""
        return [
            Found(relation.predicate, relation.order, *match.span())
            for relation in self.relations
            for match in relation.pattern.finditer(text)
        ]


def read_relation_words(path: Path) -> RelationWords:
    """Read a file of relation words.

    Parameters
    ----------
    path : Path
        In the form of ``ontologies/relation_words.yaml``.

    Returns
    -------
    RelationWords
        Compiled.

    Raises
    ------
    ClaimError
        Naming the file and the entry, if something in it can't be used.
    """
    try:
        raw = load_own_yaml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ClaimError(f"the relation words can't be read: {error}", str(path), _HELP) from error
    where = str(path)
    if not isinstance(raw, dict):
        raise ClaimError("the file is no mapping", where, _HELP)
    relations = tuple(
        _relation(entry, f"{where}: relations[{n}]") for n, entry in enumerate(_list(raw, "relations", where))
    )
    changes, grammar = raw.get("changes") or {}, raw.get("grammar") or {}
    sorts = {sort: _words(grammar, sort, f"{where}: grammar") for sort in (*_SORTS, "adjectives")}
    return RelationWords(
        relations,
        _pattern(_list(changes, "less", f"{where}: changes"), where),
        _pattern(_list(changes, "more", f"{where}: changes"), where),
        {key: _pattern(_list(raw, key, where), f"{where}: {key}") for key in _LISTS},
        # A word of two sorts is of the first.
        {word: sort for sort in reversed(_SORTS) for word in sorts[sort]},
        frozenset(sorts["adjectives"]),
    )


@cache
def relation_words() -> RelationWords:
    """Give the package's own relation words."""
    return read_relation_words(curated_dir() / FILE_NAME)


def _list(holder: Any, key: str, where: str) -> list[Any]:
    value = holder.get(key) if isinstance(holder, dict) else None
    if not isinstance(value, list) or not value:
        raise ClaimError(f"{key!r} is no list of phrases", where, _HELP)
    return value


def _words(holder: Any, key: str, where: str) -> list[str]:
    words = _list(holder, key, where)
    if wrong := [word for word in words if not isinstance(word, str)]:
        raise ClaimError(f"{wrong[0]!r} is no text", f"{where}: {key}", "put it in quotes")
    return words


def _relation(entry: Any, where: str) -> Relation:
    phrases = _list(entry, "phrases", where)
    try:
        return Relation(Predicate(entry.get("predicate")), Order(entry.get("order")), _pattern(phrases, where))
    except ValueError as error:
        raise ClaimError(
            str(error), where, f"orders: {', '.join(Order)}; predicates are those of docs/schema.md"
        ) from error


def _ending(pattern: re.Pattern[str]) -> re.Pattern[str]:
    """Let a pattern match only at the end of what stands before a name, articles left out."""
    return re.compile(rf"(?:{pattern.pattern})(?:\s+(?:the|an?|of|in|any|all|severe|other))*\s*$", re.IGNORECASE)


def _pattern(phrases: list[Any], where: str) -> re.Pattern[str]:
    # YAML reads a bare no as false; the file quotes it, and str() would hide a slip.
    if wrong := [phrase for phrase in phrases if not isinstance(phrase, str)]:
        raise ClaimError(f"{wrong[0]!r} is no text", where, "put it in quotes")
    # The longest alternative first: Python's alternation takes the first that fits, not the longest.
    text = "|".join(sorted((phrase.replace(" ", r"\s+") for phrase in phrases), key=len, reverse=True))
    # A "?" behind what was a blank applies to the blank.
    text = text.replace(r"\s+?", r"\s*")
    try:
        # A comma stands right behind a word, and may begin a phrase: "S, one of the hallmarks of O".
        return re.compile(rf"(?:(?<![\w-])|(?=,))(?:{text})(?!\w)", re.IGNORECASE)
    except re.error as error:
        raise ClaimError(f"a phrase is no regular expression: {error}", where, "escape its brackets") from error
