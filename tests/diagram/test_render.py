"""Parsing with the real parser, and drawing."""

from __future__ import annotations

import re
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
    # A shape that Mermaid draws from random numbers.
    text += '  n0(["x"])\n'
    render(text, path, scale=0.5)
    first = path.read_bytes()
    assert first.startswith(start)
    assert [found.name for found in path.parent.iterdir()] == [path.name]
    render(text, path, scale=0.5)
    assert path.read_bytes() == first


def test_two_pictures_on_one_page_share_no_styles(tmp_path: Path) -> None:
    pictures = []
    for name in ("one", "two"):
        render(f'flowchart LR\n  {name}["my-svg {name}"] --> b\n', tmp_path / f"{name}.svg")
        pictures.append((tmp_path / f"{name}.svg").read_text(encoding="utf-8"))
    ids = [set(re.findall(r'\bid="([^"]+)"', picture)) for picture in pictures]
    assert ids[0]
    assert not ids[0] & ids[1]
    for picture, own in zip(pictures, ids, strict=True):
        assert set(re.findall(r"url\(#([^)]+)\)", picture)) <= own
    assert "my-svg one" in pictures[0]


@pytest.mark.parametrize(
    ("text", "said", "line"),
    [
        ("flowchart LR\n" + "".join(f"  a{n} --> b{n}\n" for n in range(501)), "Edge limit exceeded", None),
        ('pie title x\n  %% note\n  "a" : `5\n', "unexpected character: ->`<-", 3),
        ("gitGraph\n  commit idd\n", "but found: 'idd'", 2),
        ("flowchart LR\n  A[x --> B", "got '1'", 2),
    ],
)
def test_the_reason_is_told_whatever_parser_gives_it(text: str, said: str, line: int | None) -> None:
    with pytest.raises(DiagramError) as caught:
        check_mermaid(text)
    assert said in caught.value.what
    assert "initialize" not in caught.value.what
    assert caught.value.facts["line"] == line


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
