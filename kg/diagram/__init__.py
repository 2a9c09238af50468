"""Pathway diagrams: choose a subgraph, write Mermaid, check and render it."""

from kg.diagram.block import Block, DiagramOptions, DiagramSource, page_block
from kg.diagram.checked import CheckedTexts
from kg.diagram.evidence import EvidenceIndex
from kg.diagram.mermaid import write_mermaid
from kg.diagram.render import check_mermaid, render
from kg.diagram.select import select_subgraph
from kg.diagram.subgraph import DiagramNode, Link, Subgraph
from kg.diagram.table import edge_table, evidence_of

__all__ = [
    "Block",
    "CheckedTexts",
    "DiagramNode",
    "DiagramOptions",
    "DiagramSource",
    "EvidenceIndex",
    "Link",
    "Subgraph",
    "check_mermaid",
    "edge_table",
    "evidence_of",
    "page_block",
    "render",
    "select_subgraph",
    "write_mermaid",
]
