"""``kg check``: whether a build keeps the rules of evidence."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kg.cli._options import BuildOption, ConfigOption, FormatOption, OutputOption, settings

EXAMPLE = """
Examples:\n
  kg check\n
  kg check --all -o breaks.csv
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check", epilog=EXAMPLE)(check_command)


def check_command(
    build: BuildOption = None,
    config: ConfigOption = None,
    all_claims: Annotated[
        bool, typer.Option("--all", help="Check the shapes over every claim, however long it takes.")
    ] = False,
    format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Check a build against the rules of evidence: what the build found itself, and the SHACL shapes.

    Each break is a row with the record and the rule. The exit code is 1 if there is a break that is
    more than a note. Of a large build the shapes are checked over what the rules are about first.
    """
    from kg.cli._render import stderr, write_rows
    from kg.export.shapes import MOST_CLAIMS, check_shapes
    from kg.graph.build_dir import resolve_build

    opened = resolve_build(build, settings(config).build.out)
    report = check_shapes(opened.tables, most=None if all_claims else MOST_CLAIMS)
    rows: list[dict[str, Any]] = [
        {
            "rule": row["rule"],
            "severity": row["severity"],
            "record": row["record_id"],
            "where": row["field"],
            "reason": row["reason"],
            "found_by": "code",
        }
        for row in opened.table("problems").to_dicts()
        if row["rule"].startswith("rule-")
    ]
    rows += [
        {
            "rule": found.rule,
            "severity": "error",
            "record": found.record,
            "where": found.node,
            "reason": found.reason,
            "found_by": "shapes",
        }
        for found in report.breaks
    ]
    rows.sort(key=lambda row: ({"error": 0, "warning": 1, "note": 2}[row["severity"]], row["rule"]))
    breaks = sum(row["severity"] != "note" for row in rows)
    if rows or output is not None or format is not None:
        write_rows(
            rows, ("rule", "severity", "record", "where", "reason", "found_by"), format=format, output=output
        )
    left = report.claims - report.checked
    stderr.print(
        f"build {opened.manifest.build_id}: {breaks} breaks, {len(rows) - breaks} notes; "
        f"shapes checked over {report.checked:,} of {report.claims:,} claims and {report.nodes:,} nodes"
        + (f" ({left:,} left out: --all checks them)" if left else ""),
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    if breaks:
        raise typer.Exit(1)
