"""The page of a run: one HTML file that opens offline, without a script, in light and in dark."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from kg.build.coverage import GROUPS
from kg.build.plots import Trend, trend_svg

if TYPE_CHECKING:
    from kg.build.history import Point
    from kg.build.run_facts import SourceHealth
    from kg.build.run_report import Changes, RunReport

#: Whether more of a figure is better; of the others neither more nor less is.
_IS_GOOD: Final = {"contested claims": False, "rule breaks": False, "inputs not in the graph": False}
_WHY: Final = {
    "source": "A source failed, and what it had is missing.",
    "upstream": "A record is new, was changed or withdrawn.",
    "vocabulary": "A term or a name came or went.",
    "configuration": "The settings changed.",
    "linker": "The code that reads and links changed.",
    "rules": "The code or the tables that judge changed.",
}
_DAY_S: Final = 86_400
_ADDRESSES: Final = {
    "PMID:": "https://pubmed.ncbi.nlm.nih.gov/",
    "DOI:": "https://doi.org/",
    "DANDI:": "https://dandiarchive.org/dandiset/",
}


def environment() -> Environment:
    """Give the templates' environment: every value is escaped."""
    return Environment(
        loader=PackageLoader("kg.build"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def run_html(report: RunReport) -> str:
    """Write a run's report as a page.

    Parameters
    ----------
    report : RunReport
        Of the run. Names and quotes in it come from records, and are escaped.

    Returns
    -------
    str
        The same for the same report.
    """
    run = report.run
    slowest = sorted(run.steps, key=lambda step: -step.seconds)
    page = environment()
    page.filters.update(count=_count, duration=_duration, moment=moment_text, address=_address)
    return page.get_template("run.html").render(
        report=report,
        run=run,
        build=report.build,
        changes=report.changes,
        groups=list(GROUPS),
        totals=_trends(report.history, "totals"),
        figures=_trends(report.history, "figures"),
        scores=_score_trends(report.history),
        costs=_cost_trends(report.history),
        slowest=slowest,
        longest=max((step.seconds for step in slowest), default=0.0),
        causes=_causes(report.changes) if report.changes is not None else [],
        why=_WHY,
        ages={source.source: _age(source, run.finished_at) for source in run.sources},
        trend_svg=trend_svg,
        runs=list(reversed(report.history))[:14],
    )


def _trends(history: Sequence[Point], part: str) -> list[Trend]:
    """Give each figure over time; runs that made no build, or measured nothing, have none."""
    told = [point for point in history if getattr(point, part)]
    if not told:
        return []
    names = getattr(told[-1], part)
    return [
        _trend(
            name,
            [(p, getattr(p, part)[name]) for p in told if name in getattr(p, part)],
            is_good=_is_good(name),
        )
        for name in names
    ]


def _score_trends(history: Sequence[Point]) -> list[Trend]:
    names = next((point.scores for point in reversed(history) if point.scores), {})
    return [
        _trend(name, [(p, p.scores[name]) for p in history if name in p.scores], form="{:.3f}", is_good=True)
        for name in names
    ]


def _cost_trends(history: Sequence[Point]) -> list[Trend]:
    timed = [(p, p.seconds) for p in history if p.seconds is not None]
    held = [(p, p.peak_mb) for p in history if p.peak_mb is not None]
    trends = []
    if timed:
        trends.append(_trend("seconds, all steps", timed, form="{:,.1f}"))
    if held:
        trends.append(_trend("peak memory, MB", held))
    return trends


def _is_good(name: str) -> bool | None:
    return True if name.startswith("datasets with") else _IS_GOOD.get(name)


def _trend(
    name: str, points: Sequence[tuple[Point, float]], *, form: str = "{:,.0f}", is_good: bool | None = None
) -> Trend:
    unseen = frozenset(
        number for number, (point, _) in enumerate(points) if point.outcome in ("held", "failed")
    )
    return Trend(
        name,
        tuple(p.at for p, _ in points),
        tuple(float(value) for _, value in points),
        form,
        is_good,
        unseen,
    )


def _causes(changes: Changes) -> list[dict[str, Any]]:
    """Give a row for each cause: how many claims, nodes and pieces of evidence it added, removed and changed."""
    rows: dict[str, dict[str, Any]] = {}
    for row in changes.counts:
        found = rows.setdefault(row["cause"], {"cause": row["cause"], "total": 0})
        found[f"{row['what']} {row['change']}"] = row["count"]
        found["total"] += row["count"] if row["what"] == "claim" else 0
    return sorted(rows.values(), key=lambda row: (-row["total"], row["cause"]))


def _age(source: SourceHealth, now: str) -> str:
    """Say how old a source's last good harvest is; nothing where a time is none."""
    then, present = _time(source.good_at), _time(now)
    if then is None or present is None:
        return ""
    seconds = (present - then).total_seconds()
    if seconds < 5400:
        return f"{max(seconds, 0) / 60:.0f} minutes"
    return f"{seconds / 3600:.0f} hours" if seconds < 2 * _DAY_S else f"{seconds / _DAY_S:.0f} days"


def _time(moment: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(moment or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def moment_text(moment: str) -> str:
    """Write a time to the minute."""
    return moment[:16].replace("T", " ")


def _address(record: str | None) -> str | None:
    """Give the address of a record's page at its archive, where it has one."""
    for prefix, address in _ADDRESSES.items():
        if record is not None and record.startswith(prefix):
            return address + quote(record.removeprefix(prefix), safe="/")
    return None


def _count(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
