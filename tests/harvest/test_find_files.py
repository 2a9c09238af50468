"""Which files a source has."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest

from kg.config import SourceConfig
from kg.errors import ConfigError, RecordError
from kg.harvest import InputFile, find_files
from kg.harvest.files import decode_text, open_bounded, read_whole, start_reading
from kg.model import Source


def _touch(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")


def _relatives(root: Path | list[str], source: Source = Source.DANDI) -> list[str]:
    entries = [str(root)] if isinstance(root, Path) else root
    return [file.relative for file in find_files(source, SourceConfig(path=tuple(entries)))]


def test_folder_is_searched_to_the_bottom_and_sorted(tmp_path: Path) -> None:
    _touch(tmp_path, "b.yaml", "a/c/dandiset.yaml", "a/b.yaml")
    assert _relatives(tmp_path) == ["a/b.yaml", "a/c/dandiset.yaml", "b.yaml"]


def test_hidden_and_backup_files_are_left_out(tmp_path: Path) -> None:
    _touch(tmp_path, "a.yaml", ".b.yaml", "c.yaml~", ".git/config")
    assert _relatives(tmp_path) == ["a.yaml"]


def test_file_is_relative_to_its_folder(tmp_path: Path) -> None:
    _touch(tmp_path, "deep/er/a.yaml")
    assert _relatives(tmp_path / "deep/er/a.yaml") == ["a.yaml"]


def test_glob_is_relative_to_its_fixed_part(tmp_path: Path) -> None:
    _touch(tmp_path, "x/1/a.yaml", "x/2/a.yaml", "y/a.yaml")
    assert _relatives([f"{tmp_path}/x/*/a.yaml"]) == ["1/a.yaml", "2/a.yaml"]
    assert _relatives([f"{tmp_path}/**/a.yaml"]) == ["x/1/a.yaml", "x/2/a.yaml", "y/a.yaml"]


def test_file_that_two_entries_mean_is_there_once(tmp_path: Path) -> None:
    _touch(tmp_path, "a.yaml", "b.yaml")
    assert _relatives([str(tmp_path), str(tmp_path / "a.yaml"), f"{tmp_path}/*.yaml"]) == ["a.yaml", "b.yaml"]


def test_same_path_below_two_roots_stays_apart(tmp_path: Path) -> None:
    _touch(tmp_path, "one/a.yaml", "two/a.yaml")
    assert _relatives([str(tmp_path / "one"), str(tmp_path / "two")]) == ["a.yaml", "two/a.yaml"]


def test_link_out_of_the_root_is_not_followed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    _touch(tmp_path, "secret.yaml", "root/a.yaml", "outside/b.yaml")
    (tmp_path / "root/stolen.yaml").symlink_to(tmp_path / "secret.yaml")
    (tmp_path / "root/dir").symlink_to(tmp_path / "outside")
    (tmp_path / "root/inner.yaml").symlink_to(tmp_path / "root/a.yaml")
    (tmp_path / "root/dangling.yaml").symlink_to(tmp_path / "nowhere")
    assert _relatives(tmp_path / "root") == ["a.yaml"]
    assert "not followed" in caplog.text
    assert _relatives([f"{tmp_path}/root/*.yaml", f"{tmp_path}/root/a*"]) == ["a.yaml"]
    with pytest.raises(ConfigError):
        _relatives([f"{tmp_path}/root/dir/*.yaml".replace("dir", "d*")])


def test_refs_beside_a_page_belong_to_it(tmp_path: Path) -> None:
    _touch(tmp_path, "genes/mapt.md", "genes/mapt.refs.json", "genes/lost.refs.json")
    assert _relatives(tmp_path, Source.WIKI) == ["genes/lost.refs.json", "genes/mapt.md"]


@pytest.mark.parametrize("missing", ["nowhere", "none/*.yaml", "empty"])
def test_entry_that_matches_nothing_is_named(tmp_path: Path, missing: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError) as caught:
        _relatives([str(tmp_path / missing)])
    assert str(tmp_path / missing) in str(caught.value)
    assert caught.value.facts["source"] == "dandi"


def test_receipt_is_of_the_bytes_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml.gz"
    path.write_bytes(gzip.compress(b"name: x"))
    reading = start_reading(InputFile(Source.DANDI, path, "a.yaml.gz"))
    assert reading.size_bytes == path.stat().st_size
    assert reading.receipt(3).position == 3
    assert read_whole(reading.file) == b"name: x"


def test_gzip_is_told_by_content_not_name(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(gzip.compress(b"name: ") + gzip.compress(b"x"))
    assert read_whole(InputFile(Source.DANDI, path, "a.yaml")) == b"name: x"


def test_gzip_bomb_stops_at_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b"\0" * 5_000_000))
    with pytest.raises(RecordError, match="more than 1,000 bytes"):
        read_whole(InputFile(Source.DANDI, path, "bomb.gz"), limit=1_000)


def test_damaged_gzip_says_where(tmp_path: Path) -> None:
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(bytes(range(256)) * 1000)[:-200])
    with (
        pytest.raises(RecordError, match="damaged after"),
        open_bounded(InputFile(Source.DANDI, path, "cut.gz")) as file,
    ):
        io.BufferedReader(file.raw).read()


@pytest.mark.parametrize(
    ("data", "text", "complains"),
    [
        (b"\xef\xbb\xbfaxon", "axon", False),
        ("Purkyně".encode(), "Purkyně", False),
        ("Purkyně".encode("utf-16"), "Purkyně", True),
        (b"Ram\xf3n", "Ramón", True),
        (b"\xff\xfea", "ÿþa", True),
    ],
)
def test_text_is_decoded_or_complained_about(data: bytes, text: str, complains: bool) -> None:
    decoded, complaint = decode_text(data)
    assert (decoded, complaint is not None) == (text, complains)
