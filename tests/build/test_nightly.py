"""In the morning there is a better graph, or last night's and a record that says why."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kg.build.nightly import FAILED, HELD, PUBLISHED, REMAINING, plan_nightly, run_nightly
from kg.build.pipeline import only_one
from kg.build.run_record import RunRecord, new_run_id, read_record, run_folders, write_record
from kg.cli.main import make_app, run
from kg.config import KgConfig, NightlyConfig, SourceConfig
from kg.errors import BuildError, ServerError
from kg.graph.build_dir import Build
from kg.graph.publications import current_path, last_publication
from tests.build.test_incremental import Corpus, over


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return Corpus(tmp_path / "in", seed=11)


@pytest.fixture
def config(sample_config: KgConfig, quick: None, corpus: Corpus, tmp_path: Path) -> KgConfig:
    return over(corpus, sample_config, tmp_path / "builds", tmp_path / "cache")


def outcomes(record: RunRecord) -> dict[str, str]:
    return {step.name: step.outcome for step in record.steps}


def test_a_run_publishes_and_the_next_finds_nothing_new(config: KgConfig, corpus: Corpus) -> None:
    out = config.build.out
    first = run_nightly(config)
    assert (first.outcome, first.exit_code, first.error) == ("published", PUBLISHED, None)
    assert outcomes(first)["harvest"] == outcomes(first)["neo4j"] == outcomes(first)["pages"] == "skipped"
    last = last_publication(out)
    assert last is not None
    assert (last.run_id, last.build_id) == (first.run_id, first.build_id)
    assert read_record(out / "runs" / first.run_id) == first
    assert (out / "runs" / first.run_id / "report.html").is_file()
    second = run_nightly(config)
    assert (second.outcome, second.exit_code) == ("unchanged", PUBLISHED)
    corpus.articles[1] = "Gliosis leads to Parkinson disease."
    corpus.write()
    third = run_nightly(config)
    assert (third.outcome, third.work["linked"]) == ("published", 1)
    assert third.current == third.build_id != first.build_id


def test_a_gate_holds_a_build_back_until_somebody_accepts_it(config: KgConfig) -> None:
    good = run_nightly(config)
    less = config.model_copy(update={"sources": config.sources.model_copy(update={"dandi": None})})
    held = run_nightly(less)
    assert (held.outcome, held.exit_code, held.current) == ("held", HELD, good.build_id)
    assert "drop of sources" in held.failed_gates
    accepted = run_nightly(less, accept="DANDI is down for good")
    assert (accepted.outcome, accepted.accepted) == ("published", "DANDI is down for good")


def test_a_run_that_fails_keeps_the_last_good_build_and_says_why(config: KgConfig, tmp_path: Path) -> None:
    good = run_nightly(config)
    nowhere = SourceConfig(path=(str(tmp_path / "nowhere"),))
    broken = config.model_copy(update={"sources": config.sources.model_copy(update={"wiki": nowhere})})
    failed = run_nightly(broken)
    assert (failed.outcome, failed.exit_code, failed.current) == ("failed", FAILED, good.build_id)
    assert "there is no file to read here" in str(failed.error)
    assert current_path(config.build.out) is not None
    report = json.loads((config.build.out / "runs" / failed.run_id / "report.json").read_text(encoding="utf-8"))
    assert "there is no file to read here" in json.dumps(report)


def test_what_fails_after_publication_remains_to_be_done_and_costs_nothing(
    config: KgConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(config: KgConfig) -> None:
        raise ServerError("it doesn't answer", "neo4j://graph.example.org", "start it")

    monkeypatch.setattr("kg.export.neo4j.connection.find_target", down)
    nightly = NightlyConfig(neo4j=True, pages=(str(tmp_path / "in/wiki"),), pages_to=tmp_path / "changed")
    record = run_nightly(config.model_copy(update={"nightly": nightly}))
    assert (record.outcome, record.exit_code) == ("published", REMAINING)
    assert outcomes(record)["neo4j"] == "failed"
    assert outcomes(record)["pages"] == "done", record.steps
    assert ["neo4j" in line for line in record.remaining] == [True]


def test_a_run_that_was_killed_is_told_of_by_the_next(config: KgConfig) -> None:
    killed = RunRecord(run_id=new_run_id(), started_at="2026-11-01T00:00:00+00:00")
    write_record(config.build.out, killed)
    run_nightly(config)
    found = read_record(config.build.out / "runs" / killed.run_id)
    assert found is not None
    assert (found.outcome, found.error) == ("ended", "it was ended from outside after the start")


def test_two_runs_at_once_are_one(config: KgConfig) -> None:
    with only_one(config, config.build.out / "nightly"), pytest.raises(BuildError, match="at work"):
        run_nightly(config)
    assert run_nightly(config).exit_code == PUBLISHED  # its lock is let go


def test_old_runs_are_removed(config: KgConfig) -> None:
    few = config.model_copy(update={"nightly": NightlyConfig(keep_runs=2)})
    records = [run_nightly(few) for _ in range(3)]
    kept = [folder.name for folder in run_folders(config.build.out)]
    assert len(kept) == 2
    assert records[0].run_id not in kept or len({record.started_at for record in records}) == 1


def test_a_clock_that_is_set_back_changes_nothing(
    config: KgConfig, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run_nightly(config)
    monkeypatch.setattr("time.time_ns", lambda: 10**18)
    monkeypatch.setattr("time.time", lambda: 10**9)
    corpus.articles[2] = "Gliosis leads to dementia."
    corpus.write()
    second = run_nightly(config)
    assert second.current == second.build_id != first.build_id
    assert all(step.seconds >= 0 for step in second.steps)


def test_a_plan_says_each_step_and_does_none(config: KgConfig) -> None:
    lines = list(plan_nightly(config))
    assert [line.partition(":")[0] for line in lines] == [
        "harvest", "build", "gates and publication", "neo4j", "pages", "report", "prune",
    ]  # fmt: skip
    assert not config.build.out.exists()


def test_every_line_of_the_json_log_has_the_run_s_id(config: KgConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.cli.nightly.settings", lambda given: config)
    own = logging.getLogger("kg")
    before = own.handlers, own.level, own.propagate
    result = CliRunner().invoke(make_app(), ["nightly", "--log-format", "json"])
    own.handlers, own.level, own.propagate = before
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    assert len({line["run_id"] for line in lines}) == 1
    assert {"harvest", "build", "gates and publication", "report"} <= {line.get("step") for line in lines}


def test_a_fault_of_kg_ends_the_json_log_with_its_traceback(
    config: KgConfig, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*given: object, **named: object) -> None:
        raise RuntimeError("no such thing")

    monkeypatch.setattr("kg.cli.nightly.settings", lambda given: config)
    monkeypatch.setattr("kg.build.nightly.run_nightly", broken)
    monkeypatch.setattr("sys.argv", ["kg", "nightly", "--log-format", "json"])
    own = logging.getLogger("kg")
    before = own.handlers, own.level, own.propagate
    with pytest.raises(SystemExit) as ended:
        run()
    own.handlers, own.level, own.propagate = before
    line = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert (ended.value.code, line["exit_code"], line["level"]) == (70, 70, "critical")
    assert line["run_id"]
    assert 'raise RuntimeError("no such thing")' in line["traceback"]


def test_readers_of_an_old_build_finish_though_runs_go_on(config: KgConfig, corpus: Corpus) -> None:
    fewest = config.model_copy(update={"build": config.build.model_copy(update={"keep": 1})})
    first = run_nightly(fewest)
    reader = Build.open(config.build.out / str(first.build_id))
    for number in range(3):
        corpus.articles[number + 1] = "Gliosis leads to dementia."
        corpus.write()
        run_nightly(fewest)
    assert reader.table("edges").height
