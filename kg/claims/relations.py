"""The relation words: ``ontologies/relation_words.yaml``, compiled."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from kg.config import curated_dir
from kg.errors import ClaimError
from kg.model import Predicate

if TYPE_CHECKING:
    from pathlib import Path

#: File of the relation words, in the folder of the curated tables.
FILE_NAME = "relation_words.yaml"


class Order(StrEnum):
    """Where a phrase stands to the subject and the object."""

    FORWARD = "forward"
    BACKWARD = "backward"
    AROUND = "around"


class Relation(NamedTuple):
    """The phrases of one predicate in one order."""

    predicate: Predicate
    order: Order
    pattern: re.Pattern[str]


class RelationWords(NamedTuple):
    """Every word that a judgement looks for."""

    relations: tuple[Relation, ...]
    less: re.Pattern[str]
    more: re.Pattern[str]
    negators: re.Pattern[str]
    not_negators: re.Pattern[str]
    hedges: re.Pattern[str]
    resource: re.Pattern[str]
    interventions: re.Pattern[str]

    @property
    def changes(self) -> tuple[re.Pattern[str], re.Pattern[str]]:
        """Words of loss, and words of gain."""
        return self.less, self.more


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
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ClaimError(
            f"the relation words can't be read: {error}", str(path), "see docs/adding-a-predicate.md"
        ) from error
    where = str(path)
    if not isinstance(raw, dict):
        raise ClaimError("the file is no mapping", where, "see docs/adding-a-predicate.md")
    relations = tuple(
        _relation(entry, f"{where}: relations[{n}]") for n, entry in enumerate(_list(raw, "relations", where))
    )
    changes = raw.get("changes") or {}
    return RelationWords(
        relations,
        _pattern(_list(changes, "less", f"{where}: changes"), where),
        _pattern(_list(changes, "more", f"{where}: changes"), where),
        *(
            _pattern(_list(raw, key, where), f"{where}: {key}")
            for key in ("negators", "not_negators", "hedges", "resource", "interventions")
        ),
    )


@cache
def relation_words() -> RelationWords:
    """Give the package's own relation words."""
    return read_relation_words(curated_dir() / FILE_NAME)


def _list(holder: Any, key: str, where: str) -> list[Any]:
    value = holder.get(key) if isinstance(holder, dict) else None
    if not isinstance(value, list) or not value:
        raise ClaimError(f"{key!r} is no list of phrases", where, "see docs/adding-a-predicate.md")
    return value


def _relation(entry: Any, where: str) -> Relation:
    phrases = _list(entry, "phrases", where)
    try:
        return Relation(
            Predicate(entry.get("predicate")), Order(entry.get("order")), _pattern(phrases, where)
        )
    except ValueError as error:
        raise ClaimError(
            str(error), where, f"orders: {', '.join(Order)}; predicates are those of docs/schema.md"
        ) from error


def _pattern(phrases: list[Any], where: str) -> re.Pattern[str]:
    # YAML reads a bare no as false; the file quotes it, and str() would hide a slip.
    if wrong := [phrase for phrase in phrases if not isinstance(phrase, str)]:
        raise ClaimError(f"{wrong[0]!r} is no text", where, "put it in quotes")
    # The longest alternative first: Python's alternation takes the first that fits, not the longest.
    text = "|".join(sorted((phrase.replace(" ", r"\s+") for phrase in phrases), key=len, reverse=True))
    # A "?" behind what was a blank applies to the blank.
    text = text.replace(r"\s+?", r"\s*")
    try:
        return re.compile(rf"(?<![\w-])(?:{text})(?!\w)", re.IGNORECASE)
    except re.error as error:
        raise ClaimError(
            f"a phrase is no regular expression: {error}", where, "escape its brackets"
        ) from error
