"""Which node of a build a page is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import polars as pl

from kg.harvest.slugs import page_type
from kg.harvest.wiki import PageName
from kg.model.schema import Label

#: Columns of the nodes that are looked at.
COLUMNS: Final = ("id", "label", "name", "slug", "synonyms", "in_snapshot")
#: Type of a page -> label of the nodes that its name can mean.
_LABELS: Final[Mapping[str, Label]] = {
    "mechanisms": Label.MECHANISM,
    "diseases": Label.DISEASE,
    "brain-regions": Label.BRAIN_REGION,
    "anatomy": Label.BRAIN_REGION,
    "cell-types": Label.CELL_TYPE,
    "cells": Label.CELL_TYPE,
    "species": Label.SPECIES,
    "techniques": Label.TECHNIQUE,
    "datasets": Label.DATASET,
}


class Subjects:
    """Finds the node for a page: the page itself where the build has read it, else what its slug or title names.

    Parameters
    ----------
    nodes : polars.DataFrame
        The build's table.
    """

    def __init__(self, nodes: pl.DataFrame) -> None:
        pages = nodes.filter((pl.col("label") == Label.WIKI_PAGE.value) & pl.col("in_snapshot"))
        self._pages = frozenset(pages["id"])
        self._named: dict[tuple[str, str], str | None] = {}
        wanted = nodes.filter(pl.col("label").is_in([label.value for label in _LABELS.values()]))
        rows = list(wanted.select("id", "label", "name", "slug", "synonyms").sort("id").iter_rows())
        # Names before synonyms: "hippocampus" may be a term's name and another's synonym.
        self._learn((curie, label, (name, slug)) for curie, label, name, slug, _ in rows)
        known = frozenset(self._named)
        self._learn(
            (curie, label, [name for name in synonyms or () if (label, _fold(name)) not in known])
            for curie, label, _, _, synonyms in rows
        )

    def _learn(self, rows: Iterable[tuple[str, str, Iterable[str | None]]]) -> None:
        for curie, label, names in rows:
            for name in names:
                if name:
                    key = (label, _fold(name))
                    # A name that two nodes have names none.
                    self._named[key] = curie if self._named.get(key, curie) == curie else None

    def find(self, page: PageName) -> str | None:
        """Give the node that a page is about, or None where the build has none."""
        if page.id in self._pages:
            return page.id
        label = _LABELS.get(page_type(page.slug) or "")
        if label is None:
            return None
        name = page.slug.partition("/")[2]
        for candidate in (name, page.title, page.title.partition("(")[0]):
            if found := self._named.get((label.value, _fold(candidate))):
                return found
        return None


def _fold(name: str) -> str:
    return " ".join(name.replace("-", " ").casefold().split())
