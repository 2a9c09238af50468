"""Terms of vocabularies, and the categories that the graph sorts them into."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict


class Category(StrEnum):
    """What kind of thing a term names. The values are the names that ``kg link --category`` takes."""

    REGION = "region"
    CELL_TYPE = "cell_type"
    MECHANISM = "mechanism"
    DISEASE = "disease"
    SPECIES = "species"
    TECHNIQUE = "technique"


class Scope(StrEnum):
    """How near a synonym is to its term (OBO 1.4, "synonym")."""

    LABEL = "label"
    EXACT = "exact"
    NARROW = "narrow"
    BROAD = "broad"
    RELATED = "related"
    ABBREVIATION = "abbreviation"
    ADJECTIVE = "adjective"
    #: Name of the normal process that a mechanism disturbs: "gamma oscillations" for their disruption.
    PROCESS = "process"


class Relation(StrEnum):
    """How a term stands to another of its vocabulary."""

    IS_A = "is_a"
    PART_OF = "part_of"


class Synonym(NamedTuple):
    """One surface of a term. `taxa` are the species it holds for: empty means any."""

    text: str
    scope: Scope
    taxa: tuple[str, ...] = ()


class Parent(NamedTuple):
    """One typed step up the hierarchy."""

    relation: Relation
    curie: str


class Xref(NamedTuple):
    """A term of another vocabulary, with the SSSOM predicate that relates it."""

    predicate: str
    curie: str


class Term(BaseModel):
    """A class of a vocabulary."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    curie: str
    label: str
    category: Category
    vocabulary: str
    synonyms: tuple[Synonym, ...] = ()
    parents: tuple[Parent, ...] = ()
    xrefs: tuple[Xref, ...] = ()
    definition: str | None = None
    taxa: tuple[str, ...] = ()
    replaced_by: str | None = None
    is_obsolete: bool = False
    family: str | None = None
