"""Which of its meanings a name has in a record, and how far that is to be trusted."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from kg.link.entries import Case, Entry
from kg.link.span import Span
from kg.link.tokens import Tokens
from kg.model.term import Category, Scope

#: How often a name of this scope means its term, as a first guess; priors refine it.
_SCORES: Final = {
    Scope.LABEL: 0.95,
    Scope.EXACT: 0.9,
    Scope.ABBREVIATION: 0.85,
    Scope.ADJECTIVE: 0.85,
    Scope.PROCESS: 0.7,
    Scope.NARROW: 0.75,
    Scope.RELATED: 0.7,
    Scope.BROAD: 0.7,
}


@dataclass
class Record:
    """What one record says beyond the passage at hand."""

    taxa: frozenset[str] = frozenset()
    #: Whether the lexicon's regions are those of the nervous system alone, so that one makes another likelier.
    is_neural: bool = False
    abbreviations: dict[str, Tokens] = field(default_factory=dict)
    #: Cell types whose marker the record has ("PV", "SST"); two of them support each other.
    markers: set[str] = field(default_factory=set)
    #: Terms that the record names in full.
    named: set[str] = field(default_factory=set)

    @property
    def regions(self) -> int:
        """How many regions the record names in full."""
        return len(self._regions)

    _regions: set[str] = field(default_factory=set)

    def name(self, entry: Entry) -> None:
        """Note that the record names a term in full."""
        self.named.add(entry.curie)
        if entry.category is Category.REGION:
            self._regions.add(entry.curie)


def case_fits(entry: Entry, surface: str) -> bool:
    """Say whether the case of a text agrees with that of a name.

    Examples
    --------
    >>> from kg.link.lexicon import Lexicon, Row
    >>> row = Row("UBERON:0003881", Category.REGION, "CA1", Scope.EXACT)
    >>> entry = Lexicon.compile([row], scopes=[Scope.EXACT]).entries(0)[0]
    >>> case_fits(entry, "CA1"), case_fits(entry, "ca1")
    (True, False)
    """
    if entry.case is Case.SAME:
        if surface == entry.surface:
            return True
        bare, wanted = _letters(surface), _letters(entry.surface)
        return bare == wanted or (bare[-1:] == "s" and bare[:-1] == wanted)
    return not (len(surface) <= 5 and surface.isupper())


def _letters(text: str) -> str:
    return "".join(c for c in text if c.isalnum())


def choose(span: Span, record: Record) -> tuple[Entry, float] | None:
    """Choose what a name means here.

    A rule's weight and the scope come first; of equals, the term that the record names in full.
    An acronym that the record doesn't define is left alone unless it is distinctive or the record
    supports it: abstaining is an answer.
    """
    scored = [
        (_SCORES[entry.scope] * entry.weight * trust, entry)
        for entry in span.entries
        if (trust := 1.0 if span.defined or entry.case is not Case.SAME else _acronym_trust(entry, record)) > 0
    ]
    if not scored:
        return None
    top = max(score for score, _ in scored)
    best = [entry for score, entry in scored if score >= top - 1e-9]
    if any(entry.curie.startswith("UBERON:") for entry in best):
        # UBERON first: an atlas's term of the same name is the same region.
        best = [entry for entry in best if not entry.curie.startswith(_ATLASES)]
    meanings = {entry.curie for entry in best}
    if len(meanings) > 1:
        supported = [entry for entry in best if entry.curie in record.named]
        if len({entry.curie for entry in supported}) == 1:
            return supported[0], top * 0.95
        if best[0].case is Case.SAME:
            return None
        return min(best, key=lambda entry: entry.curie), top * 0.7
    return best[0], top


#: Prefixes of the atlases' own terms.
_ATLASES: Final = ("MBA:", "HBA:", "DMBA:")
#: "VISp", "mPFC", "SNc", "CA1": letters that nothing else is written with.
_DISTINCTIVE: Final = re.compile(r"[a-z]{0,2}[A-Z]{2,}[a-z]{1,3}\d?|[A-Z]{2,4}\d{1,2}[a-z]{0,2}|[a-z]{1,2}[A-Z]{2,}\d?")


#: The rule for a layer whose owner stands elsewhere.
APART: Final = "layer"
#: "dMSN", "iSPNs": a small letter before an acronym says which cell.
_MARKED: Final = re.compile(r"[a-z]{1,2}[A-Z]{2,4}s?")


def _acronym_trust(entry: Entry, record: Record) -> float:
    """Say how far an acronym without a definition is to be trusted, from 0 to 1."""
    if entry.curie in record.named:
        return 1.0
    if not record.is_neural:
        return 0.0
    if entry.category is Category.CELL_TYPE:
        if entry.curie in record.markers and len(record.markers) > 1:
            return 0.85
        return 0.9 if _MARKED.fullmatch(entry.surface) else 0.0
    if entry.category is not Category.REGION:
        return 0.0
    if _DISTINCTIVE.fullmatch(entry.surface):
        return 0.95
    # "V1" is an area among regions of the brain, and a version or a lead elsewhere.
    around = record.regions
    if len(entry.surface) >= 3 or (len(entry.surface) == 2 and entry.surface[1].isdigit()):
        return 0.8 if around >= 1 else 0.0
    return 0.0


def method_of(entry: Entry, span: Span) -> str:
    """Name the rule that made a mention."""
    if span.parts:
        return entry.rule if entry.rule == APART else "coordination"
    if span.defined:
        return "abbreviation"
    if entry.rule:
        return entry.rule
    if entry.case is Case.SAME:
        return "acronym"
    return entry.scope.value
