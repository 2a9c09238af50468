"""Rows of a vocabulary, and the entries that they become in a lexicon."""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

from kg.model.term import Category, Scope

_CATEGORY_BY_PREFIX: Final = {
    "UBERON": Category.REGION,
    "MBA": Category.REGION,
    "HBA": Category.REGION,
    "DMBA": Category.REGION,
    "CL": Category.CELL_TYPE,
    "PCL": Category.CELL_TYPE,
    "MONDO": Category.DISEASE,
    "DOID": Category.DISEASE,
    "GO": Category.MECHANISM,
    "mechanism": Category.MECHANISM,
    "NCBITaxon": Category.SPECIES,
}


class Case(IntEnum):
    """How the case of a text must agree with a surface's."""

    ANY = 0
    #: A short text in capitals is an acronym of its own, and no match for a word.
    WORD = 1
    #: The surface is an acronym or a symbol: the text has its very case.
    SAME = 2


class Row(NamedTuple):
    """One surface of one term, before it is compiled."""

    curie: str
    category: Category
    text: str
    scope: Scope
    taxa: tuple[str, ...] = ()


class Entry(NamedTuple):
    """What one surface may mean."""

    curie: str
    category: Category
    scope: Scope
    case: Case
    surface: str
    taxa: tuple[str, ...]
    rule: str
    weight: float


def category_of(curie: str) -> Category:
    """Give the category that a CURIE's prefix stands for, where a file of surfaces says none."""
    return _CATEGORY_BY_PREFIX.get(curie.partition(":")[0], Category.TECHNIQUE)


def case_policy(surface: str) -> Case:
    """Say how strictly the case of a surface is to be met.

    Examples
    --------
    >>> [case_policy(surface).name for surface in ("AIDS", "VISp", "hippocampus", "Purkinje cell")]
    ['SAME', 'SAME', 'WORD', 'WORD']
    """
    letters = [c for c in surface if c.isalpha()]
    capitals = sum(c.isupper() for c in letters)
    words = surface.split()
    if letters and len(letters) <= 5 and capitals == len(letters) and len(words) <= 2:
        return Case.SAME
    if len(words) == 1 and len(surface) <= 8 and any(c.isupper() for c in surface[1:]):
        return Case.SAME
    return Case.WORD
