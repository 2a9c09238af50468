"""``kg harvest``: bring the record store up to date with the live sources."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kg.cli._options import ConfigOption, Format, FormatOption, OutputOption, settings
from kg.model.progress import Progress as ProgressCall

if TYPE_CHECKING:
    from kg.harvest.live.run import RunReport

EXAMPLE = """
Examples:\n
  kg harvest --dry-run          what would be asked of whom; nothing is\n
  kg harvest dandi --limit 20   a first look: twenty versions\n
  kg harvest                    all that kg.toml has under [harvest]; then: kg build
"""

#: Failures that are printed; the report has them all.
_SHOWN = 5


#: Columns of the table; the other formats have more.
_COLUMNS = ("source", "new", "changed", "unchanged", "deleted", "failed", "seconds", "waiting")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("harvest", epilog=EXAMPLE)(harvest_command)


def harvest_command(
    sources: Annotated[
        list[str] | None,
        typer.Argument(help="Sources: dandi, pubmed, wiki. Without any, all that kg.toml names.", show_default=False),
    ] = None,
    config: ConfigOption = None,
    since: Annotated[
        str | None,
        typer.Option(
            help="Only what changed since this day (2026-11-01), whatever the last run left.", show_default=False
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Most items of each source.", show_default="all")] = None,
    refresh: Annotated[bool, typer.Option("--refresh", help="Ask for everything, also what is known.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done; ask no server, write nothing.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for another harvest to end, instead of leaving.")] = False,
    report: Annotated[
        Path | None,
        typer.Option("--report", help="Also write the run's report (JSON) here.", show_default=False),
    ] = None,
    format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Bring the record store up to date with DANDI, PubMed and the wiki.

    Only what changed is asked for, at each server's pace. A record is never replaced by less: what
    can't be had keeps its last good copy, which is marked stale, and the next run tries again. A run
    that was cut off goes on where it was. 'kg build' then reads the store.

    The exit code is 0 if nothing is missing, 1 if an item or a source failed and its last good
    records were kept, 3 if the harvest couldn't begin.
    """
    from kg.cli._options import choose_format
    from kg.cli._render import stderr, write_rows
    from kg.harvest.live.run import plan_harvest, run_harvest
    from kg.harvest.live.sources import make_harvesters

    chosen = settings(config)
    asked: dict[str, Any] = {"since": since, "limit": limit, "refresh": refresh}
    if dry_run:
        harvesters = make_harvesters(chosen, sources, with_defaults=True)
        steps = plan_harvest(chosen.harvest, harvesters, **asked)
        planned = [{"source": source, "step": step} for source, found in steps.items() for step in found]
        write_rows(planned, ("source", "step"), format=format, output=output)
        if idle := [source for source in steps if getattr(chosen.harvest, source) is None]:
            tables = ", ".join(f"[harvest.{source}]" for source in idle)
            stderr.print(
                f"note: the settings have no {tables}: these steps are of its defaults, and 'kg harvest' asks nobody "
                "before it is there",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
        return
    harvesters = make_harvesters(chosen, sources)
    with _progress_bar() as progress:
        done = run_harvest(chosen.harvest, harvesters, wait=wait, progress=progress, **asked)
    if report is not None:
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text(json.dumps(done.as_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    rows: list[dict[str, Any]] = [
        {
            "source": source.summary.source,
            "new": source.summary.new,
            "changed": source.summary.changed,
            "unchanged": source.summary.unchanged,
            "deleted": source.summary.deleted,
            "failed": len(source.summary.failed),
            "withheld": len(source.summary.withheld),
            "state": "stale" if source.summary.stale else "current",
            "requests": source.traffic.requests,
            "megabytes": round(source.traffic.bytes_received / 1e6, 2),
            "seconds": round(source.seconds, 1),
            "waiting": f"{source.waiting_share:.0%}",
        }
        for source in done.sources
    ]
    is_table = choose_format(format, output) is Format.TABLE  # which has to fit on a terminal
    write_rows(rows, _COLUMNS if is_table else list(rows[0]), format=format, output=output)
    for line in _messages(done):
        stderr.print(line, markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(done.exit_code)


def _messages(report: RunReport) -> Iterator[str]:
    for source in report.sources:
        summary, name = source.summary, source.summary.source
        if summary.stale:
            kept = (
                f"its {source.records:,} last good records are kept, and stale"
                if source.records
                else "it has no records yet"
            )
            yield f"{name}: given up: {summary.stale}; {kept}"
        for failure in summary.failed[:_SHOWN]:
            yield f"{name}: {failure.key}: {failure.reason}"
        if len(summary.failed) > _SHOWN:
            yield f"{name}: and {len(summary.failed) - _SHOWN} more, all in the report"
        if summary.withheld:
            first = summary.withheld[0]
            yield f"{name}: {len(summary.withheld)} withheld or absent, as {first.key}: {first.reason}"
        yield from (f"{name}: {note}" for note in summary.notes[:_SHOWN])
        if len(summary.notes) > _SHOWN:
            yield f"{name}: and {len(summary.notes) - _SHOWN} more notes, all in the report"
    yield f"report {report.path}"


def _progress_bar() -> AbstractContextManager[ProgressCall]:
    """Show how far it is, how fast, and how long it will take."""
    from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn, TimeRemainingColumn
    from rich.text import Text

    from kg.cli._render import progress_bar

    class Rate(ProgressColumn):
        """Items a second."""

        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:,.1f}/s" if task.speed else "", style="progress.data.speed")

    return progress_bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(elapsed_when_finished=True),
        speed_period_s=120,  # a server's pace comes in bursts
    )
