"""A page's diagram as Markdown, and the memory of what parses."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from markdown_it import MarkdownIt

from kg.diagram import CheckedTexts, DiagramSource, checked, page_block
from kg.diagram.block import DiagramOptions
from kg.diagram.words import KIND_NAMES, KINDS, parse_kinds
from kg.errors import DiagramError
from kg.graph.tables import make_table
from kg.model.schema import Label


@pytest.fixture(scope="session")
def source(tables: dict[str, pl.DataFrame]) -> DiagramSource:
    records = make_table("records", [{"id": "PMID:31086362", "date": "2019-05-13T10:00:00Z"}])
    return DiagramSource.from_tables({**tables, "records": records}, build_id="4c09aa17")


def test_a_block_is_a_fence_a_caption_and_a_folded_table(source: DiagramSource) -> None:
    block = page_block(source, "mechanism:tau-aggregation")
    assert block is not None
    kinds = [token.type for token in MarkdownIt("gfm-like", {"linkify": False}).parse(block.markdown)]
    assert [kind for kind in kinds if kind in ("fence", "paragraph_open", "html_block", "table_open")] == [
        "fence",
        "paragraph_open",
        "html_block",
        "table_open",
        "html_block",
    ]
    assert block.markdown.startswith(f"```mermaid\n{block.mermaid}```\n")
    assert "*Build 4c09aa17: 3 relations from 1 source, the newest of 2019-05-13.*" in block.markdown
    assert "It asserted: Tau aggregation and propagation \\| Alzheimer disease." in block.markdown


def test_a_new_build_that_says_the_same_changes_the_caption_alone(
    tables: dict[str, pl.DataFrame], source: DiagramSource
) -> None:
    old = page_block(source, "MONDO:0004975")
    new = page_block(DiagramSource.from_tables(tables, build_id="other"), "MONDO:0004975")
    again = page_block(source, "MONDO:0004975")
    assert old is not None and new is not None
    assert again == old
    assert new.mermaid == old.mermaid
    assert new.content_hash != old.content_hash  # no date is known without the records
    other = page_block(DiagramSource.from_tables(tables, build_id="4c09aa17"), "MONDO:0004975")
    assert other is not None and other.content_hash == new.content_hash
    assert len(set(other.markdown.splitlines()) ^ set(new.markdown.splitlines())) == 2


def test_one_page_is_the_same_whatever_was_drawn_before(
    tables: dict[str, pl.DataFrame], source: DiagramSource
) -> None:
    for subject in source.network:
        fresh = DiagramSource.from_tables(tables, build_id="4c09aa17")
        assert fresh.select(subject) == source.select(subject)


def test_nothing_to_show_is_no_block_and_an_unknown_subject_is_an_error(source: DiagramSource) -> None:
    assert page_block(source, "wiki:notes/empty") is None
    assert "MONDO:0004975" in source and "MONDO:1" not in source
    with pytest.raises(DiagramError, match="no node"):
        page_block(source, "MONDO:1")


def test_kinds_leave_out_all_others_but_the_subject(source: DiagramSource) -> None:
    options = DiagramOptions(kinds=frozenset({Label.MECHANISM}))
    assert {node.label for node in source.select("MONDO:0004975", options).nodes} == {
        Label.MECHANISM,
        Label.DISEASE,
    }
    page = source.select(
        "wiki:mechanisms/synaptic-dysfunction", DiagramOptions(kinds=frozenset({Label.DISEASE}))
    )
    assert {node.label for node in page.nodes} == {Label.MECHANISM, Label.DISEASE}


def test_a_text_that_parses_is_parsed_once_by_all_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []
    monkeypatch.setattr(checked, "check_mermaid", parsed.append)
    one, two = CheckedTexts(tmp_path), CheckedTexts(tmp_path)
    one.check("flowchart LR\n  a")
    one.check("flowchart LR\n  a")
    two.check("flowchart LR\n  b")
    one.save()
    two.save()
    one.path.write_bytes(one.path.read_bytes() + b"\xffcut off")
    three = CheckedTexts(tmp_path)
    for name in "abc":
        three.check(f"flowchart LR\n  {name}")
    three.save()
    CheckedTexts(tmp_path).check("flowchart LR\n  c")
    assert [text[-1] for text in parsed] == ["a", "b", "c"]


def test_a_text_that_doesnt_parse_is_told_each_time(tmp_path: Path) -> None:
    known = CheckedTexts(tmp_path)
    for _ in range(2):
        with pytest.raises(DiagramError, match="can't parse"):
            known.check("flowchart LR\n  a[")
    known.save()
    assert not known.path.exists()


def test_kinds_have_short_names_and_others_are_told() -> None:
    assert parse_kinds("Mechanism, cell,") == {Label.MECHANISM, Label.CELL_TYPE}
    assert set(KIND_NAMES.values()) == set(KINDS)
    with pytest.raises(DiagramError, match="'genes' is no kind of node"):
        parse_kinds("genes")
