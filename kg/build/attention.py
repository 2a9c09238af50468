"""What somebody should look at in the morning, and what they can do about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kg.build.history import Point
from kg.build.run_facts import Part, RunFacts, SourceHealth
from kg.build.run_page import moment_text


class Attention(Part):
    """Something that somebody should look at, and what they can do."""

    level: str
    what: str
    mend: str = ""


_HEADLINES: Final = {
    "published": "There is a new graph, and readers see it.",
    "unchanged": "Nothing changed: readers see the same graph as before.",
    "held": "A gate failed: readers still see the graph before, and the new one waits for a decision.",
    "failed": "The run failed: readers still see the graph before.",
}


def headline_of(facts: RunFacts, *, is_same: bool | None = None) -> str:
    """Say in a sentence what a run came to, for those who read the graph; `is_same`: whether it is the same graph."""
    if facts.outcome == "published" and facts.accepted:
        return "There is a new graph, although a gate failed: somebody accepted it."
    if facts.outcome == "published" and is_same:
        return "There is a new build, and readers see it; its graph is the same as before."
    if facts.outcome == "unchanged" and is_same is False:
        return "Nothing is new tonight; what changed since the last report is below."
    return _HEADLINES[facts.outcome]


def attention_of(facts: RunFacts, point: Point, history: Sequence[Point]) -> list[Attention]:
    """Name what somebody should look at, what fails before what is only noted.

    Parameters
    ----------
    facts : RunFacts
        What happened.
    point : Point
        The run's figures; none if it made no build.
    history : sequence of Point
        Those of earlier runs.
    """
    found = []
    log = f"see the log of run {facts.run_id}"
    if facts.error:
        found.append(Attention(level="bad", what=facts.error, mend=log))
    for gate in facts.gates:
        if not gate.passed:
            mend = (
                f"accepted: {facts.accepted}"
                if facts.accepted
                else "see what changed below; if it is right: kg publish --accept REASON"
            )
            found.append(Attention(level="bad", what=f"gate: {gate.name}: {gate.detail}", mend=mend))
    found += [Attention(level="warn", what=line) for line in facts.since]
    # A source that the record store tells of is named below, with since when and what to do.
    told = tuple(f"harvest: {source.source}: " for source in facts.sources if source.reason or source.failing)
    found += [
        Attention(level="warn", what=line, mend=log) for line in facts.remaining if not line.startswith(told or ("\0",))
    ]
    for source in facts.sources:
        if source.reason:
            since = f" since {moment_text(source.stale_since)}" if source.stale_since else ""
            how = "is stale" if source.records else "could not be had"
            found.append(
                Attention(
                    level="warn",
                    what=f"{source.source} {how}{since}: {source.reason}",
                    mend=f"{'the last good records were used' if source.records else 'it has no records yet'}; "
                    "kg harvest tries again",
                )
            )
        elif source.failing:
            found.append(
                Attention(
                    level="warn",
                    what=f"{source.source}: {source.failing:,} records couldn't be had",
                    mend=f"{_used(source)}: kg store ls {source.source}",
                )
            )
    if history and history[-1].outcome == "ended":
        found.append(
            Attention(
                level="warn",
                what=f"the run before, {history[-1].run_id}, was ended from outside",
                mend="out of memory, or out of time? see its run.json and the system's log",
            )
        )
    before = next((past for past in reversed(history) if past.figures), None)
    if before is not None and point.figures:
        for name in ("rule breaks", "inputs not in the graph", "contested claims"):
            was, now = before.figures.get(name, 0), point.figures.get(name, 0)
            if now > was:
                found.append(Attention(level="warn", what=f"{name}: {was} → {now}", mend="see the lists below"))
    last = next((past.scores for past in reversed(history) if past.scores), {})
    for name, score in facts.scores.items():
        if score < last.get(name, score) - 5e-4:
            found.append(
                Attention(
                    level="warn",
                    what=f"score {name}: {last[name]:.3f} → {score:.3f}",
                    mend="see below whether the linker, the rules or a vocabulary changed",
                )
            )
    return found


def _used(source: SourceHealth) -> str:
    """Say what was used in place of records that couldn't be had."""
    if not source.absent:
        return "their last good versions were used"
    if source.absent == source.failing:
        return "there is no earlier version of them"
    return f"their last good versions were used, but for {source.absent:,} that never had one"
