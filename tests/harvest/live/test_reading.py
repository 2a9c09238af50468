"""What a build gets of the record store: every record that is current, and a word on those that are stale."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kg.build.snapshot import take_snapshot
from kg.config import DandiHarvestConfig, HarvestConfig, KgConfig, SourceConfig, SourcesConfig
from kg.errors import ConfigError
from kg.harvest import InputFile, read_file
from kg.harvest.live.reading import StoredFiles, stale_records, stored_files
from kg.harvest.live.rows import Receipt
from kg.harvest.live.store import RecordStore
from kg.model import DatasetRecord, Problem, Severity, Source
from tests.harvest.live.clocks import FakeClock
from tests.harvest.live.conftest import HarvestDandi
from tests.harvest.live.dandi_server import FakeDandi, make_metadata
from tests.harvest.live.switchboard import Fault, Switchboard
from tests.harvest.live.test_dandi import DAY


@pytest.fixture
def config(tmp_path: Path) -> HarvestConfig:
    return HarvestConfig(store=tmp_path / "store", dandi=DandiHarvestConfig())


def records_of(files: tuple[InputFile, ...]) -> tuple[list[DatasetRecord], list[Problem]]:
    found = [item for file in files for item in read_file(file)]
    records = [item for item in found if isinstance(item, DatasetRecord)]
    return records, [item for item in found if isinstance(item, Problem)]


def test_every_stored_version_is_read_whatever_its_schema(
    harvest_dandi: HarvestDandi, config: HarvestConfig, tmp_path: Path
) -> None:
    fake = FakeDandi(12, assets=3)
    with Switchboard(fake) as board:
        harvest_dandi(board, assets=True)
    files, digests, problems = stored_files(config)
    assert not problems
    assert [file.relative for file in files][:3] == [
        "dandi/000001/draft.json",
        "dandi/000001/published.json",
        "dandi/000002/draft.json",
    ]
    records, faults = records_of(files)
    assert len(records) == len(files) == 18
    assert not [fault for fault in faults if fault.severity is Severity.ERROR]
    assert {record.schema_version for record in records} == {"0.4.4", "0.5.1", "0.6.0", "0.6.4", "0.6.8", "0.7.0"}
    assert [record.receipt.sha256 for record in records] == list(digests)
    published = next(record for record in records if record.receipt.path == "dandi/000001/published.json")
    assert (published.id, published.version) == ("DANDI:000001", "0.240001.0001")


def test_the_summary_of_assets_adds_what_the_metadata_lack(harvest_dandi: HarvestDandi, config: HarvestConfig) -> None:
    with Switchboard(FakeDandi(3, assets=8)) as board:
        harvest_dandi(board, assets=True, versions=["draft"])
    records, _ = records_of(stored_files(config).files)
    first, _, third = records  # the third has no assetsSummary.species
    assert [term.field for term in first.species] == ["assetsSummary.species", "assetListing.species"]
    assert [term.name for term in third.species] == ["Homo sapiens - Human", "Mus musculus - House mouse"]
    assert [term.name for term in third.techniques] == ["spike sorting technique"]
    assert (third.subject_count, third.file_count) == (4, 3)  # numberOfFiles is the archive's own


def assert_as_before(fresh: StoredFiles, config: HarvestConfig) -> None:
    """A build reads the same, whether its records are fresh or stale: it is the same build."""
    assert len(fresh.files) == 6
    assert stored_files(config) == fresh


def test_a_source_that_failed_is_used_with_one_warning(
    harvest_dandi: HarvestDandi, config: HarvestConfig, clock: FakeClock
) -> None:
    fake = FakeDandi(4)
    with Switchboard(fake) as board:
        harvest_dandi(board)
        fresh = stored_files(config)
        assert not stale_records(config)
        clock.sleep(3 * DAY)
        board.switch(Fault.UNAVAILABLE, times=99)
        harvest_dandi(board)
    assert_as_before(fresh, config)
    (problem,) = stale_records(config)
    assert (problem.rule, problem.severity) == ("stale-source", Severity.WARNING)
    assert "6 records of it are stale" in problem.reason
    assert "3 days before it was last tried on 2026-09-24" in problem.reason
    assert "it answers 503" in problem.reason


def test_a_record_that_failed_by_itself_is_used_with_its_own_warning(
    harvest_dandi: HarvestDandi, config: HarvestConfig, clock: FakeClock
) -> None:
    fake = FakeDandi(4)
    with Switchboard(fake) as board:
        harvest_dandi(board)
        fresh = stored_files(config)
        fake.edit(2)
        clock.sleep(2 * 3600)
        board.switch(Fault.HTML, times=99, match="/000002/")
        harvest_dandi(board, http={"tries": 2})
    assert_as_before(fresh, config)
    (problem,) = stale_records(config)
    assert (problem.rule, problem.path) == ("stale-record", "dandi/000002/draft.json")
    assert "2 hours before" in problem.reason
    assert "an HTML page, not JSON (titled 'Scheduled maintenance')" in problem.reason


def test_a_damaged_payload_is_left_out_and_said(harvest_dandi: HarvestDandi, config: HarvestConfig) -> None:
    with Switchboard(FakeDandi(2)) as board:
        harvest_dandi(board)
    damaged = stored_files(config).files[0]
    damaged.path.write_bytes(b"{}")
    files, _, problems = stored_files(config)
    assert len(files) == 2
    assert (problems[0].rule, problems[0].severity, problems[0].path) == (
        "damaged-payload",
        Severity.ERROR,
        "dandi/000001/draft.json",
    )


def test_a_snapshot_has_the_store_beside_the_folders(tmp_path: Path, config: HarvestConfig) -> None:
    folder = tmp_path / "folder" / "dandi" / "000001"
    folder.mkdir(parents=True)
    (folder / "draft.json").write_text(json.dumps(make_metadata(1, "draft")))
    receipt = Receipt("https://x.org")
    with RecordStore.open(config.store) as store:
        for number in (1, 2):
            payload = json.dumps({"metadata": make_metadata(number, "draft")}).encode()
            store.put("dandi", f"{number}", payload, receipt, relative=f"dandi/00000{number}/draft.json")
        store.put("dandi", "aside", b"kept, and not read", receipt)
    sources = SourcesConfig(dandi=SourceConfig(path=(str(tmp_path / "folder"),)))
    snapshot = take_snapshot(KgConfig(sources=sources, harvest=config))
    assert [file.relative for file in snapshot.files] == [
        "dandi/000001/draft.json",
        "dandi/000002/draft.json",
        "store/dandi/000001/draft.json",
    ]
    assert len(snapshot.sha256) == 3
    without = take_snapshot(KgConfig(sources=sources, harvest=HarvestConfig(store=config.store)))
    assert [file.source for file in without.files] == [Source.DANDI]


def test_a_live_source_without_a_store_is_a_warning_or_an_error(tmp_path: Path, config: HarvestConfig) -> None:
    (problem,) = stored_files(config).problems
    assert (problem.rule, problem.severity) == ("nothing-harvested", Severity.WARNING)
    with pytest.raises(ConfigError, match="run 'kg harvest dandi' before the build"):
        take_snapshot(KgConfig(harvest=config))
