"""In the morning there is a better graph, or last night's and a record that says why."""

from __future__ import annotations

import errno
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kg.build.lock import NIGHTLY, only_one
from kg.build.nightly import FAILED, HELD, PUBLISHED, REMAINING, plan_nightly, run_nightly
from kg.build.publication import publish_gated, waiting_build
from kg.build.run_record import RunRecord, new_run_id, read_record, run_folders, write_record
from kg.build.step_log import LoggedProgress
from kg.cli.main import make_app, run
from kg.config import HarvestConfig, KgConfig, NightlyConfig, SourceConfig, WikiHarvestConfig
from kg.errors import BuildError, ServerError, full_disk
from kg.graph import publications
from kg.graph.build_dir import Build
from kg.graph.publications import current_path, history, last_publication
from kg.harvest.live.store import RecordStore
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
    assert run_nightly(config).outcome == "unchanged"  # the fault is mended
    assert waiting_build(config.build.out) is None
    accepted = run_nightly(less, accept="DANDI is down for good")
    assert (accepted.outcome, accepted.accepted) == ("published", "DANDI is down for good")


def test_builds_that_are_held_night_after_night_do_not_pile_up(config: KgConfig, corpus: Corpus) -> None:
    two = config.model_copy(update={"build": config.build.model_copy(update={"keep": 2})})
    good = run_nightly(two)
    less = two.model_copy(update={"sources": two.sources.model_copy(update={"dandi": None})})
    held = []
    for number in range(3):
        corpus.pages["mechanisms/a"] = f"Gliosis leads to dementia in {number} mice."
        corpus.write()
        held.append(run_nightly(less).build_id)
    kept = {path.name for path in config.build.out.iterdir() if (path / "manifest.json").is_file()}
    assert kept == {"current", good.build_id, *held[1:]}


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
    other = config.model_copy(update={"cache_dir": config.cache_dir / "another"})
    with only_one(config.build.out / NIGHTLY), pytest.raises(BuildError, match=r"at work.*\n.*one run at a time"):
        run_nightly(other)
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


def test_a_plan_shows_no_password_of_an_address(config: KgConfig) -> None:
    server = config.neo4j.model_copy(update={"uri": "bolt://me:s3cret@host:7687"})
    night = config.nightly.model_copy(update={"neo4j": True})
    lines = list(plan_nightly(config.model_copy(update={"neo4j": server, "nightly": night})))
    assert "neo4j: bolt://***@host:7687" in lines


def test_every_line_of_the_json_log_has_the_run_s_id(config: KgConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.cli.nightly.settings", lambda given: config)
    monkeypatch.setattr("kg.logs._setup", None)
    own = logging.getLogger("kg")
    before = own.handlers, own.level, own.propagate
    result = CliRunner().invoke(make_app(), ["nightly", "--log-format", "json"])
    own.handlers, own.level, own.propagate = before
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    assert len({line["run_id"] for line in lines}) == 1
    assert {"harvest", "build", "gates and publication", "report"} <= {line.get("step") for line in lines}
    told = [(line["step"], line["doing"]) for line in lines if "doing" in line]
    doing = ("loading vocabularies", "reading and linking files", "deriving claims", "assembling the graph")
    assert told == [("build", name) for name in doing]


def test_a_log_says_once_what_is_done_and_once_a_minute_how_far_it_is(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[int] = []
    progress = LoggedProgress(lambda doing, done, total: heard.append(done))
    progress.begin("build")
    with caplog.at_level(logging.INFO, logger="kg.build.step_log"):
        for second in range(130):
            monkeypatch.setattr("kg.build.step_log.time.monotonic", lambda second=second: 1e6 + second)
            progress("linking", second, 200)
    assert caplog.messages == ["build: linking", "build: linking, 60 of 200", "build: linking, 120 of 200"]
    assert len(heard) == 130


def test_what_is_harvested_and_written_has_the_run_s_id(config: KgConfig, corpus: Corpus, tmp_path: Path) -> None:
    live = HarvestConfig(
        store=tmp_path / "store", wiki=WikiHarvestConfig(kind="folder", url=str(corpus.folder / "wiki"))
    )
    files = config.sources.model_copy(update={"wiki": None})
    pages = NightlyConfig(pages=(str(corpus.folder / "wiki"),), pages_to=tmp_path / "changed")
    record = run_nightly(config.model_copy(update={"harvest": live, "sources": files, "nightly": pages}))
    assert (record.outcome, record.exit_code) == ("published", PUBLISHED), record
    (report,) = (live.store / "runs").glob("*.json")
    assert json.loads(report.read_bytes())["run_id"] == record.run_id
    with RecordStore.open(live.store, write=False) as store:
        assert [row["nightly_id"] for row in store.db.execute("SELECT * FROM runs")] == [record.run_id]
    assert json.loads((tmp_path / "changed" / "manifest.json").read_bytes())["run_id"] == record.run_id
    assert [publication.run_id for publication in history(config.build.out)] == [record.run_id]


def test_a_source_that_becomes_stale_makes_no_build_of_its_own(
    config: KgConfig, corpus: Corpus, tmp_path: Path
) -> None:
    wiki = corpus.folder / "wiki"
    live = HarvestConfig(store=tmp_path / "store", wiki=WikiHarvestConfig(kind="folder", url=str(wiki)))
    settings = config.model_copy(update={"harvest": live, "sources": config.sources.model_copy(update={"wiki": None})})
    fresh = run_nightly(settings)
    wiki.rename(tmp_path / "away")
    nights = [run_nightly(settings) for _ in range(2)]
    assert {(night.outcome, night.exit_code, night.build_id) for night in nights} == {
        ("unchanged", REMAINING, fresh.build_id)
    }
    assert "its last good records are used" in nights[0].remaining[0]
    (tmp_path / "away").rename(wiki)
    again = run_nightly(settings)
    assert (again.outcome, again.exit_code, again.build_id) == ("unchanged", PUBLISHED, fresh.build_id)


def test_a_fault_of_kg_ends_the_json_log_with_its_traceback(
    config: KgConfig, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*given: object, **named: object) -> None:
        raise RuntimeError("no such thing")

    monkeypatch.setattr("kg.cli.nightly.settings", lambda given: config)
    monkeypatch.setattr("kg.build.nightly.run_nightly", broken)
    monkeypatch.setattr("sys.argv", ["kg", "nightly", "--log-format", "json"])
    monkeypatch.setattr("kg.logs._setup", None)
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


class Killed(BaseException):
    """The process is gone."""


def die(*given: object, **named: object) -> None:
    raise Killed


def report_of(config: KgConfig, record: RunRecord) -> dict[str, Any]:
    path = config.build.out / "runs" / record.run_id / "report.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("is_readable", [True, False])
def test_a_current_build_that_is_damaged_is_still_compared_with(config: KgConfig, is_readable: bool) -> None:
    good = run_nightly(config)
    less = config.model_copy(update={"sources": config.sources.model_copy(update={"wiki": None})})
    (config.build.out / str(good.build_id) / "mentions.parquet").write_bytes(b"")
    if not is_readable:
        (config.build.out / str(good.build_id) / "manifest.json").write_text("{", encoding="utf-8")
    held = run_nightly(less)
    assert (held.outcome, held.current) == ("held", good.build_id)
    assert ("drop of sources" if is_readable else "comparison") in held.failed_gates
    assert "mentions" in str(held.remaining) or not is_readable
    assert any("the current build can't be read" in item["what"] for item in report_of(config, held)["attention"])


def test_a_run_that_is_killed_after_the_switch_leaves_its_scores_and_its_news(
    config: KgConfig, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run_nightly(config)
    corpus.articles[1] = "Gliosis leads to Parkinson disease."
    corpus.write()
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(publications, "_remember", die)
        patch.setattr("kg.build.nightly._finish", die)
        run_nightly(config)
    assert len(history(config.build.out)) == 2
    assert history(config.build.out)[-1].scores == history(config.build.out)[0].scores
    third = run_nightly(config)
    report = report_of(config, third)
    assert third.outcome == "unchanged"
    assert (report["changes"]["old"], report["changes"]["is_empty"]) == (first.build_id, False)
    assert report["headline"].startswith("Nothing is new tonight; what changed")
    assert any("which was ended" in item["what"] for item in report["attention"])


def test_the_reason_of_a_publication_by_hand_is_in_the_next_report_alone(config: KgConfig) -> None:
    run_nightly(config)
    less = config.model_copy(update={"sources": config.sources.model_copy(update={"wiki": None})})
    run_nightly(less)
    waiting = waiting_build(config.build.out)
    assert waiting is not None
    publish_gated(less, waiting, accept="the wiki is archived")
    told = [item["what"] for item in report_of(config, run_nightly(less))["attention"]]
    assert any(f"published {waiting.manifest.build_id} by hand" in line and "wiki is archived" in line for line in told)
    assert "the wiki is archived" not in json.dumps(report_of(config, run_nightly(less))["attention"])


@pytest.mark.parametrize("command", [["nightly"], ["publish"], ["build"], ["ontologies", "pull"]])
def test_blanks_are_no_reason(command: list[str]) -> None:
    result = CliRunner().invoke(make_app(), [*command, "--accept", " "])
    assert (result.exit_code, "say why" in result.output) == (2, True)


def test_a_late_import_without_memory_is_no_fault_of_kg_and_any_other_is(
    config: KgConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text, is_ours in (("x.so: failed to map segment from shared object", False), ("No module named 'x'", True)):

        def broken(*given: object, text: str = text, **named: object) -> None:
            raise ImportError(text)

        monkeypatch.setattr("kg.build.nightly.build", broken)
        if is_ours:
            with pytest.raises(ImportError):
                run_nightly(config)
        else:
            run_nightly(config)
        record = read_record(max(run_folders(config.build.out), key=lambda path: path.stat().st_mtime_ns))
        assert record is not None
        assert (record.outcome, record.exit_code) == ("failed", 70 if is_ours else FAILED)
        assert ("fault of kg" in str(record.error)) is is_ours
        assert ("memory ran out" in str(record.error)) is not is_ours


def test_ctrl_c_is_no_fault_of_kg(config: KgConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*given: object, **named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("kg.build.nightly.build", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_nightly(config)
    (folder,) = run_folders(config.build.out)
    record = read_record(folder)
    assert record is not None
    assert (record.exit_code, record.error) == (130, "it was interrupted (Ctrl-C)")
    assert record.steps[1].said == record.error


def test_a_run_spares_itself_though_the_clock_was_set_back(config: KgConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    few = config.model_copy(update={"nightly": NightlyConfig(keep_runs=2)})
    for year in ("2096", "2097"):
        write_record(config.build.out, RunRecord(run_id=f"{year}0101T000000Z-0000", started_at="", outcome="failed"))
    record = run_nightly(few)
    assert (config.build.out / "runs" / "latest" / "report.json").is_file()
    assert (config.build.out / "runs" / record.run_id / "run.json").is_file()


def test_a_full_disk_says_so_and_what_to_do_and_leaves_no_empty_run(
    config: KgConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "run.json")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space") as raised:
        patch.setattr("os.fsync", full)
        run_nightly(config)
    told = full_disk(raised.value)
    assert told is not None
    assert (told.exit_code, "free some room" in told.mend) == (3, True)
    assert run_folders(config.build.out) == []
