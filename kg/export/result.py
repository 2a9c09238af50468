"""Answers of queries: rows, and what analysts make of them: a dataframe, a graph."""

from __future__ import annotations

import html
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from kg.errors import QueryError

if TYPE_CHECKING:
    import networkx as nx
    import polars as pl

_NODE = frozenset({"id", "labels", "properties"})
_RELATIONSHIP = frozenset({"type", "start", "end", "properties"})


class QueryResult(NamedTuple):
    """The answer to a query.

    Parameters
    ----------
    columns : tuple of str
        Names in the order of RETURN, also where there are no rows. Without rows, ``RETURN *`` has none.
    rows : list of list
        Values as str, int, float, bool, None, list or dict; nodes, relationships and paths are dicts:
        ``{"id", "labels", "properties"}``, ``{"type", "start", "end", "properties"}``,
        ``{"nodes", "relationships"}``.
    truncated : bool
        Whether there were more rows than asked for.
    notes : tuple of str
        What the asker should know: labels and types that the graph can't have.
    """

    columns: tuple[str, ...]
    rows: list[list[Any]]
    truncated: bool
    notes: tuple[str, ...] = ()


class Result(Sequence[Mapping[str, Any]]):
    """The answer to a query, as a sequence of rows that are dicts.

    Parameters
    ----------
    answer : QueryResult
        What the engine gave.

    Examples
    --------
    >>> result = Result(QueryResult(("id", "n"), [["a", 1], ["b", 2]], truncated=False))
    >>> [row["id"] for row in result if row["n"] > 1]
    ['b']
    """

    def __init__(self, answer: QueryResult) -> None:
        self._answer = answer

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, in the order of RETURN."""
        return self._answer.columns

    @property
    def rows(self) -> list[list[Any]]:
        """The rows as lists of values, in the order of `columns`."""
        return self._answer.rows

    @property
    def truncated(self) -> bool:
        """Whether there were more rows than asked for."""
        return self._answer.truncated

    @property
    def notes(self) -> tuple[str, ...]:
        """What the asker should know, as of labels that the graph can't have."""
        return self._answer.notes

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self._row(row) for row in self.rows[index]]
        return self._row(self.rows[index])

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return map(self._row, self.rows)

    def __repr__(self) -> str:
        more = ", truncated" if self.truncated else ""
        return f"<Result: {len(self)} rows of {', '.join(self.columns)}{more}>"

    def _repr_html_(self) -> str:
        """Show the rows as a table in a notebook."""
        try:
            return str(self.to_polars()._repr_html_())
        except QueryError:
            return f"<pre>{html.escape(repr(self))}</pre>"

    def _row(self, row: list[Any]) -> dict[str, Any]:
        return dict(zip(self.columns, row, strict=True))

    def to_polars(self) -> pl.DataFrame:
        """Give the rows as a dataframe; nodes, relationships and maps become structs.

        Raises
        ------
        QueryError
            If a column has values of several types; integers beside floats become floats.
        """
        import polars as pl

        columns = {}
        for at, name in enumerate(self.columns):
            values = [row[at] for row in self.rows]
            try:
                values = _of_one_type(values)
                # Of maps polars takes the fields of all, but only where it may be lenient.
                columns[name] = pl.Series(name, values, strict=not _has_map(values))
            except (TypeError, pl.exceptions.PolarsError) as error:
                raise QueryError(
                    f"the column {name!r} holds values of several types: {error}",
                    "to_polars",
                    "use .rows, or make them one type in the query: toString(x)",
                ) from error
        return pl.DataFrame(columns)

    def to_networkx(self) -> nx.MultiDiGraph[str]:
        """Give the nodes and relationships of the rows as a graph, each once.

        Nodes, relationships and paths are found wherever they are, in lists and maps too. Where the rows
        have none, each is an edge from its column 'subject' to its column 'object', keyed by 'claim' or
        'predicate' if there is such a column (from the second row of a claim on with the row's number too);
        the other columns become attributes of the edge.

        Returns
        -------
        networkx.MultiDiGraph
            Nodes by their id, with their properties and 'label'; edges keyed by their claim or else their
            type, with their properties and 'type'. An end that no row has whole is there with its id alone.

        Raises
        ------
        QueryError
            If the rows are no graph.
        """
        import networkx as nx

        graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
        found = [_add(graph, value) for row in self.rows for value in row]
        if any(found) or not self.rows:
            return graph
        if not {"subject", "object"} <= {*self.columns}:
            raise QueryError(
                "the rows have no nodes, no relationships, and no columns 'subject' and 'object'",
                "to_networkx",
                "return whole ones: MATCH p = (a:Mechanism)-[r:CONTRIBUTES_TO]->(b:Disease) RETURN p",
            )
        for number, row in enumerate(self):
            attributes = {name: value for name, value in row.items() if name not in ("subject", "object")}
            key = row.get("claim") or row.get("predicate") or number
            ends = row["subject"], row["object"]
            if graph.has_edge(*ends, key=key):
                key = (key, number)  # another row of the same claim, as one for each quote
            _add_edge(graph, *ends, key, attributes)
        return graph


def _of_one_type(values: list[Any]) -> list[Any]:
    """Check that a column, and what lies at each place within its lists and maps, is of one type.

    polars would make 1 of true in a list, and null of text in a map. Integers beside floats become floats.
    """
    kinds: set[type] = {type(value) for value in values if value is not None}
    if kinds == {int, float}:
        return [value if value is None else float(value) for value in values]
    if len(kinds) > 1:
        raise TypeError(" and ".join(sorted(kind.__name__ for kind in kinds)))
    if kinds == {list}:
        inner = iter(_of_one_type([item for value in values if value is not None for item in value]))
        return [None if value is None else [next(inner) for _ in value] for value in values]
    if kinds == {dict}:
        made: list[Any] = [None if value is None else {} for value in values]
        for key in dict.fromkeys(key for value in values if value is not None for key in value):
            having = [at for at, value in enumerate(values) if value is not None and key in value]
            for at, inner_value in zip(having, _of_one_type([values[at][key] for at in having]), strict=True):
                made[at][key] = inner_value
        return made
    return values


def _has_map(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(map(_has_map, value)))


def _add_edge(graph: nx.MultiDiGraph[str], start: Any, end: Any, key: Hashable, attributes: Mapping[str, Any]) -> None:
    for name, node in (("subject", start), ("object", end)):
        if not isinstance(node, str | int | float):
            raise QueryError(
                f"the {name} of an edge is {node!r}, which names no node",
                "to_networkx",
                "leave such rows out: WHERE n.id IS NOT NULL",
            )
    graph.add_edge(start, end, key=key)
    # Not as keywords: a column may be called 'key'.
    graph.edges[start, end, key].update(attributes)


def _add(graph: nx.MultiDiGraph[str], value: Any) -> bool:
    """Add what a value holds of nodes and relationships, and say whether it was anything."""
    if isinstance(value, list):
        # A list, because all are to be added.
        return any(list(map(partial(_add, graph), value)))
    if not isinstance(value, dict):
        return False
    if value.keys() == _NODE:
        own = [label for label in value["labels"] if label != "Entity"]
        if value["id"] is None:
            raise QueryError(
                "a node has no id: it is somebody else's", "to_networkx", "leave it out: WHERE n.id IS NOT NULL"
            )
        graph.add_node(value["id"])
        graph.nodes[value["id"]].update({**value["properties"], "label": own[0] if own else None})
        return True
    if value.keys() == _RELATIONSHIP:
        properties = value["properties"]
        key = properties.get("claim_id") or value["type"]
        _add_edge(graph, value["start"], value["end"], key, {**properties, "type": value["type"]})
        return True
    return any(list(map(partial(_add, graph), value.values())))
