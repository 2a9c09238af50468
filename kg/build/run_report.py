"""The report on a run: what changed and why, figures over time, and how sources, gates and steps fared.

A build's own report knows no time, so that equal inputs give equal bytes. All that has a time is here, in
``runs/<run id>/`` beside the builds: ``report.html`` for people, ``report.json`` for programs (docs/operations.md
says what is in it) and ``metrics.prom`` for node_exporter.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import polars as pl
from pydantic import Field, ValidationError

from kg import __version__
from kg.build.attention import Attention, attention_of, headline_of
from kg.build.coverage import COLUMNS, CoverageRow, coverage_by, datasets_of
from kg.build.history import LATEST, REPORT, RUNS, Point, history_of, totals_of
from kg.build.metrics import metrics_text
from kg.build.report import REPORTED, ProblemGroup, make_report, read_columns
from kg.build.run_facts import GateFact, Part, RunFacts, SourceHealth, StepFact, gate_facts, source_health
from kg.build.run_page import run_html
from kg.errors import BuildError
from kg.graph.build_dir import Build
from kg.graph.diff import BuildDiff, summary_of
from kg.model import Severity

__all__ = [
    "GateFact",
    "RunFacts",
    "RunReport",
    "SourceHealth",
    "StepFact",
    "gate_facts",
    "history_of",
    "make_run_report",
    "read_run_report",
    "run_lines",
    "source_health",
    "write_run_report",
]

#: Number of the shape of report.json: raised when a key goes or changes its meaning, not when one is added.
VERSION: Final = 1
METRICS: Final = "metrics.prom"
PAGE: Final = "report.html"
#: Most rows of each list.
_MOST: Final = 20
_EXAMPLES: Final = 12
_PLAIN: Final = ("MENTIONS", "SUBCLASS_OF", "PART_OF", "HAS_CONTRIBUTOR", "DOCUMENTS", "CITES", "LINKS_TO")


class BuildSummary(Part):
    """What the report says of the run's build."""

    build_id: str
    path: str
    counts: dict[str, dict[str, int]]
    vocabularies: dict[str, str]
    datasets: int
    #: Kind of link -> datasets that have it.
    having: dict[str, int]
    coverage_by: dict[str, list[CoverageRow]]
    statuses: dict[str, int]
    #: Rule -> claims or pages that break it.
    rule_breaks: dict[str, int]
    #: Other problems with the inputs, by rule: severity and count.
    problems: dict[str, dict[str, Any]]
    contested: list[dict[str, Any]]


class Changes(Part):
    """How the build differs from the one before."""

    old: str
    new: str
    is_empty: bool
    #: Where the graph is the same: how many mentions, problems and records came, went or are otherwise.
    beside: dict[str, tuple[int, int, int]] = Field(default_factory=dict)
    summary: str
    #: Rows of what, change, cause, count.
    counts: list[dict[str, Any]]
    #: Rows of cause, detail, count: the most frequent reasons of each cause.
    reasons: list[dict[str, Any]]
    #: Cause -> changed claims, with names, record and detail.
    examples: dict[str, list[dict[str, Any]]]
    #: Part of the manifest -> name -> count before and after, where they differ.
    counts_before: dict[str, dict[str, tuple[int, int]]]


class RunReport(Part):
    """All that is known of a run."""

    version: int = VERSION
    package_version: str = __version__
    headline: str
    attention: list[Attention]
    run: RunFacts
    point: Point
    build: BuildSummary | None
    changes: Changes | None
    #: Earlier runs, the oldest first, and this one.
    history: list[Point]


def make_run_report(
    facts: RunFacts,
    *,
    build: Build | None = None,
    previous: Build | None = None,
    diff: BuildDiff | None = None,
    history: Sequence[Point] = (),
) -> RunReport:
    """Put together what is known of a run.

    Parameters
    ----------
    facts : RunFacts
        What happened.
    build : Build, optional
        What it made; none if it failed before.
    previous : Build, optional
        What readers saw before; none on the first night.
    diff : BuildDiff, optional
        The difference of the two.
    history : sequence of Point
        Earlier runs.

    Returns
    -------
    RunReport
    """
    summary = _summarise(build) if build is not None else None
    changes = _changes(diff, build, previous) if diff is not None and build is not None else None
    point = Point(
        run_id=facts.run_id,
        at=facts.finished_at,
        outcome=facts.outcome,
        build_id=build.manifest.build_id if build is not None else None,
        totals=totals_of(build.manifest.counts) if build is not None else {},
        figures=_figures(summary) if summary is not None else {},
        scores=facts.scores,
        failed_gates=tuple(gate.name for gate in facts.gates if not gate.passed),
        seconds=facts.seconds or None,
        peak_mb=facts.peak_mb,
    )
    return RunReport(
        headline=headline_of(facts, is_same=changes.is_empty if changes is not None else None),
        attention=attention_of(facts, point, history),
        run=facts,
        point=point,
        build=summary,
        changes=changes,
        history=[*history, point],
    )


def write_run_report(
    out: Path,
    facts: RunFacts,
    *,
    build: Build | None = None,
    previous: Build | None = None,
    diff: BuildDiff | None = None,
) -> Path:
    """Write the report on a run, its JSON and its metrics, each whole or not at all.

    Parameters
    ----------
    out : Path
        The folder of builds.
    facts, build, previous, diff
        As of `make_run_report`.

    Returns
    -------
    Path
        The run's folder; ``runs/latest`` points at it.
    """
    report = make_run_report(
        facts, build=build, previous=previous, diff=diff, history=history_of(out, before=facts.run_id)
    )
    folder = out / RUNS / facts.run_id
    folder.mkdir(parents=True, exist_ok=True)
    # The JSON last: history counts a run whose report.json is there.
    _write(folder / METRICS, metrics_text(report))
    _write(folder / PAGE, run_html(report))
    _write(folder / REPORT, report_json(report))
    aside = out / RUNS / f".{LATEST}.{uuid4().hex[:8]}"
    aside.symlink_to(facts.run_id, target_is_directory=True)
    aside.replace(out / RUNS / LATEST)
    return folder


def report_json(report: RunReport) -> str:
    """Write the report as JSON."""
    return json.dumps(report.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"


def read_run_report(folder: Path) -> RunReport:
    """Read the report of a run.

    Raises
    ------
    BuildError
        If another version of kg wrote it in another shape.
    """
    path = folder / REPORT
    try:
        return RunReport.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        raise BuildError(
            f"the report can't be read: {first['msg'].lower()}", str(path), "open the report.html beside it"
        ) from error


def run_lines(report: RunReport) -> list[str]:
    """Say in a few lines what a run came to: they fit a message."""
    run = report.run
    lines = [f"{report.headline} (run {run.run_id}, {run.outcome}, exit code {run.exit_code})"]
    for item in report.attention:
        lines.append(f"{'fails' if item.level == 'bad' else 'note':6} {item.what}")
        if item.mend:
            lines.append(f"         {item.mend}")
    if report.changes is not None:
        lines.append(report.changes.summary)
    if run.scores:
        lines.append(
            "scores " + ", ".join(f"{name} {score:.3f}" for name, score in sorted(run.scores.items()))
        )
    return lines


def _write(path: Path, text: str) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with aside.open("w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _summarise(build: Build) -> BuildSummary:
    tables = read_columns(build, REPORTED)
    report = make_report(build.manifest, tables)
    datasets = datasets_of(tables)["id"]
    edges = tables["edges"].filter(pl.col("subject").is_in(datasets.implode()))
    having = {
        column: edges.filter(pl.col("predicate") == predicate)["subject"].n_unique()
        for column, predicate in COLUMNS.items()
    }
    return BuildSummary(
        build_id=build.manifest.build_id,
        path=str(build.path),
        counts=build.manifest.counts,
        vocabularies=build.manifest.vocabularies,
        datasets=report.datasets,
        having=having,
        coverage_by=coverage_by(tables),
        statuses=report.statuses,
        rule_breaks=_breaks(report.rule_breaks),
        problems={
            f"{group.rule} ({group.severity})": {"severity": group.severity, "count": group.count}
            # What is only noted breaks no rule, to the gate too.
            for group in (*report.problems, *(g for g in report.rule_breaks if g.severity == Severity.NOTE))
        },
        contested=report.contested[:_MOST],
    )


def _breaks(groups: Iterable[ProblemGroup]) -> dict[str, int]:
    """Count the breaks of each rule, whatever their severities."""
    counts: Counter[str] = Counter()
    for group in groups:
        if group.severity != Severity.NOTE:
            counts[group.rule] += group.count
    return dict(counts)


def _figures(summary: BuildSummary) -> dict[str, int]:
    return {
        "datasets": summary.datasets,
        **{f"datasets with {column}": count for column, count in summary.having.items()},
        "contested claims": summary.statuses.get("contested", 0),
        "rule breaks": sum(summary.rule_breaks.values()),
        "inputs not in the graph": summary.counts.get("problems", {}).get("error", 0),
    }


def _changes(diff: BuildDiff, build: Build, previous: Build | None) -> Changes:
    rows = diff.rows
    claims = rows.filter(pl.col("what") == "claim")
    told = rows if claims.is_empty() else claims
    reasons = (
        told.group_by("cause", "detail")
        .len("count")
        .sort(["count", "cause", "detail"], descending=[True, False, False])
    )
    names = _names(claims, [build, *([previous] if previous is not None else [])])
    examples: dict[str, list[dict[str, Any]]] = {}
    for cause in reasons["cause"].unique(maintain_order=True).to_list():
        shown = _varied(claims.filter(pl.col("cause") == cause))
        examples[cause] = [
            {**row, "subject_name": names.get(row["subject"]), "object_name": names.get(row["object"])}
            for row in shown.drop("what").head(_EXAMPLES).to_dicts()
        ]
    return Changes(
        old=diff.old.build_id,
        new=diff.new.build_id,
        is_empty=diff.is_empty,
        beside={name: tuple(moved) for name, moved in diff.beside.items()},
        summary=summary_of(diff),
        counts=diff.counts().to_dicts(),
        reasons=reasons.group_by("cause", maintain_order=True).head(8).to_dicts(),
        examples=examples,
        counts_before=_counts_before(diff.old.counts, diff.new.counts),
    )


def _varied(claims: pl.DataFrame) -> pl.DataFrame:
    """Sort claims so that the first ones show what there is: one of each predicate and change, then the next."""
    ordered = claims.sort("change", "predicate", "subject", "object", "id")
    turn = pl.int_range(pl.len()).over("predicate", "change")
    # What follows from others, or only says where a name stands, comes last.
    is_plain = pl.col("predicate").is_in(_PLAIN)
    ranked = ordered.with_columns(turn=turn, plain=is_plain)
    return ranked.sort("plain", "turn", "change", "predicate", "id").drop("turn", "plain")


def _names(claims: pl.DataFrame, builds: Sequence[Build]) -> dict[str, str]:
    ends = pl.concat([claims["subject"], claims["object"]]).drop_nulls().unique()
    found: dict[str, str] = {}
    for build in reversed(builds):
        nodes = build.table("nodes").select("id", "name").filter(pl.col("id").is_in(ends.implode()))
        found.update({node: name for node, name in nodes.iter_rows() if name})
    return found


def _counts_before(
    old: Mapping[str, Mapping[str, int]], new: Mapping[str, Mapping[str, int]]
) -> dict[str, dict[str, tuple[int, int]]]:
    moved: dict[str, dict[str, tuple[int, int]]] = {}
    for part in sorted({*old, *new}):
        before, after = old.get(part, {}), new.get(part, {})
        rows = {
            name: (before.get(name, 0), after.get(name, 0))
            for name in sorted({*before, *after})
            if before.get(name, 0) != after.get(name, 0)
        }
        if rows:
            moved[part] = rows
    return moved
