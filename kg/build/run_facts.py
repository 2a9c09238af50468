"""What a run of the nightly rebuild hands to its report: facts that its build, which knows no time, can't hold."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

from kg.build.gates import GateReport
from kg.config import HarvestConfig
from kg.errors import StoreError
from kg.harvest.live.store import RecordStore
from kg.harvest.live.upkeep import list_sources

#: published: readers see the new build; unchanged: there was nothing new; held: a gate failed, and readers see
#: the build before; failed: the run ended before there was a build to publish.
Outcome = Literal["published", "unchanged", "held", "failed"]
OUTCOMES: Final[tuple[Outcome, ...]] = ("published", "unchanged", "held", "failed")
#: Most items of a source that are named with their failure.
_MOST_FAILURES: Final = 20


class Part(BaseModel):
    """A part of a report."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StepFact(Part):
    """One step of a run, in the order in which they ran."""

    name: str
    seconds: float
    peak_mb: float | None = None


class GateFact(Part):
    """One gate: what was compared, and with what it is."""

    name: str
    passed: bool
    detail: str = ""
    limit: str = ""
    #: The parts that it is about: name, and the counts before and now where there are some.
    parts: tuple[dict[str, Any], ...] = ()


class SourceHealth(Part):
    """How a live source fares: how many records it has, since when they are good, and why not, if they aren't."""

    source: str
    records: int = 0
    size_bytes: int = 0
    #: Records whose last try failed; their last good payload is used, but for those that never had one.
    failing: int = 0
    absent: int = 0
    deleted: int = 0
    good_at: str | None = None
    stale_since: str | None = None
    reason: str | None = None
    failures: tuple[dict[str, Any], ...] = ()


class RunFacts(Part):
    """What happened in a run."""

    run_id: str
    started_at: str
    finished_at: str
    outcome: Outcome
    exit_code: int = 0
    #: Why the run ended early: what, where and how to mend it.
    error: str | None = None
    #: What is left to do though the build is published, each with the step that found it.
    remaining: tuple[str, ...] = ()
    #: Why gates that failed were passed over.
    accepted: str | None = None
    #: What was published since the last report, by hand or by a run that was killed before it could report.
    since: tuple[str, ...] = ()
    steps: tuple[StepFact, ...] = ()
    peak_mb: float | None = None
    work: dict[str, int] = {}
    #: Scores on gold, from 0 to 1.
    scores: dict[str, float] = {}
    gates: tuple[GateFact, ...] = ()
    sources: tuple[SourceHealth, ...] = ()
    #: Phrases of titles that no mention touches, and in how many records they are.
    unlinked: tuple[tuple[str, int], ...] = ()

    @property
    def seconds(self) -> float:
        """How long its steps took; 'build: assemble' is a part of 'build', and counts with it."""
        names = {step.name for step in self.steps}
        whole = [step for step in self.steps if step.name.partition(": ")[0] == step.name]
        parts = [
            step for step in self.steps if step not in whole and step.name.partition(": ")[0] not in names
        ]
        return round(sum(step.seconds for step in (*whole, *parts)), 3)


def gate_facts(report: GateReport) -> dict[str, Any]:
    """Give what a run's facts take over from the gates: their verdicts, the scores, the unlinked phrases.

    Parameters
    ----------
    report : GateReport
        What the gates said.

    Returns
    -------
    dict
        ``RunFacts(…, **gate_facts(report))``.
    """
    gates = tuple(
        GateFact(name=gate.name, passed=gate.is_passed, detail=gate.said, parts=gate.parts)
        for gate in report.gates
    )
    return {"gates": gates, "scores": report.scores, "unlinked": report.unlinked}


def source_health(config: HarvestConfig) -> tuple[SourceHealth, ...]:
    """Ask the record store how its sources fare.

    Parameters
    ----------
    config : HarvestConfig
        Where the store is.

    Returns
    -------
    tuple of SourceHealth
        Sorted by source; none where there is no store. A store that can't be read is a row that says so: a
        report is wanted most when something is broken.
    """
    if not (config.store / "store.sqlite").is_file():
        return ()
    try:
        with RecordStore.open(config.store, write=False) as store:
            return tuple(_health(row, store) for row in list_sources(store))
    except StoreError as error:
        return (SourceHealth(source="record store", reason=f"it can't be read: {error.what}"),)


def _health(row: dict[str, Any], store: RecordStore) -> SourceHealth:
    failed = list(store.failed(row["source"]))
    failures = tuple(
        {"key": item.key, "reason": item.reason, "since": item.since, "has_record": item.has_record}
        for item in failed[:_MOST_FAILURES]
    )
    known = {name: row[name] for name in SourceHealth.model_fields if name in row}
    return SourceHealth(**known, absent=sum(not item.has_record for item in failed), failures=failures)
