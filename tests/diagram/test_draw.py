"""Drawing from a build: what is refused, and what the refusal says."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import pytest

from kg.diagram import select_subgraph, write_mermaid
from kg.diagram.block import DiagramOptions
from kg.diagram.draw import draw
from kg.errors import DiagramError
from kg.graph.build_dir import Build
from kg.model.schema import Label

_DISEASE = "MONDO:0004975"


def test_kinds_that_reach_nothing_by_themselves_are_told_from_a_node_that_nothing_is_linked_to(
    sample_build: Build,
) -> None:
    with pytest.raises(DiagramError, match="nothing of these kinds") as caught:
        draw(sample_build, _DISEASE, options=DiagramOptions(kinds=frozenset({Label.DATASET})))
    assert "leave out --kinds" in caught.value.mend


def test_every_ending_is_named_where_one_is_refused(sample_build: Build, tmp_path: Path) -> None:
    with pytest.raises(DiagramError, match=r"can't draw a \.gif") as caught:
        draw(sample_build, _DISEASE, tmp_path / "x.gif")
    assert caught.value.mend == "end it in .mmd, .mermaid, .md, .svg, .png, .pdf"


def test_endings_may_be_capitals(sample_build: Build, tmp_path: Path) -> None:
    for name in ("a.MD", "a.Mmd"):
        draw(sample_build, _DISEASE, tmp_path / name)
    assert "```mermaid" in (tmp_path / "a.MD").read_text(encoding="utf-8")
    assert "```" not in (tmp_path / "a.Mmd").read_text(encoding="utf-8")


@pytest.mark.parametrize("base_url", ["http://wiki.example.org", "https://wiki:8443"])
def test_where_the_wiki_cannot_be_linked_to_terms_keep_their_own_links(graph: nx.MultiDiGraph, base_url: str) -> None:
    subgraph = select_subgraph(graph, "mechanism:alpha-synuclein-aggregation")
    own, found = (write_mermaid(subgraph, base_url=url).count("\nclick ") for url in (None, base_url))
    assert found == own
