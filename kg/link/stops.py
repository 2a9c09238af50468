"""Surfaces that are never a name: ``ontologies/stop_surfaces.yaml``."""

from __future__ import annotations

import hashlib
from typing import Final

import yaml

from kg.config import curated_dir
from kg.errors import LinkError
from kg.link.tokens import key_of
from kg.model.term import Category

_FILE: Final = "stop_surfaces.yaml"
#: Names of kinds of parts ("nucleus", "layer"), which are no mention of one; for whole vocabularies, not for a user's file.
GENERIC_FILE: Final = "generic_surfaces.yaml"


def read_stop_surfaces(name: str = _FILE) -> frozenset[tuple[str, Category | None]]:
    """Read the keys of surfaces that are never a name, each with its category or None for all.

    Parameters
    ----------
    name : str, default "stop_surfaces.yaml"
        Which of the curated tables.

    Raises
    ------
    LinkError
        If the table is not of its form.
    """
    path = curated_dir() / name
    if not path.is_file():
        return frozenset()
    stop: set[tuple[str, Category | None]] = set()
    try:
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["surfaces"]:
            key = key_of(entry["text"])
            stop.update((key, Category(value)) for value in entry.get("categories") or ())
            if not entry.get("categories"):
                stop.add((key, None))
    except (KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        raise LinkError(
            f"the table of stop surfaces is not of its form ({error})",
            str(path),
            "surfaces: [{text, reason, categories?}]",
        ) from error
    return frozenset(stop)


def stop_fingerprint() -> str:
    """Give a hash of the tables that shape a lexicon besides its vocabulary."""
    digest = hashlib.sha256()
    for table in (_FILE, GENERIC_FILE, "relational_adjectives.yaml"):
        path = curated_dir() / table
        digest.update(path.read_bytes() if path.is_file() else b"-")
    return digest.hexdigest()
