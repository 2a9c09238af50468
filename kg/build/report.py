"""The report on a build: what is in it, what it covers, what was wrong with its inputs.

It is worked out from the tables alone, so it is as deterministic as they are, and the same report
can be made again from an old build.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import polars as pl

from kg.build.coverage import CoverageRow, coverage_by, datasets_of
from kg.build.run_facts import Part
from kg.build.run_page import environment
from kg.graph.build_dir import Manifest
from kg.graph.tables import TABLES
from kg.model import Method

#: Number of the shape of report.json: raised when a key goes or changes its meaning, not when one is added.
VERSION = 1
#: Most rows of a list in the HTML report; the tables have them all.
_MOST = 200

#: Share of datasets: heading -> relationship type.
_COVERAGE = {
    "a species": "STUDIES_SPECIES",
    "a technique": "USES_TECHNIQUE",
    "a brain region": "RECORDS_FROM",
    "a cell type": "TARGETS_CELL_TYPE",
    "a disease or mechanism (rule 1)": "RELEVANT_TO",
    "a publication that describes it": "DESCRIBED_BY",
}


#: Columns that a report reads.
REPORTED: Final = {
    "nodes": ("id", "label", "name", "url", "in_snapshot"),
    "edges": (
        "claim_id",
        "subject",
        "predicate",
        "object",
        "kind",
        "status",
        "confidence",
        "evidence_count",
    ),
    "claims": (
        "id",
        "subject",
        "predicate",
        "object",
        "status",
        "confidence",
        "evidence_count",
        "systems",
    ),
    "evidence": ("id", "claim_id", "record_id", "section", "quote", "polarity", "method"),
    "problems": tuple(TABLES["problems"]),
}


class Readable(Protocol):
    """A build, or one under way."""

    def read(self, name: str, columns: Sequence[str]) -> pl.DataFrame:
        """Read some columns of a table."""


def read_columns(build: Readable, columns: Mapping[str, Sequence[str]]) -> dict[str, pl.DataFrame]:
    """Read what some columns of a build's tables hold."""
    return {name: build.read(name, chosen) for name, chosen in columns.items()}


class Coverage(Part):
    """How many datasets have a kind of link, and how many have it from a typed field alone."""

    what: str
    datasets: int
    share: float
    from_fields: int


class ProblemGroup(Part):
    """Problems of one rule."""

    rule: str
    severity: str
    count: int
    rows: list[dict[str, Any]]


class Report(Part):
    """What a reader wants to know of a build."""

    version: int = VERSION
    build_id: str
    package_version: str
    vocabularies: dict[str, str]
    inputs: dict[str, int]
    counts: dict[str, dict[str, int]]
    datasets: int
    coverage: list[Coverage]
    coverage_by: dict[str, list[CoverageRow]]
    statuses: dict[str, int]
    rule_breaks: list[ProblemGroup]
    problems: list[ProblemGroup]
    not_in_graph: int
    gate: list[dict[str, Any]]
    mechanisms: list[dict[str, Any]]
    contested: list[dict[str, Any]]
    without_region: list[dict[str, Any]]


def make_report(manifest: Manifest, tables: Mapping[str, pl.DataFrame]) -> Report:
    """Work out the report on a build.

    Parameters
    ----------
    manifest : Manifest
        The build's identity and counts.
    tables : mapping of str to polars.DataFrame
        Its tables, at least the columns of `REPORTED`.

    Returns
    -------
    Report
        The same for the same tables.
    """
    edges, claims = tables["edges"], tables["claims"]
    datasets = datasets_of(tables)
    recorded = edges.filter(pl.col("predicate") == "RECORDS_FROM")["subject"].unique().implode()
    groups = _problem_groups(tables["problems"])
    in_field = (pl.col("method") == "structured_field") | pl.col("section").str.starts_with("relatedResource")
    typed = tables["evidence"].filter(in_field)["claim_id"].unique()
    return Report(
        build_id=manifest.build_id,
        package_version=manifest.package_version,
        vocabularies=manifest.vocabularies,
        inputs=manifest.inputs,
        counts=manifest.counts,
        datasets=datasets.height,
        coverage=[
            _coverage(what, edges.filter(pl.col("predicate") == predicate), typed, datasets.height)
            for what, predicate in _COVERAGE.items()
        ],
        coverage_by=coverage_by(tables),
        statuses={
            row["status"]: row["len"] for row in claims.group_by("status").len().sort("status").to_dicts()
        },
        rule_breaks=[group for group in groups if group.rule.startswith("rule-")],
        problems=[group for group in groups if not group.rule.startswith("rule-")],
        not_in_graph=tables["problems"].filter(pl.col("severity") == "error").height,
        gate=_quoted(edges.filter(pl.col("predicate") == "RELEVANT_TO"), tables),
        mechanisms=_supported_mechanisms(edges, tables),
        contested=_quoted(
            claims.filter(pl.col("status") == "contested").rename({"id": "claim_id"}), tables, per_claim=4
        ),
        without_region=datasets.filter(~pl.col("id").is_in(recorded))
        .select("id", "name", "url")
        .sort("id")
        .to_dicts(),
    )


def _coverage(what: str, edges: pl.DataFrame, typed: pl.Series, total: int) -> Coverage:
    """Count the datasets of edges, and those of them whose claims have evidence from a typed field."""
    count = edges["subject"].n_unique()
    from_fields = edges.filter(pl.col("claim_id").is_in(typed.implode()))["subject"].n_unique()
    return Coverage(
        what=what, datasets=count, share=round(count / total, 3) if total else 0.0, from_fields=from_fields
    )


def _problem_groups(problems: pl.DataFrame) -> list[ProblemGroup]:
    order = {"error": 0, "warning": 1, "note": 2}
    groups = [
        ProblemGroup(
            rule=str(rule), severity=str(severity), count=rows.height, rows=rows.head(_MOST).to_dicts()
        )
        for (rule, severity), rows in problems.group_by("rule", "severity", maintain_order=True)
    ]
    return sorted(groups, key=lambda group: (order[group.severity], -group.count, group.rule))


def _quoted(
    claims: pl.DataFrame, tables: Mapping[str, pl.DataFrame], *, per_claim: int = 1
) -> list[dict[str, Any]]:
    """Give claims with their names and quotes, the best supported first."""
    ends = pl.concat([claims["subject"], claims["object"]]).unique().implode()
    names = tables["nodes"].filter(pl.col("id").is_in(ends)).select("id", "name")
    # Of a million claims few are quoted: what is joined is only of those.
    systems = (
        tables["claims"].filter(pl.col("id").is_in(claims["claim_id"].implode())).select("id", "systems")
    )
    # As many of each side: what speaks against a claim must not be crowded out by what speaks for it.
    is_name = (pl.col("method") != Method.SENTENCE_RULE.value) | pl.col("section").str.starts_with("keyword")
    evidence = (
        tables["evidence"]
        .filter(pl.col("claim_id").is_in(claims["claim_id"].implode()), pl.col("polarity") != "speculative")
        .sort("polarity", is_name, pl.col("quote").str.len_chars(), "id")
        .group_by("claim_id", "polarity", maintain_order=True)
        .head(per_claim)
    )
    quotes = evidence.group_by("claim_id", maintain_order=True).agg(
        pl.struct("quote", "polarity", "record_id", "section").alias("evidence")
    )
    return (
        claims.drop("systems", strict=False)
        .join(names.rename({"id": "subject", "name": "subject_name"}), on="subject", how="left")
        .join(names.rename({"id": "object", "name": "object_name"}), on="object", how="left")
        .join(quotes, on="claim_id", how="left")
        .join(systems, left_on="claim_id", right_on="id", how="left")
        .sort(["confidence", "subject", "object", "claim_id"], descending=[True, False, False, False])
        .select(
            "claim_id",
            "subject",
            "subject_name",
            "predicate",
            "object",
            "object_name",
            "status",
            "confidence",
            "evidence_count",
            "systems",
            "evidence",
        )
        .to_dicts()
    )


def _supported_mechanisms(edges: pl.DataFrame, tables: Mapping[str, pl.DataFrame]) -> list[dict[str, Any]]:
    biological = edges.filter(
        (pl.col("kind") == "biological") & pl.col("subject").str.starts_with("mechanism:")
    )
    top = biological.sort(
        ["evidence_count", "subject", "object", "claim_id"], descending=[True, False, False, False]
    ).head(25)
    found = {row["claim_id"]: row for row in _quoted(top, tables)}
    return [found[claim_id] for claim_id in top["claim_id"]]


def report_json(report: Report) -> str:
    """Write the report as JSON, for machines."""
    return report.model_dump_json(indent=2) + "\n"


def report_html(report: Report) -> str:
    """Write the report as one HTML file that opens offline.

    Every name and quote comes from a record and is escaped; links go to https addresses only.
    """
    return environment().get_template("report.html").render(report=report, most=_MOST)
