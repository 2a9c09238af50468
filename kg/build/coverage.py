"""How many datasets are linked to a region, a cell type, a disease: in all, by species, by technique."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from kg.build.run_facts import Part
from kg.model.schema import Label

#: Column of the tables by species and technique -> relationship type.
COLUMNS: Final = {
    "region": "RECORDS_FROM",
    "cell type": "TARGETS_CELL_TYPE",
    "species": "STUDIES_SPECIES",
    "technique": "USES_TECHNIQUE",
    "disease or mechanism": "RELEVANT_TO",
    "publication": "DESCRIBED_BY",
}
#: What datasets are grouped by -> relationship type.
GROUPS: Final = {"species": "STUDIES_SPECIES", "technique": "USES_TECHNIQUE"}
#: Most groups that are shown by name; the others are counted together.
_MOST: Final = 12


class CoverageRow(Part):
    """A group of datasets, and how many of them have each kind of link."""

    id: str | None
    name: str
    datasets: int
    having: dict[str, int]


def datasets_of(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Give the datasets whose records were read."""
    nodes = tables["nodes"]
    return nodes.filter((pl.col("label") == Label.DATASET.value) & pl.col("in_snapshot"))


def coverage_by(tables: Mapping[str, pl.DataFrame]) -> dict[str, list[CoverageRow]]:
    """Count the datasets with each kind of link, by species and by technique.

    Parameters
    ----------
    tables : mapping of str to polars.DataFrame
        Of a build.

    Returns
    -------
    dict of str to list of CoverageRow
        Per group the most frequent first, then the others together, then the datasets that have none. A dataset
        with two species counts for both.
    """
    datasets = datasets_of(tables)["id"]
    edges = tables["edges"].filter(pl.col("subject").is_in(datasets.implode()))
    linked = {
        column: set(edges.filter(pl.col("predicate") == predicate)["subject"].to_list())
        for column, predicate in COLUMNS.items()
    }
    names = dict(tables["nodes"].select("id", "name").iter_rows())
    found: dict[str, list[CoverageRow]] = {}
    for group, predicate in GROUPS.items():
        members: dict[str, set[str]] = {}
        pairs = edges.filter(pl.col("predicate") == predicate).select("object", "subject").unique()
        for value, dataset in pairs.iter_rows():
            members.setdefault(value, set()).add(dataset)
        ranked = sorted(members.items(), key=lambda item: (-len(item[1]), item[0]))
        rows = [_row(value, names.get(value) or value, ids, linked) for value, ids in ranked[:_MOST]]
        if rest := ranked[_MOST:]:
            rows.append(_row(None, f"{len(rest)} others", set().union(*(ids for _, ids in rest)), linked))
        if without := set(datasets.to_list()) - set().union(*members.values()):
            rows.append(_row(None, f"no {group} known", without, linked))
        found[group] = rows
    return found


def _row(value: str | None, name: str, ids: set[str], linked: Mapping[str, set[str]]) -> CoverageRow:
    having = {column: len(ids & members) for column, members in linked.items()}
    return CoverageRow(id=value, name=name, datasets=len(ids), having=having)
