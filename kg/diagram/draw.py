"""Draw a page or a node of a build: choose, write, check, render."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from kg.diagram.block import DEFAULT_OPTIONS, DiagramOptions, DiagramSource, caption_of, page_block
from kg.diagram.checked import CheckedTexts
from kg.diagram.mermaid import write_mermaid
from kg.diagram.render import FORMATS, check_mermaid, render
from kg.errors import DiagramError, QueryError
from kg.graph.build_dir import Build
from kg.graph.inspect import find_node
from kg.model.schema import Label

#: Endings of text; `kg.diagram.render` knows those of pictures.
_TEXT = (".mmd", ".mermaid", ".md")


class Drawn(NamedTuple):
    """A diagram's Mermaid text, which parses, and how many relations of its subject it leaves out."""

    text: str
    left_out: int


class PagesSummary(NamedTuple):
    """How many pages were drawn, and how many have nothing to draw."""

    written: int
    empty: int


def draw(
    build: Build,
    focus: str,
    output: Path | None = None,
    *,
    options: DiagramOptions = DEFAULT_OPTIONS,
    base_url: str | None = None,
) -> Drawn:
    """Draw what explains a page or a node.

    Parameters
    ----------
    build : Build
        Where it is looked up.
    focus : str
        A node's id or exact name, or a wiki page's slug.
    output : Path, optional
        ``.mmd`` or ``.md`` (the diagram and a table of its edges with their quotes) for text; ``.svg``,
        ``.png`` or ``.pdf`` for a picture.
    base_url : str, optional
        What a page's slug hangs from, for links.
    options : DiagramOptions
        How much is shown.

    Returns
    -------
    Drawn
        The text, and how much it leaves out.

    Raises
    ------
    DiagramError
        If nothing is linked to it, or the ending of `output` is none of those.
    QueryError
        If the build has no such node.
    """
    if output is not None and output.suffix.lower() not in (*_TEXT, *FORMATS):
        raise DiagramError(
            f"can't draw a {output.suffix or 'file without an ending'}",
            str(output),
            f"end it in {', '.join((*_TEXT, *FORMATS))}",
        )
    curie = _find(build, focus)
    source = DiagramSource.from_build(build)
    subgraph = source.select(curie, options)
    if not subgraph.links and options.kinds is not None and source.select(curie, options._replace(kinds=None)).links:
        raise DiagramError(
            "nothing of these kinds is linked to it directly or over each other",
            curie,
            "leave out --kinds, or name those between: a dataset reaches a disease over a mechanism or a region",
        )
    if not subgraph.links:
        raise DiagramError(
            "nothing in this build is linked to it",
            curie,
            f"'kg show {curie}' has what is known; a larger --depth may reach more",
        )
    text = write_mermaid(subgraph, base_url=base_url)
    check_mermaid(text)
    drawn = Drawn(text, subgraph.left_out)
    if output is None:
        return drawn
    output.parent.mkdir(parents=True, exist_ok=True)
    if output.suffix.lower() == ".md":
        block = page_block(source, curie, options=options, base_url=base_url)
        output.write_text(block.markdown if block else "", encoding="utf-8")
    elif output.suffix.lower() in _TEXT:
        output.write_text(text, encoding="utf-8")
    else:
        # A picture goes its own ways: what it rests on goes with it.
        render(write_mermaid(subgraph, base_url=base_url, caption=caption_of(source, subgraph)), output)
    return drawn


def draw_pages(
    build: Build,
    folder: Path,
    *,
    cache_dir: Path,
    options: DiagramOptions = DEFAULT_OPTIONS,
    base_url: str | None = None,
) -> PagesSummary:
    """Draw every wiki page of a build that has anything to show.

    Parameters
    ----------
    build : Build
        Where the pages are looked up.
    folder : Path
        A file a page is written below it.
    cache_dir : Path
        Where it is kept which diagrams are known to parse.
    options : DiagramOptions
        How much is shown.
    base_url : str, optional
        What a page's slug hangs from, for links.

    Returns
    -------
    PagesSummary
        A page that nothing is linked to is counted, and gets no file.
    """
    source = DiagramSource.from_build(build)
    checked = CheckedTexts(cache_dir)
    written = empty = 0
    for row in (
        build.table("nodes").filter(label=Label.WIKI_PAGE.value, in_snapshot=True).sort("id").to_dicts()
    ):
        block = page_block(source, row["id"], options=options, base_url=base_url)
        if block is None:
            empty += 1
            continue
        checked.check(block.mermaid)
        path = _page_path(folder, row["id"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.markdown, encoding="utf-8")
        written += 1
    checked.save()
    return PagesSummary(written, empty)


def _find(build: Build, focus: str) -> str:
    page = f"wiki:{focus.strip('/')}"
    if build.table("nodes")["id"].eq(page).any():
        return page
    curie = find_node(build.tables, focus)
    if curie.startswith("claim:"):
        raise QueryError(
            "a claim is an edge, not a node",
            curie,
            f"'kg show {curie}' prints it; draw its subject or its object",
        )
    return curie


def _page_path(folder: Path, page: str) -> Path:
    """Give a file below `folder` for a page; a slug is data, and must not lead out of it."""
    parts = [part for part in page.removeprefix("wiki:").split("/") if part not in ("", ".", "..")]
    safe = ["".join(c if c.isalnum() or c in "-_." else "-" for c in part) for part in parts]
    return folder.joinpath(*safe[:-1], f"{safe[-1]}.md")
