"""Surfaces that are never a name: ``stop_surfaces.yaml`` and ``generic_surfaces.yaml`` among the curated tables."""

from __future__ import annotations

import hashlib
from typing import Final

import yaml

from kg.config import curated_dir
from kg.errors import LinkError
from kg.link.tokens import key_of
from kg.model.own_yaml import load_own_yaml
from kg.model.term import Category

#: Table -> its lists for any lexicon, and those for whole vocabularies: what thousands of names must not match,
#: a user's own list of names may well mean.
_TABLES: Final = {"generic_surfaces.yaml": (("surfaces",), ("kinds",)), "stop_surfaces.yaml": ((), ("surfaces",))}


def read_stop_surfaces(*, whole_vocabularies: bool = False) -> frozenset[tuple[str, Category | None]]:
    """Read the keys of surfaces that are never a name, each with its category or None for all.

    Parameters
    ----------
    whole_vocabularies : bool, default False
        Whether to stop also what only a whole vocabulary must not match: names of kinds ("nucleus").

    Raises
    ------
    LinkError
        If a table is not of its form.
    """
    stop: set[tuple[str, Category | None]] = set()
    for name, (always, further) in _TABLES.items():
        path = curated_dir() / name
        if not path.is_file():
            continue
        try:
            table = load_own_yaml(path.read_text(encoding="utf-8"))
            for entry in [e for part in (*always, *(further if whole_vocabularies else ())) for e in table[part]]:
                key = key_of(entry["text"])
                categories = [Category(value) for value in entry.get("categories") or ()]
                stop.update((key, category) for category in categories)
                if not categories:
                    stop.add((key, None))
        except (KeyError, TypeError, ValueError, AttributeError, yaml.YAMLError) as error:
            mend = "surfaces: [{text, reason, categories?}]"
            raise LinkError(f"the table of stop surfaces is not of its form ({error})", str(path), mend) from error
    return frozenset(stop)


def stop_fingerprint() -> str:
    """Give a hash of the tables that shape a lexicon besides its vocabulary."""
    digest = hashlib.sha256()
    for table in (*_TABLES, "relational_adjectives.yaml", "region_scope.yaml"):
        path = curated_dir() / table
        digest.update(path.read_bytes() if path.is_file() else b"-")
    return digest.hexdigest()
