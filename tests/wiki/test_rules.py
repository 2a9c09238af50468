"""Every rule of the linter, by the examples of its documentation, and where findings stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kg.wiki.context import LintContext
from kg.wiki.findings import RULES
from kg.wiki.fix import apply_edits
from kg.wiki.lint import Placed, lint_page
from kg.wiki.page import Page
from tests.wiki.conftest import PAGES, make_page

_DOC = (Path(__file__).parents[2] / "docs" / "wiki-lint.md").read_text(encoding="utf-8")
_SECTION = re.compile(r"^### (KGW\d{3}) ([\w-]+)\n(.*?)(?=^### |\Z)", re.MULTILINE | re.DOTALL)
_EXAMPLE = re.compile(r"^````markdown\n(.*?)^````$", re.MULTILINE | re.DOTALL)
EXAMPLES = {
    match[1]: (match[2], [found[1] for found in _EXAMPLE.finditer(match[3])]) for match in _SECTION.finditer(_DOC)
}


def lint(page: Page, context: LintContext) -> list[Placed]:
    """Lint a page of a wiki that has a few others."""
    return [found for found in lint_page(page, context) if found.finding.target not in PAGES]


def codes(text: str, context: LintContext, relative: str = "mechanisms/example.md") -> list[str]:
    return [found.finding.code for found in lint(make_page(text, relative), context)]


def test_every_rule_is_documented_with_two_examples_and_in_the_table() -> None:
    assert {code: name for code, (name, _) in EXAMPLES.items()} == {code: r.name for code, r in RULES.items()}
    assert all(len(examples) == 2 for _, examples in EXAMPLES.values())
    for rule in RULES.values():
        mends = " yes" if rule.is_fixable else ""
        anchor = f"{rule.code.lower()}-{rule.name}"
        assert f"| [{rule.code}](#{anchor}) | {rule.name} | {rule.severity.value} |{mends} |" in _DOC


@pytest.mark.parametrize("code", sorted(RULES))
def test_the_wrong_example_has_the_finding_and_the_right_one_has_not(code: str, lint_context: LintContext) -> None:
    wrong, right = EXAMPLES[code][1]
    assert code in codes(wrong, lint_context)
    assert code not in codes(right, lint_context)


@pytest.mark.parametrize("code", sorted(code for code, rule in RULES.items() if rule.is_fixable))
def test_mending_the_wrong_example_gives_the_right_one(code: str, lint_context: LintContext) -> None:
    wrong, right = EXAMPLES[code][1]
    page = make_page(wrong)
    edits = [edit for found in lint(page, lint_context) for edit in found.finding.edits]
    assert apply_edits(page, edits).decode() == right


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("See [@a2001] and more.", "[@a2001]"),
        ("See\n  more [@a2001].", "[@a2001]"),
        ("> quoted [@a2001]", "[@a2001]"),
        ("- one\n- two [@a2001]", "[@a2001]"),
        ("# Heading [@a2001]\n\nText.", "[@a2001]"),
        ("| a | b |\n|---|---|\n| x \\| y | z [@a2001] |", "[@a2001]"),
        ("| a | b |\n|---|---|\n| x | z |[@a2001]", "[@a2001]"),
        ("\ufeffα — β [@a2001]\r\nnext", "[@a2001]"),
        ("x\x0by\u2028z [@a2001]", "[@a2001]"),
        ("Cut [^2.", "[^2"),
        ("Both [@b1] [@a2001]; [@b1] again", "[@b1]"),
    ],
)
def test_a_finding_points_at_its_text_in_the_source(text: str, marked: str, lint_context: LintContext) -> None:
    page = make_page(text)
    found = [each for each in lint(page, lint_context) if each.finding.code == "KGW201"]
    spans = [page.text[each.finding.start : each.finding.end] for each in found]
    assert marked in spans
    first = found[0]
    line = re.split(r"\r\n|\r|\n", page.text)[first.line - 1]
    assert line[first.column - 1 :].startswith(spans[0])


def test_two_equal_marks_have_two_places(lint_context: LintContext) -> None:
    found = lint(make_page("One [@b1] and [@b1], and\n[@b1]."), lint_context)
    assert [(each.line, each.column) for each in found] == [(1, 5), (1, 15), (2, 1)]


@pytest.mark.parametrize(
    "text",
    [
        "`[@a2001]`",
        "```\n[x](/diseases/nowhere)](/diseases/nowhere)\n```",
        "<!-- kg:diagram build=1 -->\n[x](/diseases/nowhere) [@a]\n<!-- kg:diagram end -->\n\nText.",
        "[x](https://example.org/a](b)",
    ],
)
def test_code_and_managed_diagrams_are_not_linted(text: str, lint_context: LintContext) -> None:
    assert not {"KGW201", "KGW301", "KGW302"} & set(codes(text, lint_context))


def test_a_claim_with_an_unknown_source_has_none(lint_context: LintContext) -> None:
    front = "---\nrefs_json:\n  a: {authors: Unknown}\n---\n\n"
    said = "Synaptic dysfunction contributes to Alzheimer's disease.[@a]"
    assert "KGW501" in codes(front + said, lint_context)


def test_another_page_s_title_is_no_claim(lint_context: LintContext) -> None:
    text = "See [Synaptic dysfunction contributes to Alzheimer's disease](/mechanisms/synaptic-dysfunction) too."
    assert "KGW501" not in codes(text, lint_context)


def test_what_a_dataset_s_page_says_of_itself_and_a_disease_needs_a_source(lint_context: LintContext) -> None:
    text = "# Barrel Atlas\n\nBarrel Atlas is an important component in the neurobiology of Parkinson's disease.\n"
    assert "KGW501" in codes(text, lint_context, "datasets/barrel-atlas.md")


def test_two_names_of_one_term_are_one_thing(lint_context: LintContext) -> None:
    text = "```mermaid\nflowchart LR\n  A[Alzheimer's disease] --> B[Epilepsy]\n  C[Alzheimer disease] --> B\n```\n"
    assert codes(f"Text.\n\n{text}", lint_context) == ["KGW104"]


def test_labels_are_read_as_readers_see_them(lint_context: LintContext) -> None:
    text = '```mermaid\nflowchart LR\n  A["<b>Epilepsy</b>"] --> B["Mouse #amp; #34;CA1#34;"]\n```\n'
    assert "KGW104" not in codes(text, lint_context)
    assert not any("°" in found.finding.message for found in lint(make_page(text), lint_context))


@pytest.mark.parametrize(
    ("comment", "silent"),
    [
        ("<!-- kg-lint: disable=KGW201 -->", True),
        ("<!-- kg-lint: disable=KGW302,KGW201 -->", True),
        ("<!-- kg-lint: disable-next-line=KGW201 -->", True),
        ("<!-- kg-lint: disable-line=KGW201 -->", False),
        ("<!-- kg-lint: disable=KGW302 -->", False),
        ("<!-- kg-lint: disable=KGW201 -->\n<!-- kg-lint: enable=KGW201 -->", False),
        ("```\n<!-- kg-lint: disable=KGW201 -->\n```", False),
        ("`<!-- kg-lint: disable=KGW201 -->`", False),
    ],
)
def test_a_comment_silences_what_it_says(comment: str, silent: bool, lint_context: LintContext) -> None:
    assert ("KGW201" in codes(f"{comment}\nText [@a2001].", lint_context)) is not silent


def test_a_comment_at_a_line_s_end_silences_that_line(lint_context: LintContext) -> None:
    assert codes("Text [@a2001]. <!-- kg-lint: disable-line=KGW201 -->\n\n[@b1]", lint_context) == ["KGW201"]


_SAID = "Synaptic dysfunction contributes to Alzheimer's disease"


@pytest.mark.parametrize(
    "source",
    [
        "([Rübel 2022](https://doi.org/10.7554/eLife.78362))",
        "(doi:10.7554/eLife.78362)",
        "(https://doi.org/10.7554/eLife.78362)",
        "(https://pubmed.ncbi.nlm.nih.gov/36193886/)",
        '(<a href="https://doi.org/10.7554/eLife.78362">x</a>)',
        "([x](https://www.ncbi.nlm.nih.gov/pmc/articles/PMC9531949/))",
        "(PMC9531949)",
    ],
)
def test_a_claim_may_cite_its_source_in_any_way(source: str, lint_context: LintContext) -> None:
    assert "KGW501" not in codes(f"Words here. {_SAID} {source}. More words.", lint_context)


def test_data_are_no_source_of_a_claim(lint_context: LintContext) -> None:
    assert "KGW501" in codes(f"{_SAID} (doi:10.5281/zenodo.1234).", lint_context)


def test_a_description_in_the_front_matter_is_text(lint_context: LintContext) -> None:
    front = f"---\ntitle: A\ndescription: >-\n  Words here.\n  {_SAID}.\nslug: pathways/wp1\n---\n"
    found = [each for each in lint(make_page(f"{front}\nText.\n"), lint_context) if each.finding.code == "KGW501"]
    assert [(each.line, each.column) for each in found] == [(5, 3)]
    assert "KGW501" not in codes(front.replace(f"{_SAID}.", f"{_SAID} (PMID: 36193886)."), lint_context)


@pytest.mark.parametrize(
    ("text", "code", "places"),
    [
        (
            f"{_SAID}, says **one**.\n{_SAID}, says **two**.\n{_SAID}, says *three*.",
            "KGW501",
            [(1, 1), (2, 1), (3, 1)],
        ),
        ("Synaptic dysfunction is here. Synaptic dysfunction **contributes** to epilepsy.", "KGW501", [(1, 31)]),
        (f"{_SAID} (PMID: 36193886).\n\n{_SAID.replace('Alzh', '**Alzh')}**.", "KGW501", [(3, 1)]),
        (
            "OpenScope is a shared observatory for the mouse brain.\n\n**OpenScope** is a shared observatory for the "
            "mouse brain.\n\n- OpenScope is a shared *observatory* for the mouse brain.",
            "KGW401",
            [(3, 3), (5, 3)],
        ),
        (
            "---\nsynonyms:\n  nwb: a format\nrefs_json:\n  nwb: {authors: Unknown}\n---\n\nSo.[@nwb]",
            "KGW203",
            [(5, 3)],
        ),
        ("Text.\n\n## References\n\n1. Unknown\n2. 1. a\n3. Unknown", "KGW203", [(5, 4), (6, 7), (7, 4)]),
    ],
)
def test_a_finding_stands_where_its_words_are(
    text: str, code: str, places: list[tuple[int, int]], lint_context: LintContext
) -> None:
    found = [each for each in lint(make_page(text), lint_context) if each.finding.code == code]
    assert [(each.line, each.column) for each in found] == places


_FRONT = "---\nrefs_json:\n  a1: {{authors: A, pmid: '31'}}{}\n---\n\nText.\n"


@pytest.mark.parametrize(
    ("comment", "silent"),
    [
        ("\n# kg-lint: disable=KGW202,KGW205", True),
        ("\n# <!-- kg-lint: disable=KGW2 -->", True),
        (" # kg-lint: disable-line=KGW202,KGW205", True),
        ("\n# kg-lint: disable-line=KGW202,KGW205", False),
        ("\nnote: 'kg-lint: disable=KGW2'", False),
    ],
)
def test_front_matter_silences_rules_by_comments_of_its_own(
    comment: str, silent: bool, lint_context: LintContext
) -> None:
    assert codes(_FRONT.format(comment), lint_context) == ([] if silent else ["KGW202", "KGW205"])


def test_what_can_t_be_read_can_be_silenced(lint_context: LintContext) -> None:
    text = "---\n# kg-lint: disable=KGW003\ntitle: [Synaptic\n---\n\nText.\n"
    assert codes(text, lint_context) == []


@pytest.mark.parametrize(
    ("comment", "found"),
    [
        ("<!-- kg-lint disable=KGW201 -->", ["KGW002", "KGW201"]),
        ("<!-- KG-LINT: disable=KGW201 -->", []),
        ("<!-- kg-lint:\n disable=KGW201 -->", []),
        ("<!-- kg-lint:\n disable-next-line=KGW2 -->", []),
        ("<!-- kg-lint: disable=KGW9 -->", ["KGW002", "KGW201"]),
    ],
)
def test_a_comment_is_understood_or_reported(comment: str, found: list[str], lint_context: LintContext) -> None:
    assert codes(f"{comment}\nText [@a2001].", lint_context) == found


def _diagram(*labels: str) -> str:
    edges = "".join(f'  n{number}["{label}"] --> z\n' for number, label in enumerate(labels))
    return f"```mermaid\nflowchart LR\n{edges}  z[Epilepsy]\n```\n"


def test_a_node_is_known_by_any_name_that_a_vocabulary_has(lint_context: LintContext) -> None:
    labels = ("MONDO:0004975", "Brain", "ALS", "HD", "FTD")
    assert codes(f"Text.\n\n{_diagram(*labels)}", lint_context) == []


def test_a_node_is_known_if_the_page_is_about_it_or_explains_it(lint_context: LintContext) -> None:
    diagram = _diagram("Xq Cascade", "XQC")
    assert codes(f"# Xq cascade (XQC)\n\nText.\n\n{diagram}", lint_context) == []
    assert codes(f"# Other\n\nText.\n\n{diagram}", lint_context) == ["KGW103", "KGW103"]
    text = "The temporal lobe epilepsies: temporal lobe epilepsy (TLEp) is one.\n\n"
    assert codes(text + _diagram("TLEp"), lint_context) == []


def test_a_heading_that_names_a_thing_is_a_thing(lint_context: LintContext) -> None:
    text = f"# A\n\n## Hippocampus\n\nText.\n\n## 1. Pathophysiology\n\n{_diagram('Hippocampus', 'Pathophysiology')}"
    (found,) = lint(make_page(text), lint_context)
    assert found.finding.code == "KGW102"
    assert "'Pathophysiology'" in found.finding.message


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ("[x](/diseases/a:b)", ["KGW302"]),
        ("[x](/drugs/x,y)", ["KGW302"]),
        ("[[Some Page & Co]]", ["KGW302"]),
        ("[[diseases-nope,2]]", ["KGW302"]),
        ("[x](/diseases/nope%0Ax)", ["KGW302"]),
        ("[x](/nope)", ["KGW302"]),
        ("[x](/diseases/)", ["KGW302"]),
        ('<a href="/diseases/nope">x</a>', ["KGW302"]),
        ('<div>\n<a class="c" href="/diseases/nope">x</a>\n</div>', ["KGW302"]),
        ("[x](../../diseases/epilepsy.md)", ["KGW302", "KGW303"]),
        ("[[../diseases/epilepsy]]", ["KGW302"]),
        ('<a href="/diseases/epilepsy">x</a>', []),
        ("[x](/images/map.svg)", []),
        ("[x](//example.org/x)", []),
        ("[x](mailto:a@example.org)", []),
        ("[[#overview]] and [[1, 2]]", []),
    ],
)
def test_what_can_be_no_page_is_missing(link: str, found: list[str], lint_context: LintContext) -> None:
    assert codes(f"Words {link} here.", lint_context) == found


@pytest.mark.parametrize(
    ("pmid", "found"),
    [("'99999999'", "KGW204"), ("'0036193886'", "KGW204"), ("036193886", "KGW204"), ("'4711'", "KGW205")],
)
def test_a_number_that_is_no_pmid_is_told_from_one_that_was_not_read(
    pmid: str, found: str, lint_context: LintContext
) -> None:
    text = f"---\nrefs_json:\n  a: {{authors: A, title: The Neurodata Without Borders, pmid: {pmid}}}\n---\n\nSo.[@a]"
    assert codes(text, lint_context) == [found]


@pytest.mark.shared
def test_the_page_that_started_it_all(shared_dir: Path, lint_context: LintContext) -> None:
    path = shared_dir / "data" / "wiki" / "datasets-allen-openscope.txt"
    found = lint(Page(path, path.name, path.read_bytes()), lint_context)
    assert {(each.finding.code, each.line) for each in found} >= {
        ("KGW203", 37),
        ("KGW203", 38),
        ("KGW203", 44),
        ("KGW302", 10),
        ("KGW302", 11),
        ("KGW401", 7),
        ("KGW501", 6),
    }
