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
  kg report -o report.html\n
  kg report --run latest          what the last 'kg nightly' came to\n
  kg report --open                its page in the browser; of a build where no run is
"""


class ReportFormat(StrEnum):
    """How the report is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    PARQUET = "parquet"
    HTML = "html"
    PROM = "prom"


_RUN_FILES = {
    ReportFormat.HTML: "report.html",
    ReportFormat.JSON: "report.json",
    ReportFormat.PROM: "metrics.prom",
}


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
    run: Annotated[
        str | None,
        typer.Option(
            "--run",
            help="A run of 'kg nightly' in place of a build: its id, or 'latest'.",
            show_default=False,
        ),
    ] = None,
    open_page: Annotated[
        bool, typer.Option("--open", help="Open the page: of the run, of the build, or else of the latest run.")
    ] = False,
) -> None:
    """Report on a build. The same report lies beside its tables as report.html and report.json.

    A run of 'kg nightly' has a report of its own, with what changed and why, scores over time and sources.
    """
    from kg.build.history import LATEST, RUNS
    from kg.build.report import REPORTED, Report, make_report, read_columns, report_html, report_json
    from kg.cli._options import Format
    from kg.cli._render import write_rows, write_text
    from kg.graph.build_dir import resolve_build
    from kg.graph.tables import TABLES

    out = settings(config).build.out
    if run is not None and build is not None:
        raise typer.BadParameter("name a run or a build", param_hint="--run")
    if open_page and run is None and build is None and (out / RUNS / LATEST).is_dir():
        run = LATEST
    if run is not None:
        _show_run(_run_folder(out, run), format, output, open_page=open_page)
        return
    opened = resolve_build(build, out)
    if open_page:
        _open(opened.path / "report.html")
        return
    chosen = format or {".html": ReportFormat.HTML, ".json": ReportFormat.JSON}.get(output.suffix if output else "")
    if chosen is ReportFormat.PROM:
        raise typer.BadParameter("a build has no metrics, a run has: --run latest", param_hint="--format")
    rows_format = Format(chosen.value) if chosen and chosen is not ReportFormat.HTML else None
    if problems:
        write_rows(opened.table("problems").to_dicts(), list(TABLES["problems"]), format=rows_format, output=output)
        return
    report: Report = make_report(opened.manifest, read_columns(opened, REPORTED))
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


def _run_folder(out: Path, run: str) -> Path:
    from kg.build.history import RUNS
    from kg.errors import BuildError

    # A name and no path: what is read lies in the folder of runs.
    folder = out / RUNS / Path(run).name
    if not (folder / "report.json").is_file():
        raise BuildError("there is no report of such a run", str(folder), f"'kg nightly' writes one: ls {out / RUNS}")
    return folder.resolve()


def _show_run(folder: Path, format: ReportFormat | None, output: Path | None, *, open_page: bool) -> None:
    from kg.build.run_report import read_run_report, run_lines
    from kg.cli._render import write_text

    if open_page:
        _open(folder / "report.html")
        return
    endings = {".html": ReportFormat.HTML, ".json": ReportFormat.JSON, ".prom": ReportFormat.PROM}
    chosen = format or endings.get(output.suffix if output else "", ReportFormat.TABLE)
    if chosen is ReportFormat.TABLE:
        lines = run_lines(read_run_report(folder))
        write_text("\n".join([*lines, f"page   {folder / 'report.html'}"]) + "\n", output)
    elif chosen in _RUN_FILES:
        write_text((folder / _RUN_FILES[chosen]).read_text(encoding="utf-8"), output)
    else:
        raise typer.BadParameter("a run's report is html, json, prom or text", param_hint="--format")


def _open(path: Path) -> None:
    import webbrowser

    from kg.cli._render import stderr

    stderr.print(str(path), markup=False, highlight=False, soft_wrap=True)
    if not webbrowser.open(path.as_uri()):
        stderr.print("no browser could be started: open the file yourself", markup=False, highlight=False)


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
