"""A build that lost or broke something isn't published unless somebody says why it may be."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from kg.build.gates import GateReport, check_gates, unlinked_phrases
from kg.build.gold import gold_path, read_gold_sentences, score_gold
from kg.build.pipeline import build
from kg.build.publication import judge_build, publish_gated, waiting_build
from kg.build.taking_back import take_back
from kg.cli.main import make_app
from kg.config import GatesConfig, KgConfig
from kg.graph.build_dir import Build
from kg.graph.publications import current_path, last_publication
from kg.link import Linker
from kg.ontology import Vocabulary
from tests.build.test_incremental import Corpus, over


def altered(made: Build, **tables: pl.DataFrame) -> Build:
    """Give a build with other tables in memory."""
    other = Build(made.path, made.manifest.model_copy(update={"build_id": "0" * 12}))
    other._tables = {**made.tables, **tables}
    return other


def failed(new: Build, old: Build | None = None, **scores: dict[str, float]) -> set[str]:
    return set(check_gates(new, old, GatesConfig(), **scores).failed)


def test_a_build_passes_beside_itself_and_alone(sample_build: Build) -> None:
    assert failed(sample_build, sample_build) == set()
    assert failed(sample_build) == set()


def test_a_source_that_is_gone_is_seen_however_small_it_was(sample_build: Build) -> None:
    records = sample_build.table("records")
    without = altered(sample_build, records=records.filter(pl.col("source") != "dandi"))
    assert failed(without, sample_build) == {"drop of sources"}


def test_what_a_total_hides_is_seen_by_label_by_type_and_by_dataset(sample_build: Build) -> None:
    nodes, edges = sample_build.table("nodes"), sample_build.table("edges")
    fewer = altered(
        sample_build, nodes=nodes.filter((pl.col("label") != "Disease") | (pl.col("id").hash() % 2 == 0))
    )
    assert failed(fewer, sample_build) == {"drop of labels"}
    most = edges["predicate"].value_counts().sort("count").row(-1)[0]
    types = altered(
        sample_build, edges=edges.filter((pl.col("predicate") != most) | (pl.int_range(pl.len()) % 3 > 0))
    )
    assert "drop of relationship types" in failed(types, sample_build)
    of_one = (
        edges.filter(pl.col("subject").str.starts_with("DANDI:"))["subject"]
        .value_counts()
        .sort("count")
        .row(-1)[0]
    )
    lost = altered(sample_build, edges=edges.filter(pl.col("subject") != of_one))
    assert "drop of datasets" in failed(lost, sample_build)


def test_nodes_need_identifiers_and_edges_evidence(sample_build: Build) -> None:
    nodes, evidence = sample_build.table("nodes"), sample_build.table("evidence")
    assert failed(altered(sample_build, nodes=nodes.with_columns(id=pl.lit("AD")))) == {"nodes without identifier"}
    assert failed(altered(sample_build, evidence=evidence.head(3))) == {"edges without evidence"}


def test_more_rule_breaks_and_lower_scores_fail(sample_build: Build) -> None:
    problems = sample_build.table("problems")
    one = problems.head(1).with_columns(rule=pl.lit("rule-1-gate"), severity=pl.lit("error"))
    worse = altered(sample_build, problems=pl.concat([problems, one]))
    assert failed(worse, sample_build) == {"rule breaks"}
    lower = {"scores": {"mentions": 0.9}, "old_scores": {"mentions": 0.91}}
    assert failed(sample_build, sample_build, **lower) == {"scores on gold"}
    assert not failed(sample_build, sample_build, scores={"mentions": 0.9}, old_scores={"mentions": 0.9})


def test_breaks_of_one_rule_are_not_hidden_by_those_of_another_that_were_mended(sample_build: Build) -> None:
    problems = sample_build.table("problems")
    one = problems.head(1).with_columns(severity=pl.lit("error"))
    old = altered(sample_build, problems=pl.concat([problems, *[one.with_columns(rule=pl.lit("rule-3-pairing"))] * 3]))
    new = altered(sample_build, problems=pl.concat([problems, one.with_columns(rule=pl.lit("rule-1-gate"))]))
    assert failed(new, old) == {"rule breaks"}
    assert not failed(old, old)


def test_a_type_that_is_gone_is_seen_however_few_there_were(sample_build: Build) -> None:
    edges = sample_build.table("edges")
    rarest = edges["predicate"].value_counts().sort("count", "predicate").row(0)[0]
    without = altered(sample_build, edges=edges.filter(pl.col("predicate") != rarest))
    assert "drop of relationship types" in failed(without, sample_build)


def test_phrases_that_nothing_links_are_counted_by_titles(sample_build: Build) -> None:
    records = sample_build.table("records")
    none = sample_build.table("mentions").clear()
    titled = altered(
        sample_build,
        mentions=none,
        records=records.with_columns(title=pl.lit("Quokka plumage: a survey of quokka plumage")),
    )
    assert unlinked_phrases(titled, 3)[0] == ("quokka plumage", records.height)


def test_the_bundled_gold_is_about_terms_that_exist_and_is_scored(
    sample_config: KgConfig, loaded: Vocabulary
) -> None:
    gold = read_gold_sentences(gold_path())
    assert len(gold) >= 30
    for sentence in gold:
        for mention in sentence.mentions:
            surface, _, curie = mention.rpartition("=")
            assert surface in sentence.text
            assert curie in loaded
        assert all(end in loaded for claim in sentence.claims for end in claim.split()[::2][:2])
    linker = Linker.from_vocabulary(loaded, sample_config.link, cache_dir=sample_config.cache_dir)
    scores = score_gold(gold, linker, loaded)
    assert scores.keys() == {"mentions", "claims"}
    assert min(scores.values()) > 0.7


@pytest.fixture
def held(sample_config: KgConfig, quick: None, tmp_path: Path) -> KgConfig:
    """Settings under which a build was published, and a source went missing after it."""
    corpus = Corpus(tmp_path / "in", seed=5)
    return over(corpus, sample_config, tmp_path / "builds", tmp_path / "cache")


def gated(config: KgConfig, vocabulary: Vocabulary, accept: str | None = None) -> tuple[Build, bool, GateReport]:
    made = build(config, publish=False).build
    verdict = publish_gated(config, made, accept=accept, vocabulary=vocabulary)
    return made, verdict.is_published, verdict.report


def test_a_build_that_is_held_back_waits_and_readers_keep_the_last_good_one(
    held: KgConfig, loaded: Vocabulary
) -> None:
    good, is_published, _ = gated(held, loaded)
    assert is_published
    without = held.model_copy(update={"sources": held.sources.model_copy(update={"dandi": None})})
    bad, is_published, report = gated(without, loaded)
    assert not is_published
    assert "drop of sources" in report.failed
    out = held.build.out
    assert current_path(out) == good.path
    waiting = waiting_build(out)
    assert waiting is not None
    assert waiting.path == bad.path
    assert json.loads((out / "waiting.json").read_text())["gates"]
    assert gated(without, loaded, accept="DANDI moved")[1]
    assert current_path(out) == bad.path
    assert waiting_build(out) is None
    last = last_publication(out)
    assert last is not None
    assert (last.accepted, "drop of sources" in last.failed_gates) == ("DANDI moved", True)
    assert take_back(held).path == good.path


def test_publish_and_rollback_without_a_target_are_about_current(
    held: KgConfig, loaded: Vocabulary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gated(held, loaded)
    without = held.model_copy(update={"sources": held.sources.model_copy(update={"wiki": None})})
    bad, _, _ = gated(without, loaded)
    monkeypatch.setattr("kg.cli._publication.settings", lambda config: held)
    run = CliRunner()
    assert run.invoke(make_app(), ["publish", "--dry-run"]).exit_code == 1
    said = run.invoke(make_app(), ["publish"])
    assert (said.exit_code, "not published" in said.output) == (1, True)
    assert run.invoke(make_app(), ["publish", "--accept", "as planned"]).exit_code == 0
    assert current_path(held.build.out) == bad.path
    assert run.invoke(make_app(), ["rollback", "--dry-run"]).exit_code == 0
    assert current_path(held.build.out) == bad.path
    assert run.invoke(make_app(), ["rollback"]).exit_code == 0
    assert current_path(held.build.out) != bad.path


def test_a_build_is_scored_only_with_what_made_it(
    held: KgConfig, loaded: Vocabulary, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, _, first = gated(held, loaded)
    other = held.model_copy(update={"link": held.link.model_copy(update={"minimum_score": 0.4})})
    monkeypatch.setattr("kg.build.publication.score_gold", lambda *given: {"claims": 1.0})
    assert judge_build(other, good, vocabulary=loaded).scores == first.scores  # as they were when it was published
    (held.build.out / "published.jsonl").unlink()
    report = judge_build(other, good, vocabulary=loaded)
    assert ("scores on gold" in report.failed, report.scores) == (True, {})
    assert judge_build(held, good, vocabulary=loaded).scores == {"claims": 1.0}
