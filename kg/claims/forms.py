"""What a connection of a pair is, and the forms that it is worded in."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from kg.model import Predicate


class Form(IntEnum):
    """How a connection is worded; where several hold, the first counts."""

    CLAUSE = 0  # "S contributes to O"
    PHRASE = 1  # "S, a hallmark of O"; "S associated with O"
    NAMING = 2  # "hallmarks of O include S"
    AROUND = 3  # "a role for S in O"
    FINDING = 4  # "S of patients with O was smaller"
    COMPOUND = 5  # "O-associated S"
    CHANGE = 6  # "loss of S in O"


class Connection(NamedTuple):
    """One way in which a sentence connects a pair."""

    predicate: Predicate
    form: Form
    #: Span of the words that say so.
    start: int
    end: int
    #: Where the verb group, or the noun phrase, of these words begins.
    group: int
    #: How many words lie between these words and the pair.
    distance: int
