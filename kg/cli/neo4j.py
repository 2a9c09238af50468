"""``kg neo4j``: a Neo4j server of one's own."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from kg.cli._options import ConfigOption, settings

neo4j_app = typer.Typer(help="Run a Neo4j server of your own, on this machine and for it alone.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(neo4j_app, name="neo4j")


@neo4j_app.callback()
def _group() -> None:
    """Run a Neo4j server of your own, on this machine and for it alone."""


@neo4j_app.command("start", epilog="Example:\n\n  kg neo4j start")
def start_command(config: ConfigOption = None) -> None:
    """Start the server and wait until it answers; the first time, fetch it (140 MB)."""
    from kg.cli._render import progress_bar, stderr, write_text
    from kg.export.neo4j.server import USER, local_server

    with progress_bar() as progress:
        status = local_server(settings(config)).start(progress=progress)
    write_text(f"{status.uri}\n")
    stderr.print(f"user {USER}, password: 'kg neo4j password'", highlight=False)


@neo4j_app.command("stop", epilog="Example:\n\n  kg neo4j stop")
def stop_command(config: ConfigOption = None) -> None:
    """Stop the server; its data stay."""
    from kg.cli._render import stderr
    from kg.export.neo4j.server import local_server

    was_there = local_server(settings(config)).stop()
    stderr.print("stopped" if was_there else "no server was running", highlight=False)


@neo4j_app.command("status", epilog="Example:\n\n  kg neo4j status --json")
def status_command(
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
    config: ConfigOption = None,
) -> None:
    """Say whether the server runs and where; exit code 1 if it doesn't."""
    from kg.cli._render import write_text
    from kg.export.neo4j.server import local_server

    status = local_server(settings(config)).status()
    if as_json:
        found = {
            "running": status.running,
            "uri": status.uri or None,
            "pid": status.pid or None,
            "memory_bytes": status.memory_bytes,
            "home": str(status.home),
        }
        write_text(json.dumps(found) + "\n")
    elif status.running:
        write_text(
            f"running at {status.uri}, process {status.pid}, {status.memory_bytes / 1e6:.0f} MB, in {status.home}\n"
        )
    else:
        write_text(f"not running, in {status.home}\n")
    if not status.running:
        raise typer.Exit(1)


@neo4j_app.command("password", epilog="Example:\n\n  kg neo4j password")
def password_command(config: ConfigOption = None) -> None:
    """Print the password of the user 'neo4j'."""
    from kg.cli._render import write_text
    from kg.export.neo4j.server import local_server

    write_text(local_server(settings(config)).password() + "\n")


@neo4j_app.command("admin", epilog="Example:\n\n  kg neo4j admin -- database info")
def admin_command(
    arguments: Annotated[list[str], typer.Argument(help="What neo4j-admin is given, after '--'.")],
    config: ConfigOption = None,
) -> None:
    """Run neo4j-admin for this server; most of what it does needs it stopped."""
    from kg.cli._render import write_text
    from kg.export.neo4j.server import local_server

    write_text(local_server(settings(config)).admin(*arguments))
