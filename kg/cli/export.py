"""``kg export``: a build in other forms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kg.cli._options import BuildOption, ConfigOption, settings

export_app = typer.Typer(help="Write a build in another form.", no_args_is_help=True)

EXAMPLE = """
Example:\n
  kg export rdf -o graph.nq.gz
"""


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(export_app, name="export")


@export_app.callback()
def _group() -> None:
    """Write a build in another form."""


@export_app.command("rdf", epilog=EXAMPLE)
def rdf_command(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="A file: .nq, .nt, or .ttl for small graphs, by its ending; .gz too.")
    ] = Path("graph.nq"),
    build: BuildOption = None,
    config: ConfigOption = None,
) -> None:
    """Write RDF: each claim's triple in a named graph, reified with its evidence."""
    from kg.cli._render import progress_bar, stderr
    from kg.export.rdf import export_rdf
    from kg.graph.build_dir import resolve_build

    opened = resolve_build(build, settings(config).build.out)
    with progress_bar() as progress:
        summary = export_rdf(opened.tables, output, progress=progress)
    stderr.print(
        f"wrote {output}: {summary.triples:,} statements, {summary.bytes:,} bytes",
        markup=False,
        highlight=False,
    )
