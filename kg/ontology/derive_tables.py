"""Make the tables that come from public releases: brain_hierarchy.tsv, mba.tsv, hba.tsv, mondo.sssom.tsv.

A maintainer runs this when a release is taken over (docs/adding-a-vocabulary.md); builds only read the
tables (`tables`)::

    python -m kg.ontology.derive_tables FOLDER_OF_RELEASES ontologies

Rows hold identifiers, names and relations, sorted, so that a new release is a diff.
"""

from __future__ import annotations

import io
import json
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import zstandard

from kg.model import Relation
from kg.ontology.cellxgene import find_wheel_files
from kg.ontology.obo import EXACT_MATCH, read_obo
from kg.ontology.owl import read_owl
from kg.ontology.sssom import read_sssom
from kg.ontology.tables import ATLAS_COLUMNS, HIERARCHY_COLUMNS, SIDE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from kg.ontology.entry import Document, Entry


#: Release -> file in the folder of releases, as its publisher names it with the version put in.
_RELEASES: Final = {
    "uberon-nervous": "uberon-nervous-minimal.2022-04-06.obo.gz",
    "uberon-basic": "uberon-basic.2015-04-23.obo.gz",
    "cl": "cl-edit.2026-08-20.ofn.gz",
    "mba": "mbao.2025-10-29.obo.gz",
    "hba": "hbao-base.obo.gz",
}
_MAPPINGS: Final = (
    "mondo_exactmatch_doid.sssom.tsv.gz",
    "mondo_exactmatch_mesh.sssom.tsv.gz",
    "mondo_exactmatch_sctid.sssom.tsv.gz",
)
_CHANGED: Final = "Changed: reduced to these columns by kg.ontology.derive_tables."
_HIERARCHY_COMMENTS: Final = (
    "version: 2026-04-01",
    "Edges with their relation: child, is_a or part_of, parent.",
    "Source: UBERON, http://purl.obolibrary.org/obo/uberon.owl: subset nervous-minimal of 2022-04-06 and",
    "uberon-basic of 2015-04-23, the terms imported into the Mouse Brain Atlas Ontology of 2025-10-29, and part_of",
    "between terms that are exactly structures of the Allen atlases (mba.tsv, hba.tsv): only those edges that",
    "release 2026-04-01 still has; and the part_of edges between cells of the Cell Ontology,",
    "http://purl.obolibrary.org/obo/cl.owl, of 2026-08-20.",
    "Licence: UBERON (Mungall et al. 2012, doi:10.1186/gb-2012-13-1-r5), CC BY 3.0,",
    "https://creativecommons.org/licenses/by/3.0/; Cell Ontology, CC BY 4.0, https://creativecommons.org/licenses/by/4.0/.",
    _CHANGED,
)
_ATLAS_COMMENTS: Final = {
    "mba": (
        "version: 2025-10-29",
        "Structures of the Allen Mouse Brain Atlas; parent is part_of; uberon is the term that it is exactly.",
        "Source: Mouse Brain Atlas Ontology, https://purl.brain-bican.org/ontology/mbao/releases/2025-10-29/mbao.owl",
        "Licence: CC BY 4.0, https://creativecommons.org/licenses/by/4.0/ (Allen Institute for Brain Science; BICAN).",
        _CHANGED,
    ),
    "hba": (
        "version: 2025-02-10",
        "Structures of the Allen Human Brain Atlas; parent is part_of; uberon is the term that it is exactly.",
        "Source: Human Brain Atlas Ontology, https://purl.brain-bican.org/ontology/hbao/releases/2025-02-10/hbao-base.owl",
        "Licence: CC BY 4.0, https://creativecommons.org/licenses/by/4.0/ (Allen Institute for Brain Science; BICAN).",
        _CHANGED,
    ),
}
_MAPPING_COMMENTS: Final = (
    "mapping_set_id: https://w3id.org/neurokg/mappings/mondo",
    'mapping_set_version: "2026-08-04"',
    "mapping_set_source: http://purl.obolibrary.org/obo/mondo/releases/2026-08-04/mappings/",
    "license: https://creativecommons.org/publicdomain/zero/1.0/",
    "curie_map:",
    "  DOID: http://purl.obolibrary.org/obo/DOID_",
    "  MESH: http://id.nlm.nih.gov/mesh/",
    "  MONDO: http://purl.obolibrary.org/obo/MONDO_",
    "  SNOMEDCT: http://snomed.info/id/",
    "  skos: http://www.w3.org/2004/02/skos/core#",
)
_MAPPING_COLUMNS: Final = ("subject_id", "predicate_id", "object_id", "mapping_justification")


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


def atlas_edges(
    rows: Iterable[Sequence[str]], current: Mapping[str, Collection[str]]
) -> Iterator[tuple[str, str, str]]:
    """Give part_of between UBERON terms, where the atlas has it of exactly these structures.

    Parameters
    ----------
    rows : iterable of sequence of str
        `atlas_rows`.
    current : mapping of str to collection of str
        As for `hierarchy_rows`: an edge that the current release doesn't have in any form is left out.
    """
    table = {row[0]: row for row in rows}
    for _, _, _, parent, child in table.values():
        above = parent
        while child and above:
            uberon = table[above][4]
            if uberon:
                if uberon in current.get(child, ()):
                    yield child, str(Relation.PART_OF), uberon
                break
            above = table[above][3]


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


def derive_tables(releases: Path, out: Path) -> None:
    """Write the four tables.

    Parameters
    ----------
    releases : Path
        Folder with the releases that the tables' comments name.
    out : Path
        Folder of the curated tables.
    """
    wheel = find_wheel_files()
    uberon = _raw(wheel["UBERON"].path)
    cells = _raw(wheel["CL"].path)
    current = {curie: item["ancestors"] for curie, item in uberon.items() if not item["deprecated"]}
    labels = {curie: str(item["label"]) for curie, item in uberon.items() if not item["deprecated"]}
    # The mouse atlas's release imports the UBERON terms that it needs, newer than the other two have them.
    typed = [read_obo(releases / _RELEASES[name]) for name in ("uberon-nervous", "uberon-basic", "mba")]
    rows = set(hierarchy_rows(typed, current))
    rows.update(_cell_parts(read_owl(releases / _RELEASES["cl"]), cells))
    for name, taxon in (("mba", "NCBITaxon:10090"), ("hba", "NCBITaxon:9606")):
        atlas = atlas_rows(read_obo(releases / _RELEASES[name]), name.upper(), taxon, labels)
        rows.update(atlas_edges(atlas, current))
        _write(out / f"{name}.tsv", format_table(_ATLAS_COMMENTS[name], ATLAS_COLUMNS, atlas))
    _write(out / "brain_hierarchy.tsv", format_table(_HIERARCHY_COMMENTS, HIERARCHY_COLUMNS, sorted(rows)))
    diseases = _raw(wheel["MONDO"].path)
    mappings = {m for file in _MAPPINGS for m in read_sssom(releases / file).mappings}
    exact = [
        (m.subject, m.predicate, m.object, "semapv:ManualMappingCuration")
        for m in sorted(mappings)
        if m.predicate == EXACT_MATCH and m.subject in diseases
    ]
    _write(out / "mondo.sssom.tsv", format_table(_MAPPING_COMMENTS, _MAPPING_COLUMNS, exact))


def _cell_parts(document: Document, current: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Give the steps from cell to cell that the Cell Ontology states as part_of and nothing else."""
    for entry in document.entries:
        is_a = {p.curie for p in entry.parents if p.relation is Relation.IS_A}
        for parent in entry.parents:
            direct = current.get(entry.curie, {}).get("ancestors", {}).get(parent.curie) == 1
            if direct and parent.relation is Relation.PART_OF and parent.curie not in is_a:
                yield entry.curie, str(Relation.PART_OF), parent.curie


def _raw(path: Path) -> dict[str, dict[str, Any]]:
    with path.open("rb") as packed, zstandard.ZstdDecompressor().stream_reader(packed) as stream:
        raw: dict[str, dict[str, Any]] = json.load(io.TextIOWrapper(stream, encoding="utf-8"))
    return raw


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    import argparse

    parser = argparse.ArgumentParser(description="Make the tables that come from public releases.")
    parser.add_argument("releases", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    derive_tables(given.releases, given.out)
