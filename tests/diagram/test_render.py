"""Parsing with the real parser, and drawing."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import pytest

from kg.diagram import check_mermaid, render, select_subgraph, write_mermaid
from kg.errors import DiagramError

BROKEN = [
    ("flowchart LR\n  A[one] --> B\n  B --> C[(two]\n", 3),
    ("flowchart LR\n  %% a note\n\n  %% another\n  A --> B\n  end --> A\n", 6),
    ("%% first\nflowchart LR\n  A[foo(]\n", 3),
    ("flowchart LR\n  subgraph x\n  A --> B\n", None),
    ("no diagram at all\n", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "line"), BROKEN)
def test_what_doesnt_parse_is_an_error_with_its_line(text: str, line: int | None) -> None:
    with pytest.raises(DiagramError) as caught:
        check_mermaid(text)
    if line is not None:
        assert caught.value.facts["line"] == line
        assert caught.value.where == f"line {line}"


@pytest.mark.parametrize(
    "text",
    [
        "flowchart LR\n  A --> B\n",
        "sequenceDiagram\n  A->>B: hi\n",
        "---\ntitle: x\n---\ngraph TD\n  A --> B\n",
    ],
)
def test_what_parses_is_accepted(text: str) -> None:
    check_mermaid(text)


@pytest.mark.parametrize(("ending", "start"), [(".svg", b"<svg"), (".png", b"\x89PNG"), (".pdf", b"%PDF-")])
def test_a_picture_is_written_in_the_format_of_its_ending(
    graph: nx.MultiDiGraph, tmp_path: Path, ending: str, start: bytes
) -> None:
    path = tmp_path / "deep" / f"x{ending}"
    text = write_mermaid(select_subgraph(graph, "mechanism:alpha-synuclein-aggregation"))
    render(text, path, scale=0.5)
    first = path.read_bytes()
    assert first.startswith(start)
    assert [found.name for found in path.parent.iterdir()] == [path.name]
    render(text, path, scale=0.5)
    assert path.read_bytes() == first


def test_an_unknown_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DiagramError, match=r"\.jpeg"):
        render("flowchart LR\n  A\n", tmp_path / "x.jpeg")


def test_a_broken_diagram_leaves_the_old_picture(tmp_path: Path) -> None:
    path = tmp_path / "x.svg"
    path.write_text("old")
    with pytest.raises(DiagramError):
        render("flowchart LR\n  A[", path)
    assert path.read_text() == "old"


def test_a_text_that_mermaid_wouldnt_draw_for_its_length_is_refused() -> None:
    with pytest.raises(DiagramError, match="60,013 characters"):
        check_mermaid("flowchart LR\n" + " " * 60_000)
