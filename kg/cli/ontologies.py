"""``kg ontologies``: which vocabularies there are, and pulling their public releases."""

from __future__ import annotations

from typing import Annotated

import typer

from kg.cli._options import ConfigOption, FormatOption, OutputOption, settings

ontologies_app = typer.Typer(help="List and pull vocabularies.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(ontologies_app, name="ontologies")


@ontologies_app.callback()
def _group() -> None:
    """List and pull vocabularies."""


@ontologies_app.command("list", epilog="Example:\n\n  kg ontologies list --format csv")
def list_command(config: ConfigOption = None, format: FormatOption = None, output: OutputOption = None) -> None:
    """List the vocabularies: what is in use, in which version, and which releases can be pulled."""
    from kg.cli._render import write_rows
    from kg.ontology import list_sources

    rows = [row._asdict() for row in list_sources(settings(config))]
    write_rows(rows, list(rows[0]) if rows else ("name",), format=format, output=output)


@ontologies_app.command("pull", epilog="Example:\n\n  kg ontologies pull uberon cl")
def pull_command(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Vocabularies; without any, all that sources.toml marks as default.", show_default=False),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Download the pinned public releases and check their sha256."""
    from kg.cli._render import progress_bar, stderr
    from kg.ontology import pull

    with progress_bar() as progress:
        pulled = pull(names or [], settings(config), progress=progress)
    for item in pulled:
        stderr.print(f"pulled {item}", markup=False, highlight=False)
