"""``kg publish``, ``kg verify``, ``kg rollback``: a build on a server; without a target, ``builds/current``."""

from __future__ import annotations

import gc
import json
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kg.cli._options import BuildOption, ConfigOption, settings
from kg.cli._publication import PUBLISH_EXAMPLE, ROLLBACK_EXAMPLE, publish_here, roll_back_here

if TYPE_CHECKING:
    from kg.config import KgConfig
    from kg.export.neo4j.publish import Options, Summary

publish_app = typer.Typer(invoke_without_command=True)
verify_app = typer.Typer(help="Compare a server with the build that it is to hold.", no_args_is_help=True)
rollback_app = typer.Typer(invoke_without_command=True)

DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
JsonOption = Annotated[bool, typer.Option("--json", help="As one JSON object.")]


def register(app: typer.Typer) -> None:
    """Add the groups."""
    app.add_typer(publish_app, name="publish")
    app.add_typer(verify_app, name="verify")
    app.add_typer(rollback_app, name="rollback")


@verify_app.callback()
def _group() -> None:
    """Keep the group a group, though it has one command."""


publish_app.callback(epilog=PUBLISH_EXAMPLE)(publish_here)
rollback_app.callback(epilog=ROLLBACK_EXAMPLE)(roll_back_here)


@publish_app.command(
    "neo4j", epilog="Examples:\n\n  kg publish neo4j --dry-run\n\n  kg publish neo4j --build builds/current"
)
def publish_command(
    build: BuildOption = None,
    config: ConfigOption = None,
    dry_run: DryRunOption = False,
    full: Annotated[
        bool, typer.Option("--full", help="Compare with what is in the database, whatever it says it holds.")
    ] = False,
    take_over: Annotated[
        bool, typer.Option("--take-over", help="Publish though another process is publishing; it stops.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Take a Neo4j database to a build by applying their difference, and read it back.

    Nodes and relationships of others in the same database are left alone. A small difference goes in one
    transaction; a larger one says so on the (:Build) node. Exit code 3 if what was read back differs.
    """
    from kg.cli._render import progress_bar
    from kg.export.neo4j.connection import find_target
    from kg.export.neo4j.local_builds import LazyBuild
    from kg.export.neo4j.publish import publish
    from kg.graph.layout import choose_path

    _import_driver()
    chosen = settings(config)
    named = LazyBuild(choose_path(build, chosen.build.out))
    target = find_target(chosen)
    options = _options(chosen)._replace(full=full, take_over=take_over)
    with progress_bar() as progress:
        summary = publish(target, named, named.build_id, options, dry_run=dry_run, progress=progress)
    _print_summary(summary, target.place, as_json)


@rollback_app.command("neo4j", epilog="Examples:\n\n  kg rollback neo4j --dry-run\n\n  kg rollback neo4j")
def rollback_command(config: ConfigOption = None, dry_run: DryRunOption = False, as_json: JsonOption = False) -> None:
    """Take a Neo4j database back to the build that it held before; once more takes it forth again."""
    from kg.cli._render import progress_bar
    from kg.export.neo4j.connection import find_target
    from kg.export.neo4j.publish import rollback

    _import_driver()
    chosen = settings(config)
    target = find_target(chosen)
    with progress_bar() as progress:
        summary = rollback(target, _options(chosen), dry_run=dry_run, progress=progress)
    _print_summary(summary, target.place, as_json)


@verify_app.command("neo4j", epilog="Example:\n\n  kg verify neo4j")
def verify_command(build: BuildOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Compare a Neo4j database with a build: counts by label, type and source, claims, a sample of properties.

    Nothing is changed. Exit code 1 if it differs, 3 if it holds another build.
    """
    from kg.cli._render import progress_bar, stderr, write_text
    from kg.errors import ReadBackError
    from kg.export.neo4j.connection import find_target
    from kg.export.neo4j.local_builds import LazyBuild
    from kg.export.neo4j.verify import verify
    from kg.graph.layout import choose_path

    _import_driver()
    chosen = settings(config)
    named = LazyBuild(choose_path(build, chosen.build.out))
    target = find_target(chosen)
    try:
        with progress_bar() as progress:
            result = verify(target, named, progress=progress)
    except ReadBackError as error:  # an answer, and not a fault: the command did what it was asked
        stderr.print(str(error), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None
    found = {
        "build": named.build_id,
        "nodes": result.nodes,
        "edges": result.edges,
        "claims_digest": result.claims_digest,
    }
    if as_json:
        write_text(json.dumps(found) + "\n")
    else:
        write_text(f"{target.place} holds build {found['build']}: {result.nodes:,} nodes, {result.edges:,} edges\n")


def _import_driver() -> None:
    """Import the driver without numpy and pyarrow, which it takes along for values that are never sent here.

    They are half a second and 80 MB. Only a command does so, whose process nobody else imports in, and whose
    rows, many small lists without cycles, need not be looked through for garbage so often.
    """
    gc.set_threshold(100_000, 50, 50)
    hidden = {name: None for name in ("numpy", "pandas", "pyarrow") if name not in sys.modules}
    sys.modules.update(hidden)  # type: ignore[arg-type] # https://docs.python.org/3/reference/import.html: None is "absent"
    try:
        with suppress(ImportError):  # who needs it says so
            import neo4j  # noqa: F401 - imported for the others
    finally:
        for name in hidden:
            del sys.modules[name]


def _options(chosen: KgConfig) -> Options:
    from kg.export.neo4j.publish import Options

    return Options(builds=chosen.build.out, small_rows=chosen.neo4j.small_rows, batch_rows=chosen.neo4j.batch_rows)


def _print_summary(summary: Summary, place: str, as_json: bool) -> None:
    from kg.cli._render import stderr, write_text

    if as_json:
        found: dict[str, Any] = {
            "build": summary.build_id,
            "before": summary.before_id or None,
            "manner": summary.manner,
            "compared_with": summary.compared,
            **{name.replace(" ", "_"): count for name, count in summary.counts.items()},
            "relationships_of_others_deleted": summary.detached,
            "seconds": {name: round(value, 3) for name, value in summary.seconds.items()},
        }
        if summary.read_back is not None:
            found |= {"nodes": summary.read_back.nodes, "edges": summary.read_back.edges}
        write_text(json.dumps(found) + "\n")
        return
    changes = ", ".join(f"{count:,} {name}" for name, count in summary.counts.items() if count) or "nothing"
    before = f"from build {summary.before_id} " if summary.before_id else ""
    if summary.read_back is None:
        write_text(f"would take {place} {before}to build {summary.build_id}: {changes}\n")
        return
    write_text(f"{place} holds build {summary.build_id}: {summary.read_back.nodes:,} nodes, ")
    write_text(f"{summary.read_back.edges:,} edges, read back\n")
    how = "it held that build already" if summary.manner == "unchanged" else f"{before}in {summary.manner}: {changes}"
    stderr.print(how, markup=False, highlight=False, soft_wrap=True)
    if summary.detached:
        stderr.print(
            f"note: {summary.detached:,} relationships of others went with nodes that are gone", highlight=False
        )
