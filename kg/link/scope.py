"""Which terms of the vocabularies are looked for in texts, under which names."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

import yaml

from kg.config import curated_dir
from kg.errors import LinkError
from kg.link.entries import Case, Row, case_policy
from kg.link.tokens import key_of
from kg.model.own_yaml import load_own_yaml
from kg.model.term import Category, Scope

if TYPE_CHECKING:
    from kg.ontology import Vocabulary

#: The table of structures that are regions here, beside the others that `kg.link.stops` reads.
SCOPE_TABLE = "region_scope.yaml"


@cache
def _region_roots() -> tuple[frozenset[str], frozenset[str]]:
    """Read the terms below which UBERON's structures are regions, and those below which they aren't."""
    path = curated_dir() / SCOPE_TABLE
    try:
        table = load_own_yaml(path.read_text(encoding="utf-8"))
        within, without = (frozenset(entry["id"] for entry in table[part]) for part in ("within", "without"))
    except (OSError, KeyError, TypeError, yaml.YAMLError) as error:
        mend = "within: [{id, label}], without: [{id, label}]"
        raise LinkError(f"the table of regions is not of its form ({error})", str(path), mend) from error
    return within, without


def is_region(curie: str, vocabulary: Vocabulary) -> bool:
    """Say whether a structure of UBERON is a region in the sense of the graph."""
    within, without = _region_roots()
    above = vocabulary.ancestors(curie) | {curie}
    return not above.isdisjoint(within) and above.isdisjoint(without)


#: Curated tables whose exact names go before those of the public vocabularies.
_CURATED = {
    "brain_regions.yaml": Category.REGION,
    "cell_types.yaml": Category.CELL_TYPE,
    "diseases.yaml": Category.DISEASE,
}


def _curated_owners() -> dict[tuple[Category, str], set[str]]:
    """Give the terms that the curated tables name exactly so."""
    owners: dict[tuple[Category, str], set[str]] = {}
    for name, category in _CURATED.items():
        path = curated_dir() / name
        if not path.is_file():
            continue
        for term in load_own_yaml(path.read_text(encoding="utf-8"))["terms"]:
            for text in term.get("synonyms", {}).get("exact", ()):
                owners.setdefault((category, key_of(text)), set()).add(term["id"])
    return owners


def rows_of_vocabulary(vocabulary: Vocabulary) -> Iterator[Row]:
    """Give every name of every term that is not obsolete.

    Regions of UBERON count only within the curated scope (``region_scope.yaml``). A word that an atlas of one
    species has for such a region holds for every species, its acronym doesn't.
    """
    owners = _curated_owners()
    for term in vocabulary:
        if term.is_obsolete:
            continue
        is_shared = term.category is Category.REGION and term.curie.startswith("UBERON:")
        if is_shared and not is_region(term.curie, vocabulary):
            continue
        yield Row(term.curie, term.category, term.label, Scope.LABEL, term.taxa)
        for synonym in term.synonyms:
            owner = owners.get((term.category, key_of(synonym.text)))
            if owner is not None and term.curie not in owner and synonym.scope is not Scope.ABBREVIATION:
                continue  # what a curator says that a name means goes before what an atlas says
            taxa = synonym.taxa or term.taxa
            if is_shared and not term.taxa and case_policy(synonym.text) is not Case.SAME:
                taxa = ()
            yield Row(term.curie, term.category, synonym.text, synonym.scope, taxa)
