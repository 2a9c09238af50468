"""``kg query``: Cypher on a build."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kg.cli._options import BuildOption, ConfigOption, FormatOption, OutputOption, check_output, settings
from kg.errors import ConfigError, QueryError

if TYPE_CHECKING:
    from kg.export._child import Worker

EXAMPLE = """
Examples:\n
  kg query 'MATCH (d:Dataset)-[:RECORDS_FROM]->(r:BrainRegion) RETURN d.id, r.name ORDER BY d.id, r.name LIMIT 5'\n
  kg query 'MATCH (x:Disease {id: $id}) RETURN x.name, x.synonyms' --param id=MONDO:0004975 --format json\n
  kg query --cookbook region-and-parts --param region=UBERON:0001950 -o rows.csv\n
  kg query --cookbook edge-table --on neo4j --format parquet > edges.parquet\n
The properties and relationships are in docs/schema.md, the questions of the cookbook in docs/cookbook.md.
"""


class Engine(StrEnum):
    """What answers a query."""

    EMBEDDED = "embedded"
    NEO4J = "neo4j"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("query", epilog=EXAMPLE)(query_command)


def query_command(
    cypher: Annotated[
        str | None,
        typer.Argument(help="One read-only Cypher statement; '-' reads it from stdin.", show_default=False),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(
            "--param",
            "-p",
            help="name=value; the value is JSON where it reads as JSON, else text.",
            show_default=False,
        ),
    ] = None,
    cookbook: Annotated[
        str | None,
        typer.Option("--cookbook", help="Ask a recipe of 'kg cookbook list' instead.", show_default=False),
    ] = None,
    on: Annotated[
        Engine, typer.Option("--on", help="What answers: the build's own store, or the Neo4j server.")
    ] = Engine.EMBEDDED,
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
    """Answer a Cypher query, or a question of the cookbook. Nothing can be written through it."""
    if (cypher is None) == (cookbook is None):
        raise typer.BadParameter("give a Cypher statement, or --cookbook NAME, and not both")
    with _engine_ahead(on) as worker:
        from kg.export.cypher import check_read_only
        from kg.export.opened import open_graph

        text, values = _read_question(cypher, cookbook, param or [])
        # Before anything is opened and a long query is run for nothing.
        check_read_only(text)
        check_output(format, output)
        chosen = settings(config)
        with open_graph(build, on=on.value, config=chosen, worker=worker) as graph:
            graph.connect()
            from kg.cli._render import stderr, write_rows  # which takes a while, in which the engine starts

            result = graph.run(text, values, timeout_s=timeout, row_limit=limit or chosen.query.row_limit)
    write_rows(list(result), result.columns, format=format, output=output)
    for note in result.notes:
        stderr.print(f"note: {note}", markup=False, highlight=False, soft_wrap=True)
    if result.truncated:
        stderr.print(f"only the first {len(result)} rows: give --limit for more", highlight=False)


@contextmanager
def _engine_ahead(on: Engine) -> Iterator[Worker | None]:
    """Start the embedded engine before it is known for which store: that takes a while, and so do our imports."""
    if on is not Engine.EMBEDDED:
        with suppress(ImportError), _hidden("numpy", "pandas", "pyarrow"):  # connecting says what to install
            # It takes them for parameters, if they are there, which here never are such: half of its time.
            import neo4j  # noqa: F401
        yield None
        return
    from kg.export.ahead import start_engine

    worker = start_engine()
    try:
        yield worker
    finally:
        worker.end()


@contextmanager
def _hidden(*modules: str) -> Iterator[None]:
    """Let the block import without optional modules; afterwards they are there again."""
    hidden = [name for name in modules if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def _read_question(cypher: str | None, cookbook: str | None, given: list[str]) -> tuple[str, dict[str, Any]]:
    """Give the statement and the values of its parameters."""
    if cookbook is None:
        assert cypher is not None
        return _read_stdin() if cypher == "-" else cypher, parse_parameters(given)
    from kg.export.cookbook import find_recipe

    recipe = find_recipe(cookbook)
    # What a recipe takes as text is text, also where it reads as a number: since=2024.
    texts = {name for name, parameter in recipe.parameters.items() if isinstance(parameter.value, str)}
    return recipe.cypher, recipe.values(parse_parameters(given, texts))


def _read_stdin() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise QueryError(f"byte {error.start} is no UTF-8", "the query on stdin", "save it in UTF-8") from error


def parse_parameters(given: list[str], texts: Collection[str] = ()) -> dict[str, Any]:
    """Read ``name=value`` options.

    Parameters
    ----------
    given : list of str
        A value that reads as JSON is that (``limit=5``, ``ids=["a","b"]``); any other is text.
    texts : collection of str
        Names of those that are text whatever they read as.

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
        name = name.strip().removeprefix("$")
        if not equals or not name:
            raise ConfigError(f"{item!r} is no name=value", "--param", "write for example --param id=MONDO:0004975")
        try:
            parameters[name] = value if name in texts else json.loads(value, parse_constant=_refuse)
        except ValueError:  # NaN and Infinity too are no JSON, and numbers of thousands of digits no number
            parameters[name] = value
    return parameters


def _refuse(constant: str) -> None:
    raise ValueError(constant)
