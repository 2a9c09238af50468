"""``kg build``: from records to a graph."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from kg.cli._options import ConfigOption, given_reason, settings

EXAMPLE = """
Examples:\n
  kg build                                   the bundled sample, or what ./kg.toml names\n
  kg build --config nightly.toml --out graphs/today
"""

#: Stale records that are named, each on a line.
_MOST_STALE = 5


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("build", epilog=EXAMPLE)(build_command)


def build_command(
    config: ConfigOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="The build's own folder. Without it, builds/<build id>, and builds/current points at it.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Build again even if these inputs were built before.")] = False,
    processes: Annotated[
        int | None,
        typer.Option(min=1, help="Worker processes. The result is the same for any number.", show_default="one a core"),
    ] = None,
    accept: Annotated[
        str | None,
        typer.Option(
            help="Publish though a gate fails, and record this reason.", show_default=False, callback=given_reason
        ),
    ] = None,
    project: Annotated[
        bool,
        typer.Option("--project/--no-project", help="Load the embedded Cypher store now, not at the first query."),
    ] = True,
) -> None:
    """Read the records, link them, decide what may be claimed, and write the graph.

    The build's id is a hash of its inputs: the same inputs give the same id and the same bytes.
    One bad record never stops a build: it is listed in the report, with its file, field and reason.
    Only what has changed since earlier builds is linked again. Without --out the gates are asked
    ([gates] in kg.toml); a build that one of them holds back is kept, builds/current stays, and the
    exit code is 1: 'kg publish --accept REASON' goes on.
    """
    from kg.build.pipeline import build
    from kg.build.publication import publish_gated, say_verdict
    from kg.cli._render import progress_bar, stderr
    from kg.graph.publications import current_path
    from kg.harvest.live.reading import stale_records

    chosen = settings(config)
    if processes is not None:
        chosen = chosen.model_copy(update={"build": chosen.build.model_copy(update={"processes": processes})})
    with progress_bar() as progress:
        result = build(chosen, out=out, force=force, publish=False, progress=progress)
        # What readers see already was asked about when it became what they see.
        is_current = result.is_reused and current_path(chosen.build.out) == result.build.path.resolve()
        is_asked = out is None and (not is_current or accept is not None)
        verdict = None
        if is_asked:
            verdict = publish_gated(chosen, result.build, accept=accept, vocabulary=result.vocabulary)
        if project and (verdict is None or verdict.is_published):
            from kg.export.embedded import open_store

            started = time.perf_counter()
            open_store(result.build, chosen.cache_dir, progress=progress)
            result.seconds["embedded store"] = time.perf_counter() - started
    _show_counts(result.build.manifest.counts)
    problems = result.build.manifest.counts["problems"]
    where = result.build.path
    stderr.print(
        f"build {result.build.manifest.build_id} {'was there already' if result.is_reused else 'done'}: {where}\n"
        f"report {where / 'report.html'}: inputs not in the graph: {problems.get('error', 0)}, "
        f"warnings: {problems.get('warning', 0)}, notes: {problems.get('note', 0)}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    stale = stale_records(chosen.harvest)
    for problem in stale[:_MOST_STALE]:
        line = f"stale  {problem.path}: {problem.reason}; {problem.mend}"
        stderr.print(line, markup=False, highlight=False, soft_wrap=True)
    if len(stale) > _MOST_STALE:
        stderr.print(f"stale  and {len(stale) - _MOST_STALE:,} more records: kg store ls", highlight=False)
    if not result.is_reused:
        steps = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in result.seconds.items())
        stderr.print(f"time   {steps}", markup=False, highlight=False, soft_wrap=True)
    if verdict is not None:
        for line in say_verdict(verdict, chosen.build.out):
            if not verdict.is_published or line.startswith("gate"):
                stderr.print(line, markup=False, highlight=False, soft_wrap=True)
        if not verdict.is_published:
            raise typer.Exit(1)


def _show_counts(counts: dict[str, dict[str, int]]) -> None:
    from kg.cli._render import write_rows

    rows: list[dict[str, Any]] = [
        {"what": what, "kind": kind, "count": count}
        for what in ("records", "mentions", "claims", "nodes", "edges")
        for kind, count in counts[what].items()
    ]
    write_rows(rows, ("what", "kind", "count"))
