"""``kg report``: what is in a build, what it covers, what was wrong with its inputs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from kg.cli._options import BuildOption, ConfigOption, settings

EXAMPLE = """
Examples:\n
  kg report                       counts, coverage and problems\n
  kg report --problems            every problem, a row each\n
  kg report -o report.html
"""


class ReportFormat(StrEnum):
    """How the report is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    PARQUET = "parquet"
    HTML = "html"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report", epilog=EXAMPLE)(report_command)


def report_command(
    build: BuildOption = None,
    config: ConfigOption = None,
    problems: Annotated[
        bool, typer.Option("--problems", help="List every problem with the inputs, a row each.")
    ] = False,
    format: Annotated[
        ReportFormat | None,
        typer.Option("--format", "-f", help="How it is written; -o's ending decides without it.", show_default="table"),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write here instead of to stdout.", show_default=False),
    ] = None,
) -> None:
    """Report on a build. The same report lies beside its tables as report.html and report.json."""
    from kg.build.report import Report, make_report, report_html, report_json
    from kg.cli._options import Format
    from kg.cli._render import write_rows, write_text
    from kg.graph.build_dir import resolve_build
    from kg.graph.tables import TABLES

    opened = resolve_build(build, settings(config).build.out)
    chosen = format or {".html": ReportFormat.HTML, ".json": ReportFormat.JSON}.get(output.suffix if output else "")
    rows_format = Format(chosen.value) if chosen and chosen is not ReportFormat.HTML else None
    if problems:
        write_rows(opened.table("problems").to_dicts(), list(TABLES["problems"]), format=rows_format, output=output)
        return
    report: Report = make_report(opened.manifest, opened.tables)
    if chosen is ReportFormat.HTML:
        write_text(report_html(report), output)
    elif chosen is ReportFormat.JSON:
        write_text(report_json(report), output)
    else:
        rows = _rows(report)
        write_rows(
            rows,
            ("part", "what", "count", "share"),
            format=rows_format,
            output=output,
            title=f"build {report.build_id}: {opened.path}",
        )


def _rows(report: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for part, counts in report.counts.items():
        if part != "problems":
            rows += [{"part": part, "what": what, "count": count, "share": None} for what, count in counts.items()]
    rows += [
        {"part": "datasets with", "what": row.what, "count": row.datasets, "share": row.share}
        for row in report.coverage
    ]
    rows += [
        {"part": "claim status", "what": status, "count": count, "share": None}
        for status, count in report.statuses.items()
    ]
    for group in (*report.rule_breaks, *report.problems):
        rows.append({"part": f"problems: {group.severity}", "what": group.rule, "count": group.count, "share": None})
    return rows
