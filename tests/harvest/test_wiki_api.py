"""Pages in JSON: the wiki's own envelope, and MediaWiki's. Every sentence is ours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.harvest.markdown import Kind, parse_markdown
from kg.harvest.wikitext import to_markdown
from kg.model import Source, WikiPageRecord

from .conftest import Harvest

ENVELOPE: dict[str, Any] = {
    "ref": {"type": "wiki_page", "id": "datasets-made-up"},
    "content": {
        "slug": "datasets-made-up",
        "title": "A made-up dataset",
        "entity_type": "dataset",
        "content_md": "# Made up\n\n## Overview\n\nIt records CA1 [@doe2020; @gone].\n",
        "refs_json": {"doe2020": {"pmid": "123456", "title": None}, "none": None},
    },
    "created_at": "2026-01-02T03:04:05Z",
}

WIKITEXT = """\
{{Infobox disease
| name  = Made-up disease
| field = [[Neurology]]
}}
'''Tau''' spreads in [[Brain regions/Hippocampus|CA1]].<ref name="doe">{{cite journal |vauthors=Doe J |title=On tau
 |year=2019 |pmid=31086362 |doi=10.1234/abc}}</ref> Cells die.<ref name="doe" /> [[File:x.png|thumb|a [[caption]]]]
{{citation needed}}<!-- no -->
== Cells &amp; more ==
* Microglia<ref>Plain, PMID 123</ref>
** {{nowrap|of the aged}}
{| class="wikitable"
! Mouse !! Effect
|-
| 5xFAD || plaques
|}
[[Category:Diseases]]
"""


def mediawiki(text: str, **more: Any) -> dict[str, Any]:
    main = {"contentmodel": "wikitext", "content": text, **more}
    revision = {"revid": 5, "timestamp": "2026-03-04T05:06:07Z", "slots": {"main": main}}
    return {
        "pageid": 7,
        "title": "Diseases/Made-up disease",
        "fullurl": "https://w.org/x",
        "revisions": [revision],
    }


def test_envelope_is_read_with_its_references(harvest: Harvest) -> None:
    page = harvest(Source.WIKI, "wiki/anything.json", json.dumps(ENVELOPE)).record
    assert isinstance(page, WikiPageRecord)
    assert (page.id, page.title, page.date) == ("wiki:datasets/made-up", "A made-up dataset", "2026-01-02")
    assert [reference.curie for reference in page.references] == ["PMID:123456", None]
    assert [mark.key for passage in page.passages for mark in passage.marks] == ["doe2020", "gone"]


@pytest.mark.parametrize(
    ("page", "rule"),
    [
        ('{"content": {"content_md": ""}, "ref": {"id": "datasets-x"}}', "empty"),
        ('{"content": {"content_md": null}}', "missing-field"),
        ('{"content": {"content_md": "cut', "malformed"),
        ('{"content": ["content_md"]}', "missing-field"),
        (json.dumps(mediawiki("x", contentmodel="wikibase-item")), "not-a-page"),
        (
            json.dumps({"title": "X", "revisions": [{"slots": {"main": {"texthidden": True}}}]}),
            "missing-field",
        ),
        (json.dumps(mediawiki("#REDIRECT [[Y]]")), "empty"),
    ],
)
def test_page_in_json_without_a_text_is_one_error(harvest: Harvest, page: str, rule: str) -> None:
    assert harvest(Source.WIKI, "page.json", page).error.rule == rule


def test_mediawiki_page_is_read_with_its_infobox_citations_and_links(harvest: Harvest) -> None:
    page = harvest(Source.WIKI, "wiki/7.json", json.dumps(mediawiki(WIKITEXT))).record
    assert isinstance(page, WikiPageRecord)
    assert (page.id, page.page_type, page.date) == ("wiki:diseases/made-up-disease", "diseases", "2026-03-04")
    assert (page.title, page.url) == ("Made-up disease", "https://w.org/x")
    assert page.infobox == (("name", "Made-up disease"), ("field", "Neurology"))
    assert [
        (reference.key, reference.curie) for reference in page.references if reference.key.startswith("^")
    ] == [
        ("^doe", "PMID:31086362"),
        ("^2", "PMID:123"),
    ]
    (body,) = [passage for passage in page.passages if passage.section == "body/lead#1"]
    assert body.text == "Tau spreads in CA1. Cells die."
    assert [mark.offset for mark in body.marks] == [19, 30]
    assert [link.target for link in body.links] == ["wiki:brain-regions/hippocampus"]
    sections = {passage.section: passage.text for passage in page.passages}
    assert [text for section, text in sections.items() if section.startswith("body/cells-more")] == [
        "Microglia",
        "of the aged",
        "5xFAD | plaques",
    ]


@given(st.text(alphabet=st.characters(blacklist_categories=("Cs", "Cc")), max_size=60))
def test_words_of_wikitext_stay_what_they_are(text: str) -> None:
    plain = " ".join(text.split())
    if not plain or any(
        mark in plain for mark in ("''", "[", "]", "{", "}", "<", ">", "&", "__", "~~", "|", "://", ":")
    ):
        return
    if plain[0] in "*#;:=!-" or plain.upper().startswith("RFC") or "PMID" in plain.upper():
        return
    blocks = parse_markdown(to_markdown(f"Words {plain} end")).blocks
    assert [block.rich.text for block in blocks if block.kind is Kind.TEXT] == [f"Words {plain} end"]


@given(st.text(alphabet="[]{}|<>='*#:;!/- \nrefabc", max_size=80))
def test_any_wikitext_is_read_in_blocks_whose_marks_lie_in_their_text(text: str) -> None:
    markdown = to_markdown(f"Tau. {text}")
    document = parse_markdown(markdown)
    assert document.blocks or document.diagrams or document.title or document.footnotes
    for block in document.blocks:
        assert block.rich.text == block.rich.text.strip() != ""
        assert all(0 <= mark.offset <= len(block.rich.text) for mark in block.rich.marks)
        assert all(0 <= link.start < link.end <= len(block.rich.text) for link in block.rich.links)
        assert 1 <= block.line <= markdown.count("\n") + 1


def test_deep_nesting_is_flattened() -> None:
    text = "<b>" * 200 + "deep" + "</b>" * 200
    assert "deep" in to_markdown(text)
