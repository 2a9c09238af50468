"""A build's graph as diagrams walk it: nodes and relations in columns, each node's relations next to each other.

A graph of objects takes some 2 kB a relation, in each process that draws. Here they stay in the columns of a frame, or
in files that processes share: `Network.write` makes these, and `Network.read` maps them into memory.

What no diagram looks at is left out: links between pages, and who mentions or cites a thing, seen from that thing.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import networkx as nx
import polars as pl

from kg.diagram.rows import FileRows, FrameRows, Rows, write_rows
from kg.graph.network import NODE_ATTRIBUTES, edges_of
from kg.model.claim import ClaimStatus, Predicate
from kg.model.schema import Label

_PREDICATES: Final = tuple(Predicate)
_STATUSES: Final = tuple(ClaimStatus)
_LABELS: Final = {label.value: label for label in Label}
#: Relations that a node is never explained by from their other end.
_ONE_WAY: Final = (Predicate.MENTIONS.value, Predicate.CITES.value)
_COLUMNS: Final = ("at", "other", "predicate", "status", "confidence", "evidence_count", "claim_id")
_NODES: Final = "nodes.arrow"
_DOCUMENTED: Final = "documented.arrow"
_SIDES: Final = ("out.jsonl", "into.jsonl")


class Relation(NamedTuple):
    """One claim at a node: which other node it relates it to, and how."""

    other: str
    predicate: Predicate
    status: ClaimStatus
    confidence: float
    evidence_count: int
    claim_id: str


class Facts(NamedTuple):
    """What a diagram shows of a node."""

    label: Label
    name: str | None
    url: str | None
    slug: str | None


class Side(NamedTuple):
    """The relations at one side of all nodes, node by node, and where those of each begin."""

    rows: Rows
    starts: array[int]


class Network:
    """Nodes and relations of a build.

    Parameters
    ----------
    nodes : polars.DataFrame
        ``id``, ``label``, ``name``, ``url``, ``slug``; sorted by id. Other tables have their row numbers.
    documented : polars.DataFrame
        ``at`` and ``other``: things, and pages that document them.
    out, into : Side
        What leads from nodes, and to them.
    build_id : str
        The build.
    """

    def __init__(
        self, nodes: pl.DataFrame, documented: pl.DataFrame, out: Side, into: Side, *, build_id: str = ""
    ) -> None:
        self.build_id = build_id
        self._nodes = nodes
        self._ids: list[str] = nodes["id"].to_list()
        self._rows = {curie: row for row, curie in enumerate(self._ids)}
        self._labels = [_LABELS[label] for label in nodes["label"]]
        self._out, self._into = out, into
        self._documented = documented
        self._pages: dict[int, list[int]] = {}
        for at, other in documented.iter_rows():
            self._pages.setdefault(at, []).append(other)
        self._kept: frozenset[str] | None = None

    @classmethod
    def from_tables(cls, tables: Mapping[str, pl.DataFrame], *, build_id: str = "") -> Network:
        """Make it of a build's ``nodes``, ``edges`` and ``claims``."""
        return cls._from_frames(*_frames(tables["nodes"], edges_of(tables, include_speculative=True)), build_id)

    @classmethod
    def from_networkx(cls, graph: nx.MultiDiGraph[str]) -> Network:
        """Make it of a graph from `kg.graph.network.to_networkx`."""
        nodes = [
            {"id": curie, **{name: data.get(name) for name in NODE_ATTRIBUTES}}
            for curie, data in graph.nodes(data=True)
        ]
        edges = [
            {"claim_id": key, "subject": subject, "object": object_, **data}
            for subject, object_, key, data in graph.edges(keys=True, data=True)
        ]
        strings = dict.fromkeys(("claim_id", "subject", "object", "predicate", "status"), pl.String)
        frames = _frames(
            pl.DataFrame(nodes, schema=dict.fromkeys(("id", *NODE_ATTRIBUTES), pl.String)),
            pl.DataFrame(edges, schema={**strings, "confidence": pl.Float64, "evidence_count": pl.Int64}),
        )
        return cls._from_frames(*frames, str(graph.graph.get("build_id", "")))

    @classmethod
    def _from_frames(
        cls,
        nodes: pl.DataFrame,
        documented: pl.DataFrame,
        out: pl.DataFrame,
        into: pl.DataFrame,
        build_id: str,
    ) -> Network:
        sides = (Side(FrameRows(side), _starts(side["at"], nodes.height)) for side in (out, into))
        return cls(nodes, documented, *sides, build_id=build_id)

    @staticmethod
    def write(tables: Mapping[str, pl.DataFrame], folder: Path) -> None:
        """Write what `read` takes into a folder, of a build's ``nodes``, ``edges`` and ``claims``."""
        nodes, documented, *sides = _frames(tables["nodes"], edges_of(tables, include_speculative=True))
        nodes.write_ipc(folder / _NODES)
        documented.write_ipc(folder / _DOCUMENTED)
        for name, side in zip(_SIDES, sides, strict=True):
            write_rows(side.lazy(), folder / name)
            with (folder / f"{name}.nodes").open("wb") as stream:
                _starts(side["at"], nodes.height).tofile(stream)

    @classmethod
    def read(cls, folder: Path, *, build_id: str = "") -> Network:
        """Read what `write` wrote: processes that read the same files share their memory."""
        nodes = pl.read_ipc(folder / _NODES)
        sides = []
        for name in _SIDES:
            starts = array("q")
            starts.frombytes((folder / f"{name}.nodes").read_bytes())
            sides.append(Side(FileRows(folder / name), starts))
        return cls(nodes, pl.read_ipc(folder / _DOCUMENTED), *sides, build_id=build_id)

    def only(self, curies: Iterable[str]) -> Network:
        """Give the part that has these nodes alone."""
        part = object.__new__(Network)
        part.__dict__.update(self.__dict__)
        part._kept = frozenset(curies) & self._rows.keys()
        return part

    def __contains__(self, curie: object) -> bool:
        """Say whether there is such a node."""
        return curie in self._rows if self._kept is None else curie in self._kept

    def __iter__(self) -> Iterator[str]:
        """Go through the nodes by id."""
        return (curie for curie in self._ids if curie in self)

    def label(self, curie: str) -> Label:
        """Give the label of a node."""
        return self._labels[self._rows[curie]]

    def facts(self, curie: str) -> Facts:
        """Give what is shown of a node."""
        row = self._rows[curie]
        _, _, name, url, slug = self._nodes.row(row)
        return Facts(self._labels[row], name, url, slug)

    def out(self, curie: str) -> list[Relation]:
        """Give the relations that lead from a node."""
        return self._relations(self._out, self._rows[curie])

    def into(self, curie: str) -> list[Relation]:
        """Give the relations that lead to a node and explain it."""
        return self._relations(self._into, self._rows[curie])

    def pages(self, curie: str) -> tuple[str, ...]:
        """Give the pages that document a node, by id."""
        pages = (self._ids[row] for row in self._pages.get(self._rows[curie], ()))
        return tuple(sorted({page for page in pages if page in self and page != curie}))

    def _relations(self, side: Side, row: int) -> list[Relation]:
        start, end = side.starts[row], side.starts[row + 1]
        if start == end:
            return []
        ids = self._ids
        found = [
            Relation(ids[other], _PREDICATES[predicate], _STATUSES[status], confidence, count, claim_id)
            for _, other, predicate, status, confidence, count, claim_id in side.rows.slice(start, end)
        ]
        return found if self._kept is None else [each for each in found if each.other in self._kept]


def as_network(graph: Network | nx.MultiDiGraph[str]) -> Network:
    """Give the network of a graph."""
    return graph if isinstance(graph, Network) else Network.from_networkx(graph)


def kept_kinds(network: Network, focus: str, kinds: Collection[Label]) -> Network:
    """Leave out what is of another kind, but for the node that is explained and what it documents."""
    documented = {each.other for each in network.out(focus) if each.predicate is Predicate.DOCUMENTS}
    return network.only({focus, *documented, *(curie for curie in network if network.label(curie) in kinds)})


def _frames(nodes: pl.DataFrame, edges: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Give nodes, what is documented, and both sides' relations, as `Network` has them."""
    nodes = nodes.select("id", *NODE_ATTRIBUTES).sort("id")
    rows = nodes.select("id", is_page=pl.col("label") == Label.WIKI_PAGE.value).with_row_index("row")
    predicate, status = pl.col("predicate"), pl.col("status")
    coded = (
        edges.filter(predicate != Predicate.LINKS_TO.value, pl.col("subject") != pl.col("object"))
        .join(rows.select(subject="id", at="row", is_page="is_page"), on="subject")
        .join(rows.select(object="id", other="row"), on="object")
        .select(
            "at",
            "other",
            _coded(predicate, [each.value for each in _PREDICATES]),
            _coded(status, [each.value for each in _STATUSES]),
            pl.col("confidence").cast(pl.Float64),
            pl.col("evidence_count").cast(pl.Int64),
            "claim_id",
            is_told=~pl.col("is_page") & ~predicate.is_in(_ONE_WAY),
            is_documented=(predicate == Predicate.DOCUMENTS.value) & (status != ClaimStatus.SPECULATIVE.value),
        )
    )
    turned = coded.rename({"at": "other", "other": "at"})
    out, into = (side.select(_COLUMNS).sort("at", "claim_id") for side in (coded, turned.filter(pl.col("is_told"))))
    return nodes, turned.filter(pl.col("is_documented")).select("at", "other"), out, into


def _coded(column: pl.Expr, values: list[str]) -> pl.Expr:
    return column.replace_strict(values, list(range(len(values))), return_dtype=pl.UInt8)


def _starts(at: pl.Series, count: int) -> array[int]:
    """Give for each node the first row of its relations, and one more for the end."""
    starts = array("q", bytes(8 * (count + 1)))
    for row, size in at.value_counts().iter_rows():
        starts[row + 1] = size
    for row in range(count):
        starts[row + 1] += starts[row]
    return starts
