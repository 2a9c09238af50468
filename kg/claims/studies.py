"""What sort of study a record is, and which living system it speaks of.

PubMed's publication types say the first; its MeSH headings and the words of title, abstract and quote
say the second. A review repeats what others found, so it weighs less than a primary study
(``kg.claims.confidence``). The system changes no weight: that something was seen in mice is no worse
as a finding, but it must be visible.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from kg.model import ArticleRecord, Role, WikiPageRecord

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kg.model import Record


class StudyKind(StrEnum):
    """What sort of publication speaks."""

    PRIMARY = "primary"  # reports its own data, or pools those of others
    PREPRINT = "preprint"  # the same, before anybody reviewed it
    CASE = "case report"
    REVIEW = "review"
    OPINION = "opinion"  # an editorial, a letter, a comment, news
    SECONDARY = "wiki page"  # says what the works that it cites say
    UNKNOWN = "unknown"  # an article whose type nobody says
    RETRACTED = "retracted"


class System(StrEnum):
    """In what a finding was made."""

    HUMAN = "human"
    ANIMAL = "animal"
    CELLS = "cells"  # cultures, organoids
    MIXED = "mixed"  # more than one of them


class Study(NamedTuple):
    """What is known of the study behind a record."""

    kind: StudyKind
    system: System | None = None


_OPINION: Final = frozenset({"editorial", "letter", "comment", "news", "newspaper article", "interview", "biography"})
#: What pools primary data with a method of its own is no mere retelling.
_POOLED: Final = frozenset({"meta-analysis", "network meta-analysis", "systematic review"})

_HUMAN: Final = re.compile(
    r"\b(?:patients?|humans?|people|persons?|individuals|participants?|volunteers?|men|women|children|adults|"
    r"cohorts?|post[- ]?mortem|autops\w+|biobank|donors?|probands?|carriers)\b",
    re.IGNORECASE,
)
_ANIMAL: Final = re.compile(
    r"\b(?:mice|mouse|murine|rats?|rodents?|animals?|monkeys?|macaques?|primates|marmosets?|dogs?|pigs?|rabbits?|"
    r"gerbils?|ferrets?|zebrafish|drosophila|fl(?:y|ies)|c\.? ?elegans|nematodes?|"
    r"(?:5x|3x)(?:tg|fad)\w*|APP/PS1|MPTP|6-OHDA|kainate|pilocarpine|kindl(?:ed|ing)|knock-?outs?|knock-?ins?|transgenic)\b",
    re.IGNORECASE,
)
_CELLS: Final = re.compile(
    r"\b(?:in vitro|cell lines?|i?PSCs?|iPSC-derived|stem cells?|organoids?|SH-SY5Y|HEK-?293\w*|PC12|"
    r"(?:cultured|primary) (?:\w+ ){0,2}(?:cells?|neurons?|astrocytes|microglia)|"
    r"(?:cell|neuronal|organotypic|primary) cultures?)\b",
    re.IGNORECASE,
)
_MESH_ANIMAL: Final = frozenset({"animals", "mice", "rats", "disease models, animal", "mice, transgenic"})
_MESH_CELLS: Final = frozenset({"cell line", "cells, cultured", "organoids", "induced pluripotent stem cells"})


def studies_of(records: Iterable[Record]) -> dict[str, Study]:
    """Give the study behind every article and page.

    Parameters
    ----------
    records : iterable of Record
        The snapshot. Datasets are no studies: they are not in the result.

    Returns
    -------
    dict
        Record id -> study.
    """
    return {record.id: study_of(record) for record in records if isinstance(record, ArticleRecord | WikiPageRecord)}


def study_of(record: ArticleRecord | WikiPageRecord) -> Study:
    """Say what sort of study a record is.

    Parameters
    ----------
    record : ArticleRecord or WikiPageRecord
        With publication types, MeSH headings and its text.

    Returns
    -------
    Study
        Of a page the kind alone: each of its sentences cites other works.
    """
    if isinstance(record, WikiPageRecord):
        return Study(StudyKind.SECONDARY)
    return Study(_kind_of(record), _system_of(record))


def system_of(quote: str, study: Study | None) -> System | None:
    """Say in what a quoted finding was made: by its own words, else by its record.

    Examples
    --------
    >>> system_of("Gliosis was increased in transgenic mice.", Study(StudyKind.PRIMARY, System.HUMAN)).value
    'animal'
    >>> system_of("Gliosis precedes atrophy.", Study(StudyKind.PRIMARY, System.HUMAN)).value
    'human'
    >>> system_of("Gliosis precedes atrophy.", None) is None
    True
    """
    return _system_in(quote) or (study.system if study else None)


def _kind_of(record: ArticleRecord) -> StudyKind:
    types = {name.casefold() for name in record.publication_types}
    if record.is_retracted or "retracted publication" in types:
        return StudyKind.RETRACTED
    if types & _OPINION:
        return StudyKind.OPINION
    if types & _POOLED:
        return StudyKind.PRIMARY
    if any("review" in name for name in types) or record.is_book or "practice guideline" in types:
        return StudyKind.REVIEW
    if "preprint" in types:
        return StudyKind.PREPRINT
    if "case reports" in types:
        return StudyKind.CASE
    return StudyKind.PRIMARY if types else StudyKind.UNKNOWN


def _system_of(record: ArticleRecord) -> System | None:
    """Decide by the title, then by MeSH, then by the abstract."""
    if in_title := _system_in(record.title):
        return in_title
    headings = {heading.name.casefold() for heading in record.mesh}
    found = {
        system
        for system, names in (
            (System.HUMAN, {"humans"}),
            (System.ANIMAL, _MESH_ANIMAL),
            (System.CELLS, _MESH_CELLS),
        )
        if headings & names
    }
    # Indexers add Humans to what people wrote for people; a heading for a model tells what was looked at.
    if "disease models, animal" in headings and not _HUMAN.search(" ".join(_abstract(record))):
        return System.ANIMAL
    if found:
        return found.pop() if len(found) == 1 else System.MIXED
    return _system_in(" ".join(_abstract(record)))


def _abstract(record: ArticleRecord) -> list[str]:
    return [passage.text for passage in record.passages if passage.role is Role.ABSTRACT]


def _system_in(text: str) -> System | None:
    found = [
        system
        for system, words in ((System.HUMAN, _HUMAN), (System.ANIMAL, _ANIMAL), (System.CELLS, _CELLS))
        if words.search(text)
    ]
    if not found:
        return None
    return found[0] if len(found) == 1 else System.MIXED
