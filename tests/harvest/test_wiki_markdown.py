"""Markdown pages into records, in the wiki's own bad habits. Every sentence is ours."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.harvest import InputFile, read_file
from kg.harvest.markdown import Kind, parse_inline, parse_markdown
from kg.model import Passage, Role, Severity, Source, WikiPageRecord

PAGE = """\
---
title: Tau in the Entorhinal Cortex
slug: mechanisms-tau-in-entorhinal-cortex
updated: 2026-04-02
refs_json:
  doe2020: {authors: Doe J, title: Tau spreads, year: 2020, pmid: 123456, journal: null}
  empty1: {authors: Unknown, title: null, pmid: null}
annotations:
- {id: 'DOID:10652', type: Disease Ontology, value: Alzheimer's disease}
organisms: [Mus musculus]
---

# Tau in the Entorhinal Cortex

| Property | Value |
|---|---|
| Region | [Entorhinal cortex](/brain-regions/entorhinal-cortex) |
| Gene | [[genes-mapt]] |

Tau spreads **early**[@doe2020] and in
layer II [@empty1; @gone1999] of the cortex (PMID: 31086362).

## Overview

First paragraph, long enough to be told apart from a short line of a list.

First paragraph, long enough to be told apart from a short line of a list.

- It harms [memory](mechanisms/memory-loss).
- See [Parkinson's disease](/diseases/parkinsons-disease)](/diseases/parkinsons-disease) too.[^1][^9]

```mermaid
graph TD
  A --> B
```

```python
print("not prose")
```

| Mouse | Effect |
|---|---|
| P301S | loss of cells | [@doe2020]
| wild type | none |[^1]

![Figure of a mouse](mouse.png)

## References

1. [Roe et al., Another paper (2019)](https://pubmed.ncbi.nlm.nih.gov/777/)
2. Unknown, Some archive (n.d.)

[^1]: Poe A. A third paper. doi:10.1000/POE
    It goes on here.
"""


@pytest.fixture
def page(harvest: Any) -> WikiPageRecord:
    record = harvest(Source.WIKI, "any/where.md", PAGE).record
    assert isinstance(record, WikiPageRecord)
    return record


def _at(page: WikiPageRecord, section: str) -> Passage:
    return next(passage for passage in page.passages if passage.section == section)


def test_identity_comes_from_the_front_matter(page: WikiPageRecord) -> None:
    assert page.id == "wiki:mechanisms/tau-in-entorhinal-cortex"
    assert (page.title, page.page_type, page.date) == ("Tau in the Entorhinal Cortex", "mechanisms", "2026-04-02")
    assert not page.is_infrastructure
    assert [(term.field, term.raw_id, term.name) for term in page.annotations] == [
        ("annotations", "DOID:10652", "Alzheimer's disease"),
        ("organisms", None, "Mus musculus"),
    ]


def test_sections_and_lines_are_addresses(page: WikiPageRecord) -> None:
    lines = PAGE.splitlines()
    assert [passage.section for passage in page.passages] == [
        "title",
        "infobox/1",
        "infobox/2",
        "body/lead#1",
        "body/overview#1",
        "body/overview#2",
        "body/overview#3",
        "body/overview#4",
        "body/overview#5",
        "body/overview#6",
    ]
    for passage in page.passages[3:]:
        assert passage.line is not None
        assert passage.text.split()[0].strip("|") in lines[passage.line - 1]


def test_marks_stand_where_the_citation_stood(page: WikiPageRecord) -> None:
    lead = _at(page, "body/lead#1")
    assert lead.text == "Tau spreads early and in layer II of the cortex (PMID: 31086362)."
    assert [(lead.text[: mark.offset].split()[-1], mark.key) for mark in lead.marks] == [
        ("early", "doe2020"),
        ("II", "empty1"),
        ("II", "gone1999"),
        ("cortex", "PMID:31086362"),
    ]


def test_links_are_spans_with_pages_behind_them(page: WikiPageRecord) -> None:
    links = [(p.text[link.start : link.end], link.target) for p in page.passages for link in p.links]
    assert links == [
        ("Entorhinal cortex", "wiki:brain-regions/entorhinal-cortex"),
        ("mapt", "wiki:genes/mapt"),
        ("memory", "wiki:mechanisms/memory-loss"),
        ("Parkinson's disease", "wiki:diseases/parkinsons-disease"),
    ]
    assert _at(page, "body/overview#3").text == "See Parkinson's disease too."


def test_infobox_is_rows_and_passages(page: WikiPageRecord) -> None:
    assert page.infobox == (("Region", "Entorhinal cortex"), ("Gene", "mapt"))
    assert _at(page, "infobox/1").role is Role.FIELD


def test_citation_after_a_table_row_belongs_to_the_row(page: WikiPageRecord) -> None:
    rows = [passage for passage in page.passages if "|" in passage.text]
    assert [(row.text, [mark.key for mark in row.marks]) for row in rows] == [
        ("P301S | loss of cells", ["doe2020"]),
        ("wild type | none", ["^1"]),
    ]


def test_code_is_no_text_and_mermaid_is_a_diagram(page: WikiPageRecord) -> None:
    assert [(diagram.text, diagram.line) for diagram in page.diagrams] == [("graph TD\n  A --> B\n", 32)]
    assert not any("print" in passage.text for passage in page.passages)
    assert PAGE.splitlines()[31] == "```mermaid"


def test_image_is_a_caption(page: WikiPageRecord) -> None:
    assert _at(page, "body/overview#6").role is Role.CAPTION


def test_references_come_from_everywhere(page: WikiPageRecord) -> None:
    assert [(reference.key, reference.curie) for reference in page.references] == [
        ("doe2020", "PMID:123456"),
        ("empty1", None),
        ("^1", "DOI:10.1000/poe"),
        ("roe2019", "PMID:777"),
        ("some", None),
        ("PMID:31086362", "PMID:31086362"),
    ]


def test_what_does_not_resolve_is_reported(harvest: Any) -> None:
    found = harvest(Source.WIKI, "any/where.md", PAGE)
    assert found.rules() == ["repeated-text", "unresolved-citation", "unresolved-reference"]
    assert "gone1999, ^9" in found.problems[1].reason
    assert found.problems[1].severity is Severity.WARNING


def test_slug_comes_from_the_path_without_front_matter(harvest: Any) -> None:
    record = harvest(Source.WIKI, "datasets/my-data.md", "# My data\n\nIt is **big**.\n").record
    assert (record.id, record.title, record.is_infrastructure) == ("wiki:datasets/my-data", "My data", True)
    assert harvest(Source.WIKI, "genes-mapt.md.gz", "A gene.").record.id == "wiki:genes/mapt"


def test_refs_beside_the_page_are_read(tmp_path: Path) -> None:
    (tmp_path / "tau.md").write_text("# Tau\n\nTau spreads.[@doe2020]")
    (tmp_path / "tau.refs.json").write_text(json.dumps({"doe2020": {"pmid": 5}}))
    (record,) = read_file(InputFile(Source.WIKI, tmp_path / "tau.md", "mechanisms/tau.md"))
    assert isinstance(record, WikiPageRecord)
    assert record.references[0].curie == "PMID:5"


def test_broken_refs_beside_the_page_are_a_warning(tmp_path: Path) -> None:
    (tmp_path / "tau.md").write_text("# Tau\n\nTau spreads.")
    (tmp_path / "tau.refs.json").write_text("{")
    problem, record = read_file(InputFile(Source.WIKI, tmp_path / "tau.md", "mechanisms/tau.md"))
    assert isinstance(record, WikiPageRecord)
    assert "tau.refs.json" in str(problem)


def test_pathway_page_has_its_description_and_terms(harvest: Any) -> None:
    text = (
        "---\nwpid: WP2059\ntitle: A pathway\nlast-edited: 2025-02-27\n"
        "description: 'It is <i>long</i>. Source: [Here](https://x.org/)'\n---"
    )
    record = harvest(Source.WIKI, "wikipathways/WP2059.md", text).record
    assert (record.id, record.url) == ("wiki:pathways/wp2059", "https://www.wikipathways.org/pathways/WP2059")
    assert [(passage.section, passage.text) for passage in record.passages] == [
        ("title", "A pathway"),
        ("description", "It is long. Source: Here"),
    ]


def test_html_infobox_is_read_without_scripts(harvest: Any) -> None:
    text = """\
<div class="infobox infobox-protein">
<table>
<tr><th colspan="2">Tau</th></tr>

<tr><td><b>Gene</b></td><td><a href="/genes/mapt">MAPT</a><script>alert(1)</script></td></tr>
<tr><th>Regions</th><td><ul><li>hippocampus</li><li>[cortex](/brain-regions/cortex)</li></ul></td></tr>
</table>
</div>

Text with H<sub>2</sub>O<script>alert(2)</script> and a<br>break.

<p>In HTML.[@doe2020]</p>
"""
    record = harvest(Source.WIKI, "proteins/tau.md", text).record
    assert record.infobox == (("Gene", "MAPT"), ("Regions", "hippocampus cortex"))
    assert [passage.text for passage in record.passages][3:] == ["Text with H2O and a break.", "In HTML."]
    assert _at(record, "infobox/1").links[0].target == "wiki:genes/mapt"
    assert _at(record, "infobox/2").links[0].target == "wiki:brain-regions/cortex"
    assert "alert" not in record.model_dump_json()


@pytest.mark.parametrize(
    ("markdown", "text", "keys"),
    [
        ("A claim[^2.", "A claim.", ["^2"]),
        ("A claim [^2", "A claim", ["^2"]),
        ("A [@a] claim", "A claim", ["a"]),
        ("A[@a]claim", "Aclaim", ["a"]),
        ("A claim [@a; @b, @c].", "A claim.", ["a", "b", "c"]),
        ("A claim [@a, p. 3].", "A claim.", ["a"]),
        ("A claim.[@a", "A claim.", ["a"]),
        ("[@a] A claim", "A claim", ["a"]),
        ("An e-mail a@b.org [sic]", "An e-mail a@b.org [sic]", []),
        ("As shown [here](https://pubmed.ncbi.nlm.nih.gov/42/).", "As shown here.", ["PMID:42"]),
        ("It is ([x](https://doi.org/10.7554/eLife.78362)).", "It is (x).", ["DOI:10.7554/elife.78362"]),
        ("It is [x](https://pmc.ncbi.nlm.nih.gov/articles/PMC9531949/).", "It is x.", ["PMC:PMC9531949"]),
        ('It is <a href="https://doi.org/10.1000/x">so</a>.', "It is so.", ["DOI:10.1000/x"]),
        ("It is [x](https://doi.org/10.1000/x%5D).", "It is x.", ["DOI:10.1000/x"]),
        ("The [data](https://doi.org/10.5281/zenodo.12).", "The data.", []),
        ("`[@a]` is code", "[@a] is code", []),
        ("\\[@a\\] is escaped", "[@a] is escaped", []),
    ],
)
def test_citation_marks_are_taken_out(markdown: str, text: str, keys: list[str]) -> None:
    rich = parse_inline(markdown)
    assert (rich.text, [mark.key for mark in rich.marks]) == (text, keys)


@pytest.mark.parametrize(
    ("source", "key"),
    [
        ("(doi:10.7554/eLife.78362)", "DOI:10.7554/elife.78362"),
        ("(DOI: 10.7554/eLife.78362)", "DOI:10.7554/elife.78362"),
        ("(https://doi.org/10.1016/S0896-6273(02)00653-4)", "DOI:10.1016/s0896-6273(02)00653-4"),
        ("(https://pubmed.ncbi.nlm.nih.gov/36193886/)", "PMID:36193886"),
        ("(www.ncbi.nlm.nih.gov/pubmed/36193886)", "PMID:36193886"),
        ("(PMC9531949)", "PMC:PMC9531949"),
        ("(PMID: 0042)", "PMID:42"),
        ("(doi:10.48324/dandi.000004)", None),
        ("in 10.5 of PMC12 cells, PubMed 2023", None),
    ],
)
def test_an_identifier_in_the_text_stays_and_is_a_citation(source: str, key: str | None) -> None:
    rich = parse_inline(f"It is so {source}. More")
    assert rich.text == f"It is so {source}. More"
    assert [(mark.key, mark.offset) for mark in rich.marks] == ([(key, 8)] if key else [])


def test_what_the_text_cites_is_a_reference(harvest: Any) -> None:
    record = harvest(Source.WIKI, "genes/a.md", "# A\n\nIt is (doi:10.1000/X), and so (PMC9531949).\n").record
    assert [(r.key, r.curie, r.pmc) for r in record.references] == [
        ("DOI:10.1000/x", "DOI:10.1000/x", None),
        ("PMC:PMC9531949", None, "PMC9531949"),
    ]


@pytest.mark.parametrize(
    ("markdown", "text", "targets"),
    [
        ("[x](/diseases/y)](/diseases/y) end", "x end", ["wiki:diseases/y"]),
        ("[[x](/diseases/y)](/diseases/y) end", "x end", ["wiki:diseases/y"]),
        ("[x](/diseases/y)](/diseases/other)", "x](/diseases/other)", ["wiki:diseases/y"]),
        ("see [[genes-mapt|MAPT]].", "see MAPT.", ["wiki:genes/mapt"]),
        ("see [[not a [slug]]]", "see [[not a [slug]]]", []),
        ("[ x ](diseases/y)", "x", ["wiki:diseases/y"]),
        ("[](/diseases/y)", "", []),
        ("[x](#here)", "x", []),
        ("[x](javascript:alert)", "[x](javascript:alert)", []),
    ],
)
def test_links_of_every_kind(markdown: str, text: str, targets: list[str]) -> None:
    rich = parse_inline(markdown)
    assert (rich.text, [link.target for link in rich.links]) == (text, targets)
    assert all(rich.text[link.start : link.end].strip() for link in rich.links)


def test_citation_alone_in_a_paragraph_supports_what_stands_before() -> None:
    (block,) = parse_markdown("A claim.\n\n[@a]\n").blocks
    assert block.rich.marks[0].offset == len("A claim.")


def test_unclosed_front_matter_is_a_page_with_a_rule() -> None:
    assert parse_markdown("---\ntitle: x\n\nText.").front_matter is None


def test_broken_front_matter_is_a_warning_and_the_page_stays(harvest: Any) -> None:
    found = harvest(Source.WIKI, "genes/x.md", "---\ntitle: [x\n---\n\n# X\n\nText.\n")
    assert found.record.title == "X"
    assert found.rules() == ["front-matter"]


def test_alias_bomb_in_front_matter_is_a_warning(harvest: Any) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    found = harvest(Source.WIKI, "genes/x.md", "\n".join(["---", *lines, "---", "Text."]))
    assert found.rules()[0] == "front-matter"
    assert found.records


def test_slug_that_would_climb_is_refused(harvest: Any) -> None:
    found = harvest(Source.WIKI, "genes/x.md", "---\nslug: ../../etc/passwd\n---\nText.")
    assert found.record.id == "wiki:genes/x"
    assert found.rules()[0] == "malformed-id"


@pytest.mark.parametrize(
    "text",
    [">" * 3_000 + "x", "- " * 2_000 + "x", "[" * 3_000, "<div>" * 3_000 + "x", "<table><tr><td>" * 200, "*" * 5_000],
)
def test_deep_nesting_does_not_crash(harvest: Any, text: str) -> None:
    found = harvest(Source.WIKI, "genes/x.md", text)
    assert found.records or found.problems


PIECES = [
    *"[](){}@^|*_`<>/#-!:;,. \n\tabAB12\\é",
    "[@a]",
    "[[g-x]]",
    "](/d/y)",
    "[x](/d/y)",
    "PMID: 12",
    "<br>",
    "|---|\n",
]
MARKDOWN = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)


@given(MARKDOWN | st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_marks_and_links_lie_within_their_text(text: str) -> None:
    for block in parse_markdown(text).blocks:
        rich = block.rich
        assert rich.text == rich.text.strip()
        assert "  " not in rich.text
        assert all(0 <= mark.offset <= len(rich.text) for mark in rich.marks)
        assert all(0 <= link.start < link.end <= len(rich.text) for link in rich.links)
        assert block.kind in Kind
        assert 1 <= block.line <= len(re.split(r"\r\n|\r|\n", text))
