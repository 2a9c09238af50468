"""A build is whole, deterministic, and every edge is one step from its sentence."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from kg.build.choosing import choose_records
from kg.build.lock import only_one
from kg.build.pipeline import build
from kg.build.report import REPORTED, make_report, read_columns
from kg.build.snapshot import curated_digest, digests_of_tables, take_snapshot
from kg.config import KgConfig, SourceConfig, SourcesConfig, curated_dir
from kg.errors import BuildError, ConfigError
from kg.graph.build_dir import Build
from kg.graph.checks import CHECKED, check_graph
from kg.graph.tables import TABLES
from kg.harvest import read_file
from kg.model import Problem


def test_every_input_is_in_the_graph_or_in_the_report(sample_config: KgConfig, sample_build: Build) -> None:
    nodes = set(sample_build.table("nodes")["id"])
    listed = set(sample_build.table("problems")["path"])
    for file in take_snapshot(sample_config).files:
        records = [item for item in read_file(file) if not isinstance(item, Problem)]
        assert records or file.relative in listed, file.relative
        assert {record.id for record in records} <= nodes


def test_the_report_and_the_checks_read_the_columns_that_they_name(sample_build: Build) -> None:
    whole = make_report(sample_build.manifest, sample_build.tables)
    assert make_report(sample_build.manifest, read_columns(sample_build, REPORTED)) == whole
    check_graph(read_columns(sample_build, CHECKED))


def test_every_quote_stands_in_its_record_at_its_address(
    sample_config: KgConfig, sample_build: Build
) -> None:
    passages = {
        passage.address: passage.text
        for file in take_snapshot(sample_config).files
        for item in read_file(file)
        if not isinstance(item, Problem)
        for passage in item.passages
    }
    checked = 0
    from_text = pl.col("method").is_in(["text_mention", "sentence_rule"])
    for row in sample_build.table("evidence").filter(from_text).to_dicts():
        text = passages[f"{row['record_id']}#{row['section']}"]
        assert text[row["start"] : row["end"]] == row["quote"], row["id"]
        checked += 1
    assert checked > 100


def test_every_node_has_an_identifier_of_a_vocabulary_or_a_source(sample_build: Build) -> None:
    prefixes = {
        "BrainRegion": {"UBERON", "MBA", "HBA"},
        "CellType": {"CL", "PCL"},
        "Disease": {"MONDO"},
        "Mechanism": {"mechanism"},
        "Species": {"NCBITaxon"},
        "Dataset": {"DANDI"},
        "Publication": {"PMID", "DOI"},
        "WikiPage": {"wiki"},
        "Agent": {"ORCID", "ROR"},
        "Vocabulary": {"infores"},
    }
    for row in sample_build.table("nodes").select("id", "label").to_dicts():
        allowed = prefixes.get(row["label"])
        assert allowed is None or row["id"].partition(":")[0] in allowed, row


def test_a_dataset_leads_to_a_disease_with_evidence_at_each_step(sample_build: Build) -> None:
    edges = sample_build.table("edges")

    def step(predicates: list[str]) -> pl.DataFrame:
        return edges.filter(pl.col("predicate").is_in(predicates)).select("subject", "object", "claim_id")

    path = (
        step(["RECORDS_FROM"])
        .join(step(["OCCURS_IN"]), left_on="object", right_on="object", suffix="_mechanism")
        .join(step(["CONTRIBUTES_TO"]), left_on="subject_mechanism", right_on="subject", suffix="_disease")
    )
    assert path.height > 0
    supported = set(sample_build.table("evidence").filter(pl.col("polarity") == "asserted")["claim_id"])
    for column in ("claim_id", "claim_id_mechanism", "claim_id_disease"):
        assert set(path[column]) <= supported


def test_the_same_inputs_give_the_same_bytes_for_any_number_of_processes(
    sample_config: KgConfig, sample_build: Build, tmp_path: Path
) -> None:
    config = sample_config.model_copy(
        update={"build": sample_config.build.model_copy(update={"processes": 2})}
    )
    again = build(config, out=tmp_path / "again").build
    assert again.manifest.build_id == sample_build.manifest.build_id
    for name in ("manifest.json", "report.html", "report.json", *(f"{table}.parquet" for table in TABLES)):
        assert (again.path / name).read_bytes() == (sample_build.path / name).read_bytes(), name


def test_a_build_that_is_there_is_used_again(sample_config: KgConfig, sample_build: Build) -> None:
    result = build(sample_config)
    assert result.is_reused
    assert result.build.path == sample_build.path
    assert (sample_config.build.out / "current").resolve() == sample_build.path


def test_a_damaged_build_is_made_again(sample_config: KgConfig, sample_build: Build, tmp_path: Path) -> None:
    shutil.copytree(sample_build.path, tmp_path / "copy")
    (tmp_path / "copy/edges.parquet").write_bytes(b"")
    result = build(sample_config, out=tmp_path / "copy")
    assert not result.is_reused
    assert result.build.table("edges").equals(sample_build.table("edges"))


def few(sample_config: KgConfig, folder: Path) -> KgConfig:
    """Settings over a folder of one sample dandiset."""
    shutil.copytree(Path(sample_config.sources.dandi.path[0]) / "000053", folder / "dandi/000053")  # type: ignore[union-attr]
    return sample_config.model_copy(
        update={
            "sources": SourcesConfig(dandi=SourceConfig(path=(str(folder / "dandi"),))),
            "build": sample_config.build.model_copy(
                update={"out": folder / "builds", "processes": 1, "keep": 2}
            ),
        }
    )


def test_moving_the_records_changes_nothing_and_changing_them_does(
    sample_config: KgConfig, tmp_path: Path
) -> None:
    first = build(few(sample_config, tmp_path / "a")).build
    config = few(sample_config, tmp_path / "b")
    assert build(config).build.manifest.build_id == first.manifest.build_id
    record = tmp_path / "b/dandi/000053/dandiset.yaml"
    record.write_text(record.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    assert build(config).build.manifest.build_id != first.manifest.build_id


def test_bad_records_are_listed_and_the_rest_is_built(sample_config: KgConfig, tmp_path: Path) -> None:
    config = few(sample_config, tmp_path)
    for name, content in {
        "000900/dandiset.yaml": "identifier: [unclosed",
        "000901/dandiset.yaml": "name: no identifier\n",
        "000902.json": '{"identifier": "DANDI:000902"',
    }.items():
        file = tmp_path / "dandi" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    found = build(config).build
    assert found.manifest.counts["records"] == {"Dataset": 1}
    errors = found.table("problems").filter(pl.col("severity") == "error")
    assert set(errors["path"]) == {"000900/dandiset.yaml", "000901/dandiset.yaml", "000902.json"}
    assert errors["reason"].str.len_chars().min() > 5  # type: ignore[operator]


def test_nothing_but_bad_records_is_an_error_and_leaves_no_build(
    sample_config: KgConfig, tmp_path: Path
) -> None:
    config = few(sample_config, tmp_path)
    (tmp_path / "dandi/000053/dandiset.yaml").write_text("[", encoding="utf-8")
    with pytest.raises(BuildError, match="none of the 1 input files"):
        build(config)
    assert not (tmp_path / "builds").exists()


def test_old_builds_are_removed_and_strangers_are_not(sample_config: KgConfig, tmp_path: Path) -> None:
    config = few(sample_config, tmp_path)
    record = tmp_path / "dandi/000053/dandiset.yaml"
    (tmp_path / "builds/mine").mkdir(parents=True)
    for number in range(4):
        record.write_text(record.read_text(encoding="utf-8") + f"# {number}\n", encoding="utf-8")
        newest = build(config).build
    kept = {path.name for path in (tmp_path / "builds").iterdir()}
    assert len(kept) == 2 + len({"mine", "current", "published.jsonl"})
    assert newest.path.name in kept


def test_two_builds_at_once_in_one_folder_are_refused(sample_config: KgConfig, tmp_path: Path) -> None:
    config = few(sample_config, tmp_path)
    path = build(config).build.path
    other = config.model_copy(update={"cache_dir": tmp_path / "another cache"})
    with only_one(path):
        with pytest.raises(BuildError, match="another build is at work"):
            build(config)
        with pytest.raises(BuildError, match="another build is at work"), only_one(other.build.out / path.name):
            pass
    assert not list(config.build.out.glob(".*"))


def test_the_lock_of_a_build_that_was_killed_is_swept_away(sample_config: KgConfig, tmp_path: Path) -> None:
    config = few(sample_config, tmp_path)
    config.build.out.mkdir()
    (config.build.out / ".0123456789ab.lock").touch()
    (config.build.out / ".publication.lock").touch()
    build(config)
    assert not list(config.build.out.glob(".*"))


def test_no_source_is_an_error(sample_config: KgConfig) -> None:
    with pytest.raises(ConfigError, match="no source is configured"):
        build(sample_config.model_copy(update={"sources": SourcesConfig()}))


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_records_the_fuller_is_kept_and_the_other_noted(order: int) -> None:
    short, long = (
        {
            "id": "PMID:1",
            "version": None,
            "date": None,
            "characters": n,
            "headings": 0,
            "source": "pubmed",
            "path": path,
            "position": 0,
        }
        for path, n in (("a.xml", 6), ("b.xml", 18))
    )
    kept, problems = choose_records(
        pl.DataFrame([short, long][::order], schema_overrides={"date": pl.String, "version": pl.String})
    )
    assert kept["path"].to_list() == ["b.xml"]
    assert [(p.rule, p.path) for p in problems] == [("duplicate-record", "a.xml")]


@pytest.mark.parametrize("order", [1, -1])
def test_the_draft_and_what_was_published_of_a_dataset_are_no_duplicates(order: int) -> None:
    rows = [
        {
            "id": "DANDI:000003",
            "version": version,
            "date": date,
            "characters": 9,
            "headings": 0,
            "source": "dandi",
            "path": f"dandi/000003/{path}.json",
            "position": 0,
        }
        for version, date, path in (
            ("draft", "2025-03-01", "draft"),
            ("0.250101.1200", "2025-01-01", "published"),
            ("0.250101.1200", "2025-01-01", "published-again"),
        )
    ]
    kept, problems = choose_records(pl.DataFrame(rows[::order]))
    assert kept["version"].to_list() == ["draft"]
    assert not problems


def test_other_settings_in_the_same_process_link_otherwise(sample_config: KgConfig, tmp_path: Path) -> None:
    config = few(sample_config, tmp_path)
    every = build(config).build
    labels = config.model_copy(update={"link": config.link.model_copy(update={"scopes": ("label",)})})
    fewer = build(labels).build
    assert fewer.manifest.build_id != every.manifest.build_id
    assert fewer.table("mentions").height < every.table("mentions").height


@pytest.mark.parametrize("table", ["relation_words.yaml", "stop_surfaces.yaml", "mechanisms.yaml", "mba.tsv"])
def test_changing_any_curated_table_gives_another_build(
    sample_config: KgConfig, tmp_path: Path, table: str
) -> None:
    shutil.copytree(curated_dir(), tmp_path / "curated")
    before = curated_digest(tmp_path / "curated")
    with (tmp_path / "curated" / table).open("a", encoding="utf-8") as stream:
        stream.write("# a comment\n")
    assert curated_digest(tmp_path / "curated") != before


def test_of_curated_tables_in_a_folder_of_ones_own_those_that_differ_are_told(
    sample_config: KgConfig, tmp_path: Path
) -> None:
    shutil.copytree(curated_dir(), tmp_path / "curated")
    chosen = sample_config.vocabularies.model_copy(update={"curated": tmp_path / "curated"})
    own = sample_config.model_copy(update={"vocabularies": chosen})
    before = digests_of_tables(sample_config)
    assert digests_of_tables(own) == before
    with (tmp_path / "curated" / "species.yaml").open("a", encoding="utf-8") as stream:
        stream.write("# a comment\n")
    after = digests_of_tables(own)
    assert [name for name in after if after[name] != before[name]] == ["species.yaml"]
