"""Read mappings between vocabularies from SSSOM TSV files.

Format: https://mapping-commons.github.io/sssom/ . Only what `Vocabulary.resolve` needs is read: subject,
predicate, object, and whether the mapping is negated.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Final, NamedTuple

from kg.errors import VocabularyParseError
from kg.ontology._files import read_text, tidy_curie
from kg.ontology.entry import Warned

if TYPE_CHECKING:
    from pathlib import Path

_REQUIRED: Final = ("subject_id", "predicate_id", "object_id")
#: Predicate -> the one that holds the other way round.
INVERSE: Final = {
    "skos:exactMatch": "skos:exactMatch",
    "skos:closeMatch": "skos:closeMatch",
    "skos:relatedMatch": "skos:relatedMatch",
    "skos:broadMatch": "skos:narrowMatch",
    "skos:narrowMatch": "skos:broadMatch",
}


class Mapping(NamedTuple):
    """One mapping, its identifiers in our spelling."""

    subject: str
    predicate: str
    object: str


class MappingSet(NamedTuple):
    """A file of mappings, read."""

    mappings: tuple[Mapping, ...]
    version: str
    warnings: tuple[Warned, ...]


def read_sssom(path: Path) -> MappingSet:
    """Read an SSSOM TSV file, gzip or not.

    Raises
    ------
    VocabularyParseError
        If the columns of subject, predicate and object are not there.
    """
    return parse_sssom(read_text(path), name=str(path))


def parse_sssom(text: str, *, name: str = "<text>") -> MappingSet:
    """Parse SSSOM text; `name` is the file that warnings and errors name."""
    version = ""
    columns: list[str] | None = None
    mappings: list[Mapping] = []
    warnings: list[Warned] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("#"):
            key, _, value = line[1:].partition(":")
            if key.strip() == "mapping_set_version":
                version = value.strip().strip("\"'")
            continue
        if not line.strip():
            continue
        # A cell may be quoted, which only a CSV reader undoes; one line at a time keeps line numbers true.
        cells = next(csv.reader([line], delimiter="\t"))
        if columns is None:
            columns = [cell.strip() for cell in cells]
            if missing := [column for column in _REQUIRED if column not in columns]:
                raise VocabularyParseError(
                    f"no SSSOM: there is no column {', '.join(missing)}",
                    f"{name}:{number}",
                    f"the first line after the comments needs {', '.join(_REQUIRED)}, separated by tabs",
                    line=number,
                )
            continue
        row = dict(zip(columns, (cell.strip() for cell in cells), strict=False))
        subject, predicate, target = (row.get(column, "") for column in _REQUIRED)
        if not (subject and predicate and target):
            warnings.append(Warned(f"{name}:{number}", "subject, predicate or object is empty"))
        elif row.get("predicate_modifier", "").casefold() != "not":
            mappings.append(Mapping(tidy_curie(subject), predicate, tidy_curie(target)))
    if columns is None:
        raise VocabularyParseError("the file is empty", f"{name}:1", "give an SSSOM file", line=1)
    return MappingSet(tuple(mappings), version, tuple(warnings))
