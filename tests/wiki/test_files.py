"""The files of a wiki: what is read, what is refused, and how one is replaced."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kg.errors import ConfigError, WikiError
from kg.graph.locks import Reading
from kg.wiki import files
from kg.wiki.files import PageFile, find_pages, read_page_bytes, remove_leftovers, replace_page


def page(path: Path, root: Path | None = None) -> PageFile:
    root = root or path.parent
    return PageFile(path, root, path.relative_to(root).as_posix())


@pytest.fixture
def wiki(tmp_path: Path) -> Path:
    """A wiki with two pages and what lies beside pages."""
    root = tmp_path / "wiki"
    for name in ("diseases/a.md", "genes/b.markdown", "README.md", ".hidden/c.md", "diseases/a.refs.json", "x.tsv"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("# A\n\nText.\n", encoding="utf-8")
    (root / "scraped.txt").write_text("x\nID: wiki-datasets-x\nText\n", encoding="utf-8")
    (root / "notes.txt").write_text("no page\n", encoding="utf-8")
    return root


def test_pages_are_found_below_a_folder(wiki: Path) -> None:
    assert [found.relative for found in find_pages([wiki])] == ["diseases/a.md", "genes/b.markdown", "scraped.txt"]


def test_a_single_page_has_its_path_from_its_wiki(wiki: Path, tmp_path: Path) -> None:
    single = wiki / "diseases" / "a.md"
    assert [found.relative for found in find_pages([single])] == ["diseases/a.md"]
    assert [found.relative for found in find_pages([single], [tmp_path])] == ["wiki/diseases/a.md"]
    assert len(find_pages([single, wiki, wiki / "diseases" / ".." / "diseases"])) == 3


@pytest.mark.parametrize("name", ["absent", ".hidden"])
def test_a_path_without_pages_is_an_error(name: str, wiki: Path) -> None:
    (wiki / ".hidden" / "c.md").unlink()
    with pytest.raises(ConfigError, match=r"here|below"):
        find_pages([wiki / name])


def test_links_and_devices_are_refused(wiki: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.md"
    outside.write_text("secret", encoding="utf-8")
    link = wiki / "diseases" / "link.md"
    link.symlink_to(outside)
    with pytest.raises(WikiError, match="it is a link"):
        read_page_bytes(page(link, wiki))
    (wiki / "elsewhere").symlink_to(tmp_path)
    with pytest.raises(WikiError, match="leads elsewhere"):
        read_page_bytes(page(wiki / "elsewhere" / "outside.md", wiki))
    os.mkfifo(wiki / "pipe.md")
    with pytest.raises(WikiError, match="no regular file"):
        read_page_bytes(page(wiki / "pipe.md", wiki))
    with pytest.raises(WikiError, match="more than 3 bytes"):
        read_page_bytes(page(wiki / "diseases" / "a.md", wiki), limit=3)


def test_a_page_is_replaced_with_its_mode(wiki: Path) -> None:
    path = wiki / "diseases" / "a.md"
    path.chmod(0o640)
    replace_page(page(path, wiki), path.read_bytes(), b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert sorted(each.name for each in path.parent.iterdir()) == ["a.md", "a.refs.json"]


def test_a_page_that_changed_meanwhile_stays(wiki: Path) -> None:
    path = wiki / "diseases" / "a.md"
    with pytest.raises(WikiError, match="it changed while it was read"):
        replace_page(page(path, wiki), b"what was read", b"new")
    assert path.read_text(encoding="utf-8") == "# A\n\nText.\n"


def test_a_write_that_fails_leaves_the_old_page_and_nothing_beside_it(
    wiki: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = wiki / "diseases" / "a.md"

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        replace_page(page(path, wiki), path.read_bytes(), b"new")
    assert path.read_text(encoding="utf-8") == "# A\n\nText.\n"
    assert sorted(each.name for each in path.parent.iterdir()) == ["a.md", "a.refs.json"]


def test_a_page_behind_a_link_out_of_its_tree_is_refused(wiki: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside" / "diseases"
    outside.mkdir(parents=True)
    (outside / "p.md").write_text("# P\n", encoding="utf-8")
    (wiki / "out").symlink_to("../outside")
    (found,) = find_pages([wiki / "out" / "diseases" / "p.md"])
    with pytest.raises(WikiError, match="leads elsewhere"):
        read_page_bytes(found)
    for path in (wiki / "out" / "diseases", wiki / "out" / "diseases" / ".." / "diseases" / "p.md"):
        with pytest.raises(ConfigError, match="leads elsewhere"):
            find_pages([path])


def test_a_link_within_a_tree_is_followed_and_dots_behind_it_mean_what_they_mean_to_the_system(wiki: Path) -> None:
    for folder in ("diseases", "outside/diseases", "outside/deep"):
        (wiki / folder).mkdir(parents=True, exist_ok=True)
        (wiki / folder / "als.md").write_text(folder, encoding="utf-8")
    (wiki / "deep").symlink_to("outside/deep")
    for path in (wiki / "deep" / ".." / "diseases" / "als.md", wiki / "diseases" / ".." / "diseases" / "als.md"):
        (found,) = find_pages([path])
        assert read_page_bytes(found) == path.read_bytes()
    (found,) = find_pages([wiki / "deep" / "als.md"])
    assert read_page_bytes(found) == b"outside/deep"


def test_a_page_that_nobody_may_write_stays(wiki: Path) -> None:
    path = wiki / "diseases" / "a.md"
    path.chmod(0o444)
    with pytest.raises(WikiError, match="write-protected"):
        replace_page(page(path, wiki), path.read_bytes(), b"new")
    assert path.read_text(encoding="utf-8") == "# A\n\nText.\n"


def test_a_folder_that_cannot_be_searched_is_reported(wiki: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("genes"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(files.os, "scandir", refuse)
    assert [found.relative for found in find_pages([wiki])] == ["diseases/a.md", "genes", "scraped.txt"]
    with pytest.raises(WikiError, match="no regular file"):
        read_page_bytes(page(wiki / "genes", wiki))


def test_what_a_killed_run_left_beside_pages_is_removed_and_what_another_writes_is_not(wiki: Path) -> None:
    folder = wiki / "diseases"
    left, written = folder / ".a.md.abcd_123.kg", folder / ".a.md.wxyz5678.kg"
    for path in (left, written, folder / ".notes.kg"):
        path.write_text("half", encoding="utf-8")
    held = Reading(written)
    remove_leftovers([folder])
    assert sorted(each.name for each in folder.iterdir() if each.name.startswith(".")) == [written.name, ".notes.kg"]
    held.close()
    remove_leftovers([folder])
    assert not written.exists()
