"""Every difference of two builds is listed, with its cause."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from kg.build.pipeline import build
from kg.cli.main import make_app
from kg.config import KgConfig, LinkConfig, sample_dir
from kg.graph.build_dir import Build, write_build
from kg.graph.causes import CAUSES
from kg.graph.diff import BuildDiff, diff_builds, summary_of
from kg.graph.facts import content_of
from kg.graph.tables import TABLES
from kg.harvest import InputFile, read_file
from kg.model import ArticleRecord, Source
from tests.build.test_incremental import Corpus, over


@pytest.fixture(scope="module")
def before(
    sample_config: KgConfig, linkers: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Corpus, KgConfig, Build]:
    folder = tmp_path_factory.mktemp("diff")
    corpus = Corpus(folder / "in", seed=3)
    config = over(corpus, sample_config, folder / "builds", folder / "cache")
    return corpus, config, build(config).build


def causes(diff: BuildDiff) -> set[tuple[str, str]]:
    return set(diff.rows.select("cause", "detail").unique().iter_rows())


def remade(made: Build, **update: object) -> Build:
    """Give a build as if other code or vocabularies had made it."""
    return Build(made.path, made.manifest.model_copy(update=update))


def test_a_build_differs_in_nothing_from_itself(before: tuple[Corpus, KgConfig, Build]) -> None:
    diff = diff_builds(before[2], before[2])
    assert diff.is_empty
    assert "the same graph" in summary_of(diff)


def test_mentions_and_problems_that_differ_alone_are_counted(
    before: tuple[Corpus, KgConfig, Build], tmp_path: Path
) -> None:
    _, _, old = before
    tables = dict(old.tables)
    scores = pl.when(pl.int_range(pl.len()) < 3).then(0.123).otherwise("score")
    tables["mentions"] = tables["mentions"].with_columns(score=scores)[:-1]
    note = pl.DataFrame([{"source": "wiki", "rule": "r", "severity": "note"}], schema=TABLES["problems"])
    tables["problems"] = pl.concat([tables["problems"], note])
    new = write_build(tmp_path / "new", tables, old.manifest.model_copy(update={"build_id": "0" * 12}))
    diff = diff_builds(old, new)
    assert diff.is_empty
    said = f"{old.manifest.build_id} → 000000000000: the same claims, nodes and evidence; "
    assert summary_of(diff) == said + "mentions +0 -1 ~3; problems +1 -0 ~0"
    result = CliRunner().invoke(make_app(), ["diff", str(old.path), str(new.path), "--summary"])
    assert (result.exit_code, "mentions +0 -1 ~3" in result.output) == (0, True)


def test_the_two_sides_of_every_difference_are_in_the_tables(before: tuple[Corpus, KgConfig, Build]) -> None:
    corpus, config, old = before
    corpus.articles[2] = "Gliosis causes Parkinson disease in mice."
    corpus.articles[50] = "Tau aggregation leads to Alzheimer disease."
    del corpus.articles[3]
    corpus.write()
    new = build(config).build
    diff = diff_builds(old, new)
    for what, table in (("claim", "claims"), ("node", "nodes"), ("evidence", "evidence")):
        ids = [set(made.table(table)["id"]) for made in (old, new)]
        for change, expected in (("added", ids[1] - ids[0]), ("removed", ids[0] - ids[1])):
            found = diff.rows.filter((pl.col("what") == what) & (pl.col("change") == change))["id"]
            assert sorted(found) == sorted(expected), (what, change)
    assert {cause for cause, _ in causes(diff)} == {"upstream"}
    by_record = dict(
        diff.rows.filter((pl.col("what") == "node") & pl.col("id").str.starts_with("PMID:"))
        .select("id", "detail")
        .iter_rows()
    )
    assert by_record["PMID:50"] == "record new"
    assert by_record["PMID:3"] == "record withdrawn"
    of_two = diff.rows.filter((pl.col("what") == "evidence") & (pl.col("record_id") == "PMID:2"))
    assert set(of_two["detail"]) == {"record changed"}
    assert len(summary_of(diff)) < 1000
    # The other way round the same rows come and go.
    back = diff_builds(new, old).rows
    assert set(back.filter(pl.col("change") == "added")["id"]) == set(
        diff.rows.filter(pl.col("change") == "removed")["id"]
    )


def test_a_source_that_is_gone_is_the_cause_of_what_went_with_it(before: tuple[Corpus, KgConfig, Build]) -> None:
    _, config, old = before
    without = config.model_copy(update={"sources": config.sources.model_copy(update={"pubmed": None})})
    diff = diff_builds(old, build(without, publish=False).build)
    gone = diff.rows.filter((pl.col("what") == "evidence") & pl.col("record_id").str.starts_with("PMID:"))
    assert gone.height
    assert set(gone["cause"]) == {"configuration"}
    assert "its source is configured no more: pubmed" in set(gone["detail"])
    assert {cause for cause, _ in causes(diff)} == {"configuration"}, "axioms went with the records' terms"


def test_a_source_that_is_configured_and_has_nothing_left_has_failed(
    before: tuple[Corpus, KgConfig, Build],
) -> None:
    _, config, _ = before
    old = build(config, publish=False).build
    without = config.model_copy(update={"sources": config.sources.model_copy(update={"pubmed": None})})
    new = build(without, publish=False).build
    diff = diff_builds(old, remade(new, sources=old.manifest.sources))
    assert {cause for cause, _ in causes(diff)} == {"source"}
    assert "its source failed: pubmed" in {detail for _, detail in causes(diff)}


def test_other_settings_are_the_cause_of_what_they_change_axioms_too(
    before: tuple[Corpus, KgConfig, Build],
) -> None:
    _, config, _ = before
    old = build(config, publish=False).build
    labels = config.model_copy(update={"link": LinkConfig(minimum_score=0.95)})
    diff = diff_builds(old, build(labels, publish=False).build)
    assert diff.rows.filter(pl.col("predicate").is_in(["SUBCLASS_OF", "PART_OF"])).height
    assert {cause for cause, _ in causes(diff)} == {"configuration"}


@pytest.mark.parametrize(
    ("table", "cause"), [("stop_surfaces.yaml", "vocabulary"), ("relation_words.yaml", "rules")]
)
def test_a_curated_table_is_named_as_the_cause_though_no_vocabulary_holds_it(
    before: tuple[Corpus, KgConfig, Build], table: str, cause: str
) -> None:
    _, config, _ = before
    old = build(config, publish=False).build
    fewer = config.model_copy(update={"link": LinkConfig(minimum_score=0.99)})
    tables = {**old.manifest.curated_tables, table: "other"}
    new = remade(
        build(fewer, publish=False).build,
        configuration=old.manifest.configuration,
        curated="other",
        curated_tables=tables,
    )
    told = causes(diff_builds(old, new))
    assert table in old.manifest.curated_tables
    if cause == "vocabulary":
        assert {found for found, _ in told} == {"vocabulary"}
        assert any(table in detail for _, detail in told)
    else:
        assert ("rules", "relation_words.yaml changed") in told
        assert "vocabulary" not in {found for found, _ in told}


def test_a_line_above_a_record_is_no_change_of_it() -> None:
    articles = sample_dir() / "pubmed" / "more-papers.xml"
    file = InputFile(Source.PUBMED, articles, articles.name)
    records = [item for item in read_file(file) if isinstance(item, ArticleRecord)]
    moved = [
        record.model_copy(
            update={"passages": tuple(p.model_copy(update={"line": (p.line or 0) + 1}) for p in record.passages)}
        )
        for record in records
    ]
    assert any(record.passages[0].line for record in records)
    assert [content_of(record) for record in moved] == [content_of(record) for record in records]


class Fewer:
    """A vocabulary in which Parkinson disease is gone, and nothing has names."""

    def __contains__(self, curie: object) -> bool:
        return curie != "MONDO:0005180"

    def names_of(self, curie: str) -> set[str]:
        return set()


@pytest.mark.parametrize(
    ("update", "cause", "said"),
    [
        (
            {"vocabulary": "f00", "vocabularies": {"mondo": "v2"}},
            "vocabulary",
            "MONDO:0005180 is obsolete or gone",
        ),
        ({"vocabulary": "f00", "vocabularies": {"mondo": "v2"}}, "vocabulary", "is no name of"),
        ({"code": {"link": "c0de"}}, "linker", "the linker's code changed"),
    ],
)
def test_mentions_that_are_gone_from_the_same_text_are_laid_to_what_changed(
    before: tuple[Corpus, KgConfig, Build], tmp_path: Path, update: dict[str, object], cause: str, said: str
) -> None:
    _, config, _ = before
    old = build(config, publish=False).build
    fewer = config.model_copy(update={"link": LinkConfig(minimum_score=0.99)})
    other = build(fewer, publish=False).build
    new = remade(other, **{"configuration": old.manifest.configuration, **update})
    told = {detail for found, detail in causes(diff_builds(old, new, vocabulary=Fewer())) if found == cause}
    assert any(said in detail for detail in told), told


def test_the_same_mentions_judged_otherwise_are_laid_to_the_rules(
    before: tuple[Corpus, KgConfig, Build], tmp_path: Path
) -> None:
    _, config, _ = before
    old = build(config, publish=False).build
    manifest = old.manifest.model_copy(update={"code": {**old.manifest.code, "claims": "c0de"}, "build_id": "c0de"})
    biological = old.table("claims").filter(pl.col("kind") == "biological")["id"]
    fewer = {
        **old.tables,
        "claims": old.table("claims").filter(~pl.col("id").is_in(biological.implode())),
        "evidence": old.table("evidence").filter(~pl.col("claim_id").is_in(biological.implode())),
    }
    diff = diff_builds(old, write_build(tmp_path / "new", fewer, manifest))
    assert diff.rows.filter(pl.col("what") == "claim").height == biological.len()
    assert causes(diff) == {("rules", "the rules' code changed")}
    assert set(diff.rows["cause"]) <= set(CAUSES)


@pytest.mark.parametrize("ending", ["json", "parquet", "md", "csv"])
def test_the_command_writes_every_format_and_says_by_its_code_that_builds_differ(
    before: tuple[Corpus, KgConfig, Build], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    corpus, config, old = before
    corpus.articles[4] = f"Gliosis causes dementia in {ending}."
    corpus.write()
    new = build(config).build
    monkeypatch.setattr("kg.cli.diff._terms", lambda config, new: None)
    run = CliRunner()
    file = tmp_path / f"d.{ending}"
    result = run.invoke(make_app(), ["diff", str(old.path), str(new.path), "-o", str(file)])
    assert result.exit_code == 1, result.output
    assert file.stat().st_size > 100
    if ending == "parquet":
        none = tmp_path / "none.parquet"
        run.invoke(make_app(), ["diff", str(new.path), str(new.path), "-o", str(none)])
        assert pl.read_parquet(none).schema == pl.read_parquet(file).schema
    said = run.invoke(make_app(), ["diff", str(old.path), str(new.path), "--summary"]).output
    assert f"{old.manifest.build_id} → {new.manifest.build_id}" in said
    only = run.invoke(make_app(), ["diff", str(old.path), str(new.path), "--summary", "--cause", "linker"])
    assert (only.exit_code, "none of these, of " in only.output) == (1, True)
    assert run.invoke(make_app(), ["diff", str(new.path), str(new.path)]).exit_code == 0
    assert run.invoke(make_app(), ["diff", str(old.path), str(new.path), "--what", "edge"]).exit_code == 2
