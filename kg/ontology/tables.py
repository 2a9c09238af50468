"""Read the tab-separated tables among the curated files: the typed UBERON hierarchy and the Allen atlases.

Comment lines start with ``#``; the first other line names the columns; ``# version: …`` gives the version.
`derive_tables` makes these files.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from kg.errors import VocabularyParseError
from kg.model import Parent, Relation, Scope, Synonym, Xref
from kg.ontology._files import read_text
from kg.ontology.entry import Document, Entry
from kg.ontology.obo import EXACT_MATCH

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HIERARCHY_COLUMNS: Final = ("child", "relation", "parent")
ATLAS_COLUMNS: Final = ("id", "acronym", "name", "parent", "uberon")
#: Marks the name of one side of a structure.
SIDE: Final = re.compile(r",\s*(left|right)\b", re.IGNORECASE)
_VERSION = re.compile(r"#\s*version:\s*(.+)", re.IGNORECASE)
# Words that say where or what kind, never which: a name of these alone ("lateral nucleus") needs its parent.
_GENERAL_WORDS: Final = (
    "a accessory and anterior area areas basal basic body brain caudal cell cells central compact "
    "complex cortex cortical deep division divisional dorsal dorsolateral dorsomedial external fiber "
    "fibers fibre fibres field fields formation general granular gray grey group groups gyri gyrus "
    "head inferior intermediate intermediodorsal internal lateral lateralis layer layered layers left "
    "lobe lobes lobule magnocellular main marginal matter medial mediodorsal middle molecular motor "
    "nerve nerves nuclei nucleus of oral other part parts parvocellular pole posterior posterolateral "
    "posteromedial principal region regions related right root rostral sensory stratum subcortical "
    "subdivision subnucleus sulci sulcus superficial superior surface system systems tail the tract "
    "tracts unlayered ventral ventrolateral ventromedial ventroposterior white zone zones"
)
_GENERAL: Final = frozenset(_GENERAL_WORDS.split())


class Hierarchy(NamedTuple):
    """Typed parents of UBERON terms, and the version of the table."""

    parents: dict[str, tuple[Parent, ...]]
    version: str


def read_hierarchy(path: Path) -> Hierarchy:
    """Read ``brain_hierarchy.tsv``.

    Raises
    ------
    VocabularyParseError
        Naming the line that has a wrong number of columns or an unknown relation.
    """
    parents: defaultdict[str, list[Parent]] = defaultdict(list)
    rows, version = _rows(path, HIERARCHY_COLUMNS)
    for line, (child, relation, parent) in rows:
        try:
            parents[child].append(Parent(Relation(relation), parent))
        except ValueError as error:
            raise VocabularyParseError(
                f"{relation!r} is no relation", f"{path}:{line}", "write is_a or part_of", line=line
            ) from error
    return Hierarchy({child: tuple(found) for child, found in parents.items()}, version)


def read_atlas(path: Path, *, taxon: str) -> Document:
    """Read ``mba.tsv`` or ``hba.tsv``.

    A structure with an exact UBERON term gives an entry of that term, with the atlas's name and acronym
    as synonyms that hold in the atlas's species; any other structure is an entry of its own.

    Parameters
    ----------
    path : Path
    taxon : str
        CURIE of the atlas's species.
    """
    rows, version = _rows(path, ATLAS_COLUMNS)
    exact = {curie: uberon for _, (curie, _, _, _, uberon) in rows if uberon}
    names = {curie: name for _, (curie, _, name, _, _) in rows}
    entries = []
    for _, (curie, acronym, name, parent, uberon) in rows:
        synonyms = [*_abbreviation(acronym, name, taxon)]
        if uberon:
            synonyms.insert(0, Synonym(name, _scope_of_name(name), (taxon,)))
            entries.append(Entry(uberon, synonyms=tuple(synonyms), xrefs=(Xref(EXACT_MATCH, curie),)))
            continue
        label = name
        if _scope_of_name(name) is not Scope.EXACT and parent:
            # The plain name fits any part of the brain; qualified, it names this one and matches no text.
            label = f"{name} ({names[parent]})"
            synonyms.append(Synonym(name, Scope.RELATED, (taxon,)))
        parents = (Parent(Relation.PART_OF, exact.get(parent, parent)),) if parent else ()
        entries.append(Entry(curie, label, synonyms=tuple(synonyms), parents=parents, taxa=(taxon,)))
    return Document(tuple(entries), version)


def read_version(path: Path) -> str:
    """Give the version that a table's comments state; empty if they don't."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if not line.startswith("#"):
                break
            if match := _VERSION.match(line):
                return match[1].strip()
    return ""


def _scope_of_name(name: str) -> Scope:
    words = re.findall(r"[^\W\d_]+", name.casefold())
    if not re.search(r"[a-z]{3}", name):
        return Scope.ABBREVIATION  # cerebellar lobules are called "VIIB" and nothing else
    return Scope.RELATED if all(word in _GENERAL or len(word) == 1 for word in words) else Scope.EXACT


def _abbreviation(acronym: str, name: str, taxon: str) -> tuple[Synonym, ...]:
    # Both sides carry the acronym of the whole structure, whose it is.
    if not acronym or acronym.casefold() == name.casefold() or SIDE.search(name):
        return ()
    return (Synonym(acronym, Scope.ABBREVIATION, (taxon,)),)


def _rows(path: Path, columns: Sequence[str]) -> tuple[list[tuple[int, list[str]]], str]:
    version, header, rows = "", False, []
    for line, text in enumerate(read_text(path).splitlines(), start=1):
        if text.startswith("#"):
            if match := _VERSION.match(text):
                version = match[1].strip()
            continue
        if not text.strip():
            continue
        cells = text.split("\t")
        if not header:
            if cells != list(columns):
                raise VocabularyParseError(
                    f"the columns are {', '.join(cells)}",
                    f"{path}:{line}",
                    f"write them as {', '.join(columns)}, separated by tabs",
                    line=line,
                )
            header = True
            continue
        if len(cells) != len(columns):
            raise VocabularyParseError(
                f"{len(cells)} columns, not {len(columns)}",
                f"{path}:{line}",
                "separate them by tabs",
                line=line,
            )
        rows.append((line, cells))
    return rows, version
