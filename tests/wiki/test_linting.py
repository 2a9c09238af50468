"""Linting files: what is reported in which form, mended, kept and chosen."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from kg.cli.main import make_app
from kg.config import KgConfig, WikiLintConfig
from kg.errors import ConfigError
from kg.graph.build_dir import Build
from kg.model import Severity
from kg.wiki.cache import code_fingerprint
from kg.wiki.context import LintContext
from kg.wiki.files import find_pages
from kg.wiki.findings import RULES
from kg.wiki.fix import apply_edits
from kg.wiki.formats import write_reports
from kg.wiki.lint_format import LintFormat
from kg.wiki.linting import Report, lint_pages
from kg.wiki.rules.links import check_links
from kg.wiki.selection import Selection
from tests.wiki.conftest import make_page

_TEXT = (
    "\ufeff# Tau\r\n\r\nIt [is](../diseases/x.md#top)](../diseases/x.md#top) α  \r\n"
    "so [[[was](/genes/y)](/genes/y).\rEnd"
)

Lint = Callable[..., Result]


@pytest.fixture
def kg_lint(
    sample_config: KgConfig,
    sample_build: Build,
    lint_context: LintContext,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Lint:
    """Call ``kg wiki lint`` in this process with the sample's build, and with vocabularies that are loaded once."""
    monkeypatch.setattr(LintContext, "load", lambda config, titles: replace(lint_context, titles=titles))
    monkeypatch.setenv("KG_CACHE_DIR", str(sample_config.cache_dir))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> Result:
        command = ["wiki", "lint", *map(str, arguments), "--build", str(sample_build.path)]
        return CliRunner().invoke(make_app(), command)

    return run


@pytest.fixture
def wiki(tmp_path: Path) -> Path:
    """A wiki with one page that has something to mend."""
    path = tmp_path / "wiki" / "mechanisms" / "tau.md"
    path.parent.mkdir(parents=True)
    path.write_bytes(_TEXT.encode())
    return tmp_path / "wiki"


def test_mending_changes_what_it_says_and_no_other_byte(kg_lint: Lint, wiki: Path) -> None:
    page = wiki / "mechanisms" / "tau.md"
    assert kg_lint(wiki, "--select", "KGW3").exit_code == 1
    result = kg_lint(wiki, "--select", "KGW3", "--fix")
    assert page.read_bytes().decode() == (
        "\ufeff# Tau\r\n\r\nIt [is](/diseases/x#top) α  \r\nso [[was](/genes/y).\rEnd"
    )
    assert "3 mended" in result.stderr
    mended = page.read_bytes()
    assert "0 mended" in kg_lint(wiki, "--fix").stderr
    assert page.read_bytes() == mended


def test_a_clean_wiki_ends_with_0_and_an_absent_one_with_an_error(kg_lint: Lint, tmp_path: Path) -> None:
    page = tmp_path / "clean.md"
    page.write_text("# Clean\n\nNothing is wrong here.\n", encoding="utf-8")
    result = kg_lint(page)
    assert (result.exit_code, result.stdout) == (0, "")
    assert isinstance(kg_lint(tmp_path / "absent").exception, ConfigError)


def test_text_shows_the_line_and_marks_the_place(kg_lint: Lint, wiki: Path) -> None:
    shown = kg_lint(wiki, "--select", "KGW303").stdout.splitlines()
    assert shown[0].startswith("wiki/mechanisms/tau.md:3:4: warning KGW303 relative-link: '../diseases/x.md#top'")
    assert shown[1] == "  3 | It [is](../diseases/x.md#top)](../diseases/x.md#top) α  "
    assert shown[2] == "    |    ^~~~~~~~~~~~~~~~~~~~~~~~~~"


def test_json_has_every_finding(kg_lint: Lint, wiki: Path) -> None:
    found = json.loads(kg_lint(wiki, "--format", "json").stdout)
    assert [(each["code"], each["line"], each["column"]) for each in found if each["fixable"]] == [
        ("KGW303", 3, 4),
        ("KGW301", 3, 30),
        ("KGW301", 4, 21),
    ]


def test_sarif_has_what_its_schema_requires(kg_lint: Lint, wiki: Path) -> None:
    log = json.loads(kg_lint(wiki, "--format", "sarif").stdout)
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"]
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(ids) == len(set(ids))
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["results"]
    for result in run["results"]:
        assert result["message"]["text"]
        assert result["level"] in {"none", "note", "warning", "error"}
        assert ids[result["ruleIndex"]] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]
        assert re.fullmatch(r"[\w./%~-]+", place["artifactLocation"]["uri"])
        region = place["region"]
        assert all(isinstance(region[name], int) and region[name] >= 1 for name in region)
        assert (region["endLine"], region["endColumn"]) >= (region["startLine"], region["startColumn"])


def test_an_annotation_can_t_be_left(tmp_path: Path) -> None:
    report = Report(
        tmp_path / "a,b:c.md", "a", "KGW101", Severity.ERROR, 1, 1, 1, 2, "100%\n::error::x", "a\x1b[31m\u202eb", False
    )
    shown = write_reports([report], LintFormat.GITHUB, tmp_path)
    assert shown.startswith(
        "::error file=a%2Cb%3Ac.md,line=1,endLine=1,col=1,endColumn=2,title=KGW101 mermaid-syntax::"
    )
    assert shown.endswith("::100%25%0A::error::x\n")
    assert shown.count("\n") == 1
    assert not {"\x1b", "\u202e"} & set(write_reports([report], LintFormat.TEXT, tmp_path))


def test_what_was_found_of_an_unchanged_page_is_kept(
    wiki: Path, sample_config: KgConfig, lint_context: LintContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = find_pages([wiki])
    monkeypatch.setattr(LintContext, "load", lambda config, titles: lint_context)
    first = lint_pages(pages, sample_config, titles=None)
    monkeypatch.setattr(LintContext, "load", None)  # whoever looks again fails
    assert lint_pages(pages, sample_config, titles=None) == first
    # Which pages there are is asked anew.
    second = lint_pages(pages, sample_config, titles=None, known_pages={"wiki:genes/y", "wiki:diseases/x"})
    assert {report.code for report in first.reports} - {report.code for report in second.reports} == {"KGW302"}
    (wiki / "mechanisms" / "tau.refs.json").write_text("{}", encoding="utf-8")
    with pytest.raises(TypeError):
        lint_pages(pages, sample_config, titles=None)


def test_the_judge_s_words_and_a_build_without_articles_count(
    tmp_path: Path, sample_config: KgConfig, lint_context: LintContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "curated").mkdir()
    words = tmp_path / "curated" / "relation_words.yaml"
    words.write_text("a: b\n", encoding="utf-8")
    monkeypatch.setattr("kg.wiki.cache.curated_dir", lambda: tmp_path / "curated")
    first = code_fingerprint.__wrapped__()
    words.write_text("a: c\n", encoding="utf-8")
    assert code_fingerprint.__wrapped__() != first
    page = tmp_path / "genes" / "a.md"
    page.parent.mkdir()
    page.write_text("# A\n\nIt is so (PMID: 4711).\n", encoding="utf-8")
    monkeypatch.setattr(LintContext, "load", lambda config, titles: replace(lint_context, titles=titles))
    for titles, found in ((None, []), ({}, ["KGW205"]), (None, [])):
        run = lint_pages(find_pages([page]), sample_config, titles=titles)
        assert [report.code for report in run.reports] == found


@pytest.mark.parametrize(
    ("given", "selected"),
    [
        ({}, set(RULES)),
        ({"select": ("KGW3",)}, {"KGW301", "KGW302", "KGW303"}),
        ({"select": ("KGW3", "KGW101"), "ignore": ("KGW302",)}, {"KGW101", "KGW301", "KGW303"}),
    ],
)
def test_settings_choose_rules(given: dict[str, tuple[str, ...]], selected: set[str]) -> None:
    assert Selection.from_config(WikiLintConfig(**given)).codes == selected


def test_settings_say_how_grave_a_rule_is(kg_lint: Lint, wiki: Path, tmp_path: Path) -> None:
    (tmp_path / "kg.toml").write_text(
        '[wiki.lint]\nselect = ["KGW3"]\nseverity = {KGW303 = "note"}\n', encoding="utf-8"
    )
    result = kg_lint(wiki, "--ignore", "KGW301,KGW302")
    assert "note KGW303" in result.stdout
    assert result.exit_code == 0


@pytest.mark.parametrize("field", ["select", "ignore"])
def test_a_rule_that_there_is_not_is_an_error(field: str) -> None:
    with pytest.raises(ConfigError, match="KGX"):
        Selection.from_config(WikiLintConfig(**{field: ("KGX",)}))


def test_a_page_that_can_t_be_read_is_a_finding(kg_lint: Lint, wiki: Path) -> None:
    (wiki / "mechanisms" / "link.md").symlink_to("/etc/hostname")
    (wiki / "mechanisms" / "latin.md").write_bytes("# Ram\xf3n\n\nText.\n".encode("latin-1"))
    found = json.loads(kg_lint(wiki, "--select", "KGW001", "--format", "json").stdout)
    assert [Path(each["path"]).name for each in found] == ["latin.md", "link.md"]


_LINKS = st.lists(
    st.sampled_from(
        [
            *("[x](/a/b)](/a/b)", "[y](../genes/z.md)", "[[w](/a/b)](/a/b)", "[v](genes/z)", "[u](<genes/z> 't')"),
            *("text ", "é🧠", "\r\n", "\n\n", "| a |", "`", "[", "]", "[@k]", "(genes/z)", "[[genes-z]]", "\\"),
            *("![i](a.png)", "- ", "> ", "```"),
        ]
    ),
    max_size=16,
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(pieces=_LINKS, bom=st.booleans())
def test_mending_comes_to_rest_and_keeps_what_it_does_not_mend(pieces: list[str], bom: bool) -> None:
    data = b"\xef\xbb\xbf" * bom + "".join(pieces).encode()
    page = make_page(data)
    for _ in range(6):
        edits = [edit for finding in check_links(page, "mechanisms/example") for edit in finding.edits]
        if not edits:
            break
        kept = "".join(c for at, c in enumerate(page.text) if not any(edit.start <= at < edit.end for edit in edits))
        page = make_page(apply_edits(page, edits))
        assert page.has_bom is bom
        # What stands outside of the edits is there still, in its order.
        rest = iter(page.text)
        assert all(character in rest for character in kept)
    else:
        pytest.fail(f"never at rest: {page.text!r}")


def test_linting_never_fails_on_a_page(lint_context: LintContext) -> None:
    from kg.wiki.lint import lint_page

    for text in (
        "",
        "---\n",
        "\x00",
        "```mermaid\n",
        "[@]",
        "[^]",
        "<!-- kg-lint: -->",
        "|" * 500,
        "[" * 300,
        "\ufeff",
    ):
        assert all(found.line >= 1 for found in lint_page(make_page(text), lint_context))
