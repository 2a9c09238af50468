"""What a vocabulary file says, before it becomes terms: one entry a class, whatever the format.

Every reader (`obo`, `owl`, `cellxgene`, `tables`, `curated`) gives a `Document` of `Entry`; only
`compile` knows how they add up to terms. Nothing here reads a file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from kg.model import Category, Parent, Synonym, Xref


@dataclass(frozen=True, slots=True)
class Entry:
    """One class as its file has it. `curie` is normalised; a label may be missing in an obsolete class."""

    curie: str
    label: str = ""
    definition: str | None = None
    synonyms: tuple[Synonym, ...] = ()
    parents: tuple[Parent, ...] = ()
    xrefs: tuple[Xref, ...] = ()
    alt_ids: tuple[str, ...] = ()
    taxa: tuple[str, ...] = ()
    is_obsolete: bool = False
    replaced_by: str | None = None
    consider: tuple[str, ...] = ()
    #: (relation, filler) pairs of a logical definition; the genus has relation "is_a".
    intersection: tuple[tuple[str, str], ...] = ()
    #: Ancestors one step up whose relation the file doesn't state.
    broader: tuple[str, ...] = ()
    #: Family of a mechanism.
    family: str | None = None
    #: Set where the file says it (the curated tables); else the identifier's prefix decides.
    category: Category | None = None


class Warned(NamedTuple):
    """Something in a file that was passed over."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Document:
    """A vocabulary file, read."""

    entries: tuple[Entry, ...]
    version: str = ""
    ontology: str = ""
    warnings: tuple[Warned, ...] = field(default=())
