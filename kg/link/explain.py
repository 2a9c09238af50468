"""Why a mention was made or refused: what the linker tells a trace.

A linker that is given a trace calls it once for every name that it looked at and refused, and once for
every mention; without one it spends nothing on reasons.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from kg.model.mention import Mention
    from kg.model.record import Passage

#: What each reason means, for people. `{}` stands for the detail.
REASONS: Final = {
    "made": "made by rule '{}'",
    "trap": "it stands in a name or a phrase that is something else: {}",
    "longer": "a longer name of its kind covers it: {}",
    "repeats": "it repeats the long form before it",
    "case": "its case is not that of the name: {}",
    "species": "the name holds in other species: {}",
    "category": "its kind was not asked for: {}",
    "defined": "the record defines this short form as something else: {}",
    "undefined": "an acronym that the record neither defines nor supports is left alone: {}",
    "ambiguous": "it means several things and nothing decides: {}",
    "score": "its score is below the least that is kept: {}",
    "whole": "the record names regions, so the whole brain says nothing more",
    "prior-below": "the corpus of the priors mostly leaves it unannotated: share of right ones {}",
    "prior-longer": "a longer mention by the priors covers it",
    "other": "another rule decided against it",
}


class Step(NamedTuple):
    """One name in a text, and what became of it."""

    record_id: str
    section: str
    start: int
    end: int
    surface: str
    #: What it would mean; of several meanings, the first.
    curie: str
    #: Key of `REASONS`.
    reason: str
    detail: str = ""
    score: float = 0.0
    #: Other meanings that were considered.
    rivals: tuple[str, ...] = ()

    @property
    def is_made(self) -> bool:
        """Whether a mention came of it."""
        return self.reason == "made"

    @property
    def sentence(self) -> str:
        """The reason in words."""
        return REASONS[self.reason].format(self.detail)


Trace = Callable[[Step], None]


def refusal(
    passage: Passage, start: int, end: int, curie: str, reason: str, *, detail: str = "", rivals: Sequence[str] = ()
) -> Step:
    """Make the step of a name that is refused."""
    surface = passage.text[start:end]
    return Step(passage.record_id, passage.section, start, end, surface, curie, reason, detail, 0.0, tuple(rivals))


def making(mention: Mention, rivals: Sequence[str] = ()) -> Step:
    """Make the step of a mention."""
    return Step(
        mention.record_id,
        mention.section,
        mention.start,
        mention.end,
        mention.surface,
        mention.curie,
        "made",
        mention.method,
        mention.score,
        tuple(rivals),
    )
