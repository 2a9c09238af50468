"""Surfaces that are never a name: ``stop_surfaces.yaml`` and ``generic_surfaces.yaml`` among the curated tables."""

from __future__ import annotations

import hashlib
from typing import Final

import yaml

from kg.config import curated_dir
from kg.errors import LinkError
from kg.link.tokens import key_of
from kg.model.term import Category

#: Tables of surfaces, all of one form; any of them may be absent.
_FILES: Final = ("stop_surfaces.yaml", "generic_surfaces.yaml")


def read_stop_surfaces(*, with_kinds: bool = False) -> frozenset[tuple[str, Category | None]]:
    """Read the keys of surfaces that are never a name, each with its category or None for all.

    Parameters
    ----------
    with_kinds : bool, default False
        Whether names of kinds ("nucleus", "disease") are stopped too.

    Raises
    ------
    LinkError
        If a table is not of its form.
    """
    stop: set[tuple[str, Category | None]] = set()
    for path in (curated_dir() / name for name in _FILES):
        if not path.is_file():
            continue
        try:
            table = yaml.safe_load(path.read_text(encoding="utf-8"))
            entries = [*table["surfaces"], *(table.get("kinds") or () if with_kinds else ())]
            for entry in entries:
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
    for table in (*_FILES, "relational_adjectives.yaml"):
        path = curated_dir() / table
        digest.update(path.read_bytes() if path.is_file() else b"-")
    return digest.hexdigest()
