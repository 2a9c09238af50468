"""``kg diagram``: a pathway diagram of a page or a node."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kg.cli._options import BuildOption, ConfigOption, settings

EXAMPLE = """
Examples:\n
  kg diagram DANDI:000054\n
  kg diagram wiki:mechanisms/synaptic-dysfunction -o pathway.svg\n
  kg diagram MONDO:0004975 --kinds mechanism,region --max-edges 12\n
  kg diagram --pages --out-dir diagrams        every wiki page's, as Mermaid
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("diagram", epilog=EXAMPLE)(diagram_command)


def diagram_command(
    focus: Annotated[
        str | None,
        typer.Argument(
            metavar="PAGE-OR-ID",
            help="A wiki page's slug, a node's id or its exact name.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="A file: .mmd, .md (with the evidence), .svg, .png or .pdf. Without it, Mermaid on stdout.",
            show_default=False,
        ),
    ] = None,
    pages: Annotated[bool, typer.Option("--pages", help="Draw every wiki page of the build.")] = False,
    out_dir: Annotated[Path | None, typer.Option("--out-dir", help="Where --pages writes.", show_default=False)] = None,
    depth: Annotated[int, typer.Option(min=1, max=4, help="Most steps beyond the subject's neighbours.")] = 2,
    max_nodes: Annotated[int, typer.Option(min=2, max=200, help="Most nodes.")] = 24,
    max_edges: Annotated[int, typer.Option(min=1, max=400, help="Most edges.")] = 30,
    kinds: Annotated[
        str | None,
        typer.Option(
            metavar="KIND,…",
            help="Show these kinds alone, beside the subject: dataset, paper, page, species, technique, region, cell,"
            " mechanism, disease, agent.",
            show_default=False,
        ),
    ] = None,
    build: BuildOption = None,
    config: ConfigOption = None,
) -> None:
    """Draw the part of the graph that explains a page or a node. Each diagram is parsed before it is written."""
    from kg.cli._render import stderr, write_text
    from kg.diagram.block import DiagramOptions
    from kg.diagram.draw import draw, draw_pages
    from kg.diagram.words import parse_kinds
    from kg.errors import DiagramError
    from kg.graph.build_dir import resolve_build

    if pages and out_dir is None:
        raise typer.BadParameter("--pages needs --out-dir")
    if not pages and focus is None:
        raise typer.BadParameter("name a page or a node, or give --pages")
    try:
        labels = parse_kinds(kinds) if kinds is not None else None
    except DiagramError as error:
        raise typer.BadParameter(str(error)) from error
    chosen = settings(config)
    opened = resolve_build(build, chosen.build.out)
    options = DiagramOptions(depth, max_nodes, max_edges, labels)
    base_url = chosen.wiki.base_url
    if pages and out_dir is not None:
        summary = draw_pages(opened, out_dir, cache_dir=chosen.cache_dir, options=options, base_url=base_url)
        stderr.print(
            f"{summary.written} diagrams in {out_dir}, {summary.empty} pages with nothing to draw",
            markup=False,
            highlight=False,
        )
        return
    drawn = draw(opened, focus or "", output, options=options, base_url=base_url)
    if output is None:
        write_text(drawn.text)
    else:
        stderr.print(f"wrote {output}", markup=False, highlight=False)
    if drawn.left_out:
        stderr.print(
            f"not drawn: {drawn.left_out} more of its relations; 'kg show' lists them, --max-nodes draws more",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
