"""``kg ontologies``: which vocabularies there are, and pulling their public releases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kg.cli._options import ConfigOption, Format, FormatOption, OutputOption, given_reason, settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kg.config import KgConfig
    from kg.ontology import ReleaseDiff, TermChange

#: Most rows of a table on a terminal.
_MOST_ROWS = 100
#: Changes of which a term's mentions are lost, whatever name they have.
_LOSSES = ("removed", "obsoleted")

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


PULL_EXAMPLE = """
Examples:\n
  kg ontologies pull uberon cl\n
  kg ontologies pull --upgrade -o effect.csv       what the pinned releases would change; nothing is\n
  kg ontologies pull cl --accept 'CL dropped its fly neurons'
"""


@ontologies_app.command("pull", epilog=PULL_EXAMPLE)
def pull_command(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Vocabularies; without any, all that sources.toml marks as default.", show_default=False),
    ] = None,
    config: ConfigOption = None,
    upgrade: Annotated[
        bool,
        typer.Option(
            "--upgrade",
            help="Only show which terms and synonyms would come and go, and what that does to the current build's "
            "mentions. Exit code 1 if any.",
        ),
    ] = False,
    accept: Annotated[
        str | None,
        typer.Option(
            help="Take a release that loses many terms all the same, and record why.",
            show_default=False,
            callback=given_reason,
        ),
    ] = None,
    format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Download the pinned public releases, check their sha256, and take them into use.

    A release that loses more than a fifth of the terms in use, or of their synonyms, is refused unless a reason is
    given. What was in use stays in use until then.
    """
    from kg.cli._render import progress_bar, stderr
    from kg.ontology import preview, pull

    chosen = settings(config)
    if upgrade and accept is not None:
        raise typer.BadParameter("--upgrade only looks; leave it out to accept", param_hint="--accept")
    if upgrade:
        with progress_bar() as progress:
            diffs = preview(names or [], chosen, progress=progress)
        _show_changes(diffs, chosen, format, output)
        raise typer.Exit(1 if any(diff.changes for diff in diffs) else 0)

    def say(diff: ReleaseDiff) -> None:
        stderr.print(str(diff), markup=False, highlight=False, soft_wrap=True)

    with progress_bar() as progress:
        pulled = pull(names or [], chosen, accept=accept, progress=progress, told=say)
    for item in pulled:
        stderr.print(f"pulled {item}", markup=False, highlight=False)


def _show_changes(diffs: list[ReleaseDiff], config: KgConfig, format: Format | None, output: Path | None) -> None:
    from kg.cli._render import stderr, write_rows

    used = _mentions_in_current_build(config)
    columns = ("vocabulary", "change", "id", "before", "after", "replaced_by", "in_graph", "mentions")
    rows: list[dict[str, Any]] = [
        {
            "vocabulary": diff.name,
            "change": change.change,
            "id": change.curie,
            "before": change.before,
            "after": change.after,
            "replaced_by": change.replaced_by,
            "in_graph": change.curie in used,
            "mentions": _mentions(change, used.get(change.curie, {})),
        }
        for diff in diffs
        for change in diff.changes
    ]
    # What the graph uses first: of thousands of terms these are the ones that somebody will miss.
    order = ("removed", "obsoleted", "synonym gone", "renamed", "added", "synonym new")
    rows.sort(
        key=lambda row: (
            row["vocabulary"],
            not row["mentions"],
            not row["in_graph"],
            order.index(row["change"]),
            row["id"],
            row["before"],
        )
    )
    is_table = format in (None, Format.TABLE) and (output is None or output.suffix == ".txt")
    shown = rows[:_MOST_ROWS] if is_table else rows
    if rows or not is_table:
        write_rows(shown, columns, format=format, output=output)
    if len(shown) < len(rows):
        stderr.print(f"{len(rows) - len(shown):,} more rows: -o effect.csv keeps all", highlight=False)
    for diff in diffs:
        mine = [row for row in rows if row["vocabulary"] == diff.name]
        lost = sum(row["in_graph"] for row in mine if row["change"] in _LOSSES)
        mentions = sum(row["mentions"] for row in mine)
        said = f"{diff}; {lost:,} of the lost terms and {mentions:,} mentions of lost names are in the current build"
        stderr.print(said, markup=False, highlight=False, soft_wrap=True)
    said = "nothing was changed; to take them: kg ontologies pull" if diffs else "the pinned releases are in use"
    stderr.print(said, markup=False, highlight=False)


def _mentions(change: TermChange, surfaces: Mapping[str, int]) -> int:
    """Count the mentions that rest on what goes: on any name of a lost term, else on the name."""
    if change.change in _LOSSES:
        return sum(surfaces.values())
    return surfaces.get(change.before.casefold(), 0) if change.change == "synonym gone" else 0


def _mentions_in_current_build(config: KgConfig) -> dict[str, dict[str, int]]:
    """Count the current build's mentions by term and by surface, case-folded; of other nodes there are none."""
    from kg.errors import BuildError
    from kg.graph.build_dir import resolve_build

    try:
        build = resolve_build(None, config.build.out)
    except BuildError:
        return {}  # there is no build yet: nothing of it can be missed
    found: dict[str, dict[str, int]] = {node: {} for node in build.read("nodes", ["id"])["id"]}
    for curie, surface in build.read("mentions", ["curie", "surface"]).iter_rows():
        counts = found.setdefault(curie, {})
        counts[surface.casefold()] = counts.get(surface.casefold(), 0) + 1
    return found
