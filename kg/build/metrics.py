"""The figures of a run as metrics, in the text format that Prometheus' node_exporter picks up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from kg.build.run_facts import OUTCOMES, StepFact

if TYPE_CHECKING:
    from kg.build.run_report import BuildSummary, Changes, RunReport

_NAME: Final = re.compile(r"[a-z_][a-z0-9_]*")
_Labels = Mapping[str, str]


class _Metric(NamedTuple):
    name: str
    help: str
    samples: list[tuple[_Labels, float]]


def metrics_text(report: RunReport) -> str:
    """Write a run's figures as gauges.

    Parameters
    ----------
    report : RunReport
        Of the run.

    Returns
    -------
    str
        Each metric with its help and type; no time stamps, which node_exporter refuses.
    """
    metrics = [*_of_run(report), *_of_gates(report)]
    if report.build is not None:
        metrics += _of_build(report.build)
    if report.changes is not None:
        metrics += _of_changes(report.changes)
    lines = []
    for metric in metrics:
        if not metric.samples:
            continue
        assert _NAME.fullmatch(metric.name), metric.name
        lines += [f"# HELP {metric.name} {_help(metric.help)}", f"# TYPE {metric.name} gauge"]
        lines += [f"{metric.name}{_labels(labels)} {_number(value)}" for labels, value in metric.samples]
    return "\n".join(lines) + "\n"


def _of_run(report: RunReport) -> Iterable[_Metric]:
    run = report.run
    build_id = report.point.build_id or ""
    yield _Metric(
        "kg_run_info",
        "The last run: its id, the build it made, the version of kg.",
        [({"run_id": run.run_id, "build_id": build_id, "version": report.package_version}, 1)],
    )
    yield _Metric(
        "kg_run_outcome",
        "1 for what the last run came to: published, unchanged, held by a gate, failed.",
        [({"outcome": outcome}, float(outcome == run.outcome)) for outcome in OUTCOMES],
    )
    yield _Metric("kg_run_exit_code", "Exit code of the last run.", [({}, run.exit_code)])
    times = (("start", run.started_at), ("end", run.finished_at))
    for name, moment in times:
        if (seconds := _unix(moment)) is not None:
            yield _Metric(
                f"kg_run_{name}_time_seconds", f"When the last run came to its {name}.", [({}, seconds)]
            )
    yield _Metric(
        "kg_run_step_seconds",
        "How long each step of the last run took.",
        _by("step", _summed(run.steps)),
    )
    if run.peak_mb is not None:
        yield _Metric(
            "kg_run_peak_memory_bytes", "Most memory that the last run held.", [({}, run.peak_mb * 2**20)]
        )
    yield _Metric(
        "kg_run_records", "Records of the last run, and how many were worked on again.", _by("work", run.work)
    )
    yield _Metric("kg_score", "Score on the gold, from 0 to 1.", _by("score", run.scores))
    sources = run.sources
    yield _Metric(
        "kg_source_stale",
        "1 if the source couldn't be brought up to date, and its last good records were used.",
        [({"source": source.source}, float(source.reason is not None)) for source in sources],
    )
    yield _Metric(
        "kg_source_records",
        "Current records of the source in the store.",
        [({"source": source.source}, source.records) for source in sources],
    )
    yield _Metric(
        "kg_source_failing_records",
        "Records of the source whose last try failed.",
        [({"source": source.source}, source.failing) for source in sources],
    )
    yield _Metric(
        "kg_source_last_success_time_seconds",
        "When the source was last brought up to date as a whole.",
        [
            ({"source": source.source}, seconds)
            for source in sources
            if source.good_at and (seconds := _unix(source.good_at)) is not None
        ],
    )


def _of_gates(report: RunReport) -> Iterable[_Metric]:
    passed: dict[str, bool] = {}
    for gate in report.run.gates:  # a gate of several comparisons holds if all do
        passed[gate.name] = passed.get(gate.name, True) and gate.passed
    yield _Metric(
        "kg_gate_passed",
        "1 if the gate let the build pass.",
        _by("gate", {k: float(v) for k, v in passed.items()}),
    )


def _of_build(build: BuildSummary) -> Iterable[_Metric]:
    label_of = {
        "records": ("type", "Records that the build read."),
        "nodes": ("label", "Nodes of the build."),
        "edges": ("predicate", "Edges of the build."),
        "claims": ("kind", "Claims of the build."),
        "mentions": ("category", "Mentions of terms in texts."),
        "evidence": ("method", "Pieces of evidence."),
        "problems": ("severity", "Problems with the inputs."),
    }
    for part, (label, said) in label_of.items():
        yield _Metric(f"kg_build_{part}", said, _by(label, build.counts.get(part, {})))
    yield _Metric(
        "kg_build_claims_by_status", "Claims by what the evidence says.", _by("status", build.statuses)
    )
    yield _Metric("kg_build_rule_breaks", "Breaks of each rule of evidence.", _by("rule", build.rule_breaks))
    yield _Metric("kg_build_datasets", "Datasets whose records were read.", [({}, build.datasets)])
    yield _Metric("kg_build_datasets_linked", "Datasets with each kind of link.", _by("to", build.having))


def _of_changes(changes: Changes) -> Iterable[_Metric]:
    yield _Metric(
        "kg_build_changes",
        "What differs from the build before: claims, nodes and evidence by change and cause.",
        [({name: row[name] for name in ("what", "change", "cause")}, row["count"]) for row in changes.counts],
    )


def _summed(steps: Iterable[StepFact]) -> dict[str, float]:
    """Add up steps of one name: two samples with the same labels would be refused."""
    found: dict[str, float] = {}
    for step in steps:
        found[step.name] = found.get(step.name, 0.0) + step.seconds
    return found


def _by(label: str, counts: Mapping[str, float]) -> list[tuple[_Labels, float]]:
    return [({label: name}, count) for name, count in counts.items()]


def _unix(moment: str) -> float | None:
    try:
        return datetime.fromisoformat(moment).timestamp()
    except ValueError:
        return None  # a time that somebody else wrote; the other figures still count


def _labels(labels: _Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _help(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(round(float(value), 6))
