"""Make the curated tables that come from public releases: ``brain_hierarchy.tsv``, ``mba.tsv``, ``hba.tsv``.

A maintainer runs this when a release is taken over (docs/adding-a-vocabulary.md); builds only read the
tables (`tables`). Rows hold identifiers, names and relations, sorted, so that a new release is a diff.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from kg.model import Relation

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from kg.ontology.entry import Document, Entry

HIERARCHY_COLUMNS: Final = ("child", "relation", "parent")
ATLAS_COLUMNS: Final = ("id", "acronym", "name", "parent", "uberon")
#: Marks the name of one side of a structure.
SIDE: Final = re.compile(r",\s*(left|right)\b", re.IGNORECASE)


def hierarchy_rows(
    documents: Iterable[Document], current: Mapping[str, Collection[str]]
) -> Iterator[tuple[str, str, str]]:
    """Give the typed UBERON edges that the current release still has.

    Parameters
    ----------
    documents : iterable of Document
        Releases that state the relation of each edge.
    current : mapping of str to collection of str
        Term -> all its ancestors in the current release, whose relation is not stated. An edge that it
        doesn't have any more, directly or in several steps, is left out.

    Yields
    ------
    (str, str, str)
        Child, ``is_a`` or ``part_of``, parent; sorted, once each.
    """
    edges = {
        (entry.curie, str(parent.relation), parent.curie)
        for document in documents
        for entry in document.entries
        if not entry.is_obsolete
        for parent in entry.parents
        if parent.curie in current.get(entry.curie, ())
    }
    yield from sorted(edges)


def atlas_rows(
    document: Document, prefix: str, taxon: str, labels: Mapping[str, str]
) -> list[tuple[str, str, str, str, str]]:
    """Give the structures of an Allen atlas with their exact UBERON terms.

    A structure is exactly a UBERON term where the atlas defines it as that term in its species and by
    nothing else. Where two structures claim one term, the one that is called as the term keeps it. One side
    of a structure ("…, left") is never exactly the term, whatever the atlas says.

    Parameters
    ----------
    document : Document
        The atlas's OBO release.
    prefix : str
        ``MBA`` or ``HBA``.
    taxon : str
        CURIE of the atlas's species.
    labels : mapping of str to str
        UBERON term -> label, of terms that are not obsolete.

    Returns
    -------
    list of (str, str, str, str, str)
        Id, acronym, name, parent's id, UBERON id; empty strings where there is none; sorted by number.
    """
    structures = [e for e in document.entries if e.curie.startswith(f"{prefix}:") and e.label and not e.is_obsolete]
    whole = [e for e in structures if not SIDE.search(e.label)]
    exact = _unambiguous({e.curie: u for e in whole if (u := _genus(e, taxon)) in labels}, whole, labels)
    known = {e.curie for e in structures}
    rows = []
    for entry in structures:
        parent = next(
            (p.curie for p in entry.parents if p.relation is Relation.PART_OF and p.curie in known),
            "",
        )
        acronym = entry.synonyms[0].text if entry.synonyms else ""
        rows.append((entry.curie, acronym, " ".join(entry.label.split()), parent, exact.get(entry.curie, "")))
    return sorted(rows, key=lambda row: int(row[0].partition(":")[2]))


def _genus(entry: Entry, taxon: str) -> str:
    """Give the UBERON term that the structure is, narrowed by its species alone; empty if there is none."""
    genus = [filler for relation, filler in entry.intersection if relation == Relation.IS_A]
    rest = [filler for relation, filler in entry.intersection if relation != Relation.IS_A]
    return genus[0] if len(genus) == 1 and rest == [taxon] and genus[0].startswith("UBERON:") else ""


def _unambiguous(exact: Mapping[str, str], structures: Sequence[Entry], labels: Mapping[str, str]) -> dict[str, str]:
    names = {entry.curie: " ".join(entry.label.split()).casefold() for entry in structures}
    claims: defaultdict[str, list[str]] = defaultdict(list)
    for curie, uberon in exact.items():
        claims[uberon].append(curie)
    kept = {}
    for uberon, curies in claims.items():
        same = [c for c in curies if names[c] == labels[uberon].casefold()]
        distinct = {names[c] for c in curies}
        for curie in curies if len(distinct) == 1 else same:
            kept[curie] = uberon
    return kept


def format_table(comments: Sequence[str], columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table: comment lines, a header, rows; tab-separated."""
    lines = [f"# {comment}".rstrip() for comment in comments]
    lines.append("\t".join(columns))
    lines += ["\t".join(row) for row in rows]
    return "\n".join(lines) + "\n"
