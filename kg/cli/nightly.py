"""``kg nightly``: everything, in order, once a night."""

from __future__ import annotations

from typing import Annotated

import typer

from kg.cli._options import ConfigOption, given_reason, settings
from kg.logs import LogFormat, setup_logging

EXAMPLE = """
Exit codes: 0 published, or nothing new · 1 a gate holds the build back: look at the report, then 'kg publish
--accept REASON' · 3 it failed, and readers keep the last good build · 4 published, but a source, the server or
the pages need somebody · 70 a fault of kg itself.\n
Examples:\n
  kg nightly --dry-run                      what would be done; nothing is\n
  kg nightly --config /etc/kg.toml --log-format json
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("nightly", epilog=EXAMPLE)(nightly_command)


def nightly_command(
    config: ConfigOption = None,
    accept: Annotated[
        str | None,
        typer.Option(
            help="Publish tonight though a gate fails, and record this reason.",
            show_default=False,
            callback=given_reason,
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    log_format: Annotated[LogFormat, typer.Option(help="How the log on stderr is written.")] = LogFormat.TEXT,
) -> None:
    """Harvest, build, ask the gates, publish, update pages, report.

    In the morning there is a better graph, or last night's with a report that says why. Steps that kg.toml
    doesn't configure are skipped. Each run has a folder in builds/runs: its record, its report, its metrics;
    builds/runs/latest is the newest. One run at a time.
    """
    from kg.build.nightly import plan_nightly, run_nightly
    from kg.build.run_record import new_run_id
    from kg.cli._render import stderr, write_text

    chosen = settings(config)
    if dry_run:
        for line in plan_nightly(chosen):
            write_text(line + "\n")
        return
    run_id = new_run_id()
    setup_logging(log_format, run_id)
    record = run_nightly(chosen, accept=accept, run_id=run_id)
    if log_format is LogFormat.TEXT:
        stderr.print(
            f"run {record.run_id}: {record.outcome}, current is {record.current}; exit code {record.exit_code}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
        for line in (*record.remaining, *([record.error] if record.error else [])):
            stderr.print(line, markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(record.exit_code or 0)
