"""Pathway diagrams: choose a subgraph, write Mermaid, check and render it."""

from kg.diagram.mermaid import write_mermaid
from kg.diagram.render import check_mermaid, render
from kg.diagram.select import select_subgraph
from kg.diagram.subgraph import DiagramNode, Link, Subgraph
from kg.diagram.table import edge_table

__all__ = [
    "DiagramNode",
    "Link",
    "Subgraph",
    "check_mermaid",
    "edge_table",
    "render",
    "select_subgraph",
    "write_mermaid",
]
