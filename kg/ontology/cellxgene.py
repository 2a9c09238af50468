"""Read UBERON, CL and MONDO from the data files of the `cellxgene-ontology-guide` wheel: the offline default.

There every synonym is exact and ``ancestors`` is ``{curie: distance}``, is_a and part_of alike. For CL and
MONDO a distance of 1 is an is_a. For UBERON the relation comes from the table of typed edges
(`kg.ontology.tables`); an edge that isn't there is typed by the names of its ends or left untyped, never
guessed (docs/decisions/0002-typed-hierarchy.md).
"""

from __future__ import annotations

import importlib.util
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import zstandard

from kg.errors import OntologyError, VocabularyParseError
from kg.model import Parent, Relation, Scope, Synonym
from kg.ontology._files import tidy_curie
from kg.ontology.entry import Document, Entry

if TYPE_CHECKING:
    from collections.abc import Mapping

_PACKAGE = "cellxgene_ontology_guide"
_MEND = "install neurokg's dependencies again"
# Words after which a name tells what the thing belongs to, not what it is: "wall of vagina" is no vagina.
_LINK = re.compile(r"\b(?:of|in|for|to|from|by|with|within|between|at|on)\b")


class WheelFile(NamedTuple):
    """One ontology's newest data file in the wheel."""

    path: Path
    version: str


def find_wheel_files() -> dict[str, WheelFile]:
    """Find the newest data file of every ontology in the wheel.

    Returns
    -------
    dict of str to WheelFile
        By the wheel's name: ``UBERON``, ``NCBITaxon``.

    Raises
    ------
    OntologyError
        If the wheel is not installed or its list of versions can't be read.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise OntologyError(f"the package {_PACKAGE} is not installed", "", _MEND)
    folder = Path(next(iter(spec.submodule_search_locations))) / "data"
    listing = folder / "ontology_info.json"
    try:
        schemas: dict[str, dict[str, Any]] = json.loads(listing.read_text(encoding="utf-8"))
        newest = max(schemas, key=lambda name: tuple(int(part) for part in name.split(".")))
        named = {name: str(info["version"]) for name, info in schemas[newest]["ontologies"].items()}
    except (OSError, ValueError, KeyError) as error:
        raise OntologyError(f"its list of versions can't be read: {error}", str(listing), _MEND) from error
    return {name: WheelFile(folder / f"{name}-ontology-{version}.json.zst", version) for name, version in named.items()}


def read_cellxgene(
    file: WheelFile,
    prefix: str,
    *,
    typed: Mapping[str, tuple[Parent, ...]] | None = None,
    otherwise: Relation | None = Relation.IS_A,
) -> Document:
    """Read one ontology of the wheel.

    Parameters
    ----------
    file : WheelFile
    prefix : str
        Prefix of its terms; others are passed over.
    typed : mapping of str to tuple of Parent, optional
        Edges whose relation is known.
    otherwise : Relation, optional
        What every other edge is; None (UBERON) where only the names of its ends can tell.

    Returns
    -------
    Document

    Raises
    ------
    VocabularyParseError
        If the file is absent, cut, or not what the wheel's documentation says.
    """
    try:
        with file.path.open("rb") as packed, zstandard.ZstdDecompressor().stream_reader(packed) as stream:
            raw: dict[str, dict[str, Any]] = json.load(io.TextIOWrapper(stream, encoding="utf-8"))
    except (OSError, ValueError, zstandard.ZstdError) as error:
        raise VocabularyParseError(f"can't be read: {error}", str(file.path), _MEND) from error
    try:
        labels = {curie: str(item["label"]) for curie, item in raw.items()}
        entries = [
            _entry(curie, item, labels, typed or {}, otherwise)
            for curie, item in raw.items()
            if curie.startswith(f"{prefix}:")
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise VocabularyParseError(f"an entry lacks {error}", str(file.path), _MEND) from error
    return Document(tuple(entries), file.version.removeprefix("v"), prefix.lower())


def _entry(
    curie: str,
    item: Mapping[str, Any],
    labels: Mapping[str, str],
    typed: Mapping[str, tuple[Parent, ...]],
    otherwise: Relation | None,
) -> Entry:
    direct = sorted(parent for parent, distance in item["ancestors"].items() if distance == 1)
    # A typed edge counts while the current release still has it, in however many steps.
    parents = [parent for parent in typed.get(curie, ()) if parent.curie in item["ancestors"]]
    known = {parent.curie for parent in parents}
    broader: list[str] = []
    for parent in direct:
        if parent in known:
            continue
        relation = otherwise or relation_by_name(labels[curie], labels[parent])
        if relation is None:
            broader.append(parent)
        else:
            parents.append(Parent(relation, parent))
    successor = item.get("replaced_by")
    return Entry(
        curie=curie,
        label=" ".join(labels[curie].split()),
        definition=item.get("description"),
        synonyms=tuple(Synonym(" ".join(s.split()), Scope.EXACT) for s in item.get("synonyms", ()) if s.strip()),
        parents=tuple(parents),
        broader=tuple(broader),
        is_obsolete=bool(item.get("deprecated")),
        replaced_by=tidy_curie(successor) if isinstance(successor, str) else None,
        consider=tuple(tidy_curie(other) for other in item.get("consider", ())),
    )


def relation_by_name(child: str, parent: str) -> Relation | None:
    """Tell the relation of an edge from the names of its ends, where they leave no doubt.

    Returns
    -------
    Relation or None
        is_a where the parent's name is the head of the child's; part_of where the child is something
        "of" the parent; None for any other pair.

    Examples
    --------
    >>> relation_by_name("plantar metatarsal artery", "artery").value
    'is_a'
    >>> relation_by_name("venule of lymph node", "venule").value
    'is_a'
    >>> relation_by_name("wall of vagina", "vagina").value
    'part_of'
    >>> relation_by_name("visceral fat", "adipose tissue") is None
    True
    """
    child, parent = child.casefold(), parent.casefold()
    if not child or not parent or child == parent:
        return None
    if child.endswith(f" {parent}"):
        before = child[: -len(parent) - 1]
        if not _LINK.search(before):
            return Relation.IS_A
        return Relation.PART_OF if re.search(r"\bof(?: the)?$", before) else None
    if child.startswith(parent):
        after = child[len(parent) :]
        if re.fullmatch(r" \d+", after) or after.startswith(" of "):
            return Relation.IS_A
        if re.match(r",? (?:layer|lamina|part|division)\b|, .*\b(?:layer|lamina|part|division)\b", after):
            return Relation.PART_OF
    return None
