"""``kg links``: what each dataset is linked to."""

from __future__ import annotations

import typer

from kg.cli._options import BuildOption, ConfigOption, FormatOption, OutputOption, settings

EXAMPLE = """
Example:\n
  kg links --format jsonl > links.jsonl
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("links", epilog=EXAMPLE)(links_command)


def links_command(
    build: BuildOption = None,
    config: ConfigOption = None,
    format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """List the regions, cell types, species, diseases and mechanisms of each dataset, and how each is linked."""
    from kg.claims.links import links_of
    from kg.cli._render import write_rows
    from kg.graph.build_dir import resolve_build

    opened = resolve_build(build, settings(config).build.out)
    rows = links_of(opened.table("claims"), opened.table("nodes"))
    write_rows(rows, ("dataset", "type", "id", "kind", "xrefs"), format=format, output=output)
