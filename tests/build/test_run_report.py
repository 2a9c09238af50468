"""The report on a run says what changed and why, opens offline, and is read by programs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl
import pytest
from prometheus_client.parser import text_string_to_metric_families

from kg.build.gates import GateReport, GateResult
from kg.build.history import MOST, Point, history_of
from kg.build.plots import Trend, trend_svg
from kg.build.report import make_report, report_html
from kg.build.run_page import run_html
from kg.build.run_record import RunRecord, write_record
from kg.build.run_report import (
    GateFact,
    RunFacts,
    RunReport,
    SourceHealth,
    StepFact,
    gate_facts,
    make_run_report,
    source_health,
    write_run_report,
)
from kg.config import HarvestConfig
from kg.graph.build_dir import Build, write_build
from kg.graph.diff import BuildDiff, diff_builds
from kg.graph.publications import publish_build
from kg.harvest.live.rows import Receipt
from kg.harvest.live.store import RecordStore
from tests.build.browser import look_at

HOSTILE = 'a "quoted" <script>alert(1)</script> \\ back\nslash'


@pytest.fixture(scope="module")
def previous(sample_build: Build, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """A build of the sample that lacks a tenth of its claims, and has a rule's break that the sample hasn't."""
    tables = dict(sample_build.tables)
    gone = tables["claims"].gather_every(10)["id"].implode()
    tables["claims"] = tables["claims"].filter(~pl.col("id").is_in(gone))
    for name in ("evidence", "edges"):
        tables[name] = tables[name].filter(~pl.col("claim_id").is_in(gone))
    manifest = sample_build.manifest.model_copy(
        update={
            "build_id": "0123456789ab",
            "code": {**sample_build.manifest.code, "claims": "other"},
            "tables": {},
        }
    )
    return write_build(tmp_path_factory.mktemp("previous") / "0123456789ab", tables, manifest)


@pytest.fixture(scope="module")
def diff(previous: Build, sample_build: Build) -> BuildDiff:
    return diff_builds(previous, sample_build)


def facts(**changes: object) -> RunFacts:
    given: dict[str, object] = {
        "run_id": "20261101T020000Z-0f3a",
        "started_at": "2026-11-01T02:00:00+00:00",
        "finished_at": "2026-11-01T02:03:20+00:00",
        "outcome": "published",
        "steps": (StepFact(name="harvest", seconds=118.5), StepFact(name="link", seconds=61.0)),
        "peak_mb": 1120.5,
        "work": {"records": 60, "linked": 4},
        "scores": {"mentions": 0.97, "claims": 0.8},
        "gates": (GateFact(name="drop of sources", passed=True, detail="none lost more than its share"),),
        "sources": (
            SourceHealth(source="dandi", records=40, good_at="2026-11-01T02:00:30+00:00"),
            SourceHealth(
                source="wiki",
                records=11,
                failing=1,
                good_at="2026-10-28T02:00:30+00:00",
                stale_since="2026-10-29T02:00:30+00:00",
                reason=f"no answer in 5 tries: {HOSTILE}",
                failures=(
                    {"key": HOSTILE, "reason": "502", "since": "2026-10-29T02:00:30Z", "has_record": True},
                ),
            ),
        ),
    }
    return RunFacts.model_validate({**given, **changes})


def points(count: int) -> list[Point]:
    return [
        Point(
            run_id=f"2026{1 + n // 28:02d}{1 + n % 28:02d}T020000Z-{n:04x}",
            at=f"2026-{1 + n // 28:02d}-{1 + n % 28:02d}T02:03:00+00:00",
            outcome="held" if n == 2 else "published",
            build_id=f"{n:012x}",
            totals={"claims": 900 + n, "nodes": 400 - n},
            figures={"datasets": 40, "rule breaks": 0},
            scores={"mentions": 0.98, "claims": 0.8},
            seconds=100.0 + n,
            peak_mb=900.0,
        )
        for n in range(count)
    ]


@pytest.fixture(scope="module")
def report(sample_build: Build, previous: Build, diff: BuildDiff) -> RunReport:
    return make_run_report(facts(), build=sample_build, previous=previous, diff=diff, history=points(20))


def test_a_report_gives_every_difference_with_its_cause(report: RunReport, diff: BuildDiff) -> None:
    assert report.changes is not None
    assert sum(row["count"] for row in report.changes.counts) == diff.rows.height
    assert {row["cause"] for row in report.changes.reasons} >= {"rules"}
    shown = report.changes.examples["rules"]
    assert all(row["subject_name"] and row["object_name"] for row in shown)
    assert len({row["predicate"] for row in shown}) > 3, (
        "examples show what there is, not one predicate alone"
    )


def test_what_needs_a_look_is_named_with_what_to_do(sample_build: Build) -> None:
    failed = GateFact(name="drop of labels", passed=False, detail="Disease 900 → 100")
    made = make_run_report(
        facts(outcome="held", exit_code=4, gates=(failed,)), build=sample_build, history=points(3)
    )
    whats = [item.what for item in made.attention]
    assert whats[0] == "gate: drop of labels: Disease 900 → 100"
    assert "kg publish --accept" in made.attention[0].mend
    assert any(what.startswith("wiki is stale since 2026-10-29 02:00") for what in whats)
    assert any(what == "score mentions: 0.980 → 0.970" for what in whats)
    assert "waits for a decision" in made.headline


def test_a_source_that_is_stale_is_named_once_and_what_else_remains_beside_it(sample_build: Build) -> None:
    remaining = ("harvest: wiki: 503 to 5 tries; its last good records are used", "neo4j: it doesn't answer")
    made = make_run_report(facts(exit_code=4, remaining=remaining), build=sample_build)
    whats = [item.what for item in made.attention]
    assert [what for what in whats if "wiki" in what] == [what for what in whats if what.startswith("wiki is stale")]
    assert "neo4j: it doesn't answer" in whats


@pytest.mark.parametrize(
    ("absent", "said"),
    [
        (0, "their last good versions were used: kg store ls dandi"),
        (2, "there is no earlier version of them: kg store ls dandi"),
        (1, "their last good versions were used, but for 1 that never had one: kg store ls dandi"),
    ],
)
def test_last_good_records_are_told_of_only_where_there_are_some(absent: int, said: str) -> None:
    source = SourceHealth(source="dandi", records=4, failing=2, absent=absent)
    (item,) = make_run_report(facts(sources=(source,), scores={})).attention
    assert (item.what, item.mend) == ("dandi: 2 records couldn't be had", said)


def test_a_night_on_which_all_is_well_says_so(sample_build: Build) -> None:
    made = make_run_report(facts(sources=(), scores={}), build=sample_build)
    assert made.attention == []
    assert "Nothing needs attention" in run_html(made)


def test_the_gates_own_report_is_taken_over() -> None:
    said = GateReport(
        build_id="x",
        compared_with="y",
        gates=(
            GateResult(
                name="rule breaks", is_passed=False, said="3 breaks", parts=({"name": "rule-1", "now": 3},)
            ),
        ),
        scores={"mentions": 0.5},
        unlinked=(("sharp wave", 7),),
    )
    made = make_run_report(facts(**gate_facts(said)))
    assert (made.run.gates[0].passed, made.run.scores, made.point.failed_gates) == (
        False,
        {"mentions": 0.5},
        ("rule breaks",),
    )
    page = run_html(made)
    assert "sharp wave" in page
    assert "rule-1" in page


def test_breaks_of_a_rule_with_several_severities_are_added_up_and_notes_are_no_breaks(sample_build: Build) -> None:
    problems = sample_build.table("problems")
    others = problems.filter(~pl.col("rule").str.starts_with("rule-"))
    one = problems.head(1).with_columns(rule=pl.lit("rule-3-pairing"))
    rows = [one.with_columns(severity=pl.lit(s)) for s in ("error", "warning", "warning", "note")]
    made = Build(sample_build.path, sample_build.manifest)
    made._tables = {**sample_build.tables, "problems": pl.concat([others, *rows])}
    report = make_run_report(facts(), build=made)
    assert report.build is not None
    assert report.build.rule_breaks == {"rule-3-pairing": 3}
    assert report.build.problems["rule-3-pairing (note)"] == {"severity": "note", "count": 1}
    assert report.point.figures["rule breaks"] == 3
    assert f"Other problems with the inputs: {others.height + 1}" in run_html(report)


@pytest.mark.parametrize("outcome", ["failed", "unchanged", "held", "published"])
def test_a_run_without_a_build_or_a_past_still_has_a_page(outcome: str) -> None:
    made = make_run_report(
        facts(outcome=outcome, error="the disk is full", steps=(), gates=(), scores={}, sources=())
    )
    assert "the disk is full" in run_html(made)


@pytest.mark.parametrize(("width", "dark"), [(1200, False), (420, True)])
def test_the_page_is_readable_in_a_browser(report: RunReport, tmp_path: Path, width: int, dark: bool) -> None:
    seen = look_at(run_html(report), tmp_path, width=width, dark=dark)
    assert seen["title"] == "published: kg 2026-11-01 02:00"
    assert seen["requests"] == [], "nothing is fetched"
    assert seen["dim"] == [], "all text has a contrast of 4.5"
    assert seen["wide"] == [], "nothing sticks out of the page"
    assert seen["broken"] == [], "every link within the page leads somewhere"
    assert [head[:2] for head in seen["headings"]].count("H1") == 1
    assert (seen["background"] != "rgb(255, 255, 255)") == dark
    assert len(seen["plots"]) > 10
    assert all(label and shown > 100 and over <= 0.5 for label, shown, over in seen["plots"])
    assert "<script>alert(1)</script>" in seen["text"], "what a source says is shown as text"


def test_the_page_of_a_build_is_readable_in_a_browser(sample_build: Build, tmp_path: Path) -> None:
    html = report_html(make_report(sample_build.manifest, sample_build.tables))
    seen = look_at(html, tmp_path, dark=True)
    assert (seen["requests"], seen["dim"], seen["wide"]) == ([], [], [])
    assert "by species" in seen["text"]


def test_the_three_files_of_a_run_say_the_same(
    sample_build: Build, previous: Build, diff: BuildDiff, tmp_path: Path
) -> None:
    folder = write_run_report(tmp_path, facts(), build=sample_build, previous=previous, diff=diff)
    assert folder == tmp_path / "runs" / "20261101T020000Z-0f3a"
    assert {path.name for path in folder.iterdir()} == {"report.html", "report.json", "metrics.prom"}
    assert (tmp_path / "runs" / "latest").resolve() == folder
    written = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert (written["version"], written["build"]["build_id"]) == (1, sample_build.manifest.build_id)
    assert RunReport.model_validate(written).point.totals["claims"] == sample_build.table("claims").height
    families = {
        family.name: family
        for family in text_string_to_metric_families((folder / "metrics.prom").read_text(encoding="utf-8"))
    }
    assert all(family.type == "gauge" and family.documentation for family in families.values())
    edges = {sample.labels["predicate"]: sample.value for sample in families["kg_build_edges"].samples}
    assert edges == written["build"]["counts"]["edges"]
    assert {s.labels["outcome"]: s.value for s in families["kg_run_outcome"].samples}["published"] == 1
    assert families["kg_run_end_time_seconds"].samples[0].value == 1793498600
    assert families["kg_run_peak_memory_bytes"].samples[0].value == 1120.5 * 2**20


def test_metrics_survive_names_that_no_label_expects(tmp_path: Path) -> None:
    hostile = facts(
        scores={HOSTILE: 0.25},
        steps=(StepFact(name="link", seconds=1), StepFact(name="link", seconds=2.5)),
        sources=(SourceHealth(source=HOSTILE, good_at="yesterday"),),
    )
    text = (write_run_report(tmp_path, hostile) / "metrics.prom").read_text(encoding="utf-8")
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    keys = [(sample.name, tuple(sorted(sample.labels.items()))) for sample in samples]
    assert len(keys) == len(set(keys))
    assert next(s.labels["score"] for s in samples if s.name == "kg_score") == HOSTILE
    assert next(s.value for s in samples if s.name == "kg_run_step_seconds") == 3.5


def test_history_is_read_back_from_runs_and_publications(sample_build: Build, tmp_path: Path) -> None:
    made = write_build(tmp_path / sample_build.manifest.build_id, sample_build.tables, sample_build.manifest)
    publish_build(tmp_path, made, scores={"mentions": 0.9})
    (first,) = history_of(tmp_path)
    assert (first.run_id, first.totals["nodes"]) == (
        f"build {made.manifest.build_id}",
        made.table("nodes").height,
    )
    later = facts(run_id="2999", finished_at="2999-01-01T00:00:00+00:00")
    write_run_report(tmp_path, later, build=made)
    assert [point.run_id for point in history_of(tmp_path)] == [first.run_id, "2999"]
    assert [point.run_id for point in history_of(tmp_path, before="2999")] == [first.run_id]


def test_runs_that_were_killed_or_are_damaged_are_passed_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name, text in (("a", '{"point": {"run'), ("b", '{"version": 9}'), ("c", "[]")):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "report.json").write_text(text, encoding="utf-8")
    (tmp_path / "runs" / "killed").mkdir()
    (tmp_path / "runs" / "stray.txt").write_text("x", encoding="utf-8")
    write_run_report(tmp_path, facts())
    assert [point.run_id for point in history_of(tmp_path)] == [facts().run_id]
    assert len(caplog.records) == 2 * 3, "each is named, once a reading"


def test_a_run_that_was_killed_is_told_in_the_next(tmp_path: Path) -> None:
    killed = RunRecord(run_id="20261031T020000Z-dead", started_at="2026-10-31T02:00:00+00:00")
    write_record(tmp_path, killed)
    assert history_of(tmp_path) == [], "it may be under way"
    write_record(tmp_path, killed.model_copy(update={"outcome": "ended"}))
    folder = write_run_report(tmp_path, facts())
    made = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert made["history"][0]["outcome"] == "ended"
    assert "20261031T020000Z-dead, was ended from outside" in str(made["attention"])


def test_a_year_of_runs_shows_the_last_ones(tmp_path: Path) -> None:
    for point in points(MOST + 30):
        folder = tmp_path / "runs" / point.run_id
        folder.mkdir(parents=True)
        (folder / "report.json").write_text(
            json.dumps({"point": point.model_dump(mode="json")}), encoding="utf-8"
        )
    found = history_of(tmp_path)
    assert len(found) == MOST
    assert found[-1].run_id == points(MOST + 30)[-1].run_id


def test_sources_tell_how_they_fare(tmp_path: Path) -> None:
    config = HarvestConfig(store=tmp_path / "store")
    assert source_health(config) == ()
    with RecordStore.open(config.store) as store:
        store.start_run("dandi")
        store.put("dandi", "000001", b"{}", Receipt("https://example.org/1"))
        store.mark_failed("dandi", "000002", "the server answered 502")
        store.finish_run("dandi", reason="no answer in 5 tries")
    (dandi,) = source_health(config)
    assert (dandi.source, dandi.records, dandi.failing, dandi.reason) == (
        "dandi",
        1,
        1,
        "no answer in 5 tries",
    )
    assert (dandi.failures[0]["key"], dandi.absent) == ("000002", 1)
    assert dandi.stale_since is not None


def test_a_store_that_can_not_be_read_is_news_and_no_crash(tmp_path: Path) -> None:
    (tmp_path / "store.sqlite").write_bytes(b"no database" * 100)
    (row,) = source_health(HarvestConfig(store=tmp_path))
    assert "can't be read" in str(row.reason)


def test_a_night_without_news_still_shows_how_it_went_before() -> None:
    page = run_html(make_run_report(facts(outcome="failed", scores={}, error="no disk"), history=points(5)))
    assert page.count('<svg class="trend"') > 5
    assert "Nothing was measured in this run" in page


@pytest.mark.parametrize(
    ("outcome", "said"), [("failed", "the run ended before."), ("unchanged", "there is no new build.")]
)
def test_a_page_says_why_no_gate_was_asked(outcome: str, said: str) -> None:
    page = run_html(make_run_report(facts(outcome=outcome, gates=())))
    assert f"No gate was asked: {said}" in page


def test_parts_of_a_step_are_not_counted_twice() -> None:
    steps = [("build", 10.0), ("build: assemble", 4.0), ("gates", 1.0), ("harvest: dandi", 2.0)]
    made = facts(steps=tuple(StepFact(name=name, seconds=seconds) for name, seconds in steps))
    assert made.seconds == 13.0


def test_a_plot_is_filled_only_where_its_axis_begins_at_zero_and_shows_the_nights_between() -> None:
    at = tuple(f"2026-10-{day:02d}T02:00:00+00:00" for day in (1, 2, 9))
    cut, whole = (trend_svg(Trend("records", at, values)) for values in ((16, 16, 12), (16, 16, 2)))
    assert "polygon" not in cut
    assert 'stroke-dasharray="3 3"' in cut
    assert "polygon" in whole
    assert 'stroke-dasharray="none"' in whole
    places = [float(found) for found in re.findall(r'cx="([\d.]+)"', cut)]
    assert places[2] - places[1] == pytest.approx(7 * (places[1] - places[0]), abs=0.5)
    zero, four = (trend_svg(Trend("breaks", at, (value,) * 3)) for value in (0, 4))
    assert re.findall(r'cy="([\d.]+)"', zero) != re.findall(r'cy="([\d.]+)"', four)
