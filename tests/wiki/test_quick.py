"""Checking a diagram line by line says of it what Mermaid's parser says of the whole."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.diagram.block import DiagramSource, page_block
from kg.diagram.checked import CheckedTexts
from kg.diagram.mermaid import write_mermaid
from kg.diagram.parser import parser
from kg.diagram.subgraph import DiagramNode, Link, Subgraph
from kg.errors import DiagramError
from kg.graph.build_dir import Build
from kg.model.claim import ClaimStatus, Predicate
from kg.model.schema import Label
from kg.wiki.quick import QuickCheck, forms_of

_FORMS: set[str] = set()


@pytest.fixture(scope="module")
def drawn(sample_build: Build) -> list[str]:
    """Diagrams of the sample's pages."""
    source = DiagramSource.from_build(sample_build)
    ids = sample_build.table("nodes").filter(label=Label.WIKI_PAGE.value, in_snapshot=True)["id"]
    return [block.mermaid for curie in ids.to_list() if (block := page_block(source, curie))]


def says_quick(text: str) -> bool | None:
    """Say whether all forms of a text parse; None where it has to be parsed as a whole."""
    forms = forms_of(text)
    if forms is None:
        return None
    for form in forms - _FORMS:
        if "type" not in parser().parse(form):
            return False
        _FORMS.add(form)
    return True


def test_the_sample_s_diagrams_have_few_forms_and_all_parse(drawn: list[str], tmp_path: Path) -> None:
    forms = [forms_of(text) for text in drawn]
    assert all(found is not None for found in forms)
    assert len(frozenset().union(*(found for found in forms if found))) < 70
    quick = QuickCheck(CheckedTexts(tmp_path))
    for text in drawn:
        quick.check(text)
        assert "type" in parser().parse(text)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    names=st.lists(
        st.text(max_size=60)
        | st.text(st.sampled_from("abx \"'[](){}<>|#;:&%`*_-+.,/\\1\n\u2028direction TBend"), max_size=60)
        | st.sampled_from(
            ["end", "direction TB", "click n1 call x()", "style a fill:#fff;", "%%{init}%%", "1. x", "- x"]
        ),
        min_size=1,
        max_size=8,
    ),
    url=st.none() | st.builds("https://example.org/{}".format, st.text(max_size=20)),
)
def test_with_any_names_what_passes_parses(names: list[str], url: str | None) -> None:
    nodes = tuple(
        DiagramNode(f"MONDO:{number:07}", label, name, url)
        for number, (name, label) in enumerate(zip(names, list(Label)[:8], strict=False))
        if label is not Label.VOCABULARY
    )
    links = tuple(
        Link(one.id, Predicate.CITES, other.id, ClaimStatus.ASSERTED, 0.5, 1, ("claim:1",))
        for one, other in pairwise(nodes)
    )
    text = write_mermaid(Subgraph("MONDO:0000000", ("MONDO:0000000",), nodes, links))
    assert says_quick(text) in {True, None}
    assert "type" in parser().parse(text)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_line_that_is_broken_passes_only_where_the_whole_still_parses(drawn: list[str], data: st.DataObject) -> None:
    lines = min(drawn, key=len).splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    line = lines[at]
    cut = data.draw(st.integers(0, len(line)))
    change = data.draw(
        st.sampled_from(
            ["", '"', "[", "]", "(", "}", "|", "-->", "end", "\n", "subgraph", ";", "%%", "#", "<", "click", " "]
        )
    )
    lines[at] = data.draw(st.sampled_from([line[:cut] + change + line[cut:], line[:cut] + change, change + line[cut:]]))
    text = "\n".join(lines) + "\n"
    if says_quick(text):
        assert "type" in parser().parse(text)


def test_what_is_none_of_ours_is_parsed_as_a_whole(tmp_path: Path) -> None:
    quick = QuickCheck(CheckedTexts(tmp_path))
    quick.check("flowchart TD\n  a --> b\n")
    with pytest.raises(DiagramError):
        quick.check("flowchart LR\n  a[b\n")
    assert forms_of("flowchart LR\nend\n") is None
    assert forms_of('flowchart LR\nsubgraph g_page["Wiki pages"]\n') is None
