from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import VocabularyParseError
from kg.ontology import taxonomy
from kg.ontology.cellxgene import WheelFile
from kg.ontology.taxonomy import Taxon, Taxonomy, iter_items, read_lineages

ITEMS = {
    "NCBITaxon:10090": {
        "ancestors": {"NCBITaxon:10088": 1, "NCBITaxon:1": 2},
        "label": "Mus musculus",
        "deprecated": False,
    },
    "NCBITaxon:10088": {"ancestors": {"NCBITaxon:1": 1}, "label": 'Mus "the" {mouse}', "deprecated": False},
    "NCBITaxon:1": {"ancestors": {}, "label": "root", "deprecated": False},
    "NCBITaxon:3": {"ancestors": {"NCBITaxon:4": 1}, "label": "topmost", "deprecated": False},
    "NCBITaxon:2": {"ancestors": {}, "label": "gone", "deprecated": True},
}


def _pack(folder: Path, text: str) -> Path:
    path = folder / "NCBITaxon-ontology-v1.json.zst"
    path.write_bytes(zstandard.compress(text.encode()))
    return path


@pytest.fixture(params=[(",", ":"), (", ", ": ")], ids=["compact", "spaced"])
def path(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(taxonomy, "_CHUNK", 7)  # every entry is cut somewhere
    return _pack(tmp_path, json.dumps(ITEMS, separators=request.param))


def test_stream_yields_every_pair_however_it_is_cut(path: Path) -> None:
    assert dict(iter_items(path)) == ITEMS


@given(
    items=st.dictionaries(st.text(), st.dictionaries(st.text(), st.text() | st.integers())), chunk=st.integers(1, 50)
)
def test_stream_equals_json(
    items: dict[str, dict[str, object]], chunk: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = _pack(tmp_path_factory.mktemp("stream"), json.dumps(items))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(taxonomy, "_CHUNK", chunk)
        assert dict(iter_items(path)) == items


@pytest.mark.parametrize(
    ("text", "told"), [('{"a": {"b": 1}, "c": {"d"', "ends within an entry"), ("[1]", "not a JSON object")]
)
def test_stream_that_is_cut_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(VocabularyParseError, match=told):
        list(iter_items(_pack(tmp_path, text)))


def test_stream_damaged_in_its_compression_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.zst"
    path.write_bytes(b"no zstd at all")
    with pytest.raises(VocabularyParseError, match="damaged"):
        list(iter_items(path))


def test_taxonomy_finds_taxa_and_knows_what_is_none(path: Path, tmp_path: Path) -> None:
    taxa = Taxonomy(WheelFile(path, "v1"), tmp_path / "cache")
    assert taxa.find("NCBITaxon:10090") == Taxon("NCBITaxon:10090", "Mus musculus", "NCBITaxon:10088")
    assert taxa.find("NCBITaxon:1") == Taxon("NCBITaxon:1", "root", None)
    assert taxa.find("NCBITaxon:3") == Taxon("NCBITaxon:3", "topmost", None)
    assert [taxa.find(f"NCBITaxon:{n}") for n in ("2", "5", "99999999", "x", "00000000000000")] == [None] * 5


def test_taxonomy_is_compiled_once(path: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    Taxonomy(WheelFile(path, "v1"), cache).find("NCBITaxon:1")
    path.unlink()
    found = Taxonomy(WheelFile(path, "v1"), cache).find("NCBITaxon:10088")
    assert found is not None
    assert found.label == 'Mus "the" {mouse}'


def test_taxonomy_that_is_damaged_is_compiled_again(path: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "ncbitaxon-v1.parquet").write_bytes(b"PAR1 but cut")
    assert Taxonomy(WheelFile(path, "v1"), cache).find("NCBITaxon:1") is not None
    pl.DataFrame({"other": [1]}).write_parquet(cache / "ncbitaxon-v1.parquet")
    assert Taxonomy(WheelFile(path, "v1"), cache).find("NCBITaxon:1") is not None


def test_lineages_of_a_file_that_ends_within_an_entry_are_refused(tmp_path: Path) -> None:
    text = json.dumps(ITEMS, separators=(",", ":"))
    path = _pack(tmp_path, text[: text.index("Mus musculus")])
    with pytest.raises(VocabularyParseError, match="ends within an entry"):
        read_lineages(path, ["NCBITaxon:10090"])


@pytest.mark.parametrize("chunk", [1, 3, 50, 90, 130, 1000])
def test_lineages_hold_taxa_and_all_above_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr(taxonomy, "_CHUNK", chunk)
    path = _pack(tmp_path, json.dumps(ITEMS, separators=(",", ":")))
    found = read_lineages(path, ["NCBITaxon:10090", "NCBITaxon:77", "MONDO:1"])
    assert sorted(found) == ["NCBITaxon:1", "NCBITaxon:10088", "NCBITaxon:10090"]
    assert found["NCBITaxon:10088"].parent == "NCBITaxon:1"
    assert read_lineages(path, ["NCBITaxon:3"])["NCBITaxon:3"].parent is None
