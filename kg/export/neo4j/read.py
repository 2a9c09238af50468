"""Reading our whole graph from a server, to be compared row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from kg.export.neo4j import statements
from kg.export.neo4j.graph import EDGE_SCHEMAS, NODE_SCHEMAS, Graph
from kg.export.neo4j.shape import NODE_PROPERTIES
from kg.model.progress import Progress, silent

if TYPE_CHECKING:
    from neo4j import Driver, Session

_FETCHED = 20_000
#: A pseudo-label of nodes of ours that have none or several of our labels.
MISFIT = ""


def read_graph(driver: Driver, database: str, *, progress: Progress = silent) -> Graph:
    """Read our whole graph, to be compared with a build's.

    Parameters
    ----------
    driver, database
        Where.
    progress : callable, optional
        Told how many rows are read.

    Returns
    -------
    Graph
        Nodes with none or several of our labels are under the label `MISFIT`.
    """
    nodes: dict[str, pl.DataFrame] = {}
    edges: dict[str, pl.DataFrame] = {}
    read = 0
    with driver.session(database=database, fetch_size=_FETCHED) as session:
        # What is there is asked first: a statement for nothing takes as long to plan as one for much.
        labels = {
            str(label)
            for record in session.run(statements.COUNT_NODES, labels=list(NODE_PROPERTIES))
            for label in record["labels"]
        }
        types = {str(record["type"]) for record in session.run(statements.LIST_TYPES)}
        misfits = {str(record["id"]) for record in session.run(statements.READ_MISFITS, labels=list(NODE_PROPERTIES))}
        for label in sorted(labels):
            frame = _read(session, statements.read_nodes(label), NODE_SCHEMAS[label])
            if misfits:
                frame = frame.filter(~pl.col("id").is_in(list(misfits)))
            nodes[label] = frame
            progress("reading what is there", read := read + frame.height, 0)
        if misfits:
            nodes[MISFIT] = pl.DataFrame({"id": sorted(misfits)})
        for name in sorted(types & EDGE_SCHEMAS.keys()):
            edges[name] = _read(session, statements.read_edges(name), EDGE_SCHEMAS[name])
            progress("reading what is there", read := read + edges[name].height, 0)
    return Graph({k: f for k, f in nodes.items() if f.height}, {k: f for k, f in edges.items() if f.height})


def _read(session: Session, cypher: str, schema: Mapping[str, pl.DataType], **params: Any) -> pl.DataFrame:
    result = session.run(cypher, params)
    parts = [pl.DataFrame(schema=schema)]
    while records := result.fetch(_FETCHED):
        parts.append(rows_frame((record[0] for record in records), schema))
    return pl.concat(parts)


def rows_frame(rows: Iterable[Sequence[Any]], schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Make a frame of rows; a value of another type than its column's, which we never wrote, is null."""
    columns: list[tuple[Any, ...]] = list(zip(*rows, strict=True))
    if not columns:
        return pl.DataFrame(schema=schema)
    return pl.DataFrame(
        [_column(name, values, kind) for (name, kind), values in zip(schema.items(), columns, strict=True)]
    )


def _column(name: str, values: tuple[Any, ...], kind: pl.DataType) -> pl.Series:
    try:
        return pl.Series(name, values, dtype=kind, strict=True)
    except (TypeError, pl.exceptions.PolarsError):
        fits = _FITS.get(kind, _is_strings)
        return pl.Series(name, [value if fits(value) else None for value in values], dtype=kind)


def _is_strings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


_FITS: Final[dict[pl.DataType, Callable[[object], bool]]] = {
    pl.String(): lambda value: isinstance(value, str),
    pl.Int64(): lambda value: type(value) is int,
    pl.Float64(): lambda value: isinstance(value, float),
    pl.Boolean(): lambda value: isinstance(value, bool),
}
