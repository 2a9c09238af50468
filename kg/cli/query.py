"""``kg query``: Cypher on a build."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from kg.cli._options import BuildOption, ConfigOption, FormatOption, OutputOption, settings
from kg.errors import ConfigError

EXAMPLE = """
Examples:\n
  kg query 'MATCH (d:Dataset)-[:RECORDS_FROM]->(r:BrainRegion) RETURN d.id, r.name ORDER BY d.id LIMIT 5'\n
  kg query 'MATCH (x:Disease {id: $id}) RETURN x.name, x.synonyms' --param id=MONDO:0004975 --format json\n
  kg query 'MATCH (d:Dataset)-[r:RELEVANT_TO]->(x:Disease) RETURN d.name, r.sources' --format csv\n
The properties and relationships are in docs/schema.md.
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("query", epilog=EXAMPLE)(query_command)


def query_command(
    cypher: Annotated[str, typer.Argument(help="One read-only Cypher statement; '-' reads it from stdin.")],
    param: Annotated[
        list[str] | None,
        typer.Option(
            "--param",
            "-p",
            help="name=value; the value is JSON where it reads as JSON, else text.",
            show_default=False,
        ),
    ] = None,
    build: BuildOption = None,
    config: ConfigOption = None,
    timeout: Annotated[
        float | None,
        typer.Option("--timeout", min=0.1, help="Longest time, in seconds.", show_default="query.timeout_s"),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Most rows to print.", show_default="query.row_limit")
    ] = None,
    format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Answer a Cypher query from a build. Nothing can be written through it."""
    import sys

    from kg.cli._render import stderr, write_rows
    from kg.export.query import run_query
    from kg.graph.build_dir import resolve_build

    chosen = settings(config)
    opened = resolve_build(build, chosen.build.out)
    text = sys.stdin.read() if cypher == "-" else cypher
    result = run_query(
        opened,
        text,
        parse_parameters(param or []),
        timeout_s=timeout or chosen.query.timeout_s,
        row_limit=limit or chosen.query.row_limit,
        cache_dir=chosen.cache_dir,
    )
    rows = [dict(zip(result.columns, row, strict=True)) for row in result.rows]
    write_rows(rows, result.columns, format=format, output=output)
    for note in result.notes:
        stderr.print(f"note: {note}", markup=False, highlight=False, soft_wrap=True)
    if result.truncated:
        stderr.print(f"only the first {len(rows)} rows: give --limit for more", highlight=False)


def parse_parameters(given: list[str]) -> dict[str, Any]:
    """Read ``name=value`` options.

    Parameters
    ----------
    given : list of str
        A value that reads as JSON is that (``limit=5``, ``ids=["a","b"]``); any other is text.

    Raises
    ------
    ConfigError
        If one has no ``=``.

    Examples
    --------
    >>> parse_parameters(["id=MONDO:0004975", "limit=5", 'ids=["a"]'])
    {'id': 'MONDO:0004975', 'limit': 5, 'ids': ['a']}
    """
    parameters: dict[str, Any] = {}
    for item in given:
        name, equals, value = item.partition("=")
        if not equals or not name.strip():
            raise ConfigError(f"{item!r} is no name=value", "--param", "write for example --param id=MONDO:0004975")
        try:
            parameters[name.strip().removeprefix("$")] = json.loads(value)
        except json.JSONDecodeError:
            parameters[name.strip().removeprefix("$")] = value
    return parameters
