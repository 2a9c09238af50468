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


@export_app.command("neo4j-admin", epilog="Example:\n\n  kg export neo4j-admin import-files")
def neo4j_admin_command(
    folder: Annotated[Path, typer.Argument(help="Folder for the files: new, empty, or of an earlier export.")],
    build: BuildOption = None,
    config: ConfigOption = None,
) -> None:
    """Write CSV files for 'neo4j-admin database import full', and print the command to run.

    It fills an empty database of a stopped server. 'kg publish neo4j' afterwards makes the indexes and checks it. For
    the server of 'kg neo4j start', put 'kg neo4j admin --' in place of 'neo4j-admin'.
    """
    from kg.cli._render import progress_bar, stderr, write_text
    from kg.export._tables import GRAPH_TABLES
    from kg.export.neo4j.admin_import import write_import
    from kg.export.neo4j.graph import make_graph
    from kg.graph.build_dir import resolve_build

    chosen = settings(config)
    opened = resolve_build(build, chosen.build.out)
    graph = make_graph({name: opened.table(name) for name in GRAPH_TABLES})
    with progress_bar() as progress:
        files = write_import(
            graph,
            folder.absolute(),
            build_id=opened.manifest.build_id,
            digest=opened.digest,
            database=chosen.neo4j.database,
            progress=progress,
        )
    stderr.print(f"wrote {files.nodes:,} nodes and {files.edges:,} edges; stop the server, then run:", highlight=False)
    write_text(files.command + "\n")
