"""Updating the sample's pages from the sample's build, as ``kg wiki update`` does."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from kg.cli.main import make_app
from kg.config import KgConfig, sample_dir
from kg.diagram.block import page_block
from kg.graph.build_dir import Build
from kg.wiki import linting, updating
from kg.wiki.files import find_pages
from kg.wiki.linting import lint_pages
from kg.wiki.subjects import Subjects
from kg.wiki.updating import update_pages
from tests.wiki.conftest import TITLES, make_page

_BROKEN = "mechanisms/excitation-inhibition-imbalance.md"


@pytest.fixture
def wiki(tmp_path: Path) -> Path:
    """A copy of some of the sample's pages."""
    root = tmp_path / "wiki"
    for name in ("diseases/als.md", "technologies/nwb.md", _BROKEN):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(sample_dir() / "wiki" / name, root / name)
    return root


@pytest.fixture
def kg_wiki(sample_config: KgConfig, sample_build: Build, monkeypatch: pytest.MonkeyPatch):
    """Call ``kg wiki`` in this process with the sample's build."""
    monkeypatch.setenv("KG_CACHE_DIR", str(sample_config.cache_dir))

    def run(*arguments: str | Path) -> Result:
        command = ["wiki", *map(str, arguments), "--build", str(sample_build.path)]
        return CliRunner().invoke(make_app(), command)

    return run


def tree(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_pages_get_their_diagrams_once(kg_wiki, wiki: Path) -> None:
    before = tree(wiki)
    first = kg_wiki("update", wiki)
    assert first.exit_code == 0, first.output
    assert "2 added, 1 left" not in first.stdout
    after = tree(wiki)
    assert after[_BROKEN] == before[_BROKEN]
    assert b"```mermaid" in after["diseases/als.md"]
    assert sorted(after) == sorted(before)
    second = kg_wiki("update", wiki)
    assert "1 left, 2 unchanged" in second.stderr
    assert tree(wiki) == after


@pytest.mark.parametrize("option", ["--dry-run", "--check", "--diff"])
def test_nothing_is_written_where_one_only_asks(option: str, kg_wiki, wiki: Path) -> None:
    before = tree(wiki)
    result = kg_wiki("update", wiki, option)
    assert tree(wiki) == before
    assert result.exit_code == (1 if option == "--check" else 0)
    assert ("+<!-- kg:diagram" in result.stdout) is (option == "--diff")


def test_a_checked_wiki_that_is_up_to_date_passes(kg_wiki, wiki: Path) -> None:
    (wiki / _BROKEN).unlink()
    kg_wiki("update", wiki)
    assert kg_wiki("update", wiki, "--check").exit_code == 0
    page = wiki / "diseases" / "als.md"
    page.write_bytes(page.read_bytes().replace(b"flowchart LR", b"flowchart TD"))
    assert kg_wiki("update", wiki, "--check").exit_code == 1


def test_a_broken_diagram_is_replaced_on_request(kg_wiki, wiki: Path) -> None:
    result = kg_wiki("update", wiki / _BROKEN, "--replace-broken", "--json")
    row = json.loads(result.stdout)
    assert (row["action"], row["line"]) == ("replaced", 69)
    assert kg_wiki("update", wiki / _BROKEN, "--check").exit_code == 0


def test_a_wiki_behind_an_api_gets_a_folder_and_a_manifest(kg_wiki, wiki: Path, tmp_path: Path) -> None:
    before, target = tree(wiki), tmp_path / "changed"
    for _ in range(2):
        assert kg_wiki("update", wiki, "--to", target).exit_code == 0
        assert tree(wiki) == before
        manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
        entry = next(page for page in manifest["pages"] if page["slug"] == "diseases/als")
        assert entry["ref"] == {"type": "wiki_page", "id": "wiki-diseases-als"}
        assert entry["sha256_new"] == hashlib.sha256((target / entry["path"]).read_bytes()).hexdigest()
        assert entry["sha256_old"] == hashlib.sha256(before[entry["path"]]).hexdigest()
        assert set(tree(target)) == {"manifest.json", *(page["path"] for page in manifest["pages"])}
    assert kg_wiki("update", wiki, "--to", wiki / "sub").exit_code != 3
    assert kg_wiki("update", wiki, "--to", wiki).exception is not None


def test_another_s_folder_is_left_alone(kg_wiki, wiki: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("mine", encoding="utf-8")
    result = kg_wiki("update", wiki, "--to", tmp_path / "mine")
    assert "it is left alone" in str(result.exception)


def test_what_is_known_of_unchanged_pages_is_not_found_out_again(
    wiki: Path, sample_build: Build, sample_config: KgConfig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = sample_config.model_copy(update={"cache_dir": tmp_path / "cache"})
    pages = find_pages([wiki])
    first = list(update_pages(pages, sample_build, config, in_place=True))
    monkeypatch.setattr(updating, "DiagramSource", None)  # whoever draws fails
    second = list(update_pages(pages, sample_build, config, in_place=True))
    assert [each.action for each in second] == [each.action if each.action == "left" else "unchanged" for each in first]


def test_a_page_is_found_by_its_name_where_the_build_has_not_read_it(sample_build: Build) -> None:
    subjects = Subjects(sample_build.table("nodes"))
    epilepsy = make_page("# Epilepsy (a family)\n\nText.\n", "diseases/the-epilepsies.md").name
    assert epilepsy is not None
    assert str(subjects.find(epilepsy)).startswith("MONDO:")
    nobody = make_page("# Nobody\n\nText.\n", "people/nobody.md").name
    assert nobody is not None
    assert subjects.find(nobody) is None


def test_a_diagram_that_does_not_parse_is_never_written(
    wiki: Path, sample_build: Build, sample_config: KgConfig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*arguments: object, **options: object) -> object:
        block = page_block(*arguments, **options)  # type: ignore[arg-type]
        return block and block._replace(mermaid="flowchart LR\n  a[")

    monkeypatch.setattr(updating, "page_block", broken)
    config = sample_config.model_copy(update={"cache_dir": tmp_path / "cache"})
    before = tree(wiki)
    results = list(update_pages(find_pages([wiki]), sample_build, config, in_place=True))
    assert {each.action for each in results} == {"left"}
    assert tree(wiki) == before


def test_an_updated_page_has_the_findings_that_it_had(
    sample_build: Build, sample_config: KgConfig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wiki = tmp_path / "wiki"
    shutil.copytree(sample_dir() / "wiki", wiki)
    config = sample_config.model_copy(update={"cache_dir": tmp_path / "cache"})
    (config.cache_dir).mkdir()
    for name in ("vocabulary", *(path.name for path in sample_config.cache_dir.glob("lexicon-*"))):
        (config.cache_dir / name).symlink_to(sample_config.cache_dir / name)
    pages = find_pages([wiki])
    before = lint_pages(pages, config, titles=TITLES).reports
    added = {each.relative for each in update_pages(pages, sample_build, config, in_place=True) if each.moved}
    assert added
    # Nothing is looked at again but what the update left alone or replaced…
    linted: list[str] = []
    lint = linting._Worker.lint
    monkeypatch.setattr(linting._Worker, "lint", lambda self, file: linted.append(file.relative) or lint(self, file))
    after = lint_pages(pages, config, titles=TITLES).reports
    assert not added & set(linted)
    assert [each[:4] for each in before] == [each[:4] for each in after]
    assert sum(each.line for each in before) < sum(each.line for each in after)
    # …and who looks finds the same.
    shutil.rmtree(config.cache_dir / "wiki")
    assert lint_pages(pages, config, titles=TITLES).reports == after


def test_a_write_protected_page_is_left_in_a_dry_run_too(kg_wiki, wiki: Path, tmp_path: Path) -> None:
    (wiki / _BROKEN).unlink()
    page = wiki / "diseases" / "als.md"
    page.chmod(0o444)
    before = tree(wiki)
    for options in (["--dry-run"], []):
        result = kg_wiki("update", page, *options)
        assert f"left      {page}: it is write-protected: make it writable" in result.stdout
    assert tree(wiki) == before
    assert "added" in kg_wiki("update", page, "--to", tmp_path / "to").stdout


def test_a_difference_is_a_patch_whatever_ends_lines_elsewhere(kg_wiki, tmp_path: Path) -> None:
    page = tmp_path / "wiki" / "diseases" / "als.md"
    page.parent.mkdir(parents=True)
    data = "# ALS\n\nOne\x0cpage\x0bwith\u2028ends\x85of\rall kinds.\r\nEnd.\n".encode()
    page.write_bytes(data)
    patch = kg_wiki("update", page, "--diff").stdout_bytes
    assert b"No newline" not in patch
    kg_wiki("update", page)
    lines = [line for line in patch.split(b"\n")[4:] if line]
    new = b"".join(line[1:] + b"\n" for line in lines if line[:1] in b" +")
    assert page.read_bytes().endswith(new)


def test_names_of_files_are_shown_without_what_a_terminal_would_obey(kg_wiki, tmp_path: Path) -> None:
    page = tmp_path / "wiki" / "diseases" / "als\x1b[31m\n.md"
    page.parent.mkdir(parents=True)
    page.write_text("---\nslug: diseases/als\n---\n# ALS\n", encoding="utf-8")
    result = kg_wiki("update", page, "--diff")
    assert "als\\x1b[31m\\n.md" in result.stdout
    assert '--- "a/diseases/als\\033[31m\\012.md"' in result.stdout
    assert "\x1b" not in result.stdout
