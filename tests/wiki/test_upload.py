"""The folder that changed pages are written to: what is cleared away, what is refused, and what its manifest says."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from kg.errors import ConfigError, WikiError
from kg.wiki.files import PageFile
from kg.wiki.journal import JOURNAL, note_file
from kg.wiki.update import Action
from kg.wiki.updating import Updated
from kg.wiki.upload import MANIFEST, open_folder


def file(root: Path, relative: str) -> PageFile:
    return PageFile(root / relative, root, relative)


def written(root: Path, relative: str, page_id: str = "wiki:diseases/a") -> Updated:
    sha256 = hashlib.sha256(b"new").hexdigest()
    return Updated(relative, root / relative, Action.ADDED, "", 1, page_id, "0" * 64, sha256)


def write(folder: Path, relative: str) -> None:
    note_file(folder, relative)
    (folder / relative).parent.mkdir(parents=True, exist_ok=True)
    (folder / relative).write_bytes(b"new")


def run(to: Path, wiki: Path, *relatives: str) -> None:
    with open_folder(to, [file(wiki, relative) for relative in relatives]) as folder:
        for relative in relatives:
            write(to, relative)
        found = [written(wiki, name, f"wiki:{name.removesuffix('.md')}") for name in relatives]
        assert folder.write_manifest("b1", found, run_id="night") == len(relatives)
    manifest = json.loads((to / MANIFEST).read_text(encoding="utf-8"))
    assert (manifest["build"], manifest["run_id"]) == ("b1", "night")


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())


def test_a_run_clears_away_what_the_one_before_wrote(tmp_path: Path) -> None:
    to = tmp_path / "to"
    run(to, tmp_path / "wiki", "diseases/a.md", "b.md")
    run(to, tmp_path / "wiki", "diseases/c.md")
    assert names(to) == ["diseases/c.md", MANIFEST]


@pytest.mark.parametrize("name", ["notes.md", "diseases/p1.md", "b.md"])
def test_files_that_no_run_wrote_are_neither_overwritten_nor_removed(name: str, tmp_path: Path) -> None:
    to = tmp_path / "to"
    run(to, tmp_path / "wiki", "diseases/a.md", "b.md")
    before = names(to)
    (to / name).write_text("precious", encoding="utf-8")
    with pytest.raises(ConfigError, match="it is left alone"):
        run(to, tmp_path / "wiki", "diseases/p1.md")
    assert (to / name).read_text(encoding="utf-8") == "precious"
    assert names(to) == sorted({*before, name})


def test_two_wikis_do_not_overwrite_each_other(tmp_path: Path) -> None:
    pages = [file(tmp_path / "one", "diseases/a.md"), file(tmp_path / "two", "diseases/a.md")]
    with pytest.raises(ConfigError, match="two pages would be written"), open_folder(tmp_path / "to", pages):
        pass
    assert not (tmp_path / "to").exists()


def test_files_that_are_one_page_are_not_uploaded(tmp_path: Path) -> None:
    to, wiki = tmp_path / "to", tmp_path / "wiki"
    relatives = ["a.md", "a.markdown", "b.md"]
    with open_folder(to, [file(wiki, relative) for relative in relatives]) as folder:
        for relative in relatives:
            write(to, relative)
        found = [written(wiki, relative, f"wiki:{relative[0]}") for relative in relatives]
        with pytest.raises(WikiError, match=r"2 files are pages that others are as well.*a\.markdown"):
            folder.write_manifest("b1", found)
    assert names(to) == ["b.md", MANIFEST]
    assert [page["path"] for page in json.loads((to / MANIFEST).read_bytes())["pages"]] == ["b.md"]


def test_a_run_that_was_killed_is_cleared_away_by_the_next(tmp_path: Path) -> None:
    to = tmp_path / "to"
    with pytest.raises(KeyboardInterrupt), open_folder(to, []):
        write(to, "diseases/a.md")
        raise KeyboardInterrupt
    assert names(to) == [JOURNAL, "diseases/a.md"]
    run(to, tmp_path / "wiki", "b.md")
    assert names(to) == ["b.md", MANIFEST]


def test_two_runs_do_not_write_into_one_folder(tmp_path: Path) -> None:
    to = tmp_path / "to"
    with open_folder(to, []):
        with pytest.raises(ConfigError, match="another update is writing"), open_folder(to, []):
            pass
        write(to, "a.md")
    assert names(to) == [JOURNAL, "a.md"]
