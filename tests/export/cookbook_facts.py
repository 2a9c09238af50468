"""Looking up what a build's tables say, and sorting it, for the oracles of the cookbook.

Strings are sorted by code points, as both engines do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import networkx as nx
import polars as pl

Row = list[Any]
ORACLES: dict[str, Callable[..., list[Row]]] = {}


class Facts:
    """Tables of a build, looked up."""

    def __init__(self, table: Callable[[str], pl.DataFrame]) -> None:
        self.nodes = {row["id"]: row for row in table("nodes").iter_rows(named=True)}
        self.claims = table("claims").to_dicts()
        self.by_claim: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for piece in table("evidence").iter_rows(named=True):
            self.by_claim[piece["claim_id"]].append(piece)
        self.all_edges = table("edges").to_dicts()
        self.by_predicate: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for edge in self.all_edges:
            self.by_predicate[edge["predicate"]].append(edge)
        self.up: nx.DiGraph = nx.DiGraph()
        self.up.add_nodes_from(self.nodes)
        self.up.add_edges_from((e["subject"], e["object"]) for e in self.edges("PART_OF SUBCLASS_OF"))
        self.down = self.up.reverse()
        self.sentences = {claim["id"]: claim["sentence"] for claim in self.claims}

    def label(self, node: str) -> str:
        return str(self.nodes[node]["label"])

    def name(self, node: str) -> str:
        return str(self.nodes[node]["name"])

    def of(self, label: str) -> list[dict[str, Any]]:
        return [node for node in self.nodes.values() if node["label"] == label]

    def edges(self, predicates: str, subject: str = "", target: str = "") -> Iterator[dict[str, Any]]:
        """Edges of some predicates, between nodes of some labels."""
        for predicate in predicates.split():
            for edge in self.by_predicate[predicate]:
                if (not subject or self.label(edge["subject"]) in subject.split()) and (
                    not target or self.label(edge["object"]) in target.split()
                ):
                    yield edge

    def wholes(self, node: str, label: str) -> dict[str, int]:
        """What a node is part of or a sort of, itself included, with the fewest steps, however many."""
        steps = nx.single_source_shortest_path_length(self.up, node)
        return {found: length for found, length in steps.items() if self.label(found) == label}

    def parts(self, node: str, label: str) -> set[str]:
        if node not in self.nodes or self.label(node) != label:
            return set()
        return {n for n in nx.single_source_shortest_path_length(self.down, node) if self.label(n) == label}

    def biological(self) -> list[dict[str, Any]]:
        return [claim for claim in self.claims if claim["kind"] == "biological"]


def oracle(function: Callable[..., list[Row]]) -> Callable[..., list[Row]]:
    ORACLES[function.__name__.replace("_", "-")] = function
    return function


def rows(found: Iterable[Iterable[Any]], key: Callable[[Row], Any] | None = None) -> list[Row]:
    """Rows, sorted; by all their values without a key."""
    return sorted(map(list, found), key=key)


def distinct(found: Iterable[tuple[Any, ...]], key: Callable[[Row], Any] | None = None) -> list[Row]:
    return rows(set(found), key)


def grouped(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups


def counted(pairs: Iterable[tuple[tuple[Any, ...], Any]]) -> list[tuple[Any, ...]]:
    """Each key with the number of its distinct values."""
    return [(*key, len(set(values))) for key, values in grouped(pairs).items()]


def most(column: int) -> Callable[[Row], Any]:
    """Sort by a column, the greatest first, then by the others."""
    return lambda row: (-row[column], *row[:column], *row[column + 1 :])
